"""What a bad record is, in words: altered, dropped, reordered, or not of this journal at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host_tools.audit.reader import SLOT, Trace
from host_tools.audit.reading import Fault, Finding
from host_tools.audit.records import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from host_tools.audit.reader import Frame, Scar, Sector
    from host_tools.audit.ring import Ring

    Open = Callable[[int, bytes, bytes], bytes | None]  # number, tag before, sealed

_BROKEN = (Trace.MARKED, Trace.TORN)
_FAR = 1_000  # by how many numbers records may have been moved up


class Namer:
    def __init__(self, ring: Ring, opens: Open) -> None:
        self._ring = ring
        self._open = opens
        self._all = [frame for sector in ring.sectors for frame in sector.frames]

    def beginning(self, frame: Frame) -> Finding | None:
        """What is wrong with the oldest record there is, unless it is the seal alone."""
        lower = [other for sector in self._ring.order for other in sector.frames if other.number < frame.number]
        if lower:
            return self._elsewhere(min(lower, key=lambda other: other.number))
        if frame.link or frame.number == 1:
            return None
        true_number = self._true_number(frame)
        if true_number not in (0, frame.number):
            why = f"what stands there is record {true_number}"
            return Finding(frame.number, Fault.REORDERED, why, frame.place)
        number = frame.number - 1
        for scar in self._ring.sectors[frame.place.sector].scars:
            if scar.trace in _BROKEN and scar.place.offset < frame.place.offset:
                return Finding(number, Fault.ALTERED, "what stands in its place does not check", scar.place)
        here = Place(frame.place.sector, SLOT)
        return Finding(number, Fault.DROPPED, "the first record of its sector is gone", here)

    def gap(self, before: Frame, after: Frame) -> Finding:
        """After one record comes one that is not the next."""
        number = before.number + 1
        here = Place(before.place.sector, before.end)
        if after.number < number:
            why = f"record {after.number} stands where it should be"
            return Finding(number, Fault.REORDERED, why, after.place)
        for frame in self._all:
            if frame.number == number:
                return self._elsewhere(frame)
        scars = list(self._between(before, after))
        for scar in scars:
            if scar.trace in _BROKEN:
                return Finding(number, Fault.ALTERED, "what stands in its place does not check", scar.place)
        for sector in self._skipped(before, after):
            if not sector.present:
                return Finding(number, Fault.TRUNCATED, "the image ends before its sector does", here)
            if sector.index in self._ring.unfit:
                return Finding(number, *self._ring.unfit[sector.index], Place(sector.index, 0))
            return Finding(number, Fault.DROPPED, f"sector {sector.index} was erased", Place(sector.index, 0))
        for scar in scars:
            what = "zeros are" if scar.trace is Trace.DEAD else "nothing is"
            return Finding(number, Fault.DROPPED, f"{what} in its place", scar.place)
        return Finding(number, Fault.DROPPED, f"record {after.number} follows at once", here)

    def unopened(self, sector: Sector, before: Frame | None, frame: Frame) -> Finding:
        """The number is right, and the seal does not open."""
        number = frame.number
        if before and frame.link and self._open(number, frame.link, frame.sealed):
            why = "its sector is genuine, and goes on from another record than the one before"
            return Finding(number, Fault.ANOTHER_TIME, why, frame.place)
        true_number = self._true_number(frame)
        if true_number == number:
            why = "it is genuine, and goes on from another record than the one before"
            return Finding(number, Fault.ANOTHER_TIME, why, frame.place)
        if true_number:
            return Finding(number, Fault.REORDERED, f"what stands there is record {true_number}", frame.place)
        gone = self._moved_up(frame)
        if gone > 0:
            why = f"{gone} left out here, and what follows was given its number"
            return Finding(number, Fault.DROPPED, why, frame.place)
        if not any(self._opens(each) for each in self._ring.order):
            why = "no record opens: this is another terminal's journal, or not its key"
            return Finding(number, Fault.FOREIGN, why, frame.place)
        if len(sector.frames) > 1 and not self._opens(sector):
            return Finding(number, Fault.FOREIGN, "nothing in its sector opens", frame.place)
        return Finding(number, Fault.ALTERED, "its seal does not open", frame.place)

    def _elsewhere(self, frame: Frame) -> Finding:
        """A record that was missed in its place was found."""
        unfit = self._ring.unfit.get(frame.place.sector)
        if unfit:
            return Finding(frame.number, *unfit, frame.place)
        if not frame.marked:
            return Finding(frame.number, Fault.ALTERED, "its mark is gone", frame.place)
        return Finding(frame.number, Fault.REORDERED, "it does not stand where it should", frame.place)

    def _between(self, before: Frame, after: Frame) -> Iterator[Scar]:
        """The scars between two records of which the second comes after the first."""
        inside = False
        for sector in self._ring.order:
            for scar in sector.scars:
                behind = inside or (sector.index == before.place.sector and scar.place.offset >= before.end)
                beyond = sector.index == after.place.sector and scar.place.offset > after.place.offset
                if behind and not beyond:
                    yield scar
            if sector.index == after.place.sector:
                return
            inside = inside or sector.index == before.place.sector

    def _skipped(self, before: Frame, after: Frame) -> Iterator[Sector]:
        """The sectors that should be between those of two records."""
        sectors = self._ring.sectors
        first, last = (sectors[frame.place.sector].sequence for frame in (before, after))
        if first is None or last is None:
            return
        for sequence in range(first + 1, last):
            sector = sectors[sequence % len(sectors)]
            if sector.sequence != sequence:
                yield sector

    def _opens(self, sector: Sector) -> bool:
        """Whether any record of this sector does, by the word of the one before it or of its link."""
        tag = b""
        for frame in sector.frames:
            if any(each and self._open(frame.number, each, frame.sealed) for each in (frame.link, tag)):
                return True
            tag = frame.tag
        return False

    def _true_number(self, frame: Frame) -> int:
        """The number that a record had when it was sealed, 0 if that does not show: the one after a record that is
        there, which may have been given another number itself."""
        for other in self._all:
            for number in (other.number + 1, other.number):
                if self._open(number, other.tag, frame.sealed):
                    return number
        return 0

    def _moved_up(self, frame: Frame) -> int:
        """By how many numbers the record after this one was moved; 0 if not, or if it does not follow this one."""
        index = self._all.index(frame)
        for following in self._all[index + 1 : index + 2]:
            for gone in range(_FAR):
                if self._open(following.number + gone, frame.tag, following.sealed):
                    return gone
        return 0
