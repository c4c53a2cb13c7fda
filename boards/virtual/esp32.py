"""`esp32` of the virtual board: the raw flash partitions and the non-volatile store of the ESP32 port.

The flash is NOR: programming only clears bits, erasing sets a sector of 4096 bytes. Its rules are kept by the
bench, which holds the chip. It is read where it lies, in the image's file: an ESP32 too reads its own as memory.
"""

import errno
import os
import struct

import link
from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    Readable = bytes | bytearray | memoryview
    Writable = bytearray | memoryview

_SECTOR = const(4096)
_BLOCK_COUNT = const(4)
_BLOCK_SIZE = const(5)
_BLOCK_ERASE = const(6)
_ERROR = const(1)
_TABLE = const(0x8000)
_ROW = const(32)
_OTA_RUNNING = const(0x5A)  # a frame to the bench: ota.py has its like

_cells = open(os.getenv("SUANPAN_FLASH") or "", "rb")


class Partition:
    """Block device with both forms of MicroPython's interface: with an offset nothing is erased."""

    RUNNING = const(1)

    def __init__(self, label: "str | int") -> None:
        self._row = _look_up(label)
        self._offset: int
        self._size: int
        self._offset, self._size = struct.unpack_from("<II", self._row, 4)

    def info(self) -> "tuple[int, int, int, int, str, bool]":
        """Type, subtype, offset, size, label, whether it is encrypted."""
        return self._row[2], self._row[3], self._offset, self._size, _label(self._row), False

    def readblocks(self, block: int, buffer: "Writable", offset: int = 0) -> None:
        address = self._offset + block * _SECTOR + offset
        _cells.seek(address)
        _cells.readinto(buffer)

    def writeblocks(self, block: int, buffer: "Readable", offset: int | None = None) -> None:
        if offset is None:
            self._erase(block)
            offset = 0
        address = self._offset + block * _SECTOR + offset
        if link.ask(link.FLASH_PROGRAM, struct.pack("<I", address) + bytes(buffer))[0] == _ERROR:
            raise OSError(errno.EIO)

    def ioctl(self, request: int, argument: int) -> int:
        if request == _BLOCK_COUNT:
            return self._size // _SECTOR
        if request == _BLOCK_SIZE:
            return _SECTOR
        if request == _BLOCK_ERASE:
            self._erase(argument)
        return 0

    def __getattr__(self, name: str) -> object:
        """What a board with one MicroPython never asks for."""
        import ota

        return getattr(ota.Ota(self), name)

    def _erase(self, block: int) -> None:
        if link.ask(link.FLASH_ERASE, struct.pack("<I", self._offset + block * _SECTOR))[0] == _ERROR:
            raise OSError(errno.EIO)


class NVS:
    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def get_blob(self, key: str, buffer: "Writable") -> int:
        reply = link.ask(link.NVS_GET, f"{self._namespace}/{key}".encode())
        if not reply:
            raise OSError(-0x1102)  # ESP_ERR_NVS_NOT_FOUND, as the ESP32 port raises it
        buffer[: len(reply)] = reply
        return len(reply)

    def set_blob(self, key: str, value: "Readable") -> None:
        link.post(link.NVS_SET, f"{self._namespace}/{key}".encode() + b"\0" + bytes(value))

    def erase_key(self, key: str) -> None:
        self.set_blob(key, b"")  # the bench knows no difference

    def commit(self) -> None:
        link.flush()


def _look_up(label: "str | int") -> bytes:
    """The row of a partition in the chip's table (docs.espressif.com, api-guides/partition-tables)."""
    if label == Partition.RUNNING:
        label = bytes(link.ask(_OTA_RUNNING)).decode()
    _cells.seek(_TABLE)
    row: bytes = _cells.read(_ROW)
    while row[:2] == b"\xaa\x50":
        if _label(row) == label:
            return row
        row = _cells.read(_ROW)
    raise OSError(errno.ENOENT)


def _label(row: bytes) -> str:
    return row[12:28].rstrip(b"\0").decode()
