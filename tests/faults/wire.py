"""The network between terminal and host, and everything that it, or the host, can do to one step of a talk.

A step is a connection or a message, counted from the beginning of a life.
"""

from __future__ import annotations

import errno
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from host_tools.acquirer.connection import Close, Connection, Send
from host_tools.acquirer.faults import Fault, Faults, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host_tools.acquirer.connection import Action
    from tests.faults.bank import Bank
    from tests.faults.points import Net

_ROUND_TRIP_MS: Final = 40
_UNREACHABLE_MS: Final = 3_000
_TOO_LATE_MS: Final = 31_000  # the terminal waits for 30 s
_LATE_MS: Final = 29_000

# Kinds of events, as device/link.py has them.
_CONNECTED, _READABLE, _CLOSED, _FAILED, _POWER = 1, 2, 3, 4, 9

# What can happen to a connection.
CONNECTION: Final = {
    "REFUSED": "nobody listens",
    "UNREACHABLE": "no way there, as is known after a while",
    "HUNG": "never comes about",
    "SLAMMED": "closed as soon as it is there",
    "POWER": "the power goes just then",
    "DOWN": "the host cannot be reached from here on",
}
# What can happen to a message. The host's own faults are those of host_tools/acquirer/faults.py, by their names; after
# those of wrong content there come such as this wire plays by itself.
_HOSTS: Final = list(Kind)[: list(Kind).index(Kind.UNREAD)]
MESSAGE: Final = {
    **{kind.name: kind.value for kind in _HOSTS if kind is not Kind.LATE},
    "SLOW": "the reply comes in the last second of the terminal's patience",
    "LATE": "the reply comes too late",
    "UNREAD": "closed without having been read",
    "HELD": "the request reaches the host only after the next one has been answered; no reply",
    "STALE": "the reply comes on the next connection, before that one's own",
    "TWICE": "the request comes twice, and both replies",
    "AGAIN": "the request comes twice, and only the second reply",
    "ECHOED": "the request comes again after the next one has been answered",
    "BY_BYTES": "the reply comes a byte at a time",
    "RESTART": "the host ends before it has read the request, and begins again",
    "RESTART_AFTER": "the host ends when it has handled the request, and begins again; no reply",
    "POWER": "the terminal's power goes before the request has left",
    "POWER_AFTER": "the terminal's power goes before the reply",
    "DOWN": "the host cannot be reached from here on, neither by this request",
    "DOWN_AFTER": "the host cannot be reached from here on, but has handled this request",
}
# The same at any byte of the frame: which of the two frames.
AT_REQUEST: Final = {
    "CUT_REQUEST": "only so much of the request arrives",
    "BENT_REQUEST": "a bit of the request turns on the way",
}
AT_REPLY: Final = {
    "CUT_REPLY": "only so much of the reply, then the end",
    "STALLED_REPLY": "only so much of the reply, and no end",
    "BENT_REPLY": "a bit of the reply turns on the way",
}


@dataclass(slots=True)
class Step:
    """One step as it went: `act` is -1 before the first, `mti` empty for a connection; lengths are the frames'."""

    act: int
    mti: str = ""
    request: int = 0
    reply: int = 0


