"""What the acquirer lays down for chip cards, as it sends it: a file of items, checked whole before any of it is used
(emv_draft.py).

    file      item START | items | item END
    item      kind 1 | length of the content 2 | content

    0    START         "EMV1"
    1    APPLICATION   data objects: 9F06 AID, DF01 selection indicator, 9F08 version, DF11 DF12 DF13 TAC (default,
                       online, denial), 9F1B floor limit, DF15 threshold, DF16 DF17 percentages (most, target), DF14
                       DDOL, and what contactless kernels read of it
    2    KEY           data objects: 9F06 RID, 9F22 index, DF05 expiry, DF06 DF07 algorithms, DF02 modulus, DF04
                       exponent, DF03 checksum: the SHA-1 over RID, index, modulus and exponent (EMV 4.3 Book 2, 11.2.2)
    3    REVOKED       RID 5 | index of the scheme's key 1 | serial number of an issuer's certificate 3
    4    EXCEPTION     8 bytes of the SHA-256 over a PAN, or over PAN, "/" and sequence number: the list names no one
    255  END           how many items there are between START and this, 2

Numbers are big-endian. APPLICATION and KEY are F62 of the acquirer's answers to 380 and 370 (银联: JR/T 0025, AID and
public key parameters), without the digit before. A KEY is read where it lies when a card needs it: only one at a time
is in memory.
"""

import hashlib
import sys

from micropython import const

from suanpan.codec.tlv import find
from suanpan.errors.emv import TablesRefused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

APPLICATION = const(1)
KEY = const(2)
REVOKED = const(3)
EXCEPTION = const(4)
START = const(0)
END = const(255)
MAGIC = b"EMV1"
_LONGEST = const(512)  # bytes of a content

_AID = const(0x9F06)
_INDEX = const(0x9F22)


class EmvTables:
    def __init__(self, path: str, checked: bool = False) -> None:
        """Without a file there is nothing in the tables. Raises TablesRefused for a file that is not right; who knows
        that it has been `checked`, since power-on, saves the time."""
        self._path = path
        if checked:
            return
        try:
            file = open(path, "rb")
        except OSError:
            return
        from suanpan.ledger.emv_draft import check

        try:
            with file:
                check(file)
        finally:
            _forget_draft()

    def items(self, kind: int) -> "list[bytes]":
        """All of a kind: meant for applications, which are few and small."""
        try:
            with open(self._path, "rb") as file:
                return [content for found, content in read(file) if found == kind]
        except OSError:
            return []

    def key(self, rid: bytes, index: int) -> "bytes | None":
        """The data objects of a scheme's key."""
        named = bytes((index,))
        return self._first(KEY, lambda content: find(content, _AID) == rid and find(content, _INDEX) == named)

    def revoked(self, rid: bytes, index: int, serial: bytes) -> bool:
        wanted = rid + bytes((index,)) + serial
        return self._first(REVOKED, lambda content: content == wanted) is not None

    def excepted(self, pan: str, sequence: int) -> bool:
        """Whether the card, or its account whatever the card (`sequence` -1: it has none), is on the list."""
        either = (exception(pan, -1), exception(pan, sequence))
        return self._first(EXCEPTION, lambda content: content in either) is not None

    def _first(self, kind: int, wanted: "Callable[[bytes], bool]") -> "bytes | None":
        try:
            with open(self._path, "rb") as file:
                for found, content in read(file):
                    if found == kind and wanted(content):
                        return content
        except OSError:
            pass
        return None


def exception(pan: str, sequence: int) -> bytes:
    """What stands for a card in the list; `sequence` -1: for every card of this PAN."""
    text = pan if sequence < 0 else f"{pan}/{sequence}"
    return bytes(hashlib.sha256(text.encode()).digest()[:8])


def read(file: "BinaryIO") -> "Iterator[tuple[int, bytes]]":
    """Raises TablesRefused for what is no item; ends with the file."""
    while True:
        head = file.read(3)
        if not head:
            return
        size = head[1] << 8 | head[2] if len(head) == 3 else _LONGEST + 1
        if size > _LONGEST:
            raise TablesRefused
        content = file.read(size)
        if len(content) != size:
            raise TablesRefused
        yield head[0], content


def _forget_draft() -> None:
    """What checks is as long as what reads, and is not wanted again until there are new tables."""
    module = sys.modules.pop("suanpan.ledger.emv_draft", None)
    package = sys.modules["suanpan.ledger"]
    if module is not None and getattr(package, "emv_draft", None) is module:
        delattr(package, "emv_draft")
