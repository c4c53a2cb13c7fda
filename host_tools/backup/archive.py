"""The archive's format, from its description, opened with another library than the one that sealed it.

    archive    begin | items
    begin      magic "SPB1" 4 | version 1 | terminal number 8 | archive's own number 16
    item       length 2 | AES-SIV (RFC 5297) of the content, under the terminal's backup key, with two associated
               strings: the begin, and the item's kind 1 and index 4

    0          HEAD: number of the first record 4 | number of the last 4 | when it was made, YYMMDDHHMMSS 12
    1 to n     RECORD: record number 4 | record
    n + 1      END: n 4 | the state that the records add up to, as a STATE record

Numbers are big-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from host_tools.backup.errors import NewerArchive, NotAnArchive

if TYPE_CHECKING:
    from typing import Self

MAGIC: Final = b"SPB1"
VERSION: Final = 1
KEY_SIZE: Final = 32

_BEGIN: Final = struct.Struct(">4sB8s16s")
_TAG: Final = 16


class Kind(IntEnum):
    HEAD = 0
    RECORD = 1
    END = 2


@dataclass(frozen=True, slots=True)
class Item:
    """`offset` is where it begins in the file."""

    offset: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """`made` is the terminal's local time, None if it had none that could be."""

    first: int
    last: int
    made: datetime | None

    @property
    def count(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Archive:
    """What can be known without the key. `rest` are the bytes behind the last whole item."""

    begin: bytes
    terminal: str
    number: bytes
    items: list[Item]
    rest: int

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Raises NotAnArchive, NewerArchive."""
        if len(content) < _BEGIN.size:
            raise NotAnArchive
        magic, version, terminal, number = _BEGIN.unpack_from(content)
        if magic != MAGIC or not terminal.isalnum():
            raise NotAnArchive
        if version != VERSION:
            raise NewerArchive
        items, at = [], _BEGIN.size
        while at + 2 <= len(content):
            end = at + 2 + int.from_bytes(content[at : at + 2], "big")
            if end > len(content):
                break
            items.append(Item(at, content[at + 2 : end]))
            at = end
        return cls(content[: _BEGIN.size], terminal.decode("ascii"), number, items, len(content) - at)


class Opener:
    """Opens an archive's items with the backup key, 32 bytes."""

    def __init__(self, archive: Archive, key: bytes) -> None:
        self._begin = archive.begin
        self._siv = AESSIV(key)

    def open(self, kind: Kind, index: int, item: Item) -> bytes | None:
        """Its content, None unless it is that item of this archive."""
        if len(item.sealed) <= _TAG:
            return None
        try:
            return self._siv.decrypt(item.sealed, [self._begin, struct.pack(">BI", kind, index)])
        except InvalidTag:
            return None

    def head(self, item: Item) -> Head | None:
        content = self.open(Kind.HEAD, 0, item)
        if content is None:
            return None
        first, last = struct.unpack_from(">II", content)
        try:
            made = datetime.strptime(content[8:].decode("latin-1"), "%y%m%d%H%M%S")
        except ValueError:
            made = None
        return Head(first, last, made)
