"""Mag-stripe reader without a decoder (TTL, clock and data): card present, and a strobe and a data line a track.

All lines rest high (MagTek, "I/O Interface for TTL Magnetic Stripe Readers", 99875148). Card present is low from a few
bits into a swipe until 150 ms after its last. A strobe's falling edge says that the data line has a bit, low for 1, and
has it until the next. Characters come lowest bit first, their odd parity last: six bits and parity on track 1, four on
2 and 3. Somebody who swipes backwards sends it all in reverse.

An ESP32 has no hard interrupts in MicroPython, so a strobe must be noticed before the next one comes: during a swipe
garbage is collected only if there is no room left, the handlers allocate nothing, and what was missed spoils a parity.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer.
# mypy: disable-error-code="arg-type"

import asyncio
import gc

import micropython
from micropython import const

from suanpan.drivers.swipe_reader import Swipe
from suanpan.errors import ReaderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import Pin

_LONGEST = const(768)  # bits: 210 to the inch on the 3.375 inches of a card
_POLL_MS = const(20)
_QUIET_POLLS = const(25)  # a card that stands still for 500 ms has been swiped
_SEMICOLON = const(0x3B)
_PLUS = const(0x2B)
_QUESTION = const(0x3F)


@micropython.viper
def _character(bits: ptr8, at: int, step: int, width: int) -> int:
    """The `width` bits from `at` on, forwards or backwards; -1 where their ones are even."""
    value = 0
    ones = 0
    for i in range(width):
        if bits[at >> 3] >> (at & 7) & 1:
            value |= 1 << i
            ones += 1
        at += step
    return value & (1 << width - 1) - 1 if ones & 1 else -1


class _Track:
    def __init__(self, number: int, strobe: "Pin", data: "Pin") -> None:
        self.number = number
        self.count = 0
        self._bits = bytearray(_LONGEST // 8)
        self._data = data
        strobe.irq(handler=self._on_strobe, trigger=strobe.IRQ_FALLING)

    def clear(self) -> None:
        bits = self._bits
        for i in range(len(bits)):
            bits[i] = 0
        self.count = 0

    def read(self, to: memoryview, start: int) -> int:
        """Put the track's characters into `to`, with sentinels and LRC, and return its end; `start` if it has none."""
        end = self._decode(to, start, 0, 1)
        return end if end > start else self._decode(to, start, self.count - 1, -1)

    def _on_strobe(self, _pin: "Pin") -> None:
        count = self.count
        if count < _LONGEST:
            if not self._data.value():
                self._bits[count >> 3] |= 1 << (count & 7)
            self.count = count + 1

    def _decode(self, to: memoryview, start: int, at: int, step: int) -> int:
        bits = self._bits
        width, base, sentinel = (7, 0x20, 0x25) if self.number == 1 else (5, 0x30, _SEMICOLON)
        left = self.count
        while left and not bits[at >> 3] >> (at & 7) & 1:
            at += step
            left -= 1
        end = start
        last = False
        while left >= width and end < len(to):
            value = _character(bits, at, step, width)
            if value < 0:
                return start
            character = base + value
            if end == start:
                if character != sentinel:
                    return start
                if self.number == 3:
                    character = _PLUS
            to[end] = character
            end += 1
            if last:
                return end
            last = character == _QUESTION
            at += step * width
            left -= width
        return start


class StripeReader:
    """It has the methods of a SwipeReader. `tracks` are a track's number, its strobe and its data pin, as inputs."""

    def __init__(self, present: "Pin", *tracks: "tuple[int, Pin, Pin]") -> None:
        self._present = present
        self._tracks = tuple(_Track(number, strobe, data) for number, strobe, data in tracks)
        self._swipe = Swipe()
        self._edge = asyncio.ThreadSafeFlag()
        present.irq(handler=self._on_edge, trigger=present.IRQ_FALLING)

    def flush(self) -> None:
        """Discard what was swiped before anybody asked for a card."""
        self._swipe.wipe()
        for track in self._tracks:
            track.clear()

    async def swipe(self) -> Swipe:
        """Wait, without limit, for the next swipe; ReaderError when none of its tracks could be read."""
        swipe = self._swipe
        self.flush()
        threshold = gc.threshold()
        gc.collect()
        self._edge.clear()
        try:
            while not self._count():
                if self._present.value():
                    await self._edge.wait()
                gc.threshold(-1)
                await self._pass()
            self._read()
        except BaseException:  # cancelled or unread: nothing of the card may stay behind
            swipe.wipe()
            raise
        finally:
            gc.threshold(threshold)
            for track in self._tracks:
                track.clear()
        return swipe

    def _on_edge(self, _pin: "Pin") -> None:
        self._edge.set()

    def _count(self) -> int:
        return sum(track.count for track in self._tracks)

    async def _pass(self) -> None:
        """Until the card is through, or stands still."""
        count = quiet = 0
        while quiet < _QUIET_POLLS and not self._present.value():
            await asyncio.sleep_ms(_POLL_MS)
            now = self._count()
            quiet = quiet + 1 if now == count else 0
            count = now

    def _read(self) -> None:
        swipe = self._swipe
        end = 0
        for track in self._tracks:
            start, end = end, track.read(swipe.view, end)
            if end > start:
                view = swipe.view[start:end]
                if track.number == 1:
                    swipe.track1 = view
                elif track.number == 2:
                    swipe.track2 = view
                else:
                    swipe.track3 = view
        if not end:
            raise ReaderError
