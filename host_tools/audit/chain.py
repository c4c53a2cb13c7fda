"""The seals of a journal's records, each of which holds its record's number and the record before it in place.

A record is AES-SIV (RFC 5297): 16 bytes that authenticate, its tag, then what is encrypted. Associated data is the
record number (8 bytes) and the tag of the record before (16, zeros before the first). The first record of a sector
has the tag before it as its link, so that a chain can be taken up at any sector.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from host_tools.audit.naming import Namer
from host_tools.audit.reader import TAG, Trace
from host_tools.audit.reading import Fault, Finding, Reading
from host_tools.audit.records import BadRecord, Event, Place, Record, decode
from host_tools.audit.ring import Ring, arrange, erased_too_soon, unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host_tools.audit.reader import Frame, Sector


class Seal:
    """The journal's key: 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._siv = AESSIV(key)

    def open(self, number: int, tag: bytes, sealed: bytes) -> bytes | None:
        """The record in clear, None if anything at all is not what was sealed."""
        if number < 0 or len(sealed) <= TAG:
            return None
        try:
            return self._siv.decrypt(sealed, [number.to_bytes(8, "big") + tag])
        except InvalidTag:
            return None


def follow(sectors: list[Sector], key: bytes) -> Reading:
    """Open record after record, up to the first that is not what or where it must be."""
    ring = arrange(sectors)
    if unfinished(ring):
        return Reading([], None, ["a restore was begun and not finished: the terminal will erase what there is of it"])
    records: list[Record] = []
    finding = _walk(ring, Seal(key), records)
    candidates = (_before(ring), finding, None if finding else _after(ring, records))
    first = min((each for each in candidates if each), key=lambda each: each.number, default=None)
    return Reading(records, first, _notes(ring))


def _frames(ring: Ring) -> Iterator[tuple[Sector, bool, Frame]]:
    """Every record in the order of the sectors, and whether it is the first of its sector."""
    for sector in ring.order:
        for index, frame in enumerate(ring.committed(sector)):
            yield sector, index == 0, frame


def _walk(ring: Ring, seal: Seal, records: list[Record]) -> Finding | None:
    """Append to `records` what holds; what does not is named."""
    namer = Namer(ring, seal.open)
    before: Frame | None = None
    for sector, first, frame in _frames(ring):
        number = frame.number
        if before and number != before.number + 1:
            return namer.gap(before, frame)
        if not before and (wrong := namer.beginning(frame)):
            return wrong
        tag = before.tag if before else frame.link or bytes(TAG)
        data = seal.open(number, tag, frame.sealed)
        if data is None:
            return namer.unopened(sector, before, frame)
        if first and not frame.link:
            return Finding(number, Fault.ALTERED, "it begins a sector and has no link to the one before", frame.place)
        if frame.link and (frame.link != tag or not first):
            return Finding(number, Fault.ALTERED, "its link is not the tag of the record before", frame.place)
        try:
            record = decode(number, data, frame.place)
        except BadRecord as bad:
            return Finding(number, Fault.CONTRADICTORY, f"it is genuine and no record: {bad}", frame.place)
        if first != (record.event == Event.STATE):
            why = "it begins its sector, and is no STATE" if first else "it is a STATE, and does not begin its sector"
            return Finding(number, Fault.CONTRADICTORY, why, frame.place)
        records.append(record)
        before = frame
    return None


def _before(ring: Ring) -> Finding | None:
    for _, _, frame in _frames(ring):
        return erased_too_soon(ring, frame.number)
    return None


def _after(ring: Ring, records: list[Record]) -> Finding | None:
    """Whether anything tells of records behind the last, or of sectors that nothing else has missed."""
    last = records[-1].number if records else 0
    active = ring.active
    behind = [scar for scar in active.scars if scar.place.offset >= active.end] if active else []
    scar = next((scar for scar in behind if scar.trace is not Trace.DEAD), None)
    if scar and scar.trace is Trace.MARKED:
        return Finding(last + 1, Fault.ALTERED, "it is marked as committed, and nothing there checks", scar.place)
    strays = []
    for index, (fault, why) in ring.unfit.items():
        frames = ring.sectors[index].frames
        if fault is not Fault.ALTERED or any(frame.marked and frame.number > last for frame in frames):
            number = min([last + 1, *(frame.number for frame in frames if fault is Fault.REORDERED)])
            strays.append(Finding(number, fault, why, frames[0].place if frames else Place(index, 0)))
    if strays:
        return min(strays, key=lambda each: each.number)
    if not all(sector.present for sector in ring.sectors):
        return Finding(last + 1, Fault.TRUNCATED, "the image ends before the journal does")
    return None


def _notes(ring: Ring) -> list[str]:
    notes = []
    torn = sum(scar.trace is Trace.TORN for sector in ring.order for scar in sector.scars)
    dead = sum(scar.trace is Trace.DEAD for sector in ring.order for scar in sector.scars)
    if dead:
        notes.append(f"{dead} torn by power cuts and made harmless")
    if torn:
        notes.append(f"{torn} torn by a power cut, for the terminal to make harmless when it comes up")
    if ring.active and ring.active.frames and not ring.active.frames[-1].marked:
        notes.append(f"record {ring.active.frames[-1].number} was complete, and not yet marked, when the power went")
    for index, (fault, _) in ring.unfit.items():
        if fault is Fault.ALTERED:
            number = ring.sectors[index].frames[0].number
            notes.append(f"sector {index} is being erased; it held records from {number} on")
    return notes
