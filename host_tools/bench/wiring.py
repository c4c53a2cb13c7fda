"""Which part hangs on which pin and bus: the board's own wiring table, read as data."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from host_tools.bench.bus import AdcPart, BringsLine, I2cPart, Part, PinPart, PwmPart, SpiPart, UartPart
from host_tools.bench.other_parts import OtherParts, i2c_bus, solder
from host_tools.bench.parts.atecc608 import Atecc608
from host_tools.bench.parts.battery import Battery
from host_tools.bench.parts.buzzer import Buzzer
from host_tools.bench.parts.chip_slot import ChipSlot
from host_tools.bench.parts.field import Field
from host_tools.bench.parts.keypad import Keypad
from host_tools.bench.parts.lights import Lights
from host_tools.bench.parts.pn532_spi import Pn532Spi
from host_tools.bench.parts.printer import Printer
from host_tools.bench.parts.scanner import Scanner
from host_tools.bench.parts.service_port import ServicePort
from host_tools.bench.parts.ssd1306 import Ssd1306
from host_tools.bench.parts.st7789 import St7789
from host_tools.bench.parts.swipe_reader import SwipeReader
from host_tools.bench.parts.tamper_switch import TamperSwitch


def read_pins(table: Path) -> dict[str, Any]:
    """The literal called PINS in a board's pins.py, without running it.

    A table of another name has only what is wired otherwise than in the pins.py beside it.
    """
    for statement in ast.parse(table.read_text("utf-8")).body:
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "PINS" and statement.value:
            pins = ast.literal_eval(statement.value)
            assert isinstance(pins, dict)
            return pins if table.name == "pins.py" else read_pins(table.with_name("pins.py")) | pins
    raise ValueError(f"{table} has no PINS")


@dataclass
class Parts:
    """Every part on the virtual board, by name for the script and by connection for the board."""

    keypad: Keypad
    display: Ssd1306 | St7789
    swipe_reader: SwipeReader
    chip_slot: ChipSlot
    contactless_reader: Pn532Spi
    field: Field  # in front of its antenna
    printer: Printer
    buzzer: Buzzer
    lights: Lights
    battery: Battery
    tamper_switch: TamperSwitch
    secure_element: Atecc608 | None  # not every board has one
    service: ServicePort
    on_pins: list[PinPart]
    on_uarts: dict[int, UartPart | BringsLine]
    on_i2c: list[tuple[int, I2cPart]]
    on_spi: list[tuple[int, SpiPart]]
    on_pwm: dict[int, PwmPart]
    on_adc: dict[int, AdcPart]
    other: OtherParts  # few boards have these

    def power_off(self) -> None:
        everything: list[Part] = [
            *self.on_pins,
            *self.on_uarts.values(),
            *(part for _, part in self.on_i2c),
            *(part for _, part in self.on_spi),
            *self.on_pwm.values(),
        ]
        for part in everything:
            part.power_off()


def build(table: Path, random: Random) -> Parts:
    """Solder the parts to the pins of a board's table."""
    pins = read_pins(table)
    keypad = Keypad(pins["keypad"]["rows"], pins["keypad"]["columns"], random)
    swipe_reader = SwipeReader()
    slot = pins["chip_slot"]
    chip_slot = ChipSlot(slot["command_vcc"], slot["reset"], slot["off"], slot["clock"])
    field = Field()
    reader = pins["contactless"]
    contactless_reader = Pn532Spi(field, reader["select"], reader["irq"])
    printer = Printer()
    scanner = Scanner()
    buzzer = Buzzer()
    lights = Lights(pins["lights"])
    battery = Battery()
    tamper_switch = TamperSwitch(pins["tamper"])
    service = ServicePort()
    lines: dict[str, UartPart | BringsLine] = {
        "service": service,
        "chip_slot": chip_slot.io,
        "swipe": swipe_reader,
        "printer": printer,
        "scanner": scanner,
    }
    other = solder(pins, keypad, scanner, lines)
    on_pins: list[PinPart] = [chip_slot, contactless_reader.lines, lights, tamper_switch, *other.on_pins()]
    if not other.keypad_expander:
        on_pins.append(keypad)
    on_uarts = {pins[name]["uart"]: part for name, part in lines.items() if "uart" in pins.get(name, {})}
    on_i2c = list(other.on_i2c(pins))
    on_spi: list[tuple[int, SpiPart]] = [(reader["spi"], contactless_reader)]
    on_pwm: dict[int, PwmPart] = {pins["buzzer"]: buzzer}
    display: Ssd1306 | St7789
    if "spi" in pins["display"]:
        display = St7789(pins["display"]["select"], pins["display"]["data"])
        on_pins.append(display.lines)
        on_spi.append((pins["display"]["spi"], display))
        on_pwm[pins["display"]["backlight"]] = display.backlight
    else:
        display = Ssd1306(pins["display"]["address"])
        on_i2c.append((i2c_bus(pins, "display"), display))
    secure_element = None
    if "secure_element" in pins:
        secure_element = Atecc608(pins["secure_element"]["address"], random)
        on_i2c.append((i2c_bus(pins, "secure_element"), secure_element))
    return Parts(
        keypad,
        display,
        swipe_reader,
        chip_slot,
        contactless_reader,
        field,
        printer,
        buzzer,
        lights,
        battery,
        tamper_switch,
        secure_element,
        service,
        on_pins=on_pins,
        on_uarts=on_uarts,
        on_i2c=on_i2c,
        on_spi=on_spi,
        on_pwm=on_pwm,
        on_adc={pins["battery"]: battery} if "battery" in pins else {},
        other=other,
    )
