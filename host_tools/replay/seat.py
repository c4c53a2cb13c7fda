"""A host that says what a terminal has told that its host said: the same outcomes, under keys of its own.

What a terminal tells is masked, so nothing of it can be sent again as it was. Each message gets the answer that the
one in its place got then, put together anew for this request and sealed for this session.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from host_tools.acquirer import spec
from host_tools.replay.heard import Frames

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from host_tools.acquirer.terminals import Enrolment
    from host_tools.bench.network import Exchange
    from host_tools.replay.trace import Trace

_PREFIX: Final = bytes.fromhex("6000000003603100311003")
_AS_ASKED: Final = (2, 11, 41, 42)
_TIME, _DATE, _CODE, _KIND, _KEYS = 12, 13, 39, 60, 62
_NETWORK: Final = slice(8, 11)
_APPROVED: Final = "00"
_AT_ONCE_US: Final = 20_000
_NO_MESSAGE: Final = bytes((0, 30)) + bytes(30)  # a frame that says nothing

Answers = list[tuple[int, bytes | None]]


class Seat:
    """`now` is the bench's calendar. Until `begin`, it lets the terminal sign in, and nothing else."""

    def __init__(self, trace: Trace, enrolment: Enrolment, now: Callable[[], datetime]) -> None:
        self._enrolment = enrolment
        self._suite = enrolment.suite
        self._batch: str = trace.start.terminal["batch"] or "000001"
        self._now = now
        self._begun = False
        self._mak = b""
        self._random = Random(trace.start.seed).randbytes
        self._answered = iter([(message, *_answer(trace, place)) for place, message in enumerate(trace.messages, 1)])
        self._heard = 0  # messages
        # How many messages had been said when nobody answered the door.
        self._refused = [
            sum(message.at < link.at for message in trace.messages) for link in trace.links if link.refused
        ]

    def begin(self) -> None:
        """From now on it is as it was then."""
        self._begun = True

    def door(self) -> Exchange | None:
        """Nobody answers it where nobody did then."""
        if self._begun and self._heard in self._refused:
            self._refused.remove(self._heard)
            return None
        return _Connection(self._say)

    def _say(self, frame: bytes) -> Answers:
        try:
            request = spec.decode(frame)
        except spec.MessageError:
            return []
        if not self._begun:
            return [(_AT_ONCE_US, self._sealed(request, self._sign_in(request)))]
        self._heard += 1
        message, delay_us, text = next(self._answered, (None, 0, None))
        if message is None or delay_us < 0:
            return []
        if text is None:
            return [(delay_us, None)]
        if not message.reply:
            return [(delay_us, _NO_MESSAGE)]
        fields = {number: value for number, value in message.reply.items() if not value.startswith("(")}
        fields |= {
            number: request.fields[number] for number in _AS_ASKED if number in fields and number in request.fields
        }
        if request.fields.get(_KIND, "")[_NETWORK] == self._suite.network_code and fields.get(_CODE) == _APPROVED:
            fields |= self._sign_in(request)
        return [(delay_us, self._sealed(request, fields))]

    def _sign_in(self, request: spec.Message) -> dict[int, str]:
        pik, self._mak = self._suite.new_working_keys(self._random)
        now = self._now()
        return {
            _TIME: f"{now:%H%M%S}",
            _DATE: f"{now:%m%d}",
            _CODE: _APPROVED,
            _KIND: f"00{self._batch}{self._suite.network_code}",
            _KEYS: self._suite.wrap_working_keys(self._enrolment.tmk, pik, self._mak).hex().upper(),
        } | {number: request.fields[number] for number in _AS_ASKED if number in request.fields}

    def _sealed(self, request: spec.Message, fields: dict[int, str]) -> bytes:
        mti = f"{request.mti[:2]}{int(request.mti[2]) + 1}{request.mti[3]}"
        reply = spec.Message(mti, fields, _PREFIX[: spec.TPDU_LENGTH], _PREFIX[spec.TPDU_LENGTH :])
        if spec.MAC not in request.fields:
            frame = spec.encode(reply)
        else:
            reply.fields[spec.MAC] = "00" * spec.MAC_LENGTH
            plain = spec.encode(reply)[: -spec.MAC_LENGTH]
            frame = plain + self._suite.mac(self._mak, plain[spec.PREFIX_LENGTH :])
        return len(frame).to_bytes(2, "big") + frame


class _Connection:
    def __init__(self, say: Callable[[bytes], Answers]) -> None:
        self._say = say
        self._frames = Frames()

    def feed(self, data: bytes) -> Answers:
        return [answer for frame in self._frames.feed(data) for answer in self._say(frame)]


def _answer(trace: Trace, place: int) -> tuple[int, str | None]:
    """After how many us the so many-th message was answered (-1: never), and whether by words or by hanging up."""
    link = trace.links[trace.messages[place - 1].connection]
    return next(((answers[0]) for frames, answers in link.answers if frames == place), (-1, None))
