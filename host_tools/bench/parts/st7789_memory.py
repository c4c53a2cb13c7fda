"""The ST7789's frame memory: how pixels come in, and where they go (Sitronix ST7789V data sheet, version 1.3)."""

from __future__ import annotations

import random
from array import array
from functools import cache

from PIL import Image

WIDTH = 240
HEIGHT = 320

# Memory data access control (9.1.28)
_ROWS_UP, _COLUMNS_LEFT, _EXCHANGED, _BLUE_FIRST = 0x80, 0x40, 0x20, 0x08

# Interface pixel format (9.1.32), its lower three bits: so many bytes are so many pixels.
FORMATS = {3: (3, 2), 5: (2, 1), 6: (3, 1)}


class Memory:
    """`access` and `format` are MADCTL's and COLMOD's; `columns` and `rows`, first and last, are the window's."""

    def __init__(self) -> None:
        # What power-on leaves there is anybody's guess. A pixel is a number, RRGGBBh.
        noise = random.Random(0x7789)
        self._pixels = array("I", (noise.getrandbits(24) for _ in range(WIDTH * HEIGHT)))
        self.access = 0
        self.format = 6
        self.reset()

    def reset(self) -> None:
        """By software: pixels, access and format stay."""
        self.columns = (0, WIDTH - 1)
        self.rows = (0, HEIGHT - 1)
        self._column = self._row = 0
        self._part = b""  # of a pixel that has not arrived whole

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows, as addressed now."""
        return (HEIGHT, WIDTH) if self.access & _EXCHANGED else (WIDTH, HEIGHT)

    def begin(self) -> None:
        """To the start of the window."""
        self._column, self._row = self.columns[0], self.rows[0]

    def interrupt(self) -> None:
        """A command: a pixel that has not arrived whole never will."""
        self._part = b""

    def write(self, data: bytes) -> None:
        """Along the window's rows, and at its end from its start again (8.12)."""
        data = self._part + data
        size, _ = FORMATS[self.format]
        whole = len(data) - len(data) % size
        self._part = data[whole:]
        colours = _colours(data[:whole], self.format)
        position = 0
        while position < len(colours):
            room = max(1, self.columns[1] - self._column + 1)
            self._write_run(colours[position : position + room])
            position += room

    def image(self) -> Image.Image:
        order = "RGBX" if self.access & _BLUE_FIRST else "BGRX"
        return Image.frombytes("RGB", (WIDTH, HEIGHT), self._pixels.tobytes(), "raw", order)

    def _write_run(self, run: array[int]) -> None:
        """Pixels that stay within a row of the window."""
        exchanged = self.access & _EXCHANGED
        x, y = (self._row, self._column) if exchanged else (self._column, self._row)
        if self.access & _COLUMNS_LEFT:
            x = WIDTH - 1 - x
        if self.access & _ROWS_UP:
            y = HEIGHT - 1 - y
        step = WIDTH if exchanged else 1
        if self.access & (_ROWS_UP if exchanged else _COLUMNS_LEFT):
            step = -step
        first = y * WIDTH + x
        end = first + step * len(run)
        if 0 <= first < len(self._pixels) and -abs(step) <= end < len(self._pixels) + abs(step):
            self._pixels[first : end if end >= 0 else None : step] = run
        self._column += len(run)
        if self._column > self.columns[1]:
            self._column = self.columns[0]
            self._row = self._row + 1 if self._row < self.rows[1] else self.rows[0]


def _colours(data: bytes, pixel_format: int) -> array[int]:
    """The bits that a format lacks repeat its upper ones."""
    if pixel_format == 5:
        words = array("H", data)
        words.byteswap()
        table = _of_16_bits()
        return array("I", [table[word] for word in words])
    if pixel_format == 3:
        digits = data.hex()
        return array("I", [int("".join(2 * d for d in digits[at : at + 3]), 16) for at in range(0, len(digits), 3)])
    data = bytes(byte & 0xFC | byte >> 6 for byte in data)
    return array("I", [int.from_bytes(data[at : at + 3], "big") for at in range(0, len(data), 3)])


@cache
def _of_16_bits() -> list[int]:
    five = [value << 3 | value >> 2 for value in range(32)]
    six = [value << 2 | value >> 4 for value in range(64)]
    return [five[word >> 11] << 16 | six[word >> 5 & 63] << 8 | five[word & 31] for word in range(1 << 16)]
