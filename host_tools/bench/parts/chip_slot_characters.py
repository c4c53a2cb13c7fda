"""A chip card's transmitter and receiver: characters of its own etu and convention, guard times, the error signal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from host_tools.bench.bus import Timer
from host_tools.bench.parts.chip_slot_line import Character, Receiver, Wire

_GUARD_ETU = 12  # from the edge of one start bit to the next
_SLACK_ETU = 0.2
_ERROR_SIGNAL_ETU = 10.6  # after the edge of the start bit; (10.5 +- 0.2) by the standard
_INVERSE = bytes(int(f"{byte:08b}"[::-1], 2) ^ 0xFF for byte in range(256))


@dataclass
class Noise:
    """What goes wrong on the wire. Characters are counted from the reset, what is sent and what is heard apart."""

    tamper: Callable[[int, bytes], bytes] = lambda _, data: data  # of the n-th thing said: what is said instead
    wrong_parity: set[int] = field(default_factory=set)  # of those sent
    refused: set[int] = field(default_factory=set)  # of those heard: the card takes them for damaged


@dataclass
class _Burst:
    data: bytearray
    pause_us: float
    spacing_etu: int
    then: Callable[[], None] | None


class Characters:
    """`take` is given each character and whether its parity is right; `complain` is told what the reader does wrong.

    `turnaround_etu` is what must lie between the last character from one side and the first one from the other;
    `error_signal` is whether a character of wrong parity is refused on the spot, as in T=0, instead of handed on.
    """

    turnaround_etu = 16
    error_signal = True

    def __init__(
        self, wire: Wire, noise: Noise, take: Callable[[int, bool], None], complain: Callable[[str], None]
    ) -> None:
        self.etu_us = 0.0
        self.heard_us = 0.0  # when the reader's last character began
        self.on_character: Callable[[], None] = lambda: None
        self._wire = wire
        self._noise = noise
        self._take = take
        self._complain = complain
        self._receiver = Receiver(wire, self._heard)
        self._sender: Timer | None = None
        self._refuser: Timer | None = None
        self.off()

    def unplug(self) -> None:
        self.off()
        self._wire.receivers.remove(self._receiver)

    def off(self) -> None:
        """No clock, or in reset: nothing is said any more, nothing heard."""
        for timer in (self._sender, self._refuser):
            if timer:
                timer.cancel()
        self._receiver.listen(0.0)
        self._wire.release(self)
        self._bursts: list[_Burst] = []
        self._pause_us = 0.0
        self._said = self._sent = self._received = 0
        self._sent_us = 0.0  # when the card's own last character began
        self._mine_until = 0.0
        self.heard_us = 0.0

    def on(self, etu_us: float, inverse: bool, extra_guard: int) -> None:
        self.off()
        self.rate(etu_us)
        self._inverse = inverse
        self._least_etu = _GUARD_ETU + extra_guard

    def rate(self, etu_us: float) -> None:
        self.etu_us = etu_us
        self._receiver.listen(etu_us)

    @property
    def talking(self) -> bool:
        return bool(self._bursts)

    # -- sending --

    def pause(self, duration_us: float) -> None:
        """What is said next is said so much later."""
        self._pause_us += duration_us

    def say(self, data: bytes, spacing_etu: int = _GUARD_ETU, then: Callable[[], None] | None = None) -> None:
        """Behind whatever else is being said; `then` is called when the last character is over."""
        data = self._noise.tamper(self._said, data)
        self._said += 1
        burst = _Burst(bytearray(data), self._pause_us, spacing_etu, then)
        self._pause_us = 0.0
        self._bursts.append(burst)
        if len(self._bursts) == 1:
            self._begin()

    def _begin(self) -> None:
        now = float(self._wire.clock.now_us)
        if self._sent_us > self.heard_us:
            earliest = self._sent_us + self._bursts[0].spacing_etu * self.etu_us
        else:
            earliest = self.heard_us + self.turnaround_etu * self.etu_us
        self._send_at(max(now, earliest) + self._bursts[0].pause_us)

    def _send_at(self, at_us: float) -> None:
        self._sender = self._wire.at(at_us, lambda: self._send(at_us))

    def _send(self, at_us: float) -> None:
        burst = self._bursts[0]
        if burst.data:
            byte = burst.data.pop(0)
            seen = _INVERSE[byte] if self._inverse else byte
            parity = (byte.bit_count() & 1) ^ self._inverse ^ (self._sent in self._noise.wrong_parity)
            self._sent += 1
            self._sent_us = at_us
            self._mine_until = at_us + 10 * self.etu_us
            self._wire.transmit([0, *(seen >> bit & 1 for bit in range(8)), int(parity)], self.etu_us, at_us, self)
            self.on_character()
            if self._bursts:  # a card may have been pulled just now
                self._send_at(at_us + burst.spacing_etu * self.etu_us)
            return
        self._bursts.pop(0)
        if burst.then:
            burst.then()
        if self._bursts:
            self._begin()

    def alarm(self, at_us: float, action: Callable[[], None]) -> Timer:
        return self._wire.at(at_us, action)

    # -- hearing --

    def _heard(self, character: Character) -> None:
        start = character.start_us
        if start < self._mine_until - 1:
            if start > self._sent_us + 1:
                self._complain("the reader talks while the card does")
            return
        self._check(start)
        self.heard_us = start
        good = character.even != self._inverse and self._received not in self._noise.refused
        self._received += 1
        self.on_character()
        if not self.etu_us or not self._receiver.bit_us:
            return  # pulled just now
        if not good and self.error_signal:
            signal = start + _ERROR_SIGNAL_ETU * self.etu_us
            self._refuser = self._wire.at(signal, lambda: self._refuse(signal))
            return
        self._take(_INVERSE[character.byte] if self._inverse else character.byte, good)

    def _refuse(self, at_us: float) -> None:
        """Pull the line low for one etu, and listen again."""
        self._receiver.listen(0.0)
        self._wire.transmit([0], self.etu_us, at_us, self)
        over = at_us + 1.1 * self.etu_us
        self._refuser = self._wire.at(over, lambda: self._receiver.listen(self.etu_us))

    def _check(self, start_us: float) -> None:
        if self.talking:
            self._complain("the reader talks before the card has finished")
        elif self.heard_us > self._sent_us:
            self._at_least(self._least_etu, start_us - self.heard_us, "its last one")
        else:
            self._at_least(self.turnaround_etu, start_us - self._sent_us, "the card's last one")

    def _at_least(self, least_etu: int, gap_us: float, what: str) -> None:
        etus = gap_us / self.etu_us
        if etus < least_etu - _SLACK_ETU:
            self._complain(f"a character of the reader's {etus:.1f} etu after {what}, {least_etu} at least")
