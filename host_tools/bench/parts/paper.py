"""What a printer leaves on paper: lines of styled text, codes and pictures, as text and as an image."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from PIL import Image, ImageChops

from host_tools.fonts.unifont import HEIGHT, unifont

WIDTH_DOTS = 384  # 48 mm at 8 dots per mm, of paper that is 58 mm wide
WIDE_PAPER_MM, WIDE_DOTS = 80, 576
COLUMN_DOTS = 12
CELL_HEIGHT_DOTS = 24
# Two pixels to the dot and three to Unifont's pixel: its 8x16 and 16x16 fill 12x24 and 24x24 dots exactly.
PIXELS_PER_DOT = 2
_GLYPH_SCALE = CELL_HEIGHT_DOTS * PIXELS_PER_DOT // HEIGHT
_MARGIN = 40 * PIXELS_PER_DOT  # 58 mm of paper around 48 mm of print, and a little less on wide paper
_PAPER, _INK = (252, 251, 247), (38, 36, 40)

LEFT, CENTRE, RIGHT = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Style:
    bold: bool = False
    underline: int = 0  # thickness in dots
    width: int = 1  # magnification
    height: int = 1


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of one style; `chinese` ones take 24x24 dots before magnification, others 12x24."""

    text: str
    chinese: bool
    style: Style

    @property
    def columns(self) -> int:
        return len(self.text) * (2 if self.chinese else 1) * self.style.width


@dataclass(frozen=True, slots=True)
class TextLine:
    """A printed line and the feed after it; `advance` is how far the paper moved in all, in dots."""

    spans: tuple[Span, ...]
    align: int
    advance: int
    paper: int = WIDTH_DOTS  # what can be printed on

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)

    @property
    def columns(self) -> int:
        return sum(span.columns for span in self.spans)

    @property
    def height(self) -> int:
        return max((CELL_HEIGHT_DOTS * span.style.height for span in self.spans), default=0)

    def plain(self) -> str:
        """The line in 32 columns, or 48, aligned as on paper but without magnification."""
        columns = sum(span.columns // span.style.width for span in self.spans)
        return " " * ((self.paper // COLUMN_DOTS - columns) * self.align // 2) + self.text

    def draw(self) -> Image.Image:
        canvas = _blank(self.advance, self.paper)
        x = (self.paper - self.columns * COLUMN_DOTS) * self.align // 2
        for span in self.spans:
            cell_dots = span.columns * COLUMN_DOTS // len(span.text)
            y = self.height - CELL_HEIGHT_DOTS * span.style.height  # characters stand on one line
            for char in span.text:
                glyph = _glyph(char, span.chinese, span.style)
                canvas.paste(1, (x * PIXELS_PER_DOT, y * PIXELS_PER_DOT), glyph)
                x += cell_dots
        return canvas


@dataclass(frozen=True, slots=True)
class Picture:
    """A raster image or QR code, one pixel of `image` (mode "1", 1 is ink) to the dot."""

    image: Image.Image
    align: int
    label: str
    paper: int = WIDTH_DOTS

    @property
    def advance(self) -> int:
        return self.image.height

    @property
    def height(self) -> int:
        return self.image.height

    def plain(self) -> str:
        return self.label

    def draw(self) -> Image.Image:
        canvas = _blank(self.advance, self.paper)
        size = (self.image.width * PIXELS_PER_DOT, self.image.height * PIXELS_PER_DOT)
        left = (self.paper - self.image.width) * self.align // 2 * PIXELS_PER_DOT
        canvas.paste(self.image.resize(size, Image.Resampling.NEAREST), (left, 0))
        return canvas


Print = TextLine | Picture


@dataclass
class Slip:
    """The paper between two cuts."""

    prints: list[Print] = field(default_factory=list)

    @property
    def lines(self) -> list[TextLine]:
        return [item for item in self.prints if isinstance(item, TextLine)]

    @property
    def feed_dots(self) -> int:
        """Blank paper after the last print."""
        blank = 0
        for item in reversed(self.prints):
            blank += item.advance - item.height
            if item.height:
                break
        return blank

    @property
    def text(self) -> str:
        """All lines in plain columns; a character of the Chinese set counts two."""
        return "".join(item.plain().rstrip() + "\n" for item in self.prints).strip("\n") + "\n"

    def to_image(self) -> Image.Image:
        """The paper, two pixels to the dot."""
        return _on_paper(item.draw() for item in self.prints)

    def to_png(self) -> bytes:
        png = io.BytesIO()
        self.to_image().save(png, "PNG")
        return png.getvalue()


def _blank(height_dots: int, width_dots: int) -> Image.Image:
    return Image.new("1", (width_dots * PIXELS_PER_DOT, height_dots * PIXELS_PER_DOT))


def _on_paper(strips: Iterable[Image.Image]) -> Image.Image:
    drawn = list(strips)
    height = sum(strip.height for strip in drawn)
    width = max((strip.width for strip in drawn), default=WIDTH_DOTS * PIXELS_PER_DOT)
    paper = Image.new("P", (width + 2 * _MARGIN, height + 2 * _MARGIN))
    paper.putpalette([*_PAPER, *_INK])
    y = _MARGIN
    for strip in drawn:
        paper.paste(1, (_MARGIN, y), strip)
        y += strip.height
    return paper


@lru_cache(maxsize=4096)
def _glyph(char: str, chinese: bool, style: Style) -> Image.Image:
    """A character in its cell, magnified; what Unifont's subset lacks is an empty box."""
    width = HEIGHT if chinese else HEIGHT // 2
    glyph = unifont().get(char)
    if glyph is not None and glyph.width == width:
        cell = Image.frombytes("1", (width, HEIGHT), glyph.bitmap)
    else:
        cell = Image.new("1", (width, HEIGHT))
        cell.paste(1, (1, 2, width - 1, HEIGHT - 2))
        cell.paste(0, (2, 3, width - 2, HEIGHT - 3))
    size = (cell.width * _GLYPH_SCALE * style.width, cell.height * _GLYPH_SCALE * style.height)
    image = cell.resize(size, Image.Resampling.NEAREST)
    if style.bold:  # printed twice, a dot apart
        shifted = Image.new("1", size)
        shifted.paste(image, (PIXELS_PER_DOT, 0))
        image = ImageChops.logical_or(image, shifted)
    if style.underline:
        image.paste(1, (0, size[1] - style.underline * PIXELS_PER_DOT, size[0], size[1]))
    return image
