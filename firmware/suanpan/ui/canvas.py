"""Text on a small monochrome display, in rows of sixteen pixels."""

import framebuf
from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from suanpan.drivers.ssd1306 import Ssd1306
    from suanpan.ui.font import Font

ROW = const(16)
_NARROW = const(8)
_WIDE = const(16)

# Four pixels of a column, each doubled: bits 0123 become 00112233.
_DOUBLED = b"\x00\x03\x0c\x0f\x30\x33\x3c\x3f\xc0\xc3\xcc\xcf\xf0\xf3\xfc\xff"


def codes(text: str) -> "Iterator[int]":
    """The code points of `text`. Iterating over a str would intern each character, and never give it back."""
    code = 0
    for byte in text.encode():
        if byte & 0xC0 != 0x80:
            if code:
                yield code
            code = byte if byte < 0x80 else byte & 0x1F if byte < 0xE0 else byte & 0x0F
        else:
            code = code << 6 | byte & 0x3F
    if code:
        yield code


def columns(text: str) -> int:
    """Width in columns of eight pixels; everything outside ASCII is two wide."""
    count = 0
    for byte in text.encode():
        if byte < 0x80:
            count += 1
        elif byte >= 0xC0:  # the first of a character's bytes
            count += 2
    return count


def wrap(text: str, limit: int) -> list[str]:
    """Lines of at most `limit` columns, broken at spaces."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if columns(joined) <= limit:
            lines[-1] = joined
        elif lines[-1]:
            lines.append(word)
        else:
            lines[-1] = word
    return lines


class Canvas:
    def __init__(self, display: "Ssd1306", font: "Font") -> None:
        self.columns = display.width // _NARROW
        self.rows = display.height // ROW
        self._display = display
        self._font = font
        self._width = display.width
        self._frame = framebuf.FrameBuffer(display.buffer, display.width, display.height, framebuf.MONO_VLSB)
        self._glyph = bytearray(32)
        self._narrow = framebuf.FrameBuffer(self._glyph, _NARROW, ROW, framebuf.MONO_VLSB)
        self._wide = framebuf.FrameBuffer(self._glyph, _WIDE, ROW, framebuf.MONO_VLSB)
        self._large = bytearray(64)
        self._large_frame = framebuf.FrameBuffer(self._large, 2 * _NARROW, 2 * ROW, framebuf.MONO_VLSB)

    def clear(self) -> None:
        self._frame.fill(0)

    def show(self) -> None:
        self._display.show()

    def text(self, row: int, text: str, column: int = 0) -> None:
        self._draw(column * _NARROW, row * ROW, text)

    def centre(self, row: int, text: str) -> None:
        self._draw((self._width - columns(text) * _NARROW) // 2, row * ROW, text)

    def right(self, row: int, text: str) -> None:
        self.text(row, text, self.columns - columns(text))

    def large(self, row: int, text: str) -> None:
        """ASCII at double size, right-aligned, over two rows; at plain size where it would not fit."""
        if len(text) * 2 > self.columns:
            self.right(row, text)
            return
        x = self._width - len(text) * 2 * _NARROW
        for code in text.encode():
            self._font.load(code, self._glyph)
            self._enlarge()
            self._frame.blit(self._large_frame, x, row * ROW)
            x += 2 * _NARROW

    def bar(self, row: int) -> None:
        """Turn a row white on black into black on white, or back."""
        buffer = self._display.buffer
        start = row * ROW // 8 * self._width
        for at in range(start, start + ROW // 8 * self._width):
            buffer[at] ^= 0xFF

    def _draw(self, x: int, y: int, text: str) -> None:
        for code in codes(text):
            width = self._font.load(code, self._glyph)
            self._frame.blit(self._narrow if width == _NARROW else self._wide, x, y)
            x += width

    def _enlarge(self) -> None:
        """The narrow glyph in `_glyph`, two pages of eight columns, into `_large`, four pages of sixteen."""
        for at in range(16):
            page, column = divmod(at, _NARROW)
            low = page * 32 + column * 2
            bits = self._glyph[at]
            self._large[low] = self._large[low + 1] = _DOUBLED[bits & 15]
            self._large[low + 16] = self._large[low + 17] = _DOUBLED[bits >> 4]
