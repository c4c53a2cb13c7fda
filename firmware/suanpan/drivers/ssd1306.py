"""SSD1306 OLED, 128x64, over I2C (Solomon Systech, SSD1306 data sheet, rev. 1.1).

It is drawn on in strips and fills (ui/display.py), each sent page by page as it is made: a page is eight rows of
pixels, a byte is eight pixels one below the other. Nothing is kept here of what the display shows, and nothing
allocated to show it.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer.
# mypy: disable-error-code="arg-type, no-untyped-def"

import micropython
from micropython import const

from suanpan.errors import DisplayError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import I2C

WIDTH = const(128)
HEIGHT = const(64)

_PAGE = const(8)  # rows of pixels
_BLOCK = const(8)  # columns
_BLOCKS = const(16)  # in a page
_COMMANDS = const(0x00)  # control byte (8.1.5.2): nothing but commands follows
_DATA = const(0x40)  # nothing but display RAM follows
_CONTRAST = const(0x81)
_OFF = const(0xAE)
_ON = const(0xAF)

# Section 10 and the application note at its end; still dark: `start` clears the RAM before it turns on.
_INIT = (
    b"\x00"  # _COMMANDS
    b"\xae"  # off
    b"\xd5\x80"  # clock: divider 1, oscillator as after reset
    b"\xa8\x3f"  # 64 rows
    b"\xd3\x00"  # no offset
    b"\x40"  # RAM row 0 on top
    b"\x8d\x14"  # charge pump on
    b"\x20\x00"  # horizontal addressing
    b"\xa1\xc8"  # mirrored both ways: the connector is above the glass
    b"\xda\x12"  # COM pins alternate
    b"\x81\xcf"  # contrast
    b"\xd9\xf1"  # precharge for the charge pump
    b"\xdb\x30"  # deselect level 0.83 Vcc
    b"\xa4\xa6"  # show the RAM, a set bit is lit
)


@micropython.viper
def _compose(strip: ptr8, out: ptr8, page: int, scale: int, first: int, count: int, turn: int):
    """A page of a strip, plain or doubled, to `out` behind its control byte: `count` columns of the display."""
    for i in range(count):
        x = first + i
        if scale == 1:
            byte = strip[page * WIDTH + x]
        else:
            byte = strip[(page >> 1) * WIDTH + (x >> 1)] >> (page & 1) * 4 & 0x0F
            byte = (byte | byte << 2) & 0x33  # four bits, 0123, spread
            byte = (byte | byte << 1) & 0x55
            byte |= byte << 1  # and doubled: 00112233
        out[1 + i] = byte ^ turn


class Ssd1306:
    """Every method raises DisplayError without an acknowledge. One that has lost its supply needs `start` again."""

    width = WIDTH
    height = HEIGHT
    pitch = 16
    scale = 1
    margin = 0
    colour = False

    def __init__(self, i2c: "I2C", address: int) -> None:
        self._i2c = i2c
        self._address = address
        self._data = bytearray(1 + WIDTH)
        self._data[0] = _DATA
        view = memoryview(self._data)
        self._blocks = tuple(view[: 1 + count * _BLOCK] for count in range(_BLOCKS + 1))
        self._window = bytearray(b"\x00\x21\x00\x00\x22\x00\x00")  # _COMMANDS, columns from to, pages from to
        self._command = bytearray((_COMMANDS, 0))
        self._set_contrast = bytearray((_COMMANDS, _CONTRAST, 0))

    def start(self) -> None:
        """Initialise from any state; the screen is dark."""
        self._send(_INIT)
        self.fill(0, HEIGHT, 0)
        self.on()

    def fill(self, y: int, height: int, paper: int) -> None:
        """Whole pages; `paper` 1 is lit."""
        for i in range(1, 1 + WIDTH):
            self._data[i] = 0xFF if paper else 0
        for page in range(y // _PAGE, (y + height) // _PAGE):
            self._send_page(page, 0, _BLOCKS)

    def draw(self, strip: bytearray, y: int, scale: int, first: int, last: int, ink: int, paper: int) -> None:
        """`scale` 1 or 2; whole blocks of eight columns."""
        block = first * scale // _BLOCK
        count = -(-last * scale // _BLOCK) - block
        for page in range(2 * scale):
            _compose(strip, self._data, page, scale, block * _BLOCK, count * _BLOCK, 0xFF if paper else 0)
            self._send_page(y // _PAGE + page, block, count)

    def brightness(self, percent: int) -> None:
        self._set_contrast[2] = percent * 255 // 100
        self._send(self._set_contrast)

    def on(self) -> None:
        self._command[1] = _ON
        self._send(self._command)

    def off(self) -> None:
        """Dark, asleep (10 uA); the RAM keeps its content and takes changes."""
        self._command[1] = _OFF
        self._send(self._command)

    def _send_page(self, page: int, block: int, count: int) -> None:
        window = self._window
        window[2] = block * _BLOCK
        window[3] = (block + count) * _BLOCK - 1
        window[5] = window[6] = page
        self._send(window)
        self._send(self._blocks[count])

    def _send(self, message: "bytes | bytearray | memoryview") -> None:
        try:
            self._i2c.writeto(self._address, message)
        except OSError:
            pass
        else:
            return
        raise DisplayError  # not in the handler: MicroPython cannot chain
