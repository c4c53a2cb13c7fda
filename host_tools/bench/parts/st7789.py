"""ST7789: 240x320 TFT controller on four-wire SPI (Sitronix ST7789V data sheet, version 1.3; sections are its).

The glass is that of the usual IPS module: normally black, so that inversion on (21h) shows true colours, upright
with the memory access control at 00h, lit from behind by whoever drives its backlight pin. Nothing can be read from
it, as on most modules; partial, idle and scroll modes are taken in but do not change the picture.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageChops

from host_tools.bench.bus import Clock, Pins
from host_tools.bench.parts.st7789_memory import FORMATS, HEIGHT, WIDTH, Memory

_COMMAND_US = 5_000  # from a reset or a change of sleep to the next command (9.1.2, 9.1.11, 9.1.12)
_SLEEP_US = 120_000  # from one change of sleep to the next, and from a reset to sleep-out

# Parameter bytes after each command (9.1, 9.2). Those of memory writes do not end, and what is read is not counted.
_PARAMETERS = {
    **dict.fromkeys((0x00, 0x01, 0x10, 0x11, 0x12, 0x13, 0x20, 0x21, 0x28, 0x29, 0x34, 0x38, 0x39), 0),
    **dict.fromkeys((0x04, *range(0x09, 0x10), 0x45, 0x52, 0x54, 0x56, 0x5F, 0x68, 0xDA, 0xDB, 0xDC), 0),
    **dict.fromkeys((0x26, 0x35, 0x36, 0x3A, 0x51, 0x53, 0x55, 0x5E), 1),
    **dict.fromkeys((0x37, 0x44), 2),
    **dict.fromkeys((0x2A, 0x2B, 0x30), 4),
    0x33: 6,
    **dict.fromkeys((0xB5, 0xB7, 0xBA, 0xBB, 0xBC, 0xBD, 0xC0, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xCA, 0xCC), 1),
    **dict.fromkeys((0xE7, 0xE8, 0xEC), 1),
    **dict.fromkeys((0xB0, 0xC2, 0xD0, 0xD2, 0xFC, 0xFE), 2),
    **dict.fromkeys((0xB1, 0xB3, 0xC1, 0xE4, 0xE9), 3),
    **dict.fromkeys((0xB8, 0xDF, 0xFA), 4),
    0xB2: 5,
    **dict.fromkeys((0xE0, 0xE1), 14),
    **dict.fromkeys((0xE2, 0xE3), 64),
}
_RAMWR, _RAMWRC = 0x2C, 0x3C


@dataclass
class _Registers:
    """Values after a reset."""

    asleep: bool = True
    on: bool = False
    inverted: bool = False


class Backlight:
    """The pin that lights the glass; a PWM part."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.percent = 0
        self._changed = changed

    def attach(self, clock: Clock) -> None:
        self.percent = 0

    def power_off(self) -> None:
        self.pwm(0, 0)

    def pwm(self, frequency: int, duty_u16: int) -> None:
        self.percent = round(duty_u16 * 100 / 65535)
        self._changed()


class Lines:
    """D/CX, and RESX where it is wired; a part on pins."""

    def __init__(self, data: int, reset: int | None, pulled_low: Callable[[], None]) -> None:
        self.pins: tuple[int, ...] = (data,) if reset is None else (data, reset)
        self._data = data
        self._reset = reset
        self._pulled_low = pulled_low
        self._board: Pins | None = None

    def attach(self, pins: Pins, clock: Clock) -> None:
        self._board = pins

    def power_off(self) -> None:
        self._board = None

    def level(self, pin: int) -> int | None:
        return None

    def driven(self, pin: int) -> None:
        if self._board and pin == self._reset and self._board.driven(pin) == 0:
            self._pulled_low()

    @property
    def data(self) -> bool:
        return self._board is not None and self._board.driven(self._data) == 1

    @property
    def held_in_reset(self) -> bool:
        return self._board is not None and self._reset is not None and self._board.driven(self._reset) == 0


