"""What went over the network, as a trace has it: by connection, by frame, by field name."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from host_tools.acquirer import spec, trace
from host_tools.replay import masking
from host_tools.replay.trace import Link, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from host_tools.bench.network import Answer, Exchange

_LENGTH: Final = 2
_LONGEST: Final = 4096  # what claims to be longer is no frame
_EPOCH: Final = datetime(2026, 1, 1)
_STAN: Final = 11
_CHIP: Final = 55
_OUTCOME: Final = (4, 38, 39)  # of a reply: amount, authorisation code, response code


class Frames:
    """Counts whole frames (two bytes of length, then as many) in a stream, however it is cut."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.count = 0

    def feed(self, data: bytes) -> list[bytes]:
        self._buffer += data
        found = []
        while len(self._buffer) >= _LENGTH:
            length = int.from_bytes(self._buffer[:_LENGTH], "big")
            if length > _LONGEST or len(self._buffer) < _LENGTH + length:
                break
            found.append(bytes(self._buffer[_LENGTH : _LENGTH + length]))
            del self._buffer[: _LENGTH + length]
        self.count += len(found)
        return found


class Heard:
    """`now` is the bench's clock."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.links: list[Link] = []
        self.messages: list[Message] = []
        self.exact = True
        self._now = now
        self._sent: dict[str, tuple[int, Frames]] = {}  # by address: the connection, and what went into it

    def door(self, address: str, make: Callable[[], Exchange | None]) -> Callable[[], Exchange | None]:
        def opened() -> Exchange | None:
            exchange = make()
            link = Link(address, exchange is None, self._now())
            self._sent[address] = (len(self.links), Frames())
            self.links.append(link)
            return exchange and _Overheard(exchange, link, self)

        return opened

    def sent(self, address: str, data: bytes, card: str, pin: str) -> None:
        """The terminal has written this; `card` and `pin` are what it was last given."""
        if address not in self._sent:
            return  # nobody is there
        number, frames = self._sent[address]
        for frame in frames.feed(data):
            self.messages.append(self._message(number, frame, card, pin))

    def answered(self, link: Link, frames: int, answers: Sequence[tuple[int, Answer]]) -> None:
        masked: list[tuple[int, str | None]] = []
        for delay, data in answers:
            if callable(data):  # enciphered as it leaves: RecordedShop takes no such line
                raise TypeError("what is made when it leaves cannot be recorded")
            text, exact = (None, True) if data is None else masking.answer(data)
            self.exact &= exact
            masked.append((delay, text))
            if data is not None:
                self._outcome(data)
        if link.answers and link.answers[-1][0] == frames:
            link.answers[-1][1].extend(masked)
        else:
            link.answers.append((frames, masked))

    def _outcome(self, data: bytes) -> None:
        """What the host said belongs to the last message of its kind with its STAN."""
        mti, fields = masking.decoded(data)
        for message in reversed(self.messages):
            stan = next((value for number, _, value in message.fields if number == _STAN), "")
            if (_reply_to(message.mti), stan) == (mti, fields.get(_STAN)):
                message.reply = {number: fields[number] for number in _OUTCOME if number in fields}
                return

    def _message(self, connection: int, frame: bytes, card: str, pin: str) -> Message:
        try:
            message = spec.decode(frame)
        except spec.MessageError as error:
            return Message(self._now(), connection, "", f"malformed: {error}", [])
        known = masking.card_of(message.fields.get(2, "") or message.fields.get(35, "").partition("D")[0])
        masked = trace.record(_EPOCH, "in", message)
        fields = [
            (field.number, field.name, _told(field.value, message.fields[field.number], known is not None))
            for field in masked.fields
        ]
        name = known.name if known else ""
        keyed = pin if card == name else ""
        chip = message.fields.get(_CHIP, "") if known else ""
        return Message(self._now(), connection, message.mti, masked.name, fields, name, keyed, chip)


class _Overheard:
    """A host's side of a connection, whose answers are noted."""

    def __init__(self, exchange: Exchange, link: Link, heard: Heard) -> None:
        self._exchange = exchange
        self._link = link
        self._heard = heard
        self._frames = Frames()

    def feed(self, data: bytes) -> Sequence[tuple[int, Answer]]:
        self._frames.feed(data)
        answers = self._exchange.feed(data)
        if answers:
            self._heard.answered(self._link, self._frames.count, answers)
        return answers


class Recorded:
    """The host's side of a connection, from a trace: what it answered to so many frames, after as long."""

    def __init__(self, link: Link) -> None:
        self._answers: list[Any] = list(link.answers)
        self._frames = Frames()

    def feed(self, data: bytes) -> list[tuple[int, bytes | None]]:
        self._frames.feed(data)
        due: list[tuple[int, bytes | None]] = []
        while self._answers and self._answers[0][0] <= self._frames.count:
            _, answers = self._answers.pop(0)
            due += [(delay, None if text is None else masking.unanswer(text)) for delay, text in answers]
        return due


def _reply_to(mti: str) -> str:
    return f"{mti[:2]}{int(mti[2]) + 1}{mti[3]}" if len(mti) == 4 else "none"


def _told(masked: str, value: str, known: bool) -> str:
    """A value that is not shown can still be seen to differ, where it is of a card that everybody knows."""
    if masked == value or not known:
        return masked
    return f"{masked} #{hashlib.sha256(value.encode()).hexdigest()[:8]}"
