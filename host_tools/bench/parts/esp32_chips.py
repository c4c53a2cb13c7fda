"""The ESP32s that the loader can be, as far as a programmer sees them: what they call themselves, and their registers.

Addresses are those of the ESP32 and ESP32-S3 technical reference manuals. A register that is not here reads 0, as an
efuse does that nobody has burnt.
"""

from __future__ import annotations

from dataclasses import dataclass

CHIP_MAGIC = 0x40001000  # a word of the ROM that is another one on every chip
MAC = bytes.fromhex("24a160 53544d")  # the maker's prefix, and a number of nobody's


@dataclass(frozen=True)
class SpiRegisters:
    """Where SPI1 is, and whether an address stands at the upper end of its register."""

    base: int
    user: int
    user1: int
    user2: int
    mosi_length: int
    miso_length: int
    w0: int
    address_high: bool


@dataclass(frozen=True)
class Chip:
    """`chip_id` is None for a chip whose ROM does not know the question."""

    name: str
    chip_id: int | None
    clock_divider: int | None  # the UART's register, from which a programmer works out the crystal
    spi: SpiRegisters
    registers: dict[int, int]


CRYSTAL_HZ = 40_000_000
# The ESP32's ROM judges its crystal by an 8 MHz oscillator: 800 periods of one that its efuse says runs at 128/16 MHz.
_CALIBRATION, _CK8M = 800, 128

ESP32 = Chip(
    name="ESP32",
    chip_id=None,
    clock_divider=0x3FF40014,
    spi=SpiRegisters(0x3FF42000, 0x1C, 0x20, 0x24, 0x28, 0x2C, 0x80, address_high=True),
    registers={
        CHIP_MAGIC: 0x00F01D83,
        0x3FF5A004: int.from_bytes(MAC[2:], "big"),
        0x3FF5A008: int.from_bytes(MAC[:2], "big"),
        0x3FF5A00C: 1 << 15 | 1 << 9,  # ESP32-D0WD, first bit of revision 3
        0x3FF5A010: _CK8M,
        0x3FF5A014: 1 << 20,  # second bit
        0x3FF6607C: 1 << 31,  # third bit
        0x3FF5F06C: _CALIBRATION << 7,
    },
)

ESP32_S3 = Chip(
    name="ESP32-S3",
    chip_id=9,
    clock_divider=None,
    spi=SpiRegisters(0x60002000, 0x18, 0x1C, 0x20, 0x24, 0x28, 0x58, address_high=False),
    registers={
        CHIP_MAGIC: 0x00000009,
        0x60007044: int.from_bytes(MAC[2:], "big"),
        0x60007048: int.from_bytes(MAC[:2], "big"),
        0x60007050: 2 << 18,  # QFN56, revision 0.2, flash outside the package
    },
)
