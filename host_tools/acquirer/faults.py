"""Misbehaviour of the host and its line: what goes wrong, with which message or connection, and when.

Faults are armed one by one (a test, a bench script, the panel), or come out of a scenario (scenario.py), which says by
rules which messages meet which.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from host_tools.acquirer import spec

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from host_tools.acquirer.scenario import Scenario
    from host_tools.acquirer.spec import Message


class Kind(Enum):
    """What happens to one exchange, or at the door. LOST, UNREAD, ANSWER and RESTART keep the request from being
    handled; HELD puts it off."""

    LOST = "the request never reached the host"
    SILENT = "handled, but the reply never leaves"
    CLOSE = "handled, then closed without a reply"
    CLOSE_HALF_WAY = "half of the reply, then closed"
    LATE = "the reply comes later by `ms`"
    DUPLICATE = "the reply comes twice"
    ANSWER = "refused with `code` whatever it is"
    GARBAGE = "a reply of the right length, every byte wrong"
    WRONG_MAC = "the reply's MAC is wrong"
    WRONG_STAN = "a reply to another STAN, under a correct MAC"
    WRONG_AMOUNT = "a reply for another amount, under a correct MAC"
    WRONG_TID = "a reply to another terminal, under a correct MAC"
    UNREAD = "closed without having been read"
    AGAIN = "the request comes twice, and only the second reply"
    HELD = "the request reaches the host only after the terminal's next one; the replies come in that order"
    STALE = "the reply comes when the terminal's next message has come, before that one's own"
    TRUNCATED = "the last `size` bytes of the reply are missing, and its length says so"
    BENT_REPLY = "a bit of the reply turns on the way"
    BENT_REQUEST = "a bit of the request turns on the way"
    RESTART = "the host ends in the middle of it, keeps nothing of it, and begins again after `ms`"
    RESTART_AFTER = "the host ends as soon as it is in the books, and begins again after `ms`"
    REFUSED = "nobody answers the door"
    REFUSED_TLS = "the host breaks the TLS handshake off"


AT_THE_DOOR: Final = (Kind.REFUSED, Kind.REFUSED_TLS)  # what happens to a connection, not to a message
RESTARTS: Final = (Kind.RESTART, Kind.RESTART_AFTER)


@dataclass(frozen=True, slots=True)
class Fault:
    """Strikes the `nth` message (1: the next) among those whose MTI is `mti` (None: any), or the `nth` connection.

    `size` is in bytes of a TRUNCATED reply; `bit` of a bent frame is counted from its first, round and round; None is
    one in the middle.
    """

    kind: Kind
    mti: str | None = None
    nth: int = 1
    ms: int = 0
    code: str = "96"
    size: int = 1
    bit: int | None = None

    def __post_init__(self) -> None:
        if self.nth < 1 or self.ms < 0 or not re.fullmatch("[0-9A-Z]{2}", self.code):
            raise ValueError("a fault needs nth of at least 1, ms of at least 0 and a code of two characters")
        if self.size < 1 or (self.bit or 0) < 0:
            raise ValueError("a fault needs a size of at least 1 and a bit of at least 0")


class Faults:
    """Armed faults in the order of arming: a message meets the first that speaks of its MTI, and no other. What none
    of them speaks of is the scenario's, if there is one.

    `held` and `stale` are requests and replies by TID that are still on their way. Whoever serves puts what a restart
    means to it into `at_restart`.
    """

    def __init__(self, scenario: Scenario | None = None) -> None:
        self.armed: list[Fault] = []
        self.scenario = scenario
        self.held: defaultdict[str, list[bytes]] = defaultdict(list)
        self.stale: defaultdict[str, list[bytes]] = defaultdict(list)
        self.at_restart: list[Callable[[], None]] = []
        self._down_until: datetime | None = None

    def arm(self, fault: Fault) -> None:
        self.armed.append(fault)

    def play(self, scenario: Scenario | None) -> None:
        """From now on by these rules, and no longer by others."""
        self.scenario = scenario

    def take(self, frame: bytes, at: datetime) -> Fault | None:
        """The fault that strikes this message, disarmed; None if it goes unharmed."""
        mti = frame[spec.PREFIX_LENGTH :][:2].hex()
        for place, fault in enumerate(self.armed):
            if fault.kind not in AT_THE_DOOR and fault.mti in (None, mti):
                return self._counted(place, fault)
        return self.scenario.message(frame, at) if self.scenario else None

    def refuses(self, kind: Kind, at: datetime) -> bool:
        """Whether the connection that is being made fails so: REFUSED, or REFUSED_TLS in its handshake."""
        if kind is Kind.REFUSED and self._down_until is not None:
            if at < self._down_until:
                return True
            self._down_until = None
        for place, fault in enumerate(self.armed):
            if fault.kind is kind:
                return self._counted(place, fault) is not None
        return self.scenario is not None and self.scenario.connection(kind, at)

    def restart(self, at: datetime, ms: int) -> None:
        """The host has ended: nobody answers the door for so long, and what was on its way is gone."""
        self._down_until = at + timedelta(milliseconds=ms) if ms else None
        self.held.clear()
        self.stale.clear()
        for end in self.at_restart:
            end()

    def _counted(self, place: int, fault: Fault) -> Fault | None:
        if fault.nth == 1:
            return self.armed.pop(place)
        self.armed[place] = replace(fault, nth=fault.nth - 1)
        return None


def altered(kind: Kind, reply: Message) -> Message | None:
    """The reply of a WRONG_STAN, WRONG_AMOUNT or WRONG_TID, still to be sealed; None for the other kinds.

    A reply without the field (there is no amount in a sign-in) stays as it is.
    """
    if kind not in _WRONG:
        return None
    number, wrong = _WRONG[kind]
    if number not in reply.fields:
        return reply
    return replace(reply, fields=reply.fields | {number: wrong(reply.fields[number])})


def bent(frame: bytes, bit: int | None) -> bytes:
    """With one bit turned."""
    at = len(frame) * 4 if bit is None else bit % (len(frame) * 8)
    byte, mask = at // 8, 0x80 >> at % 8
    return frame[:byte] + bytes((frame[byte] ^ mask,)) + frame[byte + 1 :]


def _next_number(digits: str) -> str:
    return f"{int(digits) + 1:0{len(digits)}d}"[-len(digits) :]


def _other_terminal(tid: str) -> str:
    return tid[:-1] + ("1" if tid[-1] == "0" else "0")


_WRONG: dict[Kind, tuple[int, Callable[[str], str]]] = {
    Kind.WRONG_STAN: (11, _next_number),
    Kind.WRONG_AMOUNT: (4, _next_number),
    Kind.WRONG_TID: (41, _other_terminal),
}
