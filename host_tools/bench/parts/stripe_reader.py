"""Magnetic stripe reader with TTL outputs: card present, and a strobe and a data line for each track.

After MagTek's "I/O Interface for TTL Magnetic Stripe Readers" (99875148): all lines rest high. Card present goes low
after some 15 flux reversals, none of which is put out, and high again 150 ms after the last. Data are valid 1 us before
a strobe falls, low for a one, until 1 us before the next; a strobe is low for a good third of a bit's time.
"""

from __future__ import annotations

from host_tools.bench.bus import Clock, Pins, Timer
from host_tools.bench.parts.swipe_reader import lrc

_INCHES = 3.375
_DENSITY = {1: 210, 2: 75, 3: 210}  # bits to the inch (ISO/IEC 7811-6, 4909)
_LEADING = {1: 62, 2: 22, 3: 62}  # zeros before the start sentinel: 7.44 mm
_BITS = {1: 6, 2: 4, 3: 4}
_START = {1: "%", 2: ";", 3: ";"}
_BASE = {1: 0x20, 2: 0x30, 3: 0x30}
_SILENT_BITS = 15
_RELEASE_US = 150_000


class StripeReader:
    def __init__(self, present: int, tracks: dict[int, tuple[int, int]]) -> None:
        """`tracks`: by a track's number the GPIOs of its strobe and its data."""
        self.pins: tuple[int, ...] = (present, *(pin for pair in tracks.values() for pin in pair))
        self._present = present
        self._tracks = tracks
        self._levels = dict.fromkeys(self.pins, 1)
        self._timers: list[Timer] = []
        self._wires: Pins | None = None
        self._clock: Clock | None = None

    def attach(self, pins: Pins, clock: Clock) -> None:
        self._wires = pins
        self._clock = clock
        self._levels = dict.fromkeys(self.pins, 1)

    def power_off(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._wires = self._clock = None

    def level(self, pin: int) -> int | None:
        return self._levels[pin]

    def driven(self, pin: int) -> None:
        """They are outputs."""

    def swipe(
        self,
        track1: str | None,
        track2: str | None,
        track3: str | None = None,
        *,
        inches_per_second: float = 8,
        backwards: bool = False,
        damaged: dict[int, int] | None = None,
    ) -> None:
        """Pulls a card through. Tracks come without sentinels; `damaged` names a bit of a track that is read wrong."""
        if self._clock is None:
            return
        duration = _INCHES / inches_per_second * 1e6
        texts = {number: text for number, text in ((1, track1), (2, track2), (3, track3)) if text is not None}
        densest = max((_DENSITY[number] for number in texts), default=75)
        self._at(_SILENT_BITS * 1e6 / (inches_per_second * densest) - 100, self._present, 0)
        for number, text in texts.items():
            if number not in self._tracks:
                continue
            bits = encode(number, text)
            if damaged and number in damaged:
                bits[damaged[number]] ^= 1
            if backwards:
                bits.reverse()
            self._put_out(number, bits, 1e6 / (inches_per_second * _DENSITY[number]))
        self._at(duration + _RELEASE_US, self._present, 1)

    def _put_out(self, number: int, bits: list[int], bit_us: float) -> None:
        strobe, data = self._tracks[number]
        for i, bit in enumerate(bits):
            if i < _SILENT_BITS:
                continue
            self._at(i * bit_us - 1, data, 1 - bit)
            self._at(i * bit_us, strobe, 0)
            self._at(i * bit_us + 0.35 * bit_us, strobe, 1)

    def _at(self, delay_us: float, pin: int, level: int) -> None:
        assert self._clock
        self._timers.append(self._clock.call_later(round(delay_us), lambda: self._set(pin, level)))

    def _set(self, pin: int, level: int) -> None:
        self._levels[pin] = level
        if self._wires:
            self._wires.changed(pin)


def encode(number: int, text: str) -> list[int]:
    """Every bit on the stripe, in the order in which it passes."""
    encoded = (_START[number] + text + "?").encode("ascii")
    encoded += bytes([lrc(number, encoded)])
    bits = [0] * _LEADING[number]
    for character in encoded:
        value = character - _BASE[number]
        word = [value >> i & 1 for i in range(_BITS[number])]
        bits += [*word, 1 - sum(word) % 2]
    return bits + [0] * (int(_INCHES * _DENSITY[number]) - len(bits))
