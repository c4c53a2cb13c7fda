"""ST7789 TFT, 240x320, over four-wire SPI (Sitronix, ST7789V data sheet, version 1.3; chapters are its).

It is drawn on in strips and fills (ui/display.py): each is a window of the display's own RAM, into which the pixels
go as they are made, four rows of them at a time, so there is no picture of the screen here. Nothing is allocated to
show anything.

The bus is mode 0 or 3 and may run at 62 MHz (7.4.3). Nothing comes back: a display that is not there is not missed.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer.
# mypy: disable-error-code="arg-type, no-untyped-def"

import struct

import micropython
from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from machine import PWM, SPI, Pin

WIDTH = const(240)
HEIGHT = const(320)

_BAND = const(4)  # rows of pixels
_BLOCK = const(8)  # columns
_GLYPH = const(16)  # rows of pixels of a strip

# Commands (chapter 9)
_SWRESET = const(0x01)
_SLPIN = const(0x10)
_SLPOUT = const(0x11)
_INVON = const(0x21)
_DISPOFF = const(0x28)
_DISPON = const(0x29)
_CASET = const(0x2A)
_RASET = const(0x2B)
_RAMWR = const(0x2C)
_MADCTL = const(0x36)
_COLMOD = const(0x3A)

_UPRIGHT_RGB = const(0x00)  # MADCTL: rows down, columns to the right, red first
_RGB565 = const(0x55)  # COLMOD
_FULL = const(65535)  # of the backlight's PWM
_RESET_MS = const(120)  # from a reset to sleep-out (9.1.2)
_SLEEP_MS = const(120)  # from sleep-out to sleep-in and back (9.1.11, 9.1.12)


@micropython.viper
def _flood(out: ptr16, count: int, colour: int):
    for i in range(count):
        out[i] = colour


@micropython.viper
def _magnify(strip: ptr8, out: ptr16, line: int, scale: int, first: int, last: int, ink: int, paper: int):
    """A band of magnified pixels, from row number `line` of them on.

    From three times up corners are cut: where the neighbours above (or below) and beside a pixel are of the other
    colour, and those opposite are of its own, a triangle of half its size goes over to them.
    """
    to = 0
    half = scale >> 1 if scale > 2 else 0
    for y in range(line, line + _BAND):
        row = y // scale
        part = y - row * scale
        near = row - 1  # the row that corners in this line of pixels are next to
        far = row + 1
        cut = half - part  # pixels that a corner has in this line
        if part >= half:
            near = row + 1
            far = row - 1
            cut = part + half + 1 - scale
        for x in range(first, last):
            own = strip[(row >> 3) * WIDTH + x] >> (row & 7) & 1
            left = own
            right = own
            if half and cut > 0:
                beyond = strip[(near >> 3) * WIDTH + x] >> (near & 7) & 1 if near >= 0 and near < _GLYPH else 0
                behind = strip[(far >> 3) * WIDTH + x] >> (far & 7) & 1 if far >= 0 and far < _GLYPH else 0
                if beyond != own and behind == own:
                    before = strip[(row >> 3) * WIDTH + x - 1] >> (row & 7) & 1 if x > 0 else 0
                    after = strip[(row >> 3) * WIDTH + x + 1] >> (row & 7) & 1 if x < WIDTH - 1 else 0
                    if before != after:
                        if before == own:
                            right = beyond
                        else:
                            left = beyond
            for i in range(scale):
                dot = left if i < cut else right if i >= scale - cut else own
                out[to] = ink if dot else paper
                to += 1


class St7789:
    """A panel of the usual kind, IPS: it shows what is meant when it is told to invert."""

    width = WIDTH
    height = HEIGHT
    pitch = 40
    scale = 2
    margin = 8
    colour = True

    def __init__(
        self, spi: "SPI", select: "Pin", data: "Pin", backlight: "PWM", sleep_ms: "Callable[[int], None]"
    ) -> None:
        """`select` (CSX) and `data` (D/CX) are outputs, `select` at 1. A reset pin is held at 1."""
        self._spi = spi
        self._select = select
        self._data = data
        self._backlight = backlight
        self._sleep_ms = sleep_ms
        self._duty = _FULL
        self._band = bytearray(2 * WIDTH * _BAND)
        view = memoryview(self._band)
        self._blocks = tuple(view[: 2 * _BLOCK * _BAND * count] for count in range(WIDTH // _BLOCK + 1))
        self._byte = bytearray(1)
        self._range = bytearray(4)

    def start(self) -> None:
        """Initialise from any state; the screen is black, and lit."""
        self._backlight.duty_u16(0)
        self._command(_SWRESET)
        self._sleep_ms(_RESET_MS)
        self._command(_COLMOD, _RGB565)
        self._command(_MADCTL, _UPRIGHT_RGB)
        self._command(_INVON)
        self.fill(0, HEIGHT, 0)
        self.on()

    def fill(self, y: int, height: int, paper: int) -> None:
        self._window(0, WIDTH, y, height)
        _flood(self._band, WIDTH * _BAND, _swapped(paper))
        for _ in range(height // _BAND):
            self._spi.write(self._band)
        self._select(1)

    def draw(self, strip: bytearray, y: int, scale: int, first: int, last: int, ink: int, paper: int) -> None:
        """`scale` 1 to 4; whole blocks of eight columns, as far as there is room."""
        first = first // _BLOCK * _BLOCK
        last = min(-(-last // _BLOCK) * _BLOCK, WIDTH // scale)
        ink, paper = _swapped(ink), _swapped(paper)
        width = (last - first) * scale
        self._window(first * scale, width, y, _GLYPH * scale)
        for line in range(0, _GLYPH * scale, _BAND):
            _magnify(strip, self._band, line, scale, first, last, ink, paper)
            self._spi.write(self._blocks[width // _BLOCK])
        self._select(1)

    def brightness(self, percent: int) -> None:
        self._duty = _FULL * percent // 100
        self._backlight.duty_u16(self._duty)

    def on(self) -> None:
        self._command(_SLPOUT)
        self._sleep_ms(_SLEEP_MS)
        self._command(_DISPON)
        self._backlight.duty_u16(self._duty)

    def off(self) -> None:
        """Dark, asleep; the RAM keeps its content and takes changes."""
        self._backlight.duty_u16(0)
        self._command(_DISPOFF)
        self._command(_SLPIN)
        self._sleep_ms(_SLEEP_MS)

    def _window(self, x: int, width: int, y: int, height: int) -> None:
        """Where the pixels go that are written from now on, until the display is deselected."""
        self._select(0)
        struct.pack_into(">HH", self._range, 0, x, x + width - 1)
        self._send(_CASET)
        self._spi.write(self._range)
        struct.pack_into(">HH", self._range, 0, y, y + height - 1)
        self._send(_RASET)
        self._spi.write(self._range)
        self._send(_RAMWR)

    def _command(self, command: int, parameter: int = -1) -> None:
        self._select(0)
        self._send(command)
        if parameter >= 0:
            self._byte[0] = parameter
            self._spi.write(self._byte)
        self._select(1)

    def _send(self, command: int) -> None:
        """A command; what follows are its parameters."""
        self._byte[0] = command
        self._data(0)
        self._spi.write(self._byte)
        self._data(1)


def _swapped(colour: int) -> int:
    """The bus has the upper byte first, the band is filled with the processor's own half-words."""
    return (colour & 0xFF) << 8 | colour >> 8
