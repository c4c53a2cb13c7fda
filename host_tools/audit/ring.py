"""Which sectors of a journal partition belong together, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from host_tools.audit.reader import Trace
from host_tools.audit.reading import Fault, Finding
from host_tools.audit.records import Place

if TYPE_CHECKING:
    from host_tools.audit.reader import Frame, Sector


@dataclass(frozen=True, slots=True)
class Ring:
    """`order` is the sectors in their sequence, oldest first; `active` the one that was being filled."""

    sectors: list[Sector]  # by place
    order: list[Sector]
    active: Sector | None
    unfit: dict[int, tuple[Fault, str]]  # by place: sectors that are no part of the sequence, and why

    def committed(self, sector: Sector) -> list[Frame]:
        """A sector's records. The newest one counts without its mark too: the terminal would mark it when it
        comes up again."""
        last = sector.frames[-1] if sector is self.active and sector.frames else None
        return [frame for frame in sector.frames if frame.marked or frame is last]

    @property
    def newest(self) -> int:
        """The highest sequence number, -1 if there is no sector."""
        found = self.order[-1].sequence if self.order else None
        return -1 if found is None else found


def arrange(sectors: list[Sector]) -> Ring:
    count = len(sectors)
    unfit: dict[int, tuple[Fault, str]] = {}
    headed: list[tuple[int, Sector]] = []
    for sector in sectors:
        if sector.sequence is None:
            if sector.frames:
                unfit[sector.index] = Fault.ALTERED, "the header of its sector does not check"
        elif sector.sequence % count != sector.index:
            unfit[sector.index] = (
                Fault.REORDERED,
                f"its sector belongs in the place of sector {sector.sequence % count}",
            )
        else:
            headed.append((sector.sequence, sector))
    headed.sort(key=lambda each: each[0])
    while len(headed) > 1 and headed[-1][0] - headed[-2][0] > count:
        _, sector = headed.pop()
        unfit[sector.index] = Fault.ANOTHER_TIME, "its sector has a number that the journal has not come to"
    newest = headed[-1][0] if headed else -1
    for sequence, sector in headed:
        if sequence <= newest - count:
            unfit[sector.index] = Fault.ANOTHER_TIME, "its sector is of an earlier round of the ring"
    order = [sector for sequence, sector in headed if sequence > newest - count]
    spare = len(order) > 1 and order[-1].empty
    active = order[-2 if spare else -1] if order else None
    return Ring(sectors, order, active, unfit)


def unfinished(ring: Ring) -> bool:
    """Whether the newest record is a restored one: all of them count from the first ordinary sector's first on. One
    behind it that does not check any more is damage."""
    restored = [frame.number for sector in ring.order if sector.restored for frame in sector.frames]
    strays = [frame.number for index in ring.unfit for frame in ring.sectors[index].frames]
    if max(strays, default=0) > max(restored, default=0):
        return False
    for sector in reversed(ring.order):
        if sector.restored:
            return True
        if ring.committed(sector) or any(scar.trace is Trace.MARKED for scar in sector.scars):
            return False
    return False


def erased_too_soon(ring: Ring, first: int) -> Finding | None:
    """What is missing before the record of number `first`, the oldest in the sequence.

    Sectors are erased in turn, one ahead of the newest: one that was not in turn must still be there.
    """
    count, newest = len(ring.sectors), ring.newest
    oldest = ring.order[0].sequence if ring.order else None
    if oldest is None:
        return None
    in_turn = _in_turn(ring)
    missing = [
        sequence
        for sequence in range(max(0, newest - count + 1), oldest)
        if sequence not in in_turn and not ring.sectors[sequence % count].worn
    ]
    if not missing:
        return None
    places = {sequence % count for sequence in in_turn}
    strays = [
        ring.sectors[index]
        for index, (fault, _) in ring.unfit.items()
        if fault is Fault.REORDERED or (fault is Fault.ALTERED and index not in places)
    ]
    lower = [sector.frames[0] for sector in strays if sector.frames and sector.frames[0].number < first]
    if lower:
        frame = min(lower, key=lambda each: each.number)
        return Finding(frame.number, *ring.unfit[frame.place.sector], frame.place)
    number = max(1, first - 1) if missing[0] else 1
    gone = ring.sectors[missing[0] % count]
    if not gone.present:
        return Finding(number, Fault.TRUNCATED, "the image ends before its sector does")
    if gone.index in ring.unfit:
        return Finding(number, *ring.unfit[gone.index], Place(gone.index, 0))
    if first == 1:
        return None
    why = f"sector {gone.index} was erased though it was not its turn, and what is before record {first} with it"
    return Finding(number, Fault.DROPPED, why, Place(gone.index, 0))


def _in_turn(ring: Ring) -> set[int]:
    """The sequence numbers of sectors that may just have been erased: of the one after the newest, and of the next
    where that one is worn."""
    count, newest = len(ring.sectors), ring.newest
    found = set()
    for ahead in range(1, count):
        sector = ring.sectors[(newest + ahead) % count]
        if sector.sequence is not None:
            break
        found.add(newest + ahead - count)
        if not sector.worn:
            break
    return found
