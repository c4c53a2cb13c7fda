"""The terminal's journal read from its flash image by its format alone, with another library's AES-SIV."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from zlib import crc32

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from host_tools.flash.factory import partitions

_SECTOR = 4096
_SLOT = 16
_FRAME = struct.Struct(">BHII")
_LINKED = 0x8000


def records(image: bytes, journal_key: bytes) -> list[bytes]:
    """Every record in clear, oldest first; any that does not open raises InvalidTag."""
    tag = bytes(16)
    opened = []
    for number, link, sealed in sorted(_frames(image)):
        associated = number.to_bytes(8, "big") + (link or tag)
        opened.append(AESSIV(journal_key).decrypt(sealed, [associated]))
        tag = sealed[:16]
    return opened


def _frames(image: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    area = partitions()["journal"]
    for start in range(area.offset, area.offset + area.size, _SECTOR):
        sector = image[start : start + _SECTOR]
        if sector[:4] != b"SPL1":
            continue
        at = _SLOT
        while at + _FRAME.size < _SECTOR:
            mark, size, number, check = _FRAME.unpack_from(sector, at)
            link = 16 if size & _LINKED else 0
            body = sector[at + _FRAME.size : at + _FRAME.size + (size & ~_LINKED)]
            if mark == 0xFF or crc32(body, crc32(sector[at + 1 : at + 7])) != check:
                at += _SLOT
                continue
            yield number, body[:link], body[link:]
            at += -(-(_FRAME.size + len(body)) // _SLOT) * _SLOT
