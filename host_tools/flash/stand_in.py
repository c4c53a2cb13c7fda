"""What takes a stock MicroPython image's place where there is none: the form of one, and nothing that a chip could run.

An emulated chip executes nothing, so on the bench this is as good; boot loader and application are made, with their
headers, checksums and hashes, by esptool's own classes. On a real board it is written and verified, and does not start.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from esptool.bin_image import (  # type: ignore[import-untyped]
    ELFSection,
    ESP32FirmwareImage,
    ESP32S3FirmwareImage,
)
from esptool.targets import CHIP_DEFS  # type: ignore[import-untyped]

from host_tools.flash.stock import APPLICATION

_SAYS: Final = b"suanpan stand-in: no MicroPython is in this image\n"
_KINDS: Final = {"esp32": ESP32FirmwareImage, "esp32s3": ESP32S3FirmwareImage}
_RAM: Final = {"esp32": 0x3FFF0030, "esp32s3": 0x3FCE3810}  # an address of the chip's data RAM
_BOOT_LOADER: Final = 24 * 1024  # bytes, about as large as the true ones
_PROGRAM: Final = 1600 * 1024


def stand_in(chip: str, *, program: int = _PROGRAM) -> bytes:
    """A file as a release has it, for esptool's name of a chip; `program` bytes of application."""
    start: int = CHIP_DEFS[chip].BOOTLOADER_FLASH_OFFSET
    image = bytearray(b"\xff" * (APPLICATION - start))
    boot_loader = _image(chip, _BOOT_LOADER)
    image[: len(boot_loader)] = boot_loader
    return bytes(image) + _image(chip, program)


def _image(chip: str, size: int) -> bytes:
    image = _KINDS[chip]()
    image.chip_id = CHIP_DEFS[chip].IMAGE_CHIP_ID
    image.entrypoint = _RAM[chip]
    image.max_rev_full = 0xFFFF
    image.segments = [ELFSection(b"stand-in", _RAM[chip], _filling(size), 0)]
    return bytes(image.save(None))


def _filling(size: int) -> bytes:
    """As hard to compress as a program is: about half of it."""
    noise = b"".join(
        sha256(bytes([at & 0xFF, at >> 8 & 0xFF, at >> 16])).digest() + bytes(32) for at in range(size // 64)
    )
    return (_SAYS + noise)[: size // 4 * 4]
