"""The parts of a board with few pins or UARTs, for a table of wiring that has them: pins_other_parts.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from host_tools.bench.bus import BringsLine, I2cPart, PinPart, UartPart
from host_tools.bench.parts.ds3231 import Ds3231
from host_tools.bench.parts.keypad import Keypad
from host_tools.bench.parts.max17048 import Max17048
from host_tools.bench.parts.pcf8574 import Pcf8574
from host_tools.bench.parts.printer import Printer
from host_tools.bench.parts.sc16is752 import Sc16is752
from host_tools.bench.parts.scanner import Scanner
from host_tools.bench.parts.stripe_reader import StripeReader


@dataclass
class OtherParts:
    keypad_expander: Pcf8574
    uart_expander: Sc16is752
    scanner: Scanner
    stripe_reader: StripeReader
    calendar: Ds3231
    gauge: Max17048

    def on_pins(self) -> list[PinPart]:
        return [self.keypad_expander.lines, self.uart_expander.lines, self.stripe_reader]

    def on_i2c(self, bus: int) -> list[tuple[int, I2cPart]]:
        chips: list[I2cPart] = [self.keypad_expander, self.uart_expander, self.calendar, self.gauge]
        return [(bus, chip) for chip in chips]


def solder(pins: dict[str, Any], keypad: Keypad, printer: Printer) -> OtherParts:
    """`keypad` hangs on its expander's pins, `printer` on one of the UARTs."""
    scanner = Scanner()
    ends: dict[int, UartPart | BringsLine] = {pins["printer"]["channel"]: printer, pins["scanner"]["channel"]: scanner}
    stripe = pins["stripe"]
    return OtherParts(
        Pcf8574(keypad, pins["keypad"]["irq"], pins["keypad"]["address"]),
        Sc16is752((ends[0], ends[1]), pins["uart_expander"]["irq"], pins["uart_expander"]["address"]),
        scanner,
        StripeReader(stripe["present"], {number: (strobe, data) for number, strobe, data in stripe["tracks"]}),
        Ds3231(),
        Max17048(),
    )
