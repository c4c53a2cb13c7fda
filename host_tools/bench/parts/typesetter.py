"""The part of an ESC/POS printer that keeps modes and turns characters and commands into prints.

Lengths are in dots. Emphasis and GS ! sizes are for all characters; other sizes and underlines come from
ESC ! and ESC - for 12x24 characters, from FS ! and FS - for Chinese 24x24 ones (Epson's ESC/POS reference).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import segno
from PIL import Image

from host_tools.bench.parts.escpos import Char, Command, Item
from host_tools.bench.parts.paper import (
    CELL_HEIGHT_DOTS,
    COLUMN_DOTS,
    LEFT,
    WIDTH_DOTS,
    Picture,
    Print,
    Span,
    Style,
    TextLine,
)

_LINE_SPACING = 30
BLADE_DOTS = 96  # from the print head to the cutter, 12 mm

_CHOICES = (0, 1, 2, 48, 49, 50)  # three modes, each in binary and in ASCII
_QR = 49  # the symbol type (cn) of GS ( k
_COLUMN_HEIGHTS = {0: 8, 1: 8, 32: 24, 33: 24}  # dots, by the mode of ESC *
_QR_LEVELS = {48: "l", 49: "m", 50: "q", 51: "h"}


@dataclass(frozen=True)
class Cut:
    """The cutter moves; what stands between it and the print head stays on the next slip."""


class Typesetter:
    def __init__(self, faults: list[str], width: int = WIDTH_DOTS) -> None:
        """`faults` takes a line for each command that is unknown or cannot be obeyed; `width` is the print head's."""
        self._faults = faults
        self._width = width
        self.reset()

    def reset(self) -> None:
        """ESC @, and power-on: the line begun is lost too."""
        self._style = Style()
        self._chinese_style = Style()
        self._align = LEFT
        self._spacing = _LINE_SPACING
        self._spans: list[Span] = []
        self._columns: list[Image.Image] = []  # ESC *: what this line has of a picture
        self._graphics: Picture | None = None  # GS ( L: stored
        self.density = 0
        self._qr_module = 3
        self._qr_level = "l"
        self._qr_data = b""

    def set(self, item: Item) -> list[Print | Cut]:
        """Takes the next item; answers what goes onto paper because of it, in order."""
        if isinstance(item, Char):
            return self._add(item)
        n = item.data[0] if item.data else 0
        match item.name:
            case "0A":
                return self._feed_lines(1)
            case "0D":  # LF alone ends a line; printers ignore the CR of a CR LF
                return []
            case "ESC d":
                return self._feed_lines(n)
            case "ESC J":
                return self._end_line(n)
            case "GS V":
                return self._cut(item.data)
            case "GS v":
                return self._raster(item.data)
            case "ESC *" if n in _COLUMN_HEIGHTS:
                return self._add_columns(item.data)
            case "GS (" if item.data[:1] == b"L" and len(item.data) > 4:
                return self._graphics_function(item)
            case "GS (" if item.data[:3] == b"K\x02\x00" and item.data[3] == 49:
                self._set_density(item)
                return []
            case "GS (" if item.data[:1] == b"k" and len(item.data) > 5 and item.data[3] == _QR:
                return self._qr(item.data[4], item.data[5:])
            case _:
                self._set_mode(item, n)
                return []

    def _set_mode(self, command: Command, n: int) -> None:
        match command.name:
            case "ESC !":
                self._style = Style(bool(n & 0x08), n >> 7, 1 + (n >> 5 & 1), 1 + (n >> 4 & 1))
                self._chinese_style = replace(self._chinese_style, bold=self._style.bold)
                if n & 0x01:
                    self._refuse(command)  # font B
            case "FS !":
                self._chinese_style = replace(
                    self._chinese_style, underline=n >> 7, width=1 + (n >> 2 & 1), height=1 + (n >> 3 & 1)
                )
            case "GS !":
                width, height = 1 + (n >> 4 & 7), 1 + (n & 7)
                self._style = replace(self._style, width=width, height=height)
                self._chinese_style = replace(self._chinese_style, width=width, height=height)
            case "ESC E":
                self._style = replace(self._style, bold=bool(n & 1))
                self._chinese_style = replace(self._chinese_style, bold=bool(n & 1))
            case "ESC -" if n in _CHOICES:
                self._style = replace(self._style, underline=n % 48)
            case "FS -" if n in _CHOICES:
                self._chinese_style = replace(self._chinese_style, underline=n % 48)
            case "ESC a" if n in _CHOICES:
                if not self._spans:  # within a line it is ignored
                    self._align = n % 48
            case "ESC 2":
                self._spacing = _LINE_SPACING
            case "ESC 3":
                self._spacing = n
            case _ if any(command.data) or not command.data:
                self._refuse(command)
            # Other modes' value 0 is what this printer does anyway.

    def _refuse(self, command: Command) -> None:
        self._faults.append(f"{command.name!r} {command.data[:16].hex()}".rstrip())

    def _add(self, char: Char) -> list[Print | Cut]:
        style = self._chinese_style if char.chinese else self._style
        span = Span(char.char, char.chinese, style)
        full = (sum(s.columns for s in self._spans) + span.columns) * COLUMN_DOTS > self._width
        prints = self._end_line(self._spacing) if full else []
        if self._spans and (self._spans[-1].chinese, self._spans[-1].style) == (char.chinese, style):
            self._spans[-1] = replace(self._spans[-1], text=self._spans[-1].text + char.char)
        else:
            self._spans.append(span)
        return prints

    def _end_line(self, feed: int) -> list[Print | Cut]:
        """Prints what the line has and moves on by `feed`, but never by less than the characters are high."""
        if self._columns:
            return self._end_picture(feed)
        height = max((CELL_HEIGHT_DOTS * span.style.height for span in self._spans), default=0)
        if not (height or feed):
            return []
        line = TextLine(tuple(self._spans), self._align, max(height, feed), self._width)
        self._spans.clear()
        return [line]

    def _feed_lines(self, count: int) -> list[Print | Cut]:
        prints = self._end_line(min(count, 1) * self._spacing)
        return prints + self._end_line((count - 1) * self._spacing) if count > 1 else prints

    def _cut(self, data: bytes) -> list[Print | Cut]:
        prints = self._end_line(0)
        if len(data) > 1:
            prints += self._end_line(BLADE_DOTS + data[1])
        return [*prints, Cut()]

    def _raster(self, data: bytes) -> list[Print | Cut]:
        stride, height = data[2] | data[3] << 8, data[4] | data[5] << 8
        if not (stride and height):
            return []
        image = Image.frombytes("1", (stride * 8, height), data[6:])
        return [*self._end_line(0), self._picture(image, 1 + (data[1] & 1), 1 + (data[1] >> 1 & 1))]

    def _picture(self, image: Image.Image, across: int, down: int) -> Picture:
        """Magnified, and cut off at the paper's edge."""
        size = (image.width * across, image.height * down)
        label = f"[image {image.width}x{image.height}]"
        image = image.resize(size, Image.Resampling.NEAREST).crop((0, 0, min(size[0], self._width), size[1]))
        return Picture(image, self._align, label, self._width)

    def _add_columns(self, data: bytes) -> list[Print | Cut]:
        """ESC *: columns of 24 dots, or of 8 that are three times as high; top first, beside what the line has."""
        height = _COLUMN_HEIGHTS[data[0]]
        count = data[1] | data[2] << 8
        if not count:
            return []
        columns = Image.frombytes("1", (height, count), data[3:]).transpose(Image.Transpose.TRANSPOSE)
        width = count if data[0] & 1 else 2 * count  # single density: twice as wide
        columns = columns.resize((width, 24), Image.Resampling.NEAREST)
        if self._spans:
            self._faults.append("text and a picture in one line")
            self._spans.clear()
        self._columns.append(columns)
        return []

    def _end_picture(self, feed: int) -> list[Print | Cut]:
        height = self._columns[0].height
        whole = Image.new("1", (sum(piece.width for piece in self._columns), height))
        x = 0
        for piece in self._columns:
            whole.paste(piece, (x, 0))
            x += piece.width
        self._columns.clear()
        rest = feed - height
        return [self._picture(whole, 1, 1), *([TextLine((), self._align, rest, self._width)] if rest > 0 else [])]

    def _graphics_function(self, item: Command) -> list[Print | Cut]:
        """GS ( L: 112 stores a monochrome picture, 50 prints it."""
        function, data = item.data[4], item.data[5:]
        if function == 112 and data[:1] == b"0" and len(data) > 7:
            width, height = data[4] | data[5] << 8, data[6] | data[7] << 8
            rows = data[8:]
            if width and height and len(rows) == (width + 7) // 8 * height:
                image = Image.frombytes("1", (width, height), rows)
                self._graphics = self._picture(image, data[1], data[2])
                return []
        elif function in (2, 50):
            stored, self._graphics = self._graphics, None
            return [*self._end_line(0), *([stored] if stored else [])]
        self._refuse(item)
        return []

    def _set_density(self, item: Command) -> None:
        """GS ( K, function 49: 0, 1 to 6, and from 250 on the negative ones."""
        level = item.data[4]
        if level <= 6 or level >= 250:
            self.density = level if level <= 6 else level - 256
        else:
            self._refuse(item)

    def _qr(self, function: int, data: bytes) -> list[Print | Cut]:
        match function:
            case 65 if data[0] == 50:  # model 2, the only one
                return []
            case 67 if 1 <= data[0] <= 16:
                self._qr_module = data[0]
            case 69 if data[0] in _QR_LEVELS:
                self._qr_level = _QR_LEVELS[data[0]]
            case 80:
                self._qr_data = data[1:]
            case 81:
                return self._print_qr()
            case _:
                self._faults.append(f"GS ( k function {function} {data[:16].hex()}")
        return []

    def _print_qr(self) -> list[Print | Cut]:
        """The symbol without a quiet zone: the paper around it is one."""
        label = f"[QR {self._qr_data.decode('utf-8', errors='replace')}]"
        try:
            symbol = segno.make_qr(self._qr_data, error=self._qr_level, boost_error=False)
        except segno.DataOverflowError:
            symbol = None
        if not (symbol and self._qr_data):
            self._faults.append(f"cannot print {label}")
            return []
        modules = b"".join(bytes(255 * module for module in row) for row in symbol.matrix)
        side = len(symbol.matrix)
        image = Image.frombytes("L", (side, side), modules).convert("1")
        size = side * self._qr_module
        if size > self._width:
            self._faults.append(f"too wide: {label}")
            return []
        image = image.resize((size, size), Image.Resampling.NEAREST)
        return [*self._end_line(0), Picture(image, self._align, label, self._width)]