class Wire:
    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._connections: dict[int, Connection] = {}
        self._held: list[bytes] = []  # requests that are still on their way
        self.begin(())

    def begin(self, faults: Sequence[Net]) -> None:
        """A life begins, with these faults; connections of the last one are gone."""
        self.steps: list[Step] = []
        self._stale: list[bytes] = []  # replies that are still on their way
        self._faults = {fault.step: fault for fault in faults}
        self._connections.clear()
        self._down = False
        self._act = -1

    def act(self, number: int, healthy: bool) -> None:
        """The person begins another act; from a `healthy` one on nothing goes wrong."""
        self._act = number
        if healthy:
            self._faults.clear()
            self._down = False

    def settle(self) -> None:
        """Requests that are still under way arrive, and nobody waits for the replies."""
        held, self._held = self._held, []
        for request in held:
            Connection(self._bank.acquirer, Faults()).feed(request)

    def open(self, number: int) -> bytes:
        """The events that follow from the terminal's opening a connection."""
        self.steps.append(Step(self._act))
        fault = self._faults.pop(len(self.steps) - 1, None)
        what = fault.what if fault else ""
        if what == "DOWN":
            self._down = True
        if self._down or what == "UNREACHABLE":
            return _event(_UNREACHABLE_MS, _FAILED, number, bytes((errno.EHOSTUNREACH,)))
        if what == "REFUSED":
            return _event(_ROUND_TRIP_MS, _FAILED, number, bytes((errno.ECONNREFUSED,)))
        if what == "HUNG":
            return b""
        if what == "POWER":
            return _event(_ROUND_TRIP_MS, _POWER, number)
        connected = _event(_ROUND_TRIP_MS, _CONNECTED, number)
        if what == "SLAMMED":
            return connected + _event(_ROUND_TRIP_MS, _CLOSED, number)
        self._connections[number] = Connection(self._bank.acquirer, self._bank.faults)
        return connected

    def close(self, number: int) -> None:
        self._connections.pop(number, None)

    def send(self, number: int, frame: bytes) -> bytes:
        """The events that follow from the terminal's sending a frame, which is all of a message, or nothing."""
        if not frame:
            return b""
        self.steps.append(Step(self._act, frame[13:15].hex(), len(frame)))
        fault = self._faults.pop(len(self.steps) - 1, None)
        if fault is None:
            events = self._replies(number, self._feed(number, frame)) if not self._down else b""
        else:
            events = self._misbehave(number, frame, fault)
        if fault is None or fault.what not in ("HELD", "ECHOED"):
            self.settle()
        return events

    def _feed(self, number: int, frame: bytes) -> list[Action]:
        """What a connection that is still there answers."""
        connection = self._connections.get(number)
        actions = connection.feed(frame) if connection else []
        self._bank.customers()
        self.steps[-1].reply = sum(len(action.data) for action in actions if isinstance(action, Send))
        return actions

    def _replies(self, number: int, actions: Sequence[Action], late_ms: int = 0) -> bytes:
        events = b"".join(_event(_ROUND_TRIP_MS, _READABLE, number, stale) for stale in self._stale)
        self._stale.clear()
        for action in actions:
            after = action.after_ms + _ROUND_TRIP_MS + late_ms
            if isinstance(action, Close):
                events += _event(after, _CLOSED, number)
            else:
                events += _event(after, _READABLE, number, action.data)
        return events

    def _misbehave(self, number: int, frame: bytes, fault: Net) -> bytes:
        match fault.what:
            case "LATE" | "SLOW":
                late = _TOO_LATE_MS if fault.what == "LATE" else _LATE_MS
                return self._replies(number, self._feed(number, frame), late)
            case "CUT_REQUEST":
                return self._replies(number, self._feed(number, frame[: fault.at]))
            case "BENT_REQUEST":
                return self._replies(number, self._feed(number, _bent(frame, fault.at)))
            case "UNREAD" | "RESTART":
                if fault.what == "RESTART":
                    self._restart()
                return _event(_ROUND_TRIP_MS, _CLOSED, number)
            case "HELD":
                self._held.append(frame)
                return b""
            case "POWER":
                return _event(0, _POWER, number)
            case "DOWN":
                self._down = True
                return b""
            case "TWICE" | "AGAIN":
                first = self._feed(number, frame)
                second = self._feed(number, frame)
                return self._replies(number, second if fault.what == "AGAIN" else first + second)
        if fault.what in (kind.name for kind in _HOSTS):
            self._bank.faults.arm(Fault(Kind[fault.what]))
            actions = self._feed(number, frame)
            self._bank.faults.armed.clear()  # where the request never came, it strikes nobody else
            return self._replies(number, actions)
        return self._misreply(number, frame, fault)

    def _misreply(self, number: int, frame: bytes, fault: Net) -> bytes:
        """The host handles the request as ever; it is the reply that meets with something."""
        actions = self._feed(number, frame)
        reply = b"".join(action.data for action in actions if isinstance(action, Send))
        match fault.what:
            case "STALE":
                self._stale.append(reply)
                return b""
            case "ECHOED":
                self._held.append(frame)
                return self._replies(number, actions)
            case "BY_BYTES":
                return b"".join(
                    _event(_ROUND_TRIP_MS + at, _READABLE, number, reply[at : at + 1]) for at in range(len(reply))
                )
            case "RESTART_AFTER":
                self._restart()
                return _event(_ROUND_TRIP_MS, _CLOSED, number)
            case "POWER_AFTER":
                return _event(_ROUND_TRIP_MS, _POWER, number)
            case "DOWN_AFTER":
                self._down = True
                return b""
            case "CUT_REPLY":
                some = _event(_ROUND_TRIP_MS, _READABLE, number, reply[: fault.at])
                return some + _event(_ROUND_TRIP_MS, _CLOSED, number)
            case "STALLED_REPLY":
                return _event(_ROUND_TRIP_MS, _READABLE, number, reply[: fault.at])
            case "BENT_REPLY":
                return _event(_ROUND_TRIP_MS, _READABLE, number, _bent(reply, fault.at))
        raise ValueError(f"nothing that happens to a message: {fault.what}")

    def _restart(self) -> None:
        self._connections.clear()
        self._bank.restart()


def _event(after_ms: int, kind: int, number: int, data: bytes = b"") -> bytes:
    return struct.pack("<IBH", after_ms * 1000, kind, 1 + len(data)) + bytes((number,)) + data


def _bent(frame: bytes, at: int) -> bytes:
    """Another bit at every byte; where the host had nothing to say, there is none."""
    if not frame:
        return frame
    at = min(at, len(frame) - 1)
    return frame[:at] + bytes((frame[at] ^ 1 << at % 8,)) + frame[at + 1 :]
