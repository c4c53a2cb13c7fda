"""SSD1306: 128x64 OLED controller on I2C (Solomon Systech SSD1306 data sheet, Rev 1.1).

The glass is that of the usual 0.96 inch module: rows wired in the alternative COM order, mounted so that
segment remap A1h with COM scan C8h shows an upright picture, powered by the chip's own charge pump.
Scroll commands are taken in but do not move the picture.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from host_tools.bench.bus import Clock

WIDTH = 128
HEIGHT = 64

_DARK_ROW = bytes(WIDTH // 8)
_LIT_ROW = b"\xff" * (WIDTH // 8)

_HORIZONTAL, _VERTICAL, _PAGE = 0, 1, 2

# Argument bytes after each command (data sheet, section 9). ADh came with later revisions of the chip.
_ARGUMENTS = {
    **dict.fromkeys(range(0x20), 0),  # column start, page addressing
    **dict.fromkeys((0x20, 0x81, 0x8D, 0xA8, 0xAD, 0xD3, 0xD5, 0xD9, 0xDA, 0xDB), 1),
    **dict.fromkeys((0x21, 0x22, 0xA3), 2),
    **dict.fromkeys((0x26, 0x27), 6),
    **dict.fromkeys((0x29, 0x2A), 5),
    **dict.fromkeys((0x2E, 0x2F, 0xE3, *range(0x40, 0x80), *range(0xA4, 0xA8)), 0),
    **dict.fromkeys((0xA0, 0xA1, 0xAE, 0xAF, *range(0xB0, 0xB8), 0xC0, 0xC8), 0),
}
# Picks one bit of each byte of a page, as a digit: RAM to rows of pixels without a loop over them.
_DIGIT = [bytes(0x30 + (byte >> bit & 1) for byte in range(256)) for bit in range(8)]


@dataclass
class _Registers:
    """Values after reset."""

    addressing: int = _PAGE
    column: int = 0
    column_start: int = 0
    column_end: int = WIDTH - 1
    page: int = 0
    page_start: int = 0
    page_end: int = 7
    start_line: int = 0
    offset: int = 0
    last_row: int = HEIGHT - 1  # multiplex ratio - 1
    contrast: int = 0x7F
    com_pins: int = 0x12
    remap: bool = False
    upward: bool = False  # COM scan direction
    inverse: bool = False
    all_on: bool = False
    on: bool = False
    charge_pump: bool = False


class Ssd1306:
    def __init__(self, address: int = 0x3C, changed: Callable[[], None] | None = None) -> None:
        """`changed` is called after each bus transaction that may have altered the picture."""
        self.address = address
        self.changed = changed
        self.faults: list[str] = []
        self._picture: bytes | None = None  # rendered when somebody looks
        self.power_off()

    def attach(self, clock: Clock) -> None:
        """Power-on: what is in RAM is anybody's guess."""
        self._ram[:] = random.Random(0x1306).randbytes(len(self._ram))

    def power_off(self) -> None:
        self._registers = _Registers()
        self._pending = bytearray()  # a command whose arguments have not all arrived
        self._ram = bytearray(WIDTH * HEIGHT // 8)
        self._touch()

    @property
    def contrast(self) -> int:
        return self._registers.contrast

    def write(self, data: bytes) -> int:
        position = 0
        while position < len(data):
            control = data[position]
            if control & 0x3F:
                self.faults.append(f"control byte {control:02X}h")
            # Co = 1: one byte follows, then the next control byte; Co = 0: all the rest is of one kind.
            end = position + 2 if control & 0x80 else len(data)
            payload = data[position + 1 : end]
            if control & 0x40:
                self._store(payload)
            else:
                for byte in payload:
                    self._command(byte)
            position = end
        self._touch()
        return len(data)

    def read(self, count: int) -> bytes:
        """The status byte, bit 6 set while the display is off; display RAM cannot be read over I2C."""
        return bytes([0x00 if self._registers.on else 0x40]) * count

    def pixels(self) -> bytes:
        """What the glass shows: 64 rows of 16 bytes, top row first, leftmost pixel in the top bit."""
        if self._picture is None:
            self._picture = self._render()
        return self._picture

    def to_image(self, scale: int = 4) -> Image.Image:
        mono = Image.frombytes("1", (WIDTH, HEIGHT), self.pixels())
        image = mono.convert("P").resize((WIDTH * scale, HEIGHT * scale), Image.Resampling.NEAREST)
        image.putpalette([8, 12, 20] + [0] * 3 * 254 + [150, 220, 255])
        return image

    def to_png(self, scale: int = 4) -> bytes:
        png = io.BytesIO()
        self.to_image(scale).save(png, "PNG")
        return png.getvalue()

    def _touch(self) -> None:
        self._picture = None
        if self.changed is not None:
            self.changed()

    def _command(self, byte: int) -> None:
        self._pending.append(byte)
        opcode = self._pending[0]
        if opcode not in _ARGUMENTS:
            self.faults.append(f"command {opcode:02X}h")
            self._pending.clear()
        elif len(self._pending) == 1 + _ARGUMENTS[opcode]:
            arguments = bytes(self._pending[1:])
            self._pending.clear()
            self._execute(opcode, arguments)

    def _execute(self, opcode: int, arguments: bytes) -> None:
        r = self._registers
        match opcode:
            # The data sheet gives 00h-1Fh and B0h-B7h to page addressing; the chip obeys them in any mode.
            case _ if opcode < 0x10:
                r.column = r.column & 0x70 | opcode
            case _ if opcode < 0x20:
                r.column = (opcode & 0x07) << 4 | r.column & 0x0F
            case 0x20:
                r.addressing = arguments[0] & 0x03
                if r.addressing == 0x03:
                    self.faults.append("addressing mode 3")
            case 0x21:
                r.column_start, r.column_end = (value & 0x7F for value in arguments)
                r.column = r.column_start
            case 0x22:
                r.page_start, r.page_end = (value & 0x07 for value in arguments)
                r.page = r.page_start
            case _ if 0x40 <= opcode < 0x80:
                r.start_line = opcode & 0x3F
            case 0x81:
                r.contrast = arguments[0]
            case 0x8D:
                r.charge_pump = bool(arguments[0] & 0x04)
            case 0xA0 | 0xA1:
                r.remap = opcode == 0xA1
            case 0xA4 | 0xA5:
                r.all_on = opcode == 0xA5
            case 0xA6 | 0xA7:
                r.inverse = opcode == 0xA7
            case 0xA8:
                if arguments[0] & 0x3F < 15:
                    self.faults.append(f"multiplex ratio {(arguments[0] & 0x3F) + 1}")
                else:
                    r.last_row = arguments[0] & 0x3F
            case 0xAE | 0xAF:
                r.on = opcode == 0xAF
            case _ if 0xB0 <= opcode < 0xB8:
                r.page = opcode & 0x07
            case 0xC0 | 0xC8:
                r.upward = opcode == 0xC8
            case 0xD3:
                r.offset = arguments[0] & 0x3F
            case 0xDA:
                r.com_pins = arguments[0]

    def _store(self, data: bytes) -> None:
        """Data bytes go to RAM where the pointer is, and move it (8.7, 10.1.3).

        Segment remap acts here, on the way in: it does not move what is already stored (10.1.8).
        """
        r = self._registers
        position = 0
        while position < len(data):
            last = r.column_end if r.addressing != _PAGE and r.column <= r.column_end else WIDTH - 1
            room = 1 if r.addressing == _VERTICAL else last - r.column + 1
            run = data[position : position + room]
            row = r.page * WIDTH
            if r.remap:
                end = row + WIDTH - r.column
                self._ram[end - len(run) : end] = run[::-1]
            else:
                self._ram[row + r.column : row + r.column + len(run)] = run
            position += len(run)
            self._advance(len(run), last)

    def _advance(self, count: int, last: int) -> None:
        r = self._registers
        if r.addressing == _VERTICAL:
            if r.page != r.page_end:
                r.page = (r.page + 1) % 8
                return
            r.page = r.page_start
        r.column += count
        if r.column <= last:
            return
        r.column = 0 if r.addressing == _PAGE else r.column_start
        if r.addressing == _HORIZONTAL:
            r.page = r.page_start if r.page == r.page_end else (r.page + 1) % 8

    def _render(self) -> bytes:
        r = self._registers
        if not (r.on and r.charge_pump):
            return _DARK_ROW * HEIGHT
        return b"".join(self._row(y) for y in range(HEIGHT))

    def _row(self, y: int) -> bytes:
        """One row of the glass (tables 10-1 and 10-2: multiplex, offset, start line, scan direction)."""
        r = self._registers
        com = _com(HEIGHT - 1 - y, r.com_pins)
        row = ((r.last_row - com if r.upward else com) + r.offset) % HEIGHT
        if row > r.last_row:
            return _DARK_ROW
        line = (row + r.start_line) % HEIGHT
        page = self._ram[line // 8 * WIDTH : (line // 8 + 1) * WIDTH]
        if r.all_on:
            return _LIT_ROW
        lit = int(page[::-1].translate(_DIGIT[line % 8]), 2).to_bytes(WIDTH // 8, "big")
        return bytes(byte ^ 0xFF for byte in lit) if r.inverse else lit


def _com(glass_row: int, com_pins: int) -> int:
    """The COM output (in scan order) that lights a row of glass wired for DAh 12h (10.1.18)."""
    pin = glass_row // 2 + HEIGHT // 2 * (glass_row % 2)
    if com_pins & 0x20:  # left/right remap swaps the two halves
        pin = (pin + HEIGHT // 2) % HEIGHT
    if com_pins & 0x10:  # alternative: even COMs on one side, odd on the other
        return pin % (HEIGHT // 2) * 2 + pin // (HEIGHT // 2)
    return pin
