"""Unifont as it looks on a display, filed so that the screen reader finds a glyph by a few of its columns.

A glyph is one number, with a lane of 64 bits for each column of pixels, leftmost lowest, top pixel in bit 0.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from host_tools.fonts.digits import DIGITS
from host_tools.fonts.unifont import HEIGHT, columns, unifont

LANE = 64
LOWEST_LANE = (1 << LANE) - 1

_PICTURES = range(0x2500, 0x25A0)  # frames and bars are not text


class Shape(NamedTuple):
    lanes: int
    width: int
    char: str
    ends: tuple[tuple[int, int], ...]  # of a single straight stroke, the places (x, y) just beyond it


class Font(NamedTuple):
    scale: int
    shapes: dict[tuple[int, int], Shape]  # by lanes and width
    anchors: dict[int, set[tuple[int, int]]]  # by neighbouring columns: at which x, in shapes of which width


@cache
def font_of(scale: int, characters: str = "") -> Font:
    """All that Unifont has, or some characters of it, and then the digits that are drawn large as well."""
    font = Font(scale, {}, {})
    by_width: dict[int, list[str]] = {}
    for char in characters or unifont():
        by_width.setdefault(unifont()[char].width, []).append(char)
    for chars in by_width.values():
        for char, pixels in zip(chars, columns([unifont()[char] for char in chars]), strict=True):
            if any(pixels) and ord(char) not in _PICTURES:
                _file(font, char, _enlarged(pixels, scale))
    if characters and scale % 2 == 0:
        for char, bitmap in DIGITS.items():
            _file(font, char, _enlarged(_columns(bitmap), scale // 2))
    return font


def _columns(bitmap: bytes) -> list[int]:
    """Of a digit that is drawn large: rows of two bytes."""
    rows = struct.unpack(f">{len(bitmap) // 2}H", bitmap)
    return [sum((row >> 15 - x & 1) << y for y, row in enumerate(rows)) for x in range(16)]


def _file(font: Font, char: str, pixels: Sequence[int]) -> None:
    scale = font.scale
    width = len(pixels)
    lanes = int.from_bytes(struct.pack(f"<{width}Q", *pixels), "little")
    if (lanes, width) in font.shapes:  # Greek and Cyrillic share some: the first of them is read
        return
    font.shapes[lanes, width] = Shape(lanes, width, char, _ends(pixels))
    # The middle is where glyphs differ most; if it is blank, the first columns that are not.
    for x in (width // 2 - 2 * scale, *range(width)):
        if anchor := neighbours(lanes >> x * LANE, scale) & LOWEST_LANE:
            font.anchors.setdefault(anchor, set()).add((x, width))
            return


def _enlarged(pixels: Sequence[int], scale: int) -> Sequence[int]:
    """Columns of a glyph, each pixel a square; from three times up without corners that stand out."""
    if scale == 1:
        return pixels
    doubled = [int("".join(bit * scale for bit in f"{column:b}"), 2) for column in pixels for _ in range(scale)]
    if scale > 2:
        for x in range(len(pixels)):
            for y in range(HEIGHT):
                for dx, dy in _corners(pixels, x, y):
                    for column, row in _triangle(dx, dy, scale):
                        doubled[x * scale + column] ^= 1 << y * scale + row
    return doubled


def _corners(pixels: Sequence[int], x: int, y: int) -> Iterator[tuple[int, int]]:
    """The directions in which a pixel has two neighbours unlike itself, and the opposite two alike."""

    def at(x: int, y: int) -> bool:
        return 0 <= x < len(pixels) and y >= 0 and bool(pixels[x] >> y & 1)

    own = at(x, y)
    for dx, dy in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
        if own not in (at(x + dx, y), at(x, y + dy)) and at(x - dx, y) == at(x, y - dy) == own:
            yield dx, dy


def _triangle(dx: int, dy: int, scale: int) -> Iterator[tuple[int, int]]:
    """The pixels of an enlarged one that its corner in that direction takes up."""
    for i in range(scale // 2):
        for j in range(scale // 2 - i):
            yield (i if dx < 0 else scale - 1 - i), (j if dy < 0 else scale - 1 - j)


def _ends(pixels: Sequence[int]) -> tuple[tuple[int, int], ...]:
    inked = [x for x, column in enumerate(pixels) if column]
    left, right = inked[0], inked[-1]
    column = pixels[left]
    if left == right:
        return (left, (column & -column).bit_length() - 2), (left, column.bit_length())
    if column.bit_count() == 1 and all(pixels[x] == column for x in inked):
        return (left - 1, column.bit_length() - 1), (right + 1, column.bit_length() - 1)
    return ()


def neighbours(lanes: int, scale: int) -> int:
    """Fills each lane up with the next columns that may differ: four of 16 pixels, two of 32, one that is higher."""
    if scale > 2:
        return lanes
    lanes |= lanes >> scale * (LANE - HEIGHT)
    return lanes | lanes >> 2 * (LANE - HEIGHT) if scale == 1 else lanes
