"""Transactions, batches and traces, put together from the records in their order.

A request is opened; then approved, declined, or left without an answer and reversed. One that is good without the
host is stored, and delivered later. `Books` takes one record after the other, the first a STATE, and says what cannot
follow what was before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from host_tools.audit.fold import Fold
from host_tools.audit.records import Event, Totals, unpack_totals

if TYPE_CHECKING:
    from host_tools.audit.records import Record

_DUE = ("opened", "unanswered")
_GOOD = ("approved", "stored", "delivered")
_ANSWERS = {Event.APPROVED: "approved", Event.DECLINED: "declined", Event.UNANSWERED: "unanswered"}
_TOLD_LATER = (
    "amount", "response", "reason", "auth_code", "reference", "host_date", "host_time", "parties", "org", "printed",
)  # fmt: skip


@dataclass(slots=True)
class Batch:
    """From a sign-in with a new batch number, or from a settlement, to the next of either.

    `told` is what the terminal says that it comes to: in its settlement, or as its sums go on from the newest STATE.
    `before` is what of that is in no record that is there.
    """

    number: str
    whole: bool
    before: Totals = field(default_factory=dict)
    told: Totals = field(default_factory=dict)
    status: str = "open"  # or "settled"; "left" for one that another began without it
    settled: int = 0  # number of the record


@dataclass(slots=True)
class Entry:
    """Fields are named as the records name them, "" and 0 where they say nothing; `amount` in fen.

    `status` is opened, approved, voided, declined, unanswered, reversed, stored, delivered or refused. `counted` says
    whether it is in its batch's sums: what the host refuses after its batch has ended stays in them.
    """

    number: int
    batch: Batch
    status: str
    kind: str
    stan: str = ""
    amount: int = 0
    counted: bool = False
    pan: str = ""
    entry_mode: str = ""
    operator: str = ""
    date: str = ""
    time: str = ""
    response: str = ""
    reason: str = ""
    auth_code: str = ""
    reference: str = ""
    host_date: str = ""
    host_time: str = ""
    parties: str = ""
    org: str = ""
    original: str = ""
    original_reference: str = ""
    of: int = 0
    printed: int = 0


@dataclass(slots=True)
class Watch:
    """A trace for the workshop: who let it begin, and who ended it. `ended` is the number of that record, 0 where
    nobody did: it was over after half an hour, or with the power. Of one that began in records that are gone only the
    end is known."""

    number: int
    operator: str = ""
    date: str = ""
    time: str = ""
    ended: int = 0
    ended_by: str = ""
    end_date: str = ""
    end_time: str = ""


class Books:
    def __init__(self, first: Record) -> None:
        self.records = [first]
        self.entries: list[Entry] = []
        self.watches: list[Watch] = []
        number = first.text("batch")
        self._batch = Batch(number, whole=not number, before=unpack_totals(first.octets("totals")))
        self._begun = max(first.figure("batch_start"), first.figure("settled"))
        self._batches = [self._batch]
        self._by_number: dict[int, Entry] = {}
        self._request: Entry | None = None
        self._newest: Entry | None = None
        self._settling = first.figure("settling")
        if first.figure("status") in (Event.OPENED, Event.UNANSWERED):
            self._take_up(first)

    @property
    def batches(self) -> list[Batch]:
        """Those in which anything happened, oldest first."""
        self._batch.told = Fold(self.records).totals()
        used = {id(entry.batch) for entry in self.entries}
        return [each for each in self._batches if id(each) in used or each.told or each.settled]

    def take(self, record: Record) -> str:
        """Take in the next record; returns what is impossible about it, "" if nothing is."""
        wrong = ""
        match record.event:
            case Event.SIGNED_IN:
                if record.text("batch") != self._batch.number:
                    self._end_batch("left", Fold(self.records).totals(), record.text("batch"))
            case Event.OPENED | Event.STORED:
                wrong = self._begin(record)
            case Event.APPROVED | Event.DECLINED | Event.UNANSWERED:
                wrong = self._answer(record)
            case Event.REVERSED:
                wrong = self._reverse(record)
            case Event.PRINTED:
                if self._newest:
                    self._newest.printed = record.figure("printed")
            case Event.DELIVERED:
                self._deliver(record)
            case Event.SETTLING | Event.SETTLED | Event.REOPENED:
                wrong = self._settle(record)
            case Event.WATCHED:
                wrong = self._watch(record)
        self.records.append(record)
        return wrong

    @property
    def newest_batch(self) -> str:
        """Its number, "" before the first sign-in."""
        return self._batch.number

    @property
    def _due(self) -> bool:
        return self._request is not None and self._request.status in _DUE

    def _take_up(self, state: Record) -> None:
        """A request whose own record is gone, and whose end is not: little is known of it."""
        status = "opened" if state.figure("status") == Event.OPENED else "unanswered"
        self._request = self._newest = Entry(
            state.figure("open"), self._batch, status, state.text("kind"), amount=state.figure("amount")
        )
        self._add(self._request)

    def _add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._by_number[entry.number] = entry

    def _begin(self, record: Record) -> str:
        stored = record.event == Event.STORED
        entry = Entry(record.number, self._batch, "stored" if stored else "opened", record.text("kind"), counted=stored)
        for name, value in record.fields.items():
            if name in Entry.__slots__ and name not in ("number", "batch", "status", "kind", "counted"):
                setattr(entry, name, value)
        due, settling = self._due, self._settling
        self._newest = entry
        if not stored:
            self._request = entry
        self._add(entry)
        if due:
            return "it begins before the one before it has come to an end"
        if settling:
            return "it begins while a settlement is open"
        return "" if record.text("batch") == self._batch.number else "it is of another batch than the open one"

    def _answer(self, record: Record) -> str:
        entry = self._request
        if entry is None or entry.status != "opened":
            return "it answers no open request"
        _tell(entry, record)
        entry.status = _ANSWERS[Event(record.event)]
        if record.event == Event.APPROVED:
            entry.counted = True
            original = self._by_number.get(entry.of)
            if original:
                original.status = "voided"
        return ""

    def _reverse(self, record: Record) -> str:
        entry = self._request
        if entry is None or not self._due or entry.number != record.figure("of"):
            return "it reverses what was not to be reversed"
        _tell(entry, record)
        entry.status = "reversed"
        return ""

    def _deliver(self, record: Record) -> None:
        entry = self._by_number.get(record.figure("of"))
        refused = bool(record.figure("refused"))
        if entry:
            _tell(entry, record)
            entry.status = "refused" if refused else "delivered"
            entry.counted = not refused or entry.batch is not self._batch
        elif refused and not self._batch.whole and record.figure("of") > self._begun:
            key = record.text("kind"), record.text("org")
            count, amount = self._batch.before.get(key, (0, 0))
            self._batch.before[key] = count - 1, amount - record.figure("amount")

    def _settle(self, record: Record) -> str:
        asked, self._settling = self._settling, record.number if record.event == Event.SETTLING else 0
        if record.event == Event.SETTLING:
            unsent = self._due or Fold(self.records).queue()
            return "it asks for a settlement while the host must still be told of something" if unsent else ""
        if not asked:
            return "it answers a settlement that was not asked for"
        if record.event == Event.SETTLED:
            self._batch.settled = record.number
            self._end_batch("settled", unpack_totals(record.octets("totals")), self._batch.number)
        return ""

    def _watch(self, record: Record) -> str:
        operator, date, time = (record.text(name) for name in ("operator", "date", "time"))
        begun = record.figure("of")
        if not begun:
            self.watches.append(Watch(record.number, operator, date, time))
            return ""
        if begun < self.records[0].number and not self.watches:
            self.watches.append(Watch(begun))
        if not self.watches or self.watches[-1].number != begun or self.watches[-1].ended:
            return "it ends a trace that had not begun"
        watch = self.watches[-1]
        watch.ended, watch.ended_by, watch.end_date, watch.end_time = record.number, operator, date, time
        return ""

    def _end_batch(self, how: str, told: Totals, following: str) -> None:
        self._batch.status, self._batch.told = how, told
        self._batch = Batch(following, whole=True)
        self._batches.append(self._batch)


def _tell(entry: Entry, record: Record) -> None:
    for name in _TOLD_LATER:
        if name in record.fields:
            setattr(entry, name, record.fields[name])


@dataclass(frozen=True, slots=True)
class Line:
    """A batch's sums of one kind and organisation: of the transactions, and by the terminal's own word."""

    batch: Batch
    kind: str
    org: str
    count: int
    amount: int
    told_count: int
    told_amount: int

    @property
    def agrees(self) -> bool:
        return (self.count, self.amount) == (self.told_count, self.told_amount)


def reconcile(books: Books) -> list[Line]:
    """Every batch's sums, oldest batch first. Those of one that is not whole have in them what is in no record."""
    lines = []
    for batch in books.batches:
        sums = dict(batch.before)
        for entry in books.entries:
            if entry.batch is batch and entry.counted:
                count, amount = sums.get((entry.kind, entry.org), (0, 0))
                sums[entry.kind, entry.org] = count + 1, amount + entry.amount
        for key in sorted(sums.keys() | batch.told.keys()):
            line = Line(batch, *key, *sums.get(key, (0, 0)), *batch.told.get(key, (0, 0)))
            if line.count or line.told_count:
                lines.append(line)
    return lines