class St7789:
    """`lines` and `backlight` are to be connected too."""

    def __init__(
        self, select: int, data: int, reset: int | None = None, changed: Callable[[], None] | None = None
    ) -> None:
        """The arguments are GPIOs. `changed` is called after each transfer that may have altered the picture."""
        self.select = select
        self.changed = changed
        self.faults: list[str] = []
        self.lines = Lines(data, reset, self._reset)
        self.backlight = Backlight(self._touch)
        self._clock: Clock | None = None
        self._picture: bytes | None = None  # rendered when somebody looks
        self._memory = Memory()
        self._reset()

    def attach(self, clock: Clock) -> None:
        self._clock = clock
        self._memory = Memory()
        self._reset()
        self._ready_us = clock.now_us  # a board takes longer to start than the display

    def power_off(self) -> None:
        self._clock = None
        self._reset()

    def transfer(self, data: bytes) -> bytes:
        if self._clock is not None and not self.lines.held_in_reset:
            if self.lines.data:
                self._take(data)
            else:
                for byte in data:
                    self._obey(byte)
            self._touch()
        return b"\xff" * len(data)

    def pixels(self) -> bytes:
        """What the glass shows: 320 rows of 240 pixels of three bytes, red first; black in the dark."""
        if self._picture is None:
            self._picture = self._render()
        return self._picture

    def to_image(self, scale: int = 2) -> Image.Image:
        image = Image.frombytes("RGB", (WIDTH, HEIGHT), self.pixels())
        return image.resize((WIDTH * scale, HEIGHT * scale), Image.Resampling.NEAREST)

    def to_png(self, scale: int = 2) -> bytes:
        png = io.BytesIO()
        self.to_image(scale).save(png, "PNG")
        return png.getvalue()

    def _touch(self) -> None:
        self._picture = None
        if self.changed is not None:
            self.changed()

    # -- commands --

    def _reset(self) -> None:
        """By hardware."""
        self._memory.access, self._memory.format = 0, 6
        self._reset_by_software()

    def _reset_by_software(self) -> None:
        """What MADCTL and COLMOD have set stays."""
        self._registers = _Registers()
        self._memory.reset()
        self._opcode = 0x00
        self._parameters = bytearray()
        now_us = self._clock.now_us if self._clock else 0
        self._ready_us = now_us + _COMMAND_US
        self._sleep_us = now_us + _SLEEP_US
        self._touch()

    def _obey(self, opcode: int) -> None:
        assert self._clock
        if len(self._parameters) < _PARAMETERS.get(self._opcode, 0):
            self.faults.append(f"command {self._opcode:02X}h cut short")
        if self._clock.now_us < self._ready_us:
            self.faults.append(f"command {opcode:02X}h too early")
        if opcode not in _PARAMETERS and opcode not in (_RAMWR, _RAMWRC):
            self.faults.append(f"command {opcode:02X}h")
        self._opcode = opcode
        self._parameters.clear()
        self._memory.interrupt()
        r = self._registers
        match opcode:
            case 0x01:
                self._reset_by_software()
            case 0x10 | 0x11:
                self._change_sleep(opcode == 0x10)
            case 0x20 | 0x21:
                r.inverted = opcode == 0x21
            case 0x28 | 0x29:
                r.on = opcode == 0x29
            case 0x2C:
                self._memory.begin()

    def _change_sleep(self, asleep: bool) -> None:
        assert self._clock
        if self._clock.now_us < self._sleep_us:
            self.faults.append(f"sleep {'in' if asleep else 'out'} too early")
        self._registers.asleep = asleep
        self._ready_us = self._clock.now_us + _COMMAND_US
        self._sleep_us = self._clock.now_us + _SLEEP_US

    def _take(self, data: bytes) -> None:
        """Parameters of the last command, in as many transfers as you please."""
        if self._opcode in (_RAMWR, _RAMWRC):
            self._memory.write(data)
            return
        wanted = _PARAMETERS.get(self._opcode)
        if wanted is None:
            return  # of an unknown command, which has been noted
        before = len(self._parameters)
        self._parameters += data
        if before < wanted <= len(self._parameters):
            self._execute(self._opcode, bytes(self._parameters[:wanted]))
        if len(self._parameters) > wanted:
            self.faults.append(f"command {self._opcode:02X}h has {wanted} parameters")

    def _execute(self, opcode: int, parameters: bytes) -> None:
        memory = self._memory
        match opcode:
            case 0x2A:
                memory.columns = self._range(parameters, memory.size[0], memory.columns)
            case 0x2B:
                memory.rows = self._range(parameters, memory.size[1], memory.rows)
            case 0x36:
                memory.access = parameters[0]
            case 0x3A:
                if parameters[0] & 0x07 in FORMATS:
                    memory.format = parameters[0] & 0x07
                else:
                    self.faults.append(f"pixel format {parameters[0]:02X}h")

    def _range(self, parameters: bytes, size: int, before: tuple[int, int]) -> tuple[int, int]:
        """First and last. One beyond the edge ends at the edge, and what is not a range changes nothing."""
        first, last = int.from_bytes(parameters[:2], "big"), int.from_bytes(parameters[2:], "big")
        if first <= last < size:
            return first, last
        self.faults.append(f"window {first} to {last}")
        return (first, size - 1) if first < size <= last else before

    def _render(self) -> bytes:
        r = self._registers
        if r.asleep or not r.on or not self.backlight.percent:
            return bytes(3 * WIDTH * HEIGHT)
        image = self._memory.image()
        return (image if r.inverted else ImageChops.invert(image)).tobytes()
