"""What the parts' answers mean: which part is there, which is not, and what is then likely to be wired wrongly.

In: the lines that doctor_on_board.upy prints. Out: a finding for each part, with the likely fault in plain words. Which
faults look like which answers is electricity, and the modules' manuals; no more than likely.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

Answer = dict[str, Any]


class Verdict(Enum):
    FOUND = "found"
    MISSING = "missing"
    FAULTY = "faulty"
    UNKNOWN = "cannot be asked"


@dataclass(frozen=True)
class Finding:
    part: str
    verdict: Verdict
    says: str


_FULL_MV: Final = 4400
_FLAT_MV: Final = 2800
_NOTHING_MV: Final = 300  # less than any cell has: nothing is on the pin


def diagnose(answer: Answer) -> Finding:
    """The finding for one part's line."""
    part = answer["part"]
    verdict, says = _JUDGES[answer["bus"]](answer)
    return Finding(part, verdict, says)


def _board(answer: Answer) -> tuple[Verdict, str]:
    return Verdict.FOUND, f"{answer['machine']}, MicroPython {answer['version']}"


def _i2c(answer: Answer) -> tuple[Verdict, str]:
    address, scl, sda = answer["address"], answer["scl"], answer["sda"]
    where = f"at 0x{address:02X} (SCL GPIO{scl}, SDA GPIO{sda})"
    if address in answer["found"]:
        return Verdict.FOUND, f"answers {where}"
    others = ", ".join(f"0x{other:02X}" for other in answer["found"])
    if others:
        return Verdict.MISSING, (
            f"nothing answers {where}, though {others} does on the same bus: another address jumper, a module without "
            "power, or a broken wire to it alone"
        )
    if address in answer["swapped"]:
        return Verdict.MISSING, f"answers {where} with the two exchanged: SCL and SDA are swapped"
    low = [f"GPIO{pin}" for pin, value in zip((scl, sda), answer["up"], strict=True) if not value]
    if low:
        return Verdict.MISSING, (
            f"nothing answers {where}: {' and '.join(low)} is held low, by a short to ground, or by a module that has "
            "no power and pulls the line down"
        )
    if not all(answer["down"]):
        return Verdict.MISSING, (
            f"nothing answers {where}: nothing pulls the lines up. No 3.3 V or no ground at the module, or not wired"
        )
    return Verdict.MISSING, (
        f"nothing answers {where}: SDA and SCL swapped? another address? The lines are pulled up, so there is power"
    )


def _reader(answer: Answer) -> tuple[Verdict, str]:
    wiring = answer["wiring"]
    if answer["answers"]:
        return Verdict.FOUND, "a PN532 answers"
    ways = {"spi": "SPI (first switch off, second on)", "i2c": "I2C (first on, second off)", "uart": "HSU (both off)"}
    way = next(text for name, text in ways.items() if name in wiring)
    pins = ", ".join(
        f"{name.upper()} GPIO{wiring[name]}"
        for name in ("sck", "mosi", "miso", "select", "scl", "sda", "tx", "rx", "irq")
        if isinstance(wiring.get(name), int)
    )
    if answer["silent"]:
        return Verdict.MISSING, (
            f"no answer: are the module's switches at {way}? power? MISO and MOSI, or TX and RX, swapped? ({pins})"
        )
    return Verdict.FAULTY, (
        f"answers what is no answer of a PN532: long wires, a bus too fast for them, or another chip ({pins})"
    )


def _uart(answer: Answer) -> tuple[Verdict, str]:
    if answer["rate"] == answer["baudrate"]:
        return Verdict.FOUND, f"answers at {answer['rate']} baud"
    if answer["rate"]:
        return Verdict.FAULTY, (
            f"answers at {answer['rate']} baud and not at {answer['baudrate']}: set its switches, or the board's table"
        )
    return Verdict.MISSING, (
        f"no answer at any speed: TX (GPIO{answer['tx']}) and RX (GPIO{answer['rx']}) swapped? its own power supply "
        "off? RS-232 levels instead of 3.3 V?"
    )


def _behind(_: Answer) -> tuple[Verdict, str]:
    return Verdict.UNKNOWN, "behind the UART expander: the terminal's own self-check asks it (功能, 9, 6)"


def _application(answer: Answer) -> tuple[Verdict, str]:
    return Verdict.FAULTY, f"does not start: {answer['raised']}"


def _battery(answer: Answer) -> tuple[Verdict, str]:
    millivolts = answer["millivolts"]
    says = f"{millivolts / 1000:.2f} V"
    if millivolts < _NOTHING_MV:
        return Verdict.MISSING, f"{says} at GPIO{answer['pin']}: no cell, or no divider between it and the pin"
    if millivolts > _FULL_MV:
        return Verdict.FAULTY, f"{says}: more than a cell has; the divider is not 1:2"
    if millivolts < _FLAT_MV:
        return Verdict.FAULTY, f"{says}: less than a cell may have; charge it, or the divider is not 1:2"
    return Verdict.FOUND, says


def _pins(answer: Answer) -> tuple[Verdict, str]:
    part = answer["part"]
    if part == "tamper":
        if not answer["open"]:
            return Verdict.FOUND, "the case is closed"
        return Verdict.FAULTY, (
            f"open: the case is, or the switch is not between GPIO{answer['pin']} and ground. Keys do not stay so"
        )
    if part == "keypad":
        if answer["touching"]:
            pairs = ", ".join(f"row GPIO{row} and column GPIO{column}" for row, column in answer["touching"])
            return Verdict.FAULTY, f"touch while no key is pressed: {pairs}. A key hangs, or solder joins them"
        return Verdict.UNKNOWN, "nothing touches; that all keys are wired shows when they are pressed (功能, 9, 6)"
    what = "lit one after the other, left to right" if part == "lights" else "sounded"
    return Verdict.UNKNOWN, f"{what}, if you saw it: GPIO {', '.join(map(str, answer['pins']))}"


def _silent(answer: Answer) -> tuple[Verdict, str]:
    what = "a card is put in" if answer["part"] == "chip_slot" else "a card is swiped"
    return Verdict.UNKNOWN, f"says nothing until {what}"


def _spi(_: Answer) -> tuple[Verdict, str]:
    return Verdict.UNKNOWN, "has no line back: look at it. White: no RST or DC; dark: no backlight"


_JUDGES: Final[dict[str, Callable[[Answer], tuple[Verdict, str]]]] = {
    "board": _board,
    "i2c": _i2c,
    "reader": _reader,
    "uart": _uart,
    "behind": _behind,
    "adc": _battery,
    "application": _application,
    "pins": _pins,
    "silent": _silent,
    "spi": _spi,
}
