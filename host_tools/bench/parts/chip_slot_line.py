"""The chip card's one data wire (ISO/IEC 7816-3, I/O): who pulls it low and when, and what each end makes of that.

Bits are true to time: a receiver finds the edge of a start bit and looks at the middle of each bit by its own clock.
So a wrong baud rate, a wrong parity or two talking at once give what they give on a real wire.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from host_tools.bench.bus import Clock, Timer

# The ESP32 hands its receive FIFO over when it is this full, or after so many characters' time of silence.
_FIFO_FULL = 120
_FIFO_IDLE_CHARACTERS = 10
_MEMORY_US = 20_000.0  # nobody looks further back along the wire

_NO_PARITY, _EVEN, _ODD = 0, 2, 3  # of machine.UART, on the wire to the bench


class Character(NamedTuple):
    """As it was seen: b1 of `byte` is the first bit after the start bit; `parity` is the level of the tenth bit."""

    byte: int
    parity: int
    start_us: float

    @property
    def even(self) -> bool:
        return (self.byte.bit_count() + self.parity) % 2 == 0


class Wire:
    """Pulled up; low while anybody pulls it low."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.receivers: list[Receiver] = []
        self._lows: list[tuple[float, float, object]] = []

    def transmit(self, bits: list[int], bit_us: float, start_us: float, sender: object) -> None:
        """Put `bits` on the wire, the first of them at `start_us`, which is about now."""
        self._lows = [low for low in self._lows if low[1] > start_us - _MEMORY_US]
        falls = []
        at = 0
        while at < len(bits):
            end = at + 1
            while end < len(bits) and bits[end] == bits[at]:
                end += 1
            if bits[at] == 0:
                self._lows.append((start_us + at * bit_us, start_us + end * bit_us, sender))
                falls.append(self._lows[-1][0])
            at = end
        for receiver in self.receivers:
            receiver.fell(falls[0])

    def release(self, sender: object) -> None:
        """It has lost its power: what it was saying ends here."""
        now = self.clock.now_us
        self._lows = [
            low if low[2] is not sender else (low[0], min(low[1], now), sender)
            for low in self._lows
            if low[2] is not sender or low[0] < now
        ]

    def level(self, at_us: float) -> int:
        return self.levels([at_us])[0]

    def levels(self, moments: list[float]) -> list[int]:
        """At some moments one after the other."""
        lows = [(start, end) for start, end, _ in self._lows if end > moments[0]]  # few of them: the past is longer
        return [0 if any(start <= at < end for start, end in lows) else 1 for at in moments]

    def next_fall(self, from_us: float) -> float | None:
        """The first falling edge at or after a moment, as far as anybody has said that there will be one."""
        return min(
            (start for start, _, _ in self._lows if start >= from_us and self.level(start - 0.001)), default=None
        )

    def at(self, when_us: float, action: Callable[[], None]) -> Timer:
        return self.clock.call_later(math.ceil(when_us) - self.clock.now_us, action)


class Receiver:
    """One end's ear; `bit_us` is its own idea of a bit, 0 while it does not listen."""

    def __init__(self, wire: Wire, take: Callable[[Character], None]) -> None:
        self.bit_us = 0.0
        self._wire = wire
        self._take = take
        self._timer: Timer | None = None
        self._deaf_until = 0.0
        wire.receivers.append(self)

    def listen(self, bit_us: float) -> None:
        self.bit_us = bit_us
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._deaf_until = float(self._wire.clock.now_us)

    def fell(self, at_us: float) -> None:
        if self.bit_us and self._timer is None and at_us >= self._deaf_until:
            self._timer = self._wire.at(at_us + 10.5 * self.bit_us, lambda: self._decode(at_us))

    def _decode(self, start_us: float) -> None:
        """At the middle of the bit after the parity bit, where the character is over."""
        self._timer = None
        levels = self._wire.levels([start_us + (bit + 0.5) * self.bit_us for bit in range(10)])
        seen = levels[0] == 0
        self._deaf_until = start_us + (10.5 if seen else 0.5) * self.bit_us
        if seen:
            byte = sum(level << bit for bit, level in enumerate(levels[1:9]))
            self._take(Character(byte, levels[9], start_us))
        fall = self._wire.next_fall(self._deaf_until)
        if fall is not None:
            self.fell(fall)


class SharedUart:
    """The board's UART with TX (open drain) and RX both on the wire: it hears whatever it says.

    Like an ESP32's it passes a character of wrong parity on as any other.
    """

    def __init__(self, wire: Wire, deliver: Callable[[bytes], None]) -> None:
        self._wire = wire
        self._deliver = deliver
        self._receiver = Receiver(wire, self._heard)
        self._bit_us = 0.0
        self._frame_us = 0.0
        self._parity = _NO_PARITY
        self._queue = bytearray()
        self._free_at = 0.0
        self._sending = False
        self._fifo = bytearray()
        self._idle: Timer | None = None
        self._powered = True

    def configure(self, baudrate: int, bits: int, parity: int, stop: int) -> None:
        assert bits == 8, "a card's characters have eight bits"
        self._bit_us = 1_000_000 / baudrate
        self._frame_us = (1 + bits + (parity != _NO_PARITY) + stop) * self._bit_us
        self._parity = parity
        self._receiver.listen(self._bit_us)

    def write(self, data: bytes) -> None:
        self._queue += data
        if not self._sending:
            self._sending = True
            start = max(self._free_at, float(self._wire.clock.now_us))
            self._wire.at(start, lambda: self._send(start))

    def power_off(self) -> None:
        self._powered = False
        self._queue.clear()
        self._receiver.listen(0.0)

    def busy_us(self) -> int:
        """How long until the last byte written has left."""
        left = max(0.0, self._free_at - self._wire.clock.now_us)
        return math.ceil(left + len(self._queue) * self._frame_us)

    def _send(self, start_us: float) -> None:
        self._sending = bool(self._queue)
        if not self._queue:
            return
        byte = self._queue.pop(0)
        bits = [0, *(byte >> bit & 1 for bit in range(8))]
        if self._parity != _NO_PARITY:
            bits.append(byte.bit_count() & 1 ^ (self._parity == _ODD))
        self._wire.transmit(bits, self._bit_us, start_us, self)
        following = self._free_at = start_us + self._frame_us
        self._wire.at(following, lambda: self._send(following))

    def _heard(self, character: Character) -> None:
        self._fifo.append(character.byte)
        if self._idle:
            self._idle.cancel()
        if len(self._fifo) >= _FIFO_FULL:
            self._hand_over()
        else:
            silence = self._wire.clock.now_us + _FIFO_IDLE_CHARACTERS * self._frame_us
            self._idle = self._wire.at(silence, self._hand_over)

    def _hand_over(self) -> None:
        self._idle = None
        data = bytes(self._fifo)
        self._fifo.clear()
        if self._powered and data:
            self._deliver(data)
