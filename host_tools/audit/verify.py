"""The verdict on a journal: whether every record is there, genuine, in order, and in agreement with all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from host_tools.audit.entries import Books, Line, reconcile
from host_tools.audit.fold import JUDGED, Fold, contradiction
from host_tools.audit.reading import Fault, Finding
from host_tools.audit.records import BadRecord, Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host_tools.audit.reading import Reading
    from host_tools.audit.records import Record


@dataclass(frozen=True, slots=True)
class Report:
    """`books` hold what the records say up to the first that contradicts others; None if there is no record."""

    first: int  # record numbers, 0 if there is none
    last: int
    finding: Finding | None
    books: Books | None
    lines: list[Line]
    notes: list[str]

    @property
    def good(self) -> bool:
        return self.finding is None


def judge(reading: Reading) -> Report:
    """What a source's records are worth."""
    if not reading.records:
        return Report(0, 0, reading.finding, None, [], [*reading.notes, *_nothing(reading)])
    books = Books(reading.records[0])
    finding = _compare(books, reading.records[1:])
    if not finding and not reading.finding:
        finding = _needed(books)
    found = [each for each in (reading.finding, finding) if each]
    return Report(
        first=reading.records[0].number,
        last=books.records[-1].number,
        finding=min(found, key=lambda each: each.number, default=None),
        books=books,
        lines=reconcile(books),
        notes=[*reading.notes, *_strange(books.records)],
    )


def _compare(books: Books, records: list[Record]) -> Finding | None:
    """Take the records into the books, up to one that is at odds with those before it."""
    for record in records:
        try:
            wrong = contradiction(books.records, record) if record.event in JUDGED else ""
            wrong = wrong or books.take(record)
        except BadRecord as bad:
            wrong = str(bad)
        if wrong:
            return Finding(record.number, Fault.CONTRADICTORY, wrong, record.place)
    return None


def _needed(books: Books) -> Finding | None:
    """Whether everything that the newest state still needs is there."""
    floor, first = Fold(books.records).state()["floor"], books.records[0].number
    if isinstance(floor, int) and floor < first:
        return Finding(floor, Fault.DROPPED, f"it is still needed, and the oldest record there is is {first}")
    return None


def _nothing(reading: Reading) -> Iterator[str]:
    if not reading.finding:
        yield "nothing was ever recorded, or all of it has been erased: only the host's books can tell"


def _strange(records: list[Record]) -> Iterator[str]:
    """What this tool does not know, and so has not judged."""
    known = {int(event) for event in Event}
    for record in records:
        if record.event not in known:
            yield f"record {record.number} is of an event that this tool does not know ({record.event})"
        elif record.unknown:
            tags = ", ".join(f"{tag:02X}" for tag in record.unknown)
            yield f"record {record.number} has fields that this tool does not know ({tags})"
