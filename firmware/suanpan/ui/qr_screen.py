"""A QR code on either display, in place of some rows of words."""

from micropython import const

from suanpan.ui.canvas import BAR, HINT, wrap
from suanpan.ui.qr import LEVEL_L, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ui.canvas import Canvas
    from suanpan.ui.display import Display

_QUIET = const(3)  # light modules around; the standard wants 4, for which the small display has no room at version 10
_BAND = const(16)  # rows of pixels of a strip
_SMALL = const(64)  # pixels: the half of the small display that is for the code
_LARGE_ROWS = const(8)
_COLUMNS = const(8)  # of text beside the code on the small display


def show(canvas: "Canvas", text: str, title: str, *lines: str) -> None:
    """A code, as large as there is room for, with words above and below it, or beside it. ValueError as of encode()."""
    rows = encode(text, LEVEL_L)
    canvas.clear()
    if canvas.rows < _LARGE_ROWS:
        words = [part for line in (title,) + lines for part in wrap(line, _COLUMNS)]  # noqa: RUF005
        for row, line in enumerate(words[: canvas.rows]):
            canvas.text(row, line)
        canvas.show()
        canvas.paint(lambda display: draw(display, rows, display.width - _SMALL, 0, _SMALL))
    else:
        canvas.centre(0, title)
        canvas.bar(0, BAR)
        canvas.centre(canvas.rows - 1, " ".join(lines), HINT)
        canvas.show()
        canvas.paint(lambda display: draw(display, rows, 0, display.pitch, display.width))


def draw(display: "Display", rows: list[int], x: int, y: int, side: int) -> None:
    """In a light square from that pixel on; `side` and `x` are a multiple of 8, `side` one of 16."""
    module = side // (len(rows) + 2 * _QUIET)
    margin = (side - module * len(rows)) // 2
    strip = bytearray(2 * display.width)
    paper = 0xFFFF if display.colour else 1
    for top in range(0, side, _BAND):
        for i in range(len(strip)):
            strip[i] = 0
        for page in (0, 1):
            first = top + page * 8 - margin
            start = page * display.width + x + margin
            for column in range(len(rows)):
                byte = 0
                for line in range(8):
                    row = (first + line) // module
                    if 0 <= row < len(rows) and rows[row] >> column & 1:
                        byte |= 1 << line
                if byte:
                    at = start + column * module
                    strip[at : at + module] = bytes((byte,)) * module
        display.draw(strip, y + top, 1, x, x + side, 0, paper)
