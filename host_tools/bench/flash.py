"""The board's flash chip: NOR rules over an image file that outlives every power cut.

Programming only clears bits, erasing sets a sector; times are the typical ones of the W25Q32 data sheet.
"""

from __future__ import annotations

import mmap
from pathlib import Path

from host_tools.bench.bus import Clock

SECTOR = 4096
PAGE = 256
PAGE_PROGRAM_US = 400
SECTOR_ERASE_US = 45_000


class PowerCut(Exception):
    """The power went in the middle of an operation on the flash chip, as had been asked for."""


class NorFlash:
    def __init__(self, image: Path) -> None:
        self._left: int | None = None  # operations until the power goes
        self.image_file = image  # what is programmed and erased is in it at once
        self._file = image.open("r+b")
        self._cells = mmap.mmap(self._file.fileno(), 0)
        self.programs = 0
        self.erases = 0

    def attach(self, clock: Clock) -> None:
        self._clock = clock

    def cut_after(self, operations: int | None) -> None:
        """Let the power go, by a PowerCut, in the operation after so many; None: not at all.

        A program is left with its first half done, an erasure with its second.
        """
        self._left = operations

    def use_power(self) -> None:
        """Begin an operation. Raises PowerCut if that is the one."""
        if self._left is not None:
            if self._left == 0:
                self._left = None
                raise PowerCut
            self._left -= 1

    def read(self, address: int, size: int) -> bytes:
        return self._cells[address : address + size]

    def program(self, address: int, data: bytes) -> bool:
        """Clear the bits that are 0 in `data`; False when that leaves the chip."""
        if address + len(data) > len(self._cells):
            return False
        try:
            self.use_power()
        except PowerCut:
            self._program(address, data[: len(data) // 2])
            raise
        self._program(address, data)
        pages = (address + len(data) - 1) // PAGE - address // PAGE + 1
        self.programs += pages
        self._clock.busy(pages * PAGE_PROGRAM_US)
        return True

    def _program(self, address: int, data: bytes) -> None:
        before = int.from_bytes(self.read(address, len(data)), "big")
        after = before & int.from_bytes(data, "big")
        self._cells[address : address + len(data)] = after.to_bytes(len(data), "big")

    def erase(self, address: int) -> bool:
        if address % SECTOR or address + SECTOR > len(self._cells):
            return False
        try:
            self.use_power()
        except PowerCut:
            self._cells[address + SECTOR // 2 : address + SECTOR] = b"\xff" * (SECTOR // 2)
            raise
        self._cells[address : address + SECTOR] = b"\xff" * SECTOR
        self.erases += 1
        self._clock.busy(SECTOR_ERASE_US)
        return True

    def image(self) -> bytes:
        return self._cells[:]

    def close(self) -> None:
        self._cells.close()
        self._file.close()
