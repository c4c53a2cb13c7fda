"""One terminal's connection, without I/O: bytes in, timed actions out.

The asyncio server and the bench's lockstep clock both carry the actions out; neither knows what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from host_tools.acquirer import spec
from host_tools.acquirer.faults import Fault, Faults, Kind, altered, bent

if TYPE_CHECKING:
    from host_tools.acquirer.host import Acquirer

DELAY_MS: Final = 80  # what the host takes to answer

_LENGTH: Final = 2  # bytes, big-endian, of what follows
_SHORTEST: Final = spec.PREFIX_LENGTH + 2 + 8  # an MTI and an empty bitmap
_LONGEST: Final = 2048


@dataclass(frozen=True, slots=True)
class Send:
    """`after_ms` counts from the feed that caused it. Actions of equal time happen in the order given."""

    data: bytes
    after_ms: int


@dataclass(frozen=True, slots=True)
class Close:
    after_ms: int


Action = Send | Close


class Connection:
    """How the bytes are cut into feeds makes no difference. After a Close nothing more is read."""

    def __init__(self, acquirer: Acquirer, faults: Faults, delay_ms: int = DELAY_MS) -> None:
        self._acquirer = acquirer
        self._faults = faults
        self._delay_ms = delay_ms
        self._received = bytearray()
        self._closed = False

    def feed(self, data: bytes) -> list[Action]:
        """Take what arrived; a length out of bounds, or a frame that nobody could answer, closes at once."""
        actions: list[Action] = []
        if not self._closed:
            self._received += data
        while not self._closed and len(self._received) >= _LENGTH:
            length = int.from_bytes(self._received[:_LENGTH], "big")
            if not _SHORTEST <= length <= _LONGEST:
                self._acquirer.report("dropped", None, f"a length of {length}")
                actions.append(Close(0))
                self._closed = True
            elif len(self._received) < _LENGTH + length:
                break
            else:
                frame = bytes(self._received[_LENGTH : _LENGTH + length])
                del self._received[: _LENGTH + length]
                exchange = self._exchange(frame)
                actions += exchange
                self._closed = any(isinstance(action, Close) for action in exchange)
        return actions

    def _exchange(self, frame: bytes) -> list[Action]:
        faults = self._faults
        fault = faults.take(frame, self._acquirer.now()) if faults.armed or faults.scenario else None
        if not (faults.held or faults.stale):
            return self._answered(frame) if fault is None else self._misbehave(fault, frame)
        # The terminal's next message has come: what was on its way arrives, a reply before this one's, a request after.
        tid = _terminal(frame)
        stale, held = faults.stale.pop(tid, []), faults.held.pop(tid, [])
        actions: list[Action] = [Send(data, self._delay_ms) for data in stale]
        actions += self._answered(frame) if fault is None else self._misbehave(fault, frame)
        for late in held:
            actions += self._answered(late)
        return actions

    def _answered(self, frame: bytes) -> list[Action]:
        reply = self._acquirer.answer(frame)
        return [Close(0)] if reply is None else [Send(_framed(reply), self._delay_ms)]

    def _misbehave(self, fault: Fault, frame: bytes) -> list[Action]:
        note = f"{fault.kind.name}: {fault.kind.value}"
        match fault.kind:
            case Kind.LOST | Kind.UNREAD:
                self._acquirer.report("fault", None, note)
                return [] if fault.kind is Kind.LOST else [Close(0)]
            case Kind.HELD:
                self._acquirer.report("fault", None, note)
                self._faults.held[_terminal(frame)].append(frame)
                return []
            case Kind.BENT_REQUEST:
                self._acquirer.report("fault", None, note)
                return self._answered(bent(frame, fault.bit))
            case Kind.RESTART:
                self._acquirer.report("fault", None, note)
                self._acquirer.tear(frame)
                self._faults.restart(self._acquirer.now(), fault.ms)
                return [Close(0)]
            case Kind.AGAIN:
                self._acquirer.answer(frame)
        forced = fault.code if fault.kind is Kind.ANSWER else None
        reply = self._acquirer.answer(frame, forced)
        if reply is None:
            return [Close(0)]
        wrong = self._corrupted(fault.kind, reply)
        self._acquirer.report("fault", None if wrong is None else spec.decode(wrong), note)
        if fault.kind is Kind.STALE:
            self._faults.stale[_terminal(frame)].append(_framed(reply))
        if fault.kind is Kind.RESTART_AFTER:
            self._faults.restart(self._acquirer.now(), fault.ms)
        return self._timed(fault, wrong or reply)

    def _timed(self, fault: Fault, reply: bytes) -> list[Action]:
        delay, data = self._delay_ms, _framed(reply)
        actions: list[Action] = [Send(data, delay)]
        match fault.kind:
            case Kind.SILENT | Kind.STALE:
                actions = []
            case Kind.CLOSE:
                actions = [Close(delay)]
            case Kind.RESTART_AFTER:
                actions = [Close(0)]
            case Kind.CLOSE_HALF_WAY:
                actions = [Send(data[: len(data) // 2], delay), Close(delay)]
            case Kind.LATE:
                actions = [Send(data, delay + fault.ms)]
            case Kind.DUPLICATE:
                actions *= 2
            case Kind.GARBAGE:
                actions = [Send(data[:_LENGTH] + bytes(byte ^ 0xFF for byte in reply), delay)]
            case Kind.TRUNCATED:
                actions = [Send(_framed(reply[: max(1, len(reply) - fault.size)]), delay)]
            case Kind.BENT_REPLY:
                actions = [Send(_framed(bent(reply, fault.bit)), delay)]
        return actions

    def _corrupted(self, kind: Kind, reply: bytes) -> bytes | None:
        """The well-formed frame to send instead of `reply`; None where the fault is not in its content."""
        message = spec.decode(reply)
        if kind is Kind.WRONG_MAC and spec.MAC in message.fields:
            return reply[:-1] + bytes([reply[-1] ^ 1])
        wrong = altered(kind, message)
        return None if wrong is None else self._acquirer.reseal(wrong, message.fields[41])


def _terminal(frame: bytes) -> str:
    """Whose request it is; "" for bytes that do not say."""
    try:
        return spec.decode(frame).fields.get(41, "")
    except spec.MessageError:
        return ""


def _framed(frame: bytes) -> bytes:
    return len(frame).to_bytes(_LENGTH, "big") + frame
