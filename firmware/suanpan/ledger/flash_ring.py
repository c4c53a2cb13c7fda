"""Sectors and frames of the journal partition: raw NOR flash behind esp32.Partition's block interface.

Layout (big-endian; a sector's place in the ring is its sequence number modulo the number of sectors):

    sector   4096 bytes: header | frames, each at a multiple of 16, the first at 16
    header   magic 4 | sequence number of the sector 4 | CRC-32 of these 8 bytes 4 | blank 4; the magic is "SPL1", or
             "SPR1" in the sectors of a restored archive
    frame    mark 1 (FF: not committed, else committed) | size of link and record 2 (top bit: there is a
             link) | record number 4 | CRC-32 of size, number, link and record 4 | link 16 or 0 | record
    dead     16 bytes of which bytes 1 to 10 are zero: no frame can start here

Programming clears bits; only erasing a whole sector sets them. What this becomes across power cuts is told in
flash_log.py.
"""

import struct
from binascii import crc32

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    class Partition(Protocol):
        """esp32.Partition, or a twin. writeblocks with an offset programs without erasing."""

        def readblocks(self, __block: int, __buf: bytearray, __offset: int) -> object: ...
        def writeblocks(self, __block: int, __buf: bytes | bytearray, __offset: int) -> object: ...
        def ioctl(self, __op: int, __arg: int) -> int | None: ...

    Record = tuple[int, bytes, bytes]  # record number, link or b"", record
    Frame = tuple[int, int, bytes, bytes]  # mark, and the record


SECTOR = const(4096)
PAGE = const(256)  # what the chip programs at a time, so that a power cut harms no more (W25Q32JV)
SLOT = const(16)
LINK = const(16)
LONGEST = const(2000)  # record, in bytes: two of them with all that they need fit a sector
BLANK = const(0xFF)

WRITTEN = b"SPL1"
RESTORED = b"SPR1"
_HEADER = const(12)
_FRAME = ">BHII"
_FRAME_SIZE = const(11)
_HAS_LINK = const(0x8000)
_COUNT = const(4)  # ioctl operations
_ERASE = const(6)
_DEAD = b"\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"


class FlashRing:
    """Sectors are named by sequence number, places in them by offset."""

    def __init__(self, partition: "Partition") -> None:
        self._flash = partition
        self.count = partition.ioctl(_COUNT, 0) or 0  # of sectors
        self.magic = WRITTEN  # of the sectors to come
        self.restored = False  # whether the header that was looked for last is that of a restored archive's sector

    def sequence(self, seq: int) -> int:
        """The sequence number in the header at this place of the ring, -1 if there is no header."""
        header = self._read(seq, 0, _HEADER)
        found: int = struct.unpack_from(">I", header, 4)[0]
        self.restored = header == _header(RESTORED, found)
        return found if self.restored or header == _header(WRITTEN, found) else -1

    def format(self, seq: int) -> bool:
        """Erase a sector and give it its header; False if the flash did not keep that."""
        for _ in range(2):
            self._erase(seq)
            if self.write_header(seq):
                return True
        return False

    def write_header(self, seq: int) -> bool:
        return self._program(seq, 0, _header(self.magic, seq))

    def clear(self, seq: int) -> None:
        """Erase a sector, its header to the last: a power cut on the way leaves no record that could be read."""
        for at in range(SECTOR - PAGE, -1, -PAGE):
            self.kill(seq, at or SLOT, at + PAGE)
        self._erase(seq)

    def used(self, seq: int) -> int:
        """The offset after the last byte of a sector that is not blank."""
        for page in range(SECTOR - PAGE, -1, -PAGE):
            used = len(bytes(self._read(seq, page, PAGE)).rstrip(b"\xff"))
            if used:
                return page + used
        return 0

    def frame(self, seq: int, at: int) -> "Frame | None":
        """The frame at `at`, committed or not; None if there is no whole one."""
        head = self._read(seq, at, _FRAME_SIZE)
        mark, size, number, check = struct.unpack(_FRAME, head)
        link = LINK if size & _HAS_LINK else 0
        size &= _HAS_LINK - 1
        if not link < size <= SECTOR - at - _FRAME_SIZE:
            return None
        data = self._read(seq, at + _FRAME_SIZE, size)
        if crc32(data, crc32(head[1:7])) != check:
            return None
        return mark, number, bytes(data[:link]), bytes(data[link:])

    def frames(self, seq: int) -> "Iterator[tuple[int, Frame]]":
        """Offset and frame of all that are committed. What does not check is skipped: whether that was a
        record is told by the numbers of the others."""
        if self.sequence(seq) != seq:
            return
        at, end = SLOT, SECTOR
        while at < end:
            frame = self.frame(seq, at)
            if frame and frame[0] != BLANK:
                yield at, frame
                at += space(frame)
            else:
                if end == SECTOR:
                    end = self.used(seq)
                at += SLOT

    def write(self, seq: int, at: int, frame: "Frame") -> bool:
        """Program a frame without its mark; False if the flash did not keep it."""
        _, number, link, record = frame
        data = struct.pack(">HI", len(link) + len(record) | (_HAS_LINK if link else 0), number)
        check = crc32(record, crc32(link, crc32(data)))
        return self._program(seq, at + 1, data + struct.pack(">I", check) + link + record)

    def commit(self, seq: int, at: int) -> bool:
        """Program a frame's mark; False if the flash did not keep it."""
        return self._program(seq, at, b"\x00") or self.marked(seq, at)

    def marked(self, seq: int, at: int) -> bool:
        return self._read(seq, at, 1)[0] != BLANK

    def dead(self, seq: int, at: int) -> bool:
        """Whether no frame can start here: one cell that would not be cleared does not make one."""
        return sum(1 for byte in self._read(seq, at + 1, _FRAME_SIZE - 1) if byte) <= 1

    def kill(self, seq: int, at: int, end: int) -> None:
        """Program all from an unmarked frame to `end` to zeros, except for the bytes where marks would be: a slot
        that was blank never gets to look marked, even if the power goes. The frame's first slot is the
        last to go, so that it is a torn frame until all is done."""
        if end > at + SLOT:
            self._program(seq, at + SLOT, _DEAD * ((end - at) // SLOT - 1))
        self._program(seq, at, _DEAD)

    def _read(self, seq: int, at: int, size: int) -> bytearray:
        data = bytearray(size)
        self._flash.readblocks(seq % self.count, data, at)
        return data

    def _erase(self, seq: int) -> None:
        self._program(seq, 0, bytes(_HEADER))  # a sector that is half erased must have no header
        self._flash.ioctl(_ERASE, seq % self.count)

    def _program(self, seq: int, at: int, data: bytes) -> bool:
        """False if the flash does not keep it. What does not read back is done again: a program may come to nothing."""
        for _ in range(2):
            self._flash.writeblocks(seq % self.count, data, at)
            if self._read(seq, at, len(data)) == data:
                return True
        return False


def space(frame: "Frame") -> int:
    """The bytes of flash that a frame takes."""
    return space_for(len(frame[2]) + len(frame[3]))


def space_for(size: int) -> int:
    """The bytes of flash that a frame takes whose link and record have `size` bytes together."""
    return (_FRAME_SIZE + size + SLOT - 1) // SLOT * SLOT


def _header(magic: bytes, seq: int) -> bytes:
    header = magic + struct.pack(">I", seq)
    return header + struct.pack(">I", crc32(header))
