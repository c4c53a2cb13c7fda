"""The file system of an application: a ROMFS image that lies in a raw partition, read with no more than readblocks.

MicroPython's own VfsRom wants a memory that it can point into, which a stock ESP32 image does not give it. Behind the
ROMFS is an index (host_tools/build/romfs.py), so that finding a file among hundreds takes one short read, and finding
that there is none, as a rule, no read at all: an import asks for paths that are not there before the one that is.

    marks: two bytes for each path, the end of its CRC-32                      these are in memory
    for each, in the same order: CRC-32 of the path u32 | where its bytes begin in the image u24 | how many they are u24
    how many paths there are u16

All big-endian; a directory's place is FFFFFF.
"""

import binascii
import errno
import io

from micropython import const

from suanpan.slots.bundle import SECTOR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.slots.bundle import Slot

_ENTRY = const(10)
_DIRECTORY = const(0xFFFFFF)
_IS_FILE = const(0x8000)
_IS_DIRECTORY = const(0x4000)
_LINE = const(64)
_BUFFER_SIZE = const(11)  # ioctl: how much the importer is to read at a time
_LONGEST = const(255)


class Rom:
    """What vfs.mount takes. `size` is that of the image, which begins in the second sector of `partition`."""

    def __init__(self, partition: "Slot", size: int) -> None:
        self._partition = partition
        self._entry = bytearray(_ENTRY)
        count = bytearray(2)
        partition.readblocks(1, count, size - 2)
        paths = int.from_bytes(count, "big")
        self._index = size - 2 - paths * _ENTRY
        self._marks = bytearray(2 * paths)
        partition.readblocks(1, self._marks, self._index - 2 * paths)

    def mount(self, readonly: bool, mkfs: bool) -> None:
        """There is nothing to do."""

    def umount(self) -> None:
        """There is nothing to do."""

    def chdir(self, path: str) -> None:
        if path.strip("/"):
            raise OSError(errno.EOPNOTSUPP)  # as MicroPython's own

    def getcwd(self) -> str:
        return "/"

    def stat(self, path: str) -> "tuple[int, ...]":
        place, size = self._find(path)
        return (_IS_DIRECTORY if place == _DIRECTORY else _IS_FILE, 0, 0, 0, 0, 0, size, 0, 0, 0)

    def open(self, path: str, mode: str) -> "File":
        """Its bytes, whatever `mode` says of text."""
        if mode[0] != "r" or "+" in mode:
            raise OSError(errno.EACCES)
        place, size = self._find(path)
        if place == _DIRECTORY:
            raise OSError(errno.EISDIR)
        return File(self._partition, SECTOR + place, size)

    def _find(self, path: str) -> "tuple[int, int]":
        """Place and size; OSError (ENOENT) if there is no such path."""
        path = path.strip("/")
        if not path:
            return _DIRECTORY, 0
        mark = binascii.crc32(path.encode()).to_bytes(4, "big")
        entry = self._entry
        at = self._marks.find(mark[2:])
        while at >= 0:
            if at % 2 == 0:
                self._partition.readblocks(1, entry, self._index + at // 2 * _ENTRY)
                if entry[:4] == mark:
                    return int.from_bytes(entry[4:7], "big"), int.from_bytes(entry[7:], "big")
            at = self._marks.find(mark[2:], at + 1)
        raise OSError(errno.ENOENT)


class File(io.IOBase):
    """A binary file that is open for reading."""

    def __init__(self, partition: "Slot", start: int, size: int) -> None:
        self._partition = partition
        self._start = start
        self._size = size
        self._at = 0

    def readinto(self, buffer: "bytearray | memoryview", count: int = -1) -> int:
        size = len(buffer) if count < 0 else count
        size = min(size, self._size - self._at)
        if size > 0:
            self._partition.readblocks(0, memoryview(buffer)[:size], self._start + self._at)  # type: ignore[arg-type]
            self._at += size
        return size

    def read(self, count: int = -1) -> bytes:
        left = self._size - self._at
        buffer = bytearray(left if count < 0 else min(count, left))
        self.readinto(buffer)
        return bytes(buffer)

    def readline(self) -> bytes:
        line = b""
        while b"\n" not in line:
            piece = self.read(_LINE)
            if not piece:
                return line
            line += piece
        end = line.find(b"\n") + 1
        self._at -= len(line) - end
        return line[:end]

    def __iter__(self) -> "File":
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 1:
            offset += self._at
        elif whence == 2:
            offset += self._size
        self._at = max(0, min(offset, self._size))
        return self._at

    def ioctl(self, request: int, argument: int) -> int:
        return _LONGEST if request == _BUFFER_SIZE else 0

    def close(self) -> None:
        """There is nothing to give back."""

    def __enter__(self) -> "File":
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to give back."""
