"""The parts that few boards have: those that a table of wiring names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from host_tools.bench.bus import BringsLine, Clock, I2cPart, PinPart, UartLine, UartPart
from host_tools.bench.parts.ds3231 import Ds3231
from host_tools.bench.parts.keypad import Keypad
from host_tools.bench.parts.max17048 import Max17048
from host_tools.bench.parts.pcf8574 import Pcf8574
from host_tools.bench.parts.sc16is752 import Sc16is752
from host_tools.bench.parts.scanner import Scanner
from host_tools.bench.parts.stripe_reader import StripeReader


@dataclass
class OtherParts:
    """None where the board has no such part."""

    keypad_expander: Pcf8574 | None = None
    uart_expander: Sc16is752 | None = None
    second_uart_expander: Sc16is752 | None = None  # on the same interrupt line
    scanner: Scanner | None = None
    stripe_reader: StripeReader | None = None  # one without a decoder
    calendar: Ds3231 | None = None
    gauge: Max17048 | None = None

    def on_pins(self) -> list[PinPart]:
        expanders = (self.keypad_expander, self.uart_expander, self.second_uart_expander)
        lines: list[PinPart] = [chip.lines for chip in expanders if chip]
        return lines + ([self.stripe_reader] if self.stripe_reader else [])

    def on_i2c(self, pins: Mapping[str, Any]) -> Iterator[tuple[int, I2cPart]]:
        named: dict[str, I2cPart | None] = {
            "keypad": self.keypad_expander,
            "uart_expander": self.uart_expander,
            "calendar": self.calendar,
            "gauge": self.gauge,
        }
        for name, chip in named.items():
            if chip:
                yield i2c_bus(pins, name), chip
        if self.second_uart_expander:
            yield i2c_bus(pins, "uart_expander"), self.second_uart_expander


class _Nothing:
    """What hangs on a line that leads nowhere."""

    def attach(self, line: UartLine, clock: Clock) -> None: ...

    def receive(self, data: bytes) -> None: ...

    def power_off(self) -> None: ...


def i2c_bus(pins: Mapping[str, Any], part: str) -> int:
    """The bus that a part has for itself, or the one that several share."""
    bus: int = pins[part].get("i2c", pins.get("i2c", {}).get("i2c"))
    return bus


def solder(
    pins: Mapping[str, Any], keypad: Keypad, scanner: Scanner, lines: Mapping[str, UartPart | BringsLine]
) -> OtherParts:
    """`keypad` hangs on its expander's pins, and of `lines`, by the names of their parts, those that have a channel."""
    parts = OtherParts()
    if "address" in pins["keypad"]:
        parts.keypad_expander = Pcf8574(keypad, pins["keypad"]["irq"], pins["keypad"]["address"])
    if "uart_expander" in pins:
        ends: list[UartPart | BringsLine] = [_Nothing(), _Nothing(), _Nothing(), _Nothing()]
        for name, part in lines.items():
            if "channel" in pins.get(name, {}):
                ends[pins[name]["channel"]] = part
        chip = pins["uart_expander"]
        parts.uart_expander = Sc16is752((ends[0], ends[1]), chip["irq"], chip["address"])
        if "second" in chip:
            parts.second_uart_expander = Sc16is752((ends[2], ends[3]), chip["irq"], chip["second"])
    if "scanner" in pins:
        parts.scanner = scanner
    if "stripe" in pins:
        tracks = {number: (strobe, data) for number, strobe, data in pins["stripe"]["tracks"]}
        parts.stripe_reader = StripeReader(pins["stripe"]["present"], tracks)
    if "calendar" in pins:
        parts.calendar = Ds3231()
    if "gauge" in pins:
        parts.gauge = Max17048()
    return parts
