"""What somebody with the flash chip in hand can do to a journal without its key: every frame it leaves checks."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from host_tools.audit.reader import SECTOR, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host_tools.audit.reader import Frame

Content = tuple[int, bytes, bytes]  # record number, link, sealed record


def frames(area: bytes) -> list[Frame]:
    """Every record's, oldest first; the journal must be whole."""
    sectors = sorted(read(area, len(area) // SECTOR), key=lambda sector: sector.sequence or 0)
    return [frame for sector in sectors for frame in sector.frames if frame.marked]


def content(frame: Frame) -> Content:
    return frame.number, frame.link, frame.sealed


def frame_bytes(number: int, link: bytes, sealed: bytes) -> bytes:
    """A committed frame, up to the next multiple of 16."""
    head = struct.pack(">HI", len(link + sealed) | (0x8000 if link else 0), number)
    data = b"\0" + head + struct.pack(">I", zlib.crc32(head + link + sealed)) + link + sealed
    return data + b"\xff" * (-len(data) % 16)


def header(sequence: int) -> bytes:
    begin = b"SPL1" + struct.pack(">I", sequence)
    return begin + struct.pack(">I", zlib.crc32(begin)) + b"\xff" * 4


def patched(area: bytes, offset: int, data: bytes) -> bytes:
    return area[:offset] + data + area[offset + len(data) :]


def flipped(area: bytes, offset: int, bits: int) -> bytes:
    return patched(area, offset, bytes([area[offset] ^ bits]))


def filled(area: bytes, frame: Frame, value: int) -> bytes:
    """With all the room of a frame set to one value: 0 programs it away, FF is what a blank chip has."""
    size = frame.end - frame.place.offset
    return patched(area, frame.place.sector * SECTOR + frame.place.offset, bytes([value]) * size)


def repacked(area: bytes, sector: int, contents: Sequence[Content]) -> bytes:
    """With these records, and nothing else, in a sector."""
    start = sector * SECTOR
    data = area[start : start + 16] + b"".join(frame_bytes(*each) for each in contents)
    assert len(data) <= SECTOR
    return patched(area, start, data.ljust(SECTOR, b"\xff"))


def rewritten(area: bytes, contents: dict[int, list[Content]]) -> bytes:
    """With the records of some sectors, by index, exchanged for others."""
    for sector, each in contents.items():
        area = repacked(area, sector, each)
    return area


def by_sector(found: Sequence[Frame]) -> dict[int, list[Content]]:
    grouped: dict[int, list[Content]] = {}
    for frame in found:
        grouped.setdefault(frame.place.sector, []).append(content(frame))
    return grouped
