"""What the chips and their modules can do with which pin.

Sources, all of Espressif's: ESP32 Series Datasheet (pins, 4.1; strapping pins, 3), ESP32 Series SoC Errata (GPIO-3.11),
ESP32-WROOM-32E Datasheet (3); ESP32-S3 Series Datasheet (2 and 3), ESP32-S3-WROOM-1 Datasheet (3); ESP-IDF Programming
Guide, GPIO and ADC oneshot mode; esptool, boot mode selection. What MicroPython gives of UART, SPI and I2C: its
documentation, quick reference for the ESP32.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MIB: Final = 0x100000


@dataclass(frozen=True)
class Strap:
    """A pin that the chip looks at while it starts. `needs` 0 or 1: what it must then see, or None: either will do."""

    needs: int | None
    meaning: str


@dataclass(frozen=True)
class Chip:
    gpios: frozenset[int]
    input_only: frozenset[int]  # they have no pull resistors either
    flash: frozenset[int]
    usb: frozenset[int]
    straps: Mapping[int, Strap]
    adc1: frozenset[int]
    adc2: frozenset[int]  # the radio's while it is on
    disturbed: frozenset[int]  # pulled low for some 80 ns whenever the ADC is switched on
    console: tuple[int, int]  # TX and RX of UART 0 where the boot loader has them
    uarts: int = 3
    spis: tuple[int, ...] = (1, 2)
    i2cs: tuple[int, ...] = (0, 1)


@dataclass(frozen=True)
class Module:
    """`taken` are pins that the module keeps for itself, or does not lead out, and what for."""

    chip: str
    flash_size: int
    taken: Mapping[int, str] = field(default_factory=dict)


def _pins(*ranges: tuple[int, int]) -> frozenset[int]:
    return frozenset(pin for first, last in ranges for pin in range(first, last + 1))


CHIPS: Final = {
    "esp32": Chip(
        gpios=_pins((0, 19), (21, 23), (25, 27), (32, 39)),
        input_only=_pins((34, 39)),
        flash=_pins((6, 11)),
        usb=frozenset(),
        straps={
            0: Strap(1, "at 0 the chip waits for a download instead of starting"),
            2: Strap(0, "at 1 no download can begin"),
            5: Strap(None, "timing of an SDIO slave"),
            12: Strap(0, "at 1 the flash gets 1.8 V, and the chip does not start"),
            15: Strap(None, "at 0 the boot loader is silent"),
        },
        adc1=_pins((32, 39)),
        adc2=frozenset((0, 2, 4, 12, 13, 14, 15, 25, 26, 27)),
        disturbed=frozenset((36, 39)),
        console=(1, 3),
    ),
    "esp32s3": Chip(
        gpios=_pins((0, 21), (26, 48)),
        input_only=frozenset(),
        flash=_pins((26, 32)),
        usb=frozenset((19, 20)),
        straps={
            0: Strap(1, "at 0 the chip waits for a download instead of starting"),
            3: Strap(None, "where JTAG is, if an eFuse says that this pin decides"),
            45: Strap(0, "at 1 the flash gets 1.8 V, and the chip does not start"),
            46: Strap(0, "at 1 no download can begin"),
        },
        adc1=_pins((1, 10)),
        adc2=_pins((11, 20)),
        disturbed=frozenset(),
        console=(43, 44),
    ),
    # Numbers and buses of an S3, with nothing taken.
    "virtual": Chip(
        gpios=_pins((0, 48)),
        input_only=frozenset(),
        flash=frozenset(),
        usb=frozenset(),
        straps={},
        adc1=_pins((1, 10)),
        adc2=_pins((11, 20)),
        disturbed=frozenset(),
        console=(43, 44),
        uarts=4,
    ),
}

_NOT_OUT: Final = "the module does not lead it out"
_OCTAL: Final = "the module's octal PSRAM is on it"
_WROOM_32E: Final = dict.fromkeys((20, 24, 28, 29, 30, 31, 37, 38), _NOT_OUT)
_WROVER_E: Final = _WROOM_32E | dict.fromkeys((16, 17), "the module's PSRAM is on it")
_WROOM_1: Final = dict.fromkeys((33, 34), _NOT_OUT)
_WROOM_1_R8: Final = _WROOM_1 | dict.fromkeys((35, 36, 37), _OCTAL)

MODULES: Final = {
    "ESP32-WROOM-32E-N4": Module("esp32", 4 * MIB, _WROOM_32E),
    "ESP32-WROOM-32E-N8": Module("esp32", 8 * MIB, _WROOM_32E),
    "ESP32-WROVER-E-N4R8": Module("esp32", 4 * MIB, _WROVER_E),
    "ESP32-S3-WROOM-1-N4": Module("esp32s3", 4 * MIB, _WROOM_1),
    "ESP32-S3-WROOM-1-N8": Module("esp32s3", 8 * MIB, _WROOM_1),
    "ESP32-S3-WROOM-1-N8R8": Module("esp32s3", 8 * MIB, _WROOM_1_R8),
    "ESP32-S3-WROOM-1-N16R8": Module("esp32s3", 16 * MIB, _WROOM_1_R8),
    "virtual": Module("virtual", 4 * MIB),
}
