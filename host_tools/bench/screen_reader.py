"""Reads text back from the pixels of a display: Unifont glyphs, wherever they stand, on 128x64 or 240x320 pixels.

A glyph is found by all its pixels: plain, inverse or enlarged on the small display; on the large one in any colour,
as all pixels of one colour are looked at by themselves. What only looks like text, such as pieces of lines and
specks of icons, is told by what it continues into, or by standing alone.

A strip of 64 rows is held as one number with a lane of 64 bits for each column, leftmost lowest, top pixel in bit 0.
So one shift and one mask show every column of a row of text. Glyphs are filed under a few of their columns; where
such columns are seen in a strip, the whole glyph is looked up.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from PIL import Image, ImageChops

from host_tools.bench.screen_font import LANE, LOWEST_LANE, Font, Shape, font_of, neighbours
from host_tools.fonts.subset import ASCII
from host_tools.fonts.unifont import HEIGHT

_SMALL = (128, 64)
_LARGE = (240, 320)
_MOST_COLOURS = 16
_MARKS = "✔✘⚠"  # as large as amounts

_NARROW = 8
# A period has four pixels, an underscore seven: less than this in a row of characters is a speck, not text.
_LEAST_INK = 10
_MOST_OF_A_ROW = 0.75  # lit in a row of pixels: with more it is a bar, and no text is in it
_WIDEST_SPACE = 3  # columns


class ScreenLine(NamedTuple):
    """A line of text; (x, y) is the top left pixel of its first character, `scale` 1 to 4."""

    x: int
    y: int
    scale: int
    text: str


def read_lines(pixels: bytes) -> list[str]:
    """Text on the screen, top to bottom; `pixels` as the display's own `pixels` gives them."""
    return [line.text for line in read(pixels)]


@lru_cache(maxsize=64)
def read(pixels: bytes) -> tuple[ScreenLine, ...]:
    """The same with positions."""
    if len(pixels) == _SMALL[0] * _SMALL[1] // 8:
        picture = Image.frombytes("1", _SMALL, pixels)
        plain, inverse = _Plane(picture), _Plane(ImageChops.invert(picture))
        matches = [*_find(plain, font_of(1)), *_find(inverse, font_of(1)), *_find(plain, font_of(2, ASCII))]
    else:
        fonts = font_of(1), font_of(2), font_of(3, ASCII), font_of(4, ASCII + _MARKS)
        planes = list(_colours(Image.frombytes("RGB", _LARGE, pixels)))
        matches = [match for plane in planes for font in fonts for match in _find(plane, font)]
    return tuple(_lines(_without_overlaps(matches)))


# -- the picture --


class _Plane:
    """A picture of one bit to the pixel, in strips."""

    def __init__(self, picture: Image.Image) -> None:
        self._picture = picture
        self.width, self.height = picture.size
        self._every_top = ((1 << self.width * LANE) - 1) // LOWEST_LANE  # bit 0 of every lane
        self._unpack = struct.Struct(f"<{self.width}Q").unpack
        self._windows: dict[int, int] = {}

    def strip(self, y: int, height: int) -> int:
        """The rows from `y` on, in the lowest bits of each lane."""
        top = y - y % (LANE - height + 1)
        if top not in self._windows:
            window = self._picture.crop((0, top, self.width, top + LANE)).transpose(Image.Transpose.TRANSVERSE)
            self._windows[top] = int.from_bytes(window.tobytes(), "big")
        return self._windows[top] >> y - top & self._every_top * ((1 << height) - 1)

    def lanes(self, strip: int) -> tuple[int, ...]:
        size = self.width * LANE // 8
        return self._unpack((strip & (1 << 8 * size) - 1).to_bytes(size, "little"))

    def lit(self, x: int, y: int) -> bool:
        return 0 <= x < self.width and 0 <= y < self.height and bool(self._picture.getpixel((x, y)))

    def tops(self, height: int) -> list[int]:
        """Where text of that height may begin: such that it cuts nothing in two, unless that is higher than text."""
        inked = self._inked()
        found: set[int] = set()
        for index, (start, end) in enumerate(inked):
            if end - start > height:
                found.update(range(start - height + 1, end))
            for _, later in inked[index:]:
                if later - start > height:
                    break
                found.update(range(later - height, start + 1))
        return sorted(y for y in found if 0 <= y <= self.height - height)

    def _inked(self) -> list[tuple[int, int]]:
        """Rows, from and to, with nothing above nor below."""
        size = (self.width + 7) // 8
        data = self._picture.tobytes()
        runs: list[tuple[int, int]] = []
        for y in range(self.height):
            ink = int.from_bytes(data[y * size : (y + 1) * size], "big").bit_count()
            if not 0 < ink <= self.width * _MOST_OF_A_ROW:
                continue
            if runs and runs[-1][1] == y:
                runs[-1] = runs[-1][0], y + 1
            else:
                runs.append((y, y + 1))
        return runs


def _colours(picture: Image.Image) -> Iterator[_Plane]:
    """The pixels of each colour; of a picture that has more than a screen of text has, none."""
    for _, colour in picture.getcolors(_MOST_COLOURS) or ():
        assert isinstance(colour, tuple)
        planes = [
            band.point([255 * (level == wanted) for level in range(256)], "1")
            for band, wanted in zip(picture.split(), colour, strict=True)
        ]
        yield _Plane(ImageChops.logical_and(planes[0], ImageChops.logical_and(planes[1], planes[2])))


# -- matching --


class _Match(NamedTuple):
    x: int
    y: int
    scale: int
    shape: Shape

    @property
    def right(self) -> int:
        return self.x + self.shape.width

    @property
    def ink(self) -> int:
        return self.shape.lanes.bit_count()

    def overlaps(self, other: _Match) -> bool:
        beside = self.x < other.right and other.x < self.right
        return beside and self.y < other.y + HEIGHT * other.scale and other.y < self.y + HEIGHT * self.scale


def _find(plane: _Plane, font: Font) -> Iterator[_Match]:
    """Every glyph of a font on a plane."""
    height = HEIGHT * font.scale
    for y in plane.tops(height):
        strip = plane.strip(y, height)
        seen = plane.lanes(neighbours(strip, font.scale))
        if font.anchors.keys().isdisjoint(seen):
            continue
        for at, places in [(at, font.anchors[key]) for at, key in enumerate(seen) if key in font.anchors]:
            for offset, width in places:
                x = at - offset
                lanes = strip >> x * LANE & (1 << width * LANE) - 1 if 0 <= x <= plane.width - width else 0
                shape = font.shapes.get((lanes, width))
                if shape and not any(plane.lit(x + dx, y + dy) for dx, dy in shape.ends):
                    yield _Match(x, y, font.scale, shape)


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
