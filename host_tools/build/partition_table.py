"""A board's partitions: ESP-IDF's table as text (CSV), and as the chip's boot loader reads it, at 0x8000.

The binary form, from ESP-IDF's documentation (api-guides/partition-tables): rows of 32 bytes, AA 50 | type u8 |
subtype u8 | offset u32 | size u32 | label, 16 bytes | flags u32, little-endian; then EB EB, fourteen FF and the MD5 of
all rows.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from host_tools.boards.data import Board

TABLE_AT: Final = 0x8000
TABLE_SIZE: Final = 0xC00
SECTOR: Final = 4096

_ROW: Final = struct.Struct("<2sBBII16sI")
_MARK: Final = b"\xaa\x50"
_MD5_MARK: Final = b"\xeb\xeb" + b"\xff" * 14
_TYPES: Final = {"app": 0, "data": 1}
_SUBTYPES: Final = {
    ("app", "factory"): 0x00,
    ("app", "ota_0"): 0x10,
    ("app", "ota_1"): 0x11,
    ("data", "ota"): 0x00,
    ("data", "phy"): 0x01,
    ("data", "nvs"): 0x02,
    ("data", "fat"): 0x81,
    ("data", "spiffs"): 0x82,
    ("data", "littlefs"): 0x83,
}


class TableError(ValueError):
    """A table that no boot loader would take; the text says which row, and why."""


@dataclass(frozen=True)
class Partition:
    """`type` and `subtype` as the table has them in words or numbers; `offset` and `size` in bytes."""

    name: str
    offset: int
    size: int
    type: str = "data"
    subtype: str = "0x40"

    @property
    def end(self) -> int:
        return self.offset + self.size


def of_board(board: Board) -> dict[str, Partition]:
    """A board's partitions, by name."""
    return {
        row.label: Partition(row.label, row.offset, row.size, row.type, str(row.subtype)) for row in board.partitions
    }


def read_csv(table: Path) -> dict[str, Partition]:
    """The rows of an ESP-IDF partition table in its text form, by name."""
    found = {}
    for line in table.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, kind, subtype, offset, size = (column.strip() for column in line.split(","))
            found[name] = Partition(name, int(offset, 0), int(size, 0), kind, subtype)
    return found


def pack(partitions: Iterable[Partition]) -> bytes:
    """The table for the flash, TABLE_SIZE bytes."""
    table = b"".join(
        _ROW.pack(_MARK, _type(row), _subtype(row), row.offset, row.size, row.name.encode(), 0) for row in partitions
    )
    table += _MD5_MARK + hashlib.md5(table, usedforsecurity=False).digest()
    return table.ljust(TABLE_SIZE, b"\xff")


def unpack(table: bytes) -> dict[str, Partition]:
    """The rows of a table in flash, by name. Raises TableError unless its MD5 is there, and right."""
    types = {number: word for word, number in _TYPES.items()}
    words = {(_TYPES[kind], number): word for (kind, word), number in _SUBTYPES.items()}
    found: dict[str, Partition] = {}
    for at in range(0, len(table) - _ROW.size + 1, _ROW.size):
        if table[at : at + 16] == _MD5_MARK:
            if table[at + 16 : at + 32] != hashlib.md5(table[:at], usedforsecurity=False).digest():
                raise TableError("the MD5 of the partition table is not that of its rows")
            return found
        mark, kind, subtype, offset, size, label, _flags = _ROW.unpack_from(table, at)
        if mark != _MARK:
            break
        name = label.rstrip(b"\0").decode()
        found[name] = Partition(
            name, offset, size, types.get(kind, hex(kind)), words.get((kind, subtype), f"0x{subtype:02x}")
        )
    raise TableError("the partition table has no end")


def _type(row: Partition) -> int:
    known = _TYPES.get(row.type)
    return int(row.type, 0) if known is None else known


def _subtype(row: Partition) -> int:
    known = _SUBTYPES.get((row.type, row.subtype))
    return int(row.subtype, 0) if known is None else known


def check(partitions: Iterable[Partition]) -> None:
    """Raises TableError if no boot loader would take such a table."""
    rows = list(partitions)
    end = TABLE_AT + SECTOR
    for row in sorted(rows, key=lambda row: row.offset):
        try:
            _type(row), _subtype(row)
        except ValueError:
            raise TableError(f"{row.name}: {row.type}, {row.subtype} is not a type that there is") from None
        if len(row.name) > 15:
            raise TableError(f"{row.name}: a name has at most 15 characters")
        if row.offset % SECTOR or row.size % SECTOR or not row.size:
            raise TableError(f"{row.name}: its place or its size is not a number of whole sectors (0x1000)")
        if row.offset < end:
            raise TableError(f"{row.name}: at 0x{row.offset:06x}, and what is before it ends at 0x{end:06x}")
        end = row.end
    if len(rows) > TABLE_SIZE // _ROW.size - 1:
        raise TableError(f"{len(rows)} rows: there is room for {TABLE_SIZE // _ROW.size - 1}")
