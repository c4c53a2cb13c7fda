"""Scripted misbehaviour of the host: what goes wrong, with which message, and when."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from host_tools.acquirer.spec import Message


class Kind(Enum):
    """What happens to one exchange. Only LOST and ANSWER keep the request from being handled."""

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


@dataclass(frozen=True, slots=True)
class Fault:
    """Strikes the `nth` message (1: the next) among those whose MTI is `mti` (None: any)."""

    kind: Kind
    mti: str | None = None
    nth: int = 1
    ms: int = 0
    code: str = "96"

    def __post_init__(self) -> None:
        if self.nth < 1 or self.ms < 0 or not re.fullmatch("[0-9A-Z]{2}", self.code):
            raise ValueError("a fault needs nth of at least 1, ms of at least 0 and a code of two characters")


class Faults:
    """Armed faults in the order of arming. A message meets the first that speaks of its MTI, and no other."""

    def __init__(self) -> None:
        self.armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        self.armed.append(fault)

    def take(self, mti: str) -> Fault | None:
        """The fault that strikes this message, disarmed; None if it goes unharmed."""
        for at, fault in enumerate(self.armed):
            if fault.mti in (None, mti):
                if fault.nth == 1:
                    return self.armed.pop(at)
                self.armed[at] = replace(fault, nth=fault.nth - 1)
                return None
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


def _next_number(digits: str) -> str:
    return f"{int(digits) + 1:0{len(digits)}d}"[-len(digits) :]


def _other_terminal(tid: str) -> str:
    return tid[:-1] + ("1" if tid[-1] == "0" else "0")


_WRONG: dict[Kind, tuple[int, Callable[[str], str]]] = {
    Kind.WRONG_STAN: (11, _next_number),
    Kind.WRONG_AMOUNT: (4, _next_number),
    Kind.WRONG_TID: (41, _other_terminal),
}
