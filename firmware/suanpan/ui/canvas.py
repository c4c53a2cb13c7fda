"""Text in rows, on whatever display there is: 4 rows of 16 columns on an SSD1306, 8 of 14 on an ST7789.

What is drawn is kept as words. `show` compares them with those on the glass, row by row, and draws the columns
anew that differ: a row of sixteen pixels at a time, which the display magnifies. So no picture of the whole
screen is in RAM, and the words of one frame are all that is needed for the next.
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suanpan.ui.display import Display
    from suanpan.ui.font import Font

    Run = tuple[int, str]  # x, in pixels before they are magnified
    Row = tuple[int, int, tuple[Run, ...]]  # scale, style

# Styles: what words are. A display without colours shows those from BAR on as dark words on a light bar.
PLAIN = const(0)
_AMOUNT = const(1)
HINT = const(2)
BAR = const(3)  # the title
CUSTOMER = const(4)  # the title of what the customer is to read, not the cashier
GOOD = const(5)  # the title of an ending: 成功
BAD = const(6)  # 失败
DOUBT = const(7)  # 待确认

# Beside the scale of a row: the upper or the lower half of large digits, which touches the other one. The font has them
# as characters from U+E100 and U+E200 on (host_tools/fonts/digits.py).
_UPPER = const(0x10)
_LOWER = const(0x20)
_SCALE = const(0x0F)
_HALVES = const(0xE000)

_GLYPH = const(16)  # rows of pixels
_NARROW = const(8)


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
    """Lines of at most `limit` columns, broken at spaces, and a Chinese word that is longer into equal parts."""
    lines = [""]
    for word in text.split(" "):
        size = len(word)
        if 2 * size == columns(word) > limit:
            parts = -(-2 * size // limit)
            size = -(-size // parts)
        for at in range(0, len(word) or 1, size or 1):
            part = word[at : at + size]
            joined = f"{lines[-1]} {part}" if lines[-1] else part
            if not at and columns(joined) <= limit:
                lines[-1] = joined
            elif lines[-1]:
                lines.append(part)
            else:
                lines[-1] = part
    return lines


class Canvas:
    """`columns` and `rows` are what fits at the size of plain text, between the margins; `widest` is without them."""

    def __init__(self, display: "Display", font: "Font") -> None:
        self.columns = (display.width - 2 * display.margin) // (_NARROW * display.scale)
        self.widest = display.width // (_NARROW * display.scale)
        self.rows = display.height // display.pitch
        self._display = display
        self.font = font
        self._palette: tuple[tuple[int, int], ...] = ()
        if display.colour:
            from suanpan.ui.palette import PALETTE

            self._palette = PALETTE
        self._glyph = bytearray(2 * _GLYPH)
        self._strip = bytearray(2 * display.width)
        self._shown: list[Row | None] = [None] * self.rows  # what the glass shows, where that is known
        self.clear()

    def clear(self) -> None:
        self._rows: list[Row | None] = [(self._display.scale, PLAIN, ())] * self.rows

    def text(self, row: int, text: str, column: int = 0, style: int = PLAIN) -> None:
        self._write(row, text, style, 0, column)

    def centre(self, row: int, text: str, style: int = PLAIN) -> None:
        self._write(row, text, style, 1)

    def right(self, row: int, text: str, style: int = PLAIN) -> None:
        self._write(row, text, style, 2)

    def large(self, row: int, text: str, style: int = _AMOUNT) -> None:
        """Over two rows, as large as it fits, amounts right-aligned; where it does not fit, plain in the first one.

        PLAIN and AMOUNT are for digits, with -.: between them, and for no other characters.
        """
        display = self._display
        scale = min(2 * display.scale, (display.width - 2 * display.margin) // (columns(text) * _NARROW))
        side = 2 if style == _AMOUNT else 1
        if scale == 2 * display.scale and style <= _AMOUNT:
            self._rows[row + 1] = (display.scale | _LOWER, style, ())
            self._write(row + 1, text, style, side)
            scale = display.scale | _UPPER
            self._rows[row] = (scale, style, ())
        elif scale > display.scale:
            self._rows[row] = (scale, style, ())
            self._rows[row + 1] = None
        self._write(row, text, style, side)

    def bar(self, row: int, style: int = BAR) -> None:
        """Make a row, with what is in it, the bar of a title."""
        self._write(row, "", style, 0)

    def show(self) -> None:
        """DisplayError if the display does not answer: then all is drawn the next time."""
        rows, shown = self._rows, self._shown
        self._shown = [None] * self.rows
        for row in range(self.rows):
            new = rows[row]
            if new and new != shown[row]:
                self._draw(row, new, shown[row])
        self._shown = rows[:]

    def paint(self, picture: "Callable[[Display], None]") -> None:
        """Draw what is no text, over what is shown; all of it is drawn anew the next time."""
        self._shown = [None] * self.rows
        picture(self._display)

    def _write(self, row: int, text: str, style: int, halves: int, column: int = 0) -> None:
        """Add words to a row: so many halves of the room that they leave are on their left."""
        display = self._display
        place, own_style, runs = self._rows[row] or (display.scale, PLAIN, ())
        scale = place & _SCALE
        width = columns(text) * (_GLYPH if place > _SCALE else _NARROW)
        if width * scale > display.width:
            place = scale = 1  # as small as can be, and at worst cut off
        room = display.width // scale - width
        margin = max(0, min(display.margin // scale, room))
        x = (margin, room // 2, room - margin)[halves] + column * _NARROW
        self._rows[row] = (place, style or own_style, runs + ((x, text),) if text else runs)  # noqa: RUF005

    def _draw(self, row: int, new: "Row", old: "Row | None") -> None:
        """Only the columns in which two versions of a row differ, where nothing but words does."""
        display = self._display
        place, style, runs = new
        scale = place & _SCALE
        narrow, half = (_GLYPH, _HALVES + place // _UPPER * 0x100) if place > _SCALE else (_NARROW, 0)
        pitch = display.pitch
        y = row * pitch
        if scale > display.scale:
            pitch *= 2
        ink, paper = self._palette[style] if self._palette else (style < BAR, style >= BAR)
        room = pitch - _GLYPH * scale
        above = room if place & _UPPER else 0 if place & _LOWER else room // 2
        width = display.width // scale
        first, last = 0, width
        if old and old[:2] == new[:2]:
            first, last = width, 0
            for run in runs + old[2]:
                if not (run in runs and run in old[2]):
                    first = max(0, min(first, run[0]))
                    last = min(width, max(last, run[0] + columns(run[1]) * narrow))
        elif not runs:
            display.fill(y, pitch, paper)
            return
        else:
            if above:
                display.fill(y, above, paper)
            if room > above:
                display.fill(y + pitch - room + above, room - above, paper)
        strip, glyph = self._strip, self._glyph
        strip[:] = bytes(len(strip))
        for x, text in runs:
            for code in codes(text):
                size = self.font.load(code + half, glyph)
                if 0 <= x <= width - size:  # cut off where there is no room
                    for page in (0, 1):
                        at = page * display.width + x
                        strip[at : at + size] = glyph[page * size : (page + 1) * size]
                x += size  # noqa: PLW2901
        if first < last:
            display.draw(strip, y + above, scale, first, last, ink, paper)
