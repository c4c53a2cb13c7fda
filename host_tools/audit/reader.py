"""Sectors and frames of a journal partition, by their format alone: nothing here needs the key.

    sector   4096 bytes: header | frames, each at a multiple of 16, the first at 16
    header   magic 4, "SPL1", or "SPR1" for records that were restored | sequence number 4 | CRC-32 of these 8 bytes 4 |
             blank 4
    frame    mark 1 (FF: not committed) | size of link and record 2 (top bit: there is a link) | record number 4 |
             CRC-32 of size, number, link and record 4 | link 16 or 0 | record
    dead     16 bytes of which bytes 1 to 10 are zero: no frame starts there

Numbers are big-endian; a sector's place in the ring is its sequence number modulo the number of sectors. What is
neither blank, dead nor a frame is a scar: of a power cut where it begins without a mark, of somebody's hand else.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from enum import Enum

from host_tools.audit.records import Place

SECTOR = 4096
SLOT = 16
TAG = 16  # bytes of a sealed record that authenticate it, and of a link

_MAGICS = {b"SPL1": False, b"SPR1": True}  # whether what stands there was restored from an archive
_FRAME = struct.Struct(">BHII")
_HAS_LINK = 0x8000
_BLANK = 0xFF


@dataclass(frozen=True, slots=True)
class Frame:
    """`end` is the offset after all the flash that it takes."""

    place: Place
    marked: bool
    number: int
    link: bytes
    sealed: bytes
    end: int

    @property
    def tag(self) -> bytes:
        return self.sealed[:TAG]


class Trace(Enum):
    TORN = "torn"  # begun and not finished when the power went
    DEAD = "dead"  # torn, and made harmless with zeros
    MARKED = "marked"  # said to be committed, and nothing there checks
    BLANK = "blank"  # a hole: no terminal leaves one


@dataclass(frozen=True, slots=True)
class Scar:
    """A run of slots that are no frame."""

    place: Place
    trace: Trace
    end: int


@dataclass(slots=True)
class Sector:
    """`sequence` is None without a whole header; `present` is False where the image ends before the sector does."""

    index: int
    sequence: int | None = None
    restored: bool = False
    present: bool = True
    blank: bool = True  # every byte of it is FF
    empty: bool = True  # every byte behind the header is
    frames: list[Frame] = field(default_factory=list)
    scars: list[Scar] = field(default_factory=list)

    @property
    def worn(self) -> bool:
        """Whether it was erased and did not keep its header, so that it was left out."""
        return self.sequence is None and self.empty and not self.blank

    @property
    def end(self) -> int:
        """The offset after the last frame."""
        return self.frames[-1].end if self.frames else SLOT


def read(area: bytes, count: int) -> list[Sector]:
    """The `count` sectors of a partition, of which `area` may hold fewer."""
    return [_sector(area[index * SECTOR : (index + 1) * SECTOR], index) for index in range(count)]


def _sector(content: bytes, index: int) -> Sector:
    sector = Sector(index)
    if len(content) < SECTOR:
        sector.present = False
        return sector
    used = len(content.rstrip(b"\xff"))
    sector.blank, sector.empty = not used, used <= SLOT
    magic, sequence, check = struct.unpack_from(">4sII", content)
    if magic in _MAGICS and check == zlib.crc32(content[:8]):
        sector.sequence, sector.restored = sequence, _MAGICS[magic]
    at = SLOT
    while at < used:
        frame = _frame(content, index, at)
        if frame:
            sector.frames.append(frame)
            at = frame.end
        else:
            _note(sector.scars, content[at : at + SLOT], Place(index, at))
            at += SLOT
    return sector


def _frame(content: bytes, index: int, at: int) -> Frame | None:
    mark, size, number, check = _FRAME.unpack_from(content, at)
    link = TAG if size & _HAS_LINK else 0
    size &= _HAS_LINK - 1
    start = at + _FRAME.size
    if not link < size <= SECTOR - start:
        return None
    data = content[start : start + size]
    if zlib.crc32(content[at + 1 : at + 7] + data) != check:
        return None
    end = (start + size + SLOT - 1) // SLOT * SLOT
    return Frame(Place(index, at), mark != _BLANK, number, data[:link], data[link:], end)


def _note(scars: list[Scar], slot: bytes, place: Place) -> None:
    """Take a slot that no frame begins at into the scars. What one begins with tells what it is: behind its first
    slot is the inside of something, of which any byte may look like a mark."""
    last = scars[-1] if scars and scars[-1].end == place.offset else None
    if not any(slot[1:11]):
        trace = Trace.DEAD
    elif last and last.trace in (Trace.TORN, Trace.MARKED):
        trace = last.trace
    elif slot == b"\xff" * SLOT:
        trace = Trace.BLANK
    elif last and last.trace is Trace.BLANK:
        trace = Trace.TORN
        scars[-1] = last = Scar(last.place, trace, last.end)
    else:
        trace = Trace.TORN if slot[0] == _BLANK else Trace.MARKED
    end = place.offset + SLOT
    if last and last.trace is trace:
        scars[-1] = Scar(last.place, trace, end)
    else:
        scars.append(Scar(place, trace, end))
