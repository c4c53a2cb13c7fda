"""Hands on the journal's flash while the power is off, by somebody who knows the format but not the keys.

The format is that of firmware/suanpan/ledger/flash_ring.py. Check sums are made right again, so that nothing but the
seal and the chain of records can tell.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.faults.factory import DATA_SECTORS, JOURNAL_SECTORS, SECTOR
from tests.faults.points import Doing, Filling

if TYPE_CHECKING:
    from tests.faults.points import Forgery, Ruin

_HEAD: Final = ">BHII"  # mark, size of link and record, number, CRC-32
_HEAD_SIZE: Final = 11
_LINK: Final = 0x8000  # of the size: there are 16 bytes of link before the record
_SLOT: Final = 16
_JOURNAL: Final = range(DATA_SECTORS * SECTOR, (DATA_SECTORS + JOURNAL_SECTORS) * SECTOR, SECTOR)


class Frame(NamedTuple):
    """`at` is its place on the chip, `payload` link and sealed record."""

    at: int
    mark: int
    size: int
    number: int
    payload: bytes

    @property
    def space(self) -> int:
        """The bytes that are its own."""
        return _HEAD_SIZE + len(self.payload)


def frames(image: bytes) -> Iterator[Frame]:
    """The committed frames of the journal, in the order of the chip."""
    for sector in _JOURNAL:
        at = sector + _SLOT
        while at < sector + SECTOR:
            mark, size, number, check = struct.unpack_from(_HEAD, image, at)
            end = at + _HEAD_SIZE + (size & ~_LINK)
            payload = image[at + _HEAD_SIZE : end]
            if mark != 0xFF and end <= sector + SECTOR and check == zlib.crc32(image[at + 1 : at + 7] + payload):
                yield Frame(at, mark, size, number, payload)
                at = sector + _SLOT + (end - sector - 1) // _SLOT * _SLOT
            else:
                at += _SLOT


def sector_of(frame: Frame) -> int:
    """Which of the journal's it is in."""
    return (frame.at - _JOURNAL.start) // SECTOR


def forged(image: bytes, other: bytes, forgery: Forgery) -> bytes:
    """The image with that done to it; `other` is a chip with another history, of the same number of records."""
    found = {frame.number: frame for frame in frames(image)}
    frame = found[forgery.record]
    match forgery.what:
        case Doing.BENT:
            at = len(frame.payload) // 2
            payload = frame.payload[:at] + bytes((frame.payload[at] ^ 1,)) + frame.payload[at + 1 :]
            return _put(image, frame._replace(payload=payload))
        case Doing.MOVED:
            # This record in the place of the one after it, and the other way round.
            then = found[forgery.record + 1]
            if len(then.payload) != len(frame.payload):
                raise ValueError("two records of different lengths cannot change places")
            return _put(_put(image, frame._replace(payload=then.payload)), then._replace(payload=frame.payload))
        case Doing.GRAFTED:
            foreign = {frame.number: frame for frame in frames(other)}[forgery.record]
            if foreign.size != frame.size:
                raise ValueError("a record of another length cannot be grafted")
            return _put(image, frame._replace(payload=foreign.payload))
        case Doing.KILLED:
            return image[: frame.at] + b"\xff" + bytes(_SLOT - 1) + image[frame.at + _SLOT :]


def ruined(image: bytes, ruin: Ruin) -> bytes:
    """The image with that sector of the journal gone."""
    filling = {
        Filling.ZEROS: bytes(SECTOR),
        Filling.ONES: b"\xff" * SECTOR,
        Filling.NOISE: Random(ruin.sector).randbytes(SECTOR),
    }
    at = _JOURNAL[ruin.sector]
    return image[:at] + filling[ruin.filling] + image[at + SECTOR :]


def _put(image: bytes, frame: Frame) -> bytes:
    head = struct.pack(">HI", frame.size, frame.number)
    check = struct.pack(">I", zlib.crc32(head + frame.payload))
    data = bytes((frame.mark,)) + head + check + frame.payload
    return image[: frame.at] + data + image[frame.at + len(data) :]
