"""A stock MicroPython image for an ESP32, looked at before anything is written: for which chip, and whether whole.

The file of a release is what lies on a bare chip from the boot loader's place on: boot loader, partition table at
0x8000, application at 0x10000. The table is the one thing of it that is not ours to keep.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from esptool.bin_image import LoadFirmwareImage  # type: ignore[import-untyped]
from esptool.targets import CHIP_DEFS, CHIP_LIST  # type: ignore[import-untyped]
from esptool.util import FatalError  # type: ignore[import-untyped]

from host_tools.flash.errors import CorruptImage, NoApplication, NotAnImage

if TYPE_CHECKING:
    from pathlib import Path

    from esptool.bin_image import ESP32FirmwareImage

TABLE: Final = 0x8000
APPLICATION: Final = 0x10000

_MAGIC: Final = 0xE9
_CHIP_ID: Final = 12  # where the header has it, u16
_HEADER: Final = 24
_CHECKSUM_SEED: Final = 0xEF


@dataclass(frozen=True)
class Stock:
    """`chip` is esptool's name of it, "esp32s3"; offsets are those of the flash."""

    chip: str
    name: str
    sha256: str
    boot_loader_at: int
    boot_loader: bytes
    application: bytes


def read(path: Path) -> Stock:
    """Raises NotAnImage, CorruptImage, NoApplication."""
    return parse(path.read_bytes(), path.name)


def parse(content: bytes, name: str) -> Stock:
    """As `read`."""
    if len(content) < _HEADER or content[0] != _MAGIC:
        raise NotAnImage(name)
    chip = _chip(int.from_bytes(content[_CHIP_ID : _CHIP_ID + 2], "little"), name)
    start: int = CHIP_DEFS[chip].BOOTLOADER_FLASH_OFFSET
    boot_loader = content[: TABLE - start]
    _require_whole(chip, boot_loader, name)
    application = content[APPLICATION - start :]
    if not application:
        raise NoApplication(name)
    if application[0] != _MAGIC:
        raise CorruptImage(f"{name}: no application at {APPLICATION:#x}")
    whole = _require_whole(chip, application, name)
    if whole.chip_id != CHIP_DEFS[chip].IMAGE_CHIP_ID:
        raise CorruptImage(f"{name}: boot loader and application are for different chips")
    return Stock(chip, name, hashlib.sha256(content).hexdigest(), start, boot_loader.rstrip(b"\xff"), application)


def _chip(chip_id: int, name: str) -> str:
    for chip in CHIP_LIST:
        if getattr(CHIP_DEFS[chip], "IMAGE_CHIP_ID", None) == chip_id:
            return str(chip)
    raise NotAnImage(f"{name}: of a chip with the number {chip_id}")


def _require_whole(chip: str, content: bytes, name: str) -> ESP32FirmwareImage:
    """The image at the beginning of `content`, with its checksum and the hash behind it seen to."""
    try:
        image = LoadFirmwareImage(chip, content)
    except (FatalError, struct.error, TypeError, IndexError) as problem:
        raise CorruptImage(name) from problem
    checksum = _CHECKSUM_SEED
    for segment in image.segments:
        for octet in segment.data:
            checksum ^= octet
    if checksum != image.checksum or (image.append_digest and image.stored_digest != image.calc_digest):
        raise CorruptImage(name)
    return image
