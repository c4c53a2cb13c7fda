"""The terminal's journal read from flash by its format alone, with `zlib` and another library's AES-SIV."""

from __future__ import annotations

import struct
import zlib

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from host_tools.flash.factory import partitions

SECTOR = 4096


def frames(area: bytes) -> list[tuple[int, bytes, bytes]]:
    """(record number, link, sealed record) of each committed frame, oldest first."""
    found = []
    for sector in range(0, len(area), SECTOR):
        magic, sequence, check = struct.unpack_from(">4sII", area, sector)
        if magic != b"SPL1":
            assert area[sector : sector + SECTOR] == b"\xff" * SECTOR
            continue
        assert sequence == sector // SECTOR
        assert check == zlib.crc32(area[sector : sector + 8])
        at = sector + 16
        while at < sector + SECTOR:
            mark, size, number, check = struct.unpack_from(">BHII", area, at)
            link = 16 if size & 0x8000 else 0
            size &= 0x7FFF
            if mark == 0xFF or not size:  # blank, or dead
                assert area[at + 1 : at + 11] in (b"\xff" * 10, bytes(10))
                at += 16
                continue
            payload = area[at + 11 : at + 11 + size]
            assert (mark, check) == (0, zlib.crc32(area[at + 1 : at + 7] + payload))
            found.append((number, payload[:link], payload[link:]))
            at += (11 + size + 15) // 16 * 16
    return found


def records(image: bytes, journal_key: bytes) -> list[bytes]:
    """Every record in clear, oldest first; any that does not open raises InvalidTag."""
    tag = bytes(16)
    opened = []
    area = partitions()["journal"]
    for number, link, sealed in sorted(frames(image[area.offset : area.offset + area.size])):
        associated = number.to_bytes(8, "big") + (link or tag)
        opened.append(AESSIV(journal_key).decrypt(sealed, [associated]))
        tag = sealed[:16]
    return opened
