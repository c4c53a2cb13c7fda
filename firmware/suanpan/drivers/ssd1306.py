"""SSD1306 OLED, 128x64, over I2C (Solomon Systech, SSD1306 data sheet, rev. 1.1).

Whoever draws does so in `buffer`; `show` sends what has changed since, page by page (a page is eight rows of
pixels, a byte is eight pixels one below the other), in blocks of eight columns. A frame allocates nothing.
"""

import micropython
from micropython import const

from suanpan.errors import DisplayError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import I2C

WIDTH = const(128)
HEIGHT = const(64)

_PAGES = const(8)
_BLOCK = const(8)  # columns
_BLOCKS = const(16)  # in a page
_COMMANDS = const(0x00)  # control byte (8.1.5.2): nothing but commands follows
_DATA = const(0x40)  # nothing but display RAM follows
_CONTRAST = const(0x81)
_OFF = const(0xAE)
_ON = const(0xAF)

# Section 10 and the application note at its end; still dark: `start` fills the RAM before it turns on.
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
def _take_changes(frame: ptr8, shown: ptr8, out: ptr8, page: int, whole: bool) -> int:
    """Copy the blocks of a page from the first to the last that changed, to `out` behind its control byte.

    Returns first << 8 | count, 0 when nothing changed. `shown` follows.
    """
    first = -1
    last = 0
    at = page * WIDTH
    for i in range(WIDTH):
        if whole or frame[at + i] != shown[at + i]:
            last = i // _BLOCK
            if first < 0:
                first = last
    if first < 0:
        return 0
    start = at + first * _BLOCK
    size = (last - first + 1) * _BLOCK
    for i in range(size):
        byte = frame[start + i]
        shown[start + i] = byte
        out[1 + i] = byte
    return first << 8 | last - first + 1


class Ssd1306:
    """`buffer` is 1024 bytes of framebuf.MONO_VLSB. Every method raises DisplayError without an acknowledge.

    After an error the display's content is unknown, and the next `show` sends all of it; a display that has
    lost its supply needs `start` again.
    """

    def __init__(self, i2c: "I2C", address: int) -> None:
        self.width = WIDTH
        self.height = HEIGHT
        self.buffer = bytearray(WIDTH * HEIGHT // 8)
        self._i2c = i2c
        self._address = address
        self._shown = bytearray(len(self.buffer))
        self._whole = True
        self._data = bytearray(1 + WIDTH)
        self._data[0] = _DATA
        view = memoryview(self._data)
        self._blocks = tuple(view[: 1 + count * _BLOCK] for count in range(_BLOCKS + 1))
        self._window = bytearray(b"\x00\x21\x00\x00\x22\x00\x00")  # _COMMANDS, columns from to, pages from to
        self._command = bytearray((_COMMANDS, 0))
        self._set_contrast = bytearray((_COMMANDS, _CONTRAST, 0))

    def start(self) -> None:
        """Initialise from any state and show the buffer."""
        self._send(_INIT)
        self._whole = True
        self.show()
        self.on()

    def show(self) -> None:
        window = self._window
        for page in range(_PAGES):
            # Viper takes any buffer where it says ptr8; the stubs do not know.
            changed = _take_changes(self.buffer, self._shown, self._data, page, self._whole)  # type: ignore[arg-type]
            if changed:
                first, count = changed >> 8, changed & 0xFF
                window[2] = first * _BLOCK
                window[3] = (first + count) * _BLOCK - 1
                window[5] = window[6] = page
                self._send(window)
                self._send(self._blocks[count])
        self._whole = False

    def contrast(self, level: int) -> None:
        """`level` 0 to 255."""
        self._set_contrast[2] = level
        self._send(self._set_contrast)

    def on(self) -> None:
        self._command[1] = _ON
        self._send(self._command)

    def off(self) -> None:
        """Dark, asleep (10 uA); the RAM keeps its content and takes changes."""
        self._command[1] = _OFF
        self._send(self._command)

    def _send(self, message: "bytes | bytearray | memoryview") -> None:
        try:
            self._i2c.writeto(self._address, message)
        except OSError:
            self._whole = True
        else:
            return
        raise DisplayError  # not in the handler: MicroPython cannot chain
