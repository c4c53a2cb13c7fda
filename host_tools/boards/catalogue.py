"""The parts that a board's table can name: which pin of theirs wants what of the chip's.

`PINS` names a part by what it is for, and by its entry which kind it is: `kind()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final


class Way(Enum):
    """What the chip does with the pin."""

    OUT = "out"
    OPEN_DRAIN = "open drain"
    IN = "in"
    ANALOGUE = "analogue"


@dataclass(frozen=True)
class Role:
    """`at` is the part's own terminal. `rest` is the level that the part, or its resistor, holds the pin at while the
    chip starts; None: it leaves that to the chip."""

    way: Way
    at: str
    rest: int | None = None
    pull_up: bool = False  # the firmware switches on the chip's own
    edge: bool = False  # interrupts


@dataclass(frozen=True)
class Kind:
    """`addresses` are those that it can be set to. `supply` is what its VCC takes."""

    title: str
    roles: Mapping[str, Role] = field(default_factory=dict)
    addresses: tuple[int, ...] = ()
    i2c_hz: int = 400_000
    supply: str = "3.3 V"
    needs: tuple[str, ...] = ()  # keys besides the roles'

    @property
    def model(self) -> str:
        return self.title.split(", ")[-1].removeprefix("on a ")


_OUT, _IN, _DRAIN = Way.OUT, Way.IN, Way.OPEN_DRAIN
_BUS: Final = {"scl": Role(_DRAIN, "SCL", 1), "sda": Role(_DRAIN, "SDA", 1)}
_IRQ: Final = Role(_IN, "INT", 1, pull_up=True, edge=True)


def _serial(tx: str = "RX", rx: str = "TX") -> dict[str, Role]:
    """A line that nobody speaks on is at 1."""
    return {"tx": Role(_OUT, tx, 1), "rx": Role(_IN, rx, 1)}


_UART: Final = ("baudrate",)
_PN532: Final = {
    "sck": Role(_OUT, "SCK"),
    "mosi": Role(_OUT, "MOSI"),
    "miso": Role(_IN, "MISO"),
    "select": Role(_OUT, "SS", 1),
    "irq": Role(_IN, "IRQ", 1, pull_up=True),
}
_SLOT: Final = {
    "tx": Role(_DRAIN, "I/OUC", 1),
    "rx": Role(_IN, "I/OUC", 1),
    "command_vcc": Role(_OUT, "CMDVCC", 1),
    "reset": Role(_OUT, "RSTIN", 0),
    "off": Role(_IN, "OFF", 1, edge=True),
}
_TFT: Final = {
    "sck": Role(_OUT, "SCL"),
    "mosi": Role(_OUT, "SDA"),
    "select": Role(_OUT, "CS", 1),
    "data": Role(_OUT, "DC"),
    "backlight": Role(_OUT, "BLK", 1),
}
KINDS: Final = {
    "i2c": Kind("the I2C bus that parts share", _BUS, needs=("i2c", "frequency")),
    "ssd1306": Kind("OLED display 128x64, SSD1306", addresses=(0x3C, 0x3D)),
    "st7789": Kind("TFT display 240x320, ST7789", _TFT, needs=("spi", "frequency")),
    "matrix": Kind(
        "keypad, 4x4 matrix",
        {"rows": Role(_DRAIN, "row"), "columns": Role(_IN, "column", 1, pull_up=True, edge=True)},
    ),
    # The PCF8574 itself is made for 100 kHz.
    "pca8574": Kind(
        "keypad, 4x4 matrix, on a PCA8574", {"irq": _IRQ}, tuple(range(0x20, 0x28)), needs=("rows", "columns")
    ),
    "sc16is752": Kind(
        "two UARTs with a crystal of 14.7456 MHz, SC16IS752", {"irq": _IRQ}, tuple(a for a in range(0x48, 0x58))
    ),
    "ds3231": Kind("calendar, DS3231", addresses=(0x68,)),
    "max17048": Kind("battery gauge, MAX17048", addresses=(0x36,)),
    "atecc608": Kind("secure element, ATECC608", addresses=(0x60,), i2c_hz=100_000),
    "cell": Kind("the battery, through two equal resistors", {"": Role(Way.ANALOGUE, "the middle of the two")}),
    "printer": Kind("thermal printer, 58 mm, ESC/POS", _serial(), supply="5 to 9 V, 2 A", needs=_UART),
    "swipe": Kind("mag-stripe reader with a decoder", _serial(), supply="5 V", needs=_UART),
    "stripe": Kind(
        "mag-stripe reader, clock and data",
        {"present": Role(_IN, "CP", 1, edge=True), "tracks": Role(_IN, "RCL and RDT", 1, edge=True)},
        supply="5 V",
    ),
    "scanner": Kind("QR and bar code scanner, GM65", _serial(), supply="5 V", needs=_UART),
    "service": Kind("the workshop's line", _serial(), needs=_UART),
    "chip_slot": Kind("chip-card slot with a TDA8024", _SLOT, supply="3.3 V and 5 V", needs=("uart", "clock")),
    "contactless": Kind("contactless reader, PN532", _PN532, needs=("spi", "frequency")),
    "lights": Kind("four LEDs, each with 330 ohms to ground", {"": Role(_OUT, "anode", 0)}),
    "buzzer": Kind("passive buzzer on a transistor", {"": Role(_OUT, "base, through 1 kohm")}),
    "tamper": Kind(
        "switch that the closed case holds shut", {"": Role(_IN, "switch to ground", pull_up=True, edge=True)}
    ),
}

WANTED: Final = (
    ("keypad",), ("display",), ("swipe", "stripe"), ("printer",), ("service",), ("chip_slot",), ("contactless",),
    ("lights",), ("buzzer",), ("tamper",), ("battery", "gauge"),
)  # fmt: skip
_ONE_KIND: Final = {
    "i2c": "i2c", "uart_expander": "sc16is752", "calendar": "ds3231", "gauge": "max17048", "battery": "cell",
    "secure_element": "atecc608", "printer": "printer", "swipe": "swipe", "stripe": "stripe", "scanner": "scanner",
    "service": "service", "chip_slot": "chip_slot", "contactless": "contactless", "lights": "lights",
    "buzzer": "buzzer", "tamper": "tamper",
}  # fmt: skip


def kind(part: str, wiring: Any) -> Kind | None:
    """None for a part that nobody knows."""
    keys = wiring if isinstance(wiring, dict) else ()
    if part == "display":
        return KINDS["st7789" if "spi" in keys else "ssd1306"]
    if part == "keypad":
        return KINDS["pca8574" if "address" in keys else "matrix"]
    return KINDS[_ONE_KIND[part]] if part in _ONE_KIND else None
