"""Reads text back from the pixels of a 128x64 display: Unifont glyphs, wherever they stand.

A glyph is found by all its pixels, plain, inverse or (ASCII) at double size. What only looks like text, such
as pieces of lines and specks of icons, is told by what it continues into, or by standing alone.

The screen is held as one number of 128 lanes, leftmost lowest; a lane is a column of 64 pixels, top pixel in
its bit 0. So one shift and one mask show every column of a row of text. Glyphs are filed under a few of their
columns; where such columns are seen on the screen, the whole glyph is looked up.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from PIL import Image

from host_tools.fonts.subset import ASCII
from host_tools.fonts.unifont import HEIGHT, columns, unifont

_WIDTH, _LANE = 128, 64
_LOWEST_LANE = (1 << _LANE) - 1
_ALL = (1 << _WIDTH * _LANE) - 1
_EVERY_TOP = _ALL // _LOWEST_LANE  # bit 0 of every lane
_UNPACK = struct.Struct(f"<{_WIDTH}Q").unpack

_NARROW = 8
_PICTURES = range(0x2500, 0x25A0)  # frames and bars are not text
# A period has four pixels, an underscore seven: less than this in a row of characters is a speck, not text.
_LEAST_INK = 10
_WIDEST_SPACE = 3  # columns


class ScreenLine(NamedTuple):
    """A line of text; (x, y) is the top left pixel of its first character, `scale` 1 or 2."""

    x: int
    y: int
    scale: int
    text: str


def read_lines(pixels: bytes) -> list[str]:
    """Text on the screen, top to bottom; `pixels` as Ssd1306.pixels() gives them."""
    return [line.text for line in read(pixels)]


@lru_cache(maxsize=64)
def read(pixels: bytes) -> tuple[ScreenLine, ...]:
    """The same with positions."""
    upright = Image.frombytes("1", (_WIDTH, _LANE), pixels).transpose(Image.Transpose.TRANSVERSE)
    screen = int.from_bytes(upright.tobytes(), "big")
    matches = [*_find(screen, _font(1)), *_find(screen ^ _ALL, _font(1)), *_find(screen, _font(2))]
    return tuple(_lines(_without_overlaps(matches)))


# -- the font, as it looks in lanes --


class _Shape(NamedTuple):
    lanes: int
    width: int
    char: str
    ends: tuple[tuple[int, int], ...]  # of a single straight stroke, the places (x, y) just beyond it


class _Font(NamedTuple):
    scale: int
    shapes: dict[tuple[int, int], _Shape]  # by lanes and width
    anchors: dict[int, set[tuple[int, int]]]  # by neighbouring columns: at which x, in shapes of which width


@cache
def _font(scale: int) -> _Font:
    font = _Font(scale, {}, {})
    by_width: dict[int, list[str]] = {}
    for char in unifont() if scale == 1 else ASCII:
        by_width.setdefault(unifont()[char].width, []).append(char)
    for chars in by_width.values():
        for char, pixels in zip(chars, columns([unifont()[char] for char in chars]), strict=True):
            if any(pixels) and ord(char) not in _PICTURES:
                _file(font, char, pixels)
    return font


def _file(font: _Font, char: str, pixels: Sequence[int]) -> None:
    scale = font.scale
    if scale > 1:
        pixels = [_magnify(column, scale) for column in pixels for _ in range(scale)]
    width = len(pixels)
    lanes = int.from_bytes(struct.pack(f"<{width}Q", *pixels), "little")
    if (lanes, width) in font.shapes:  # Greek and Cyrillic share some: the first of them is read
        return
    font.shapes[lanes, width] = _Shape(lanes, width, char, _ends(pixels))
    # The middle is where glyphs differ most; if it is blank, the first columns that are not.
    for x in (width // 2 - 2 * scale, *range(width)):
        if anchor := _neighbours(lanes >> x * _LANE, scale) & _LOWEST_LANE:
            font.anchors.setdefault(anchor, set()).add((x, width))
            return


def _magnify(column: int, scale: int) -> int:
    return int("".join(bit * scale for bit in f"{column:b}"), 2)


def _ends(pixels: Sequence[int]) -> tuple[tuple[int, int], ...]:
    inked = [x for x, column in enumerate(pixels) if column]
    left, right = inked[0], inked[-1]
    column = pixels[left]
    if left == right:
        return (left, (column & -column).bit_length() - 2), (left, column.bit_length())
    if column.bit_count() == 1 and all(pixels[x] == column for x in inked):
        return (left - 1, column.bit_length() - 1), (right + 1, column.bit_length() - 1)
    return ()


def _neighbours(lanes: int, scale: int) -> int:
    """Fills each lane up with the next columns that may differ: four of 16 pixels, two of 32 if doubled."""
    lanes |= lanes >> scale * (_LANE - HEIGHT)
    return lanes | lanes >> 2 * (_LANE - HEIGHT) if scale == 1 else lanes


# -- matching --


class _Match(NamedTuple):
    x: int
    y: int
    scale: int
    shape: _Shape

    @property
    def right(self) -> int:
        return self.x + self.shape.width

    @property
    def ink(self) -> int:
        return self.shape.lanes.bit_count()

    def overlaps(self, other: _Match) -> bool:
        beside = self.x < other.right and other.x < self.right
        return beside and self.y < other.y + HEIGHT * other.scale and other.y < self.y + HEIGHT * self.scale


def _find(screen: int, font: _Font) -> Iterator[_Match]:
    """Every glyph of a font on a screen."""
    height = HEIGHT * font.scale
    mask = _EVERY_TOP * ((1 << height) - 1)
    for y in range(_LANE - height + 1):
        strip = screen >> y & mask
        seen = _UNPACK((_neighbours(strip, font.scale) & _ALL).to_bytes(_WIDTH * _LANE // 8, "little"))
        if font.anchors.keys().isdisjoint(seen):
            continue
        for at, places in [(at, font.anchors[key]) for at, key in enumerate(seen) if key in font.anchors]:
            for offset, width in places:
                x = at - offset
                lanes = strip >> x * _LANE & (1 << width * _LANE) - 1 if 0 <= x <= _WIDTH - width else 0
                shape = font.shapes.get((lanes, width))
                if shape and not any(_lit(screen, x + dx, y + dy) for dx, dy in shape.ends):
                    yield _Match(x, y, font.scale, shape)


def _lit(screen: int, x: int, y: int) -> bool:
    return 0 <= x < _WIDTH and 0 <= y < _LANE and bool(screen >> x * _LANE + y & 1)


def _without_overlaps(matches: Iterable[_Match]) -> list[_Match]:
    """Of matches that claim the same pixels, the one with the most ink; Latin before the wider Greek."""
    kept: list[_Match] = []
    for match in sorted(matches, key=lambda match: (-match.ink, match.shape.width)):
        if not any(match.overlaps(other) for other in kept):
            kept.append(match)
    return kept


def _lines(matches: list[_Match]) -> Iterator[ScreenLine]:
    rows: dict[tuple[int, int], list[_Match]] = {}
    for match in sorted(matches, key=lambda match: (match.y, match.scale, match.x)):
        rows.setdefault((match.y, match.scale), []).append(match)
    for (y, scale), row in rows.items():
        column = _NARROW * scale
        words = [word for word in _words(row, column) if sum(match.ink for match in word) >= _LEAST_INK]
        text, right = "", 0
        for match in (match for word in words for match in word):
            text += " " * ((match.x - right) // column if text else 0) + match.shape.char
            right = match.right
        if words:
            yield ScreenLine(words[0][0].x, y, scale, text)


def _words(row: list[_Match], column: int) -> list[list[_Match]]:
    """Cuts a row where characters stand far apart, or not in the same columns."""
    words = [[row[0]]]
    for match in row[1:]:
        gap = match.x - words[-1][-1].right
        if gap % column or gap > _WIDEST_SPACE * column:
            words.append([])
        words[-1].append(match)
    return words
