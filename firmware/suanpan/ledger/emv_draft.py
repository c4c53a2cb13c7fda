"""New tables for chip cards, item by item as the acquirer sends them, and what must hold of tables to be taken.

Their form is in emv_tables.py; this is in memory only while it is needed.
"""

import hashlib
import os

from micropython import const

from suanpan.codec.tlv import Reader, dol_entries
from suanpan.errors.emv import TablesRefused, TlvError
from suanpan.ledger.emv_tables import APPLICATION, END, EXCEPTION, KEY, MAGIC, REVOKED, START, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

_MOST = const(4096)  # items
_MOST_LISTED = const(96)  # applications, and keys

_AID = const(0x9F06)
_INDEX = const(0x9F22)
_EXPIRES = const(0xDF05)
_MODULUS = const(0xDF02)
_EXPONENT = const(0xDF04)
_CHECKSUM = const(0xDF03)
_FLOOR_LIMIT = const(0x9F1B)
_THRESHOLD = const(0xDF15)
_MOST_PERCENT = const(0xDF16)
_PERCENT = const(0xDF17)
_INDICATOR = const(0xDF01)
_DDOL = const(0xDF14)
_UNPREDICTABLE = const(0x9F37)

# Tag, shortest, longest.
_OF_APPLICATION = (
    _AID, 5, 16,
    _INDICATOR, 1, 1,
    0x9F08, 2, 2,
    0xDF11, 5, 5,
    0xDF12, 5, 5,
    0xDF13, 5, 5,
    _FLOOR_LIMIT, 4, 4,
    _THRESHOLD, 4, 4,
    _MOST_PERCENT, 1, 1,
    _PERCENT, 1, 1,
)  # fmt: skip
_OF_KEY = (
    _AID, 5, 5,
    _INDEX, 1, 1,
    _EXPIRES, 4, 8,
    0xDF06, 1, 1,
    0xDF07, 1, 1,
    _MODULUS, 64, 248,
    _EXPONENT, 1, 3,
    _CHECKSUM, 20, 20,
)  # fmt: skip


class Draft:
    """Tables that arrive item by item, and come to be all at once, or not at all."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._new = path + ".new"
        self._count = 0
        with open(self._new, "wb") as file:
            _write(file, START, MAGIC)

    def add(self, kind: int, content: bytes) -> None:
        with open(self._new, "ab") as file:
            _write(file, kind, content)
        self._count += 1

    def commit(self) -> None:
        """Raises TablesRefused, and leaves the tables as they were, if one item is not right."""
        with open(self._new, "ab") as file:
            _write(file, END, self._count.to_bytes(2, "big"))
        try:
            with open(self._new, "rb") as file:
                check(file)
        except TablesRefused:
            self.drop()
            raise
        os.rename(self._new, self._path)

    def drop(self) -> None:
        os.remove(self._new)


def _write(file: "BinaryIO", kind: int, content: bytes) -> None:
    file.write(bytes((kind, len(content) >> 8, len(content) & 0xFF)))
    file.write(content)


def check(file: "BinaryIO") -> None:
    """Raises TablesRefused, which does not say where."""
    seen: "list[bytes]" = []
    count = -1
    ended = False
    for kind, content in read(file):
        if ended or (kind == START) != (count == -1) or count == _MOST:
            raise TablesRefused
        if kind == END:
            ended = content == count.to_bytes(2, "big")
        elif kind == START:
            ended = content != MAGIC
        elif kind in (APPLICATION, KEY):
            name = _application(content) if kind == APPLICATION else _key(content)
            if name in seen or len(seen) == _MOST_LISTED:
                raise TablesRefused
            seen.append(name)
        elif (kind, len(content)) not in ((REVOKED, 9), (EXCEPTION, 8)):
            raise TablesRefused
        if ended != (kind == END):
            raise TablesRefused
        count += 1
    if not ended:
        raise TablesRefused


def _application(content: bytes) -> bytes:
    """What names it among all items."""
    values = _values(content, _OF_APPLICATION)
    most, target = values[_MOST_PERCENT].hex(), values[_PERCENT].hex()
    floor_limit = values[_FLOOR_LIMIT]
    threshold = values[_THRESHOLD]
    if not most.isdigit() or not target.isdigit() or target > most or values[_INDICATOR][0] > 1:
        raise TablesRefused
    if threshold > floor_limit:
        raise TablesRefused
    ddol = values.get(_DDOL)
    try:
        if ddol is not None and not any(tag == _UNPREDICTABLE for tag, _ in dol_entries(ddol)):
            raise TablesRefused
    except TlvError:
        raise TablesRefused from None
    return b"a" + values[_AID]


def _key(content: bytes) -> bytes:
    values = _values(content, _OF_KEY)
    name = values[_AID] + values[_INDEX]
    modulus, exponent = values[_MODULUS], values[_EXPONENT]
    expires = values[_EXPIRES]
    digits = expires.hex() if len(expires) == 4 else "".join(chr(c) for c in expires)
    if len(digits) != 8 or not digits.isdigit() or values[0xDF06] != b"\x01" or values[0xDF07] != b"\x01":
        raise TablesRefused
    if not modulus[0] or not modulus[-1] & 1 or int.from_bytes(exponent, "big") not in (3, 65537):
        raise TablesRefused
    if hashlib.sha1(name + modulus + exponent).digest() != values[_CHECKSUM]:
        raise TablesRefused
    return b"k" + name


def _values(content: bytes, wanted: "tuple[int, ...]") -> "dict[int, bytes]":
    """Its data objects; TablesRefused where one is there twice, or one that is wanted is not there or not so long."""
    values: "dict[int, bytes]" = {}
    try:
        reader = Reader(content)
        while reader.next():
            if reader.tag in values:
                raise TablesRefused
            values[reader.tag] = reader.value()
    except TlvError:
        raise TablesRefused from None
    for i in range(0, len(wanted), 3):
        if not wanted[i + 1] <= len(values.get(wanted[i], b"")) <= wanted[i + 2]:
            raise TablesRefused
    return values
