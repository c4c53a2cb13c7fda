"""What an ESP32's loaders do to the flash chip: downloads block by block, plain or deflated, erasing, reading, digests.

Both loaders check alike and fail differently: each names a `Trouble` by a code of its own. The ROM's loader erases all
that a download will need before its first block, the flasher stub each sector when a block gets there.
"""

from __future__ import annotations

import hashlib
import zlib
from enum import Enum

from host_tools.bench.flash import PAGE, SECTOR, NorFlash

_ROM_SIZE = 2 * 1024 * 1024  # what the ROM takes the chip for until it is told


class Trouble(Enum):
    """Codes: of the ROM ("Serial Protocol" of esptool's documentation), and of the stub (its stub_flasher.h)."""

    LENGTH = (0x05, 0xC0)
    CHECKSUM = (0x07, 0xC1)
    BLOCK_SIZE = (0x05, 0xC2)
    COMMAND = (0x05, 0xFF)
    FLASH = (0x06, 0xC4)
    NOT_BEGUN = (0x06, 0xC6)
    READ_LENGTH = (0x0A, 0xC0)
    INFLATE = (0x0B, 0xC7)
    NOT_ENOUGH = (0x06, 0xC8)
    TOO_MUCH = (0x06, 0xC9)


class Refusal(Exception):
    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.name)
        self.trouble = trouble


class SpiFlash:
    """The chip behind a loader: out of reach until it is attached, and as large as the loader has been told."""

    def __init__(self, cells: NorFlash) -> None:
        self._cells = cells
        self.whole = len(cells.image())
        self.reset()

    def reset(self) -> None:
        self.attached = False
        self.size = min(_ROM_SIZE, self.whole)

    def attach_whole(self) -> None:
        """As the stub does by itself."""
        self.attached = True
        self.size = self.whole

    def check(self, address: int, size: int) -> None:
        if (size and not self.attached) or address + size > min(self.size, self.whole):
            raise Refusal(Trouble.FLASH)

    def read(self, address: int, size: int) -> bytes:
        self.check(address, size)
        return self._cells.read(address, size)

    def md5(self, address: int, size: int) -> bytes:
        return hashlib.md5(self.read(address, size), usedforsecurity=False).digest()

    def erase(self, address: int, size: int) -> None:
        """Every sector that the range touches."""
        self.check(address, size)
        for sector in range(address // SECTOR * SECTOR, address + size, SECTOR):
            if not self._cells.erase(sector):
                raise Refusal(Trouble.FLASH)

    def program(self, address: int, data: bytes) -> None:
        self.check(address, len(data))
        for at in range(0, len(data), PAGE):
            self._cells.program(address + at, data[at : at + PAGE])


class Download:
    """One download, begun: blocks of `block_size` that come to `size` bytes from `address` on.

    Deflated blocks are a zlib stream cut into pieces. `erased` says that the range has been erased already.
    """

    def __init__(
        self, flash: SpiFlash, address: int, size: int, blocks: int, block_size: int, *, deflated: bool, erased: bool
    ) -> None:
        flash.check(address, size)
        self._flash = flash
        self._at = address
        self._end = address + size
        self._blocks = blocks
        self._block_size = block_size
        self._inflate = zlib.decompressobj() if deflated else None
        self._erased_to = self._end if erased else address // SECTOR * SECTOR
        self._next = 0

    def block(self, number: int, data: bytes) -> None:
        """Raises Refusal. A block that has been taken may come again, when its answer was lost."""
        if number == self._next - 1:
            return
        if number != self._next or number >= self._blocks:
            raise Refusal(Trouble.NOT_BEGUN)
        if len(data) > self._block_size:
            raise Refusal(Trouble.BLOCK_SIZE)
        if self._inflate:
            try:
                data = self._inflate.decompress(data)
            except zlib.error:
                raise Refusal(Trouble.INFLATE) from None
            if self._at + len(data) > self._end:
                raise Refusal(Trouble.TOO_MUCH)
        self._next += 1
        self._write(data[: self._end - self._at])  # the last plain block is filled up

    def finish(self) -> None:
        if self._at != self._end:
            raise Refusal(Trouble.NOT_ENOUGH)

    def _write(self, data: bytes) -> None:
        while self._erased_to < self._at + len(data):
            self._flash.erase(self._erased_to, SECTOR)
            self._erased_to += SECTOR
        self._flash.program(self._at, data)
        self._at += len(data)


class Reading:
    """Flash on its way to the programmer, so many packets ahead of what it has acknowledged."""

    def __init__(self, data: bytes, packet: int, ahead: int) -> None:
        self.data = data
        self._packet = packet
        self._ahead = packet * ahead
        self._sent = self._acknowledged = 0

    @property
    def done(self) -> bool:
        return self._acknowledged == len(self.data)

    def ready(self) -> list[bytes]:
        end = min(len(self.data), self._acknowledged + self._ahead)
        starts = range(self._sent, end, self._packet)
        self._sent = max(self._sent, end)
        return [self.data[at : at + self._packet] for at in starts]

    def acknowledge(self, total: int) -> bool:
        if not self._acknowledged < total <= self._sent:
            return False
        self._acknowledged = total
        return True
