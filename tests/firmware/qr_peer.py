"""The firmware's side of tests/host/judges/test_qr.py: makes codes, and shows them; calls and answers are in JSON."""

import json
import sys

from suanpan.ui.canvas import Canvas
from suanpan.ui.qr import encode
from suanpan.ui.qr_screen import show


class Display:
    """Keeps a byte for each pixel: whether it is light."""

    def __init__(self, width, height, pitch, scale, margin, colour):
        self.width, self.height, self.pitch = width, height, pitch
        self.scale, self.margin, self.colour = scale, margin, colour
        self.light = bytearray(width * height)

    def fill(self, y, height, paper):
        self.light[y * self.width : (y + height) * self.width] = bytes((paper > 0,)) * (height * self.width)

    def draw(self, strip, y, scale, first, last, ink, paper):
        for row in range(16 * scale):
            for x in range(first * scale, last * scale):
                at = x // scale
                dark = strip[row // scale // 8 * self.width + at] >> row // scale % 8 & 1
                self.light[(y + row) * self.width + x] = (ink if dark else paper) > 0x7FFF or (ink, paper)[
                    not dark
                ] == 1


class Font:
    def load(self, code, glyph):
        return 8 if code < 0x80 else 16


def shown(large, text):
    """The pixels with a code on them, and then with words again that were there before."""
    display = Display(240, 320, 40, 2, 8, True) if large else Display(128, 64, 16, 1, 0, False)
    canvas = Canvas(display, Font())
    canvas.centre(0, "before")
    canvas.show()
    before = display.light.hex()
    show(canvas, text, "title", "12.34")
    code = display.light.hex()
    canvas.clear()
    canvas.centre(0, "before")
    canvas.show()
    return code, display.light.hex() == before


OPERATIONS = {"encode": encode, "shown": shown}
for line in sys.stdin:
    operation, *arguments = json.loads(line)
    try:
        print(json.dumps(OPERATIONS[operation](*arguments)))
    except ValueError:
        print("null")
