"""The terminal's state and sums, worked out from all records anew each time they are asked for.

The terminal folds record after record; here nothing is carried along, each figure is a question to the whole list. The
list begins with a STATE, whose word is taken for what was before it; every later STATE, and the sums that a
settlement was closed with, must be what the records before them come to.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from host_tools.audit.records import Event, Totals, unpack_numbers, unpack_totals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from host_tools.audit.records import Record, Value

_REQUEST = (Event.OPENED, Event.APPROVED, Event.DECLINED, Event.UNANSWERED, Event.REVERSED)
# What takes a STAN.
_NUMBERING = (Event.SIGNED_IN, Event.OPENED, Event.STORED, Event.SETTLING, Event.RESTORED, Event.ADVISED)
_DUE = (Event.OPENED, Event.UNANSWERED)


@dataclass(frozen=True, slots=True)
class Queued:
    """A transaction that the host must still be told of; `amount` and `at` are None if its record is not there."""

    number: int
    amount: int | None
    at: int | None


class Fold:
    """`records` begin with a STATE."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._base = records[0]
        self._records = records[1:]

    def state(self) -> dict[str, Value | Totals | list[int]]:
        """By the names that a STATE's fields have; sums and record numbers unpacked."""
        request = self._last(Event.OPENED)
        waiting = self.queue()
        return {
            "batch": self.batch,
            "stan": self._text("stan", *_NUMBERING),
            "kind": self._text("kind", Event.OPENED),
            "status": self._status,
            "open": self._number("open", Event.OPENED),
            "newest": self._number("newest", Event.OPENED, Event.STORED),
            "amount": (request or self._base).figure("amount"),
            "of": (request or self._base).figure("of"),
            "floor": self._floor(),
            "batch_start": self._batch_start,
            "settled": self._settled,
            "settling": self._settling,
            "queued": len(waiting),
            "queued_total": self._queued_total(waiting),
            "oldest": waiting[0].number if waiting else 0,
            "oldest_at": (waiting[0].at or 0) if waiting else 0,
            "totals": self.totals(),
            "undone": self._undone(),
        }

    @cached_property
    def batch(self) -> str:
        return self._text("batch", Event.SIGNED_IN)

    def totals(self) -> Totals:
        """The sums of the batch as it stands."""
        totals = {} if self._begun_here else unpack_totals(self._base.octets("totals"))
        for kind, org, amount, sign in self._counted():
            count, total = totals.get((kind, org), (0, 0))
            totals[kind, org] = count + sign, total + sign * amount
        return {key: sums for key, sums in totals.items() if sums[0]}

    def queue(self) -> list[Queued]:
        """Oldest first. Of those from before the list only their number and sum are known, and the first one."""
        base = self._base
        before = [Queued(0, None, None)] * base.figure("queued")
        if before:
            before[0] = Queued(base.figure("oldest"), None, base.figure("oldest_at"))
        queue = before
        for record in self._records:
            if record.event in (Event.STORED, Event.ADVISED):
                queue.append(Queued(record.number, record.figure("amount"), record.figure("oldest_at")))
            elif record.event == Event.DELIVERED and queue:
                queue.pop(0)
                if queue and not queue[0].number:
                    queue[0] = Queued(record.figure("oldest"), None, record.figure("oldest_at"))
        return queue

    # -- what was last ---------------------------------------------------------------------------------

    def _last(self, *events: Event) -> Record | None:
        return next((record for record in reversed(self._records) if record.event in events), None)

    def _text(self, name: str, *events: Event) -> str:
        return (self._last(*events) or self._base).text(name)

    def _number(self, name: str, *events: Event) -> int:
        found = self._last(*events)
        return found.number if found else self._base.figure(name)

    @property
    def _status(self) -> int:
        found = self._last(*_REQUEST)
        return found.event if found else self._base.figure("status")

    @cached_property
    def _settled(self) -> int:
        return self._number("settled", Event.SETTLED)

    @property
    def _settling(self) -> int:
        found = self._last(Event.SETTLING, Event.SETTLED, Event.REOPENED)
        if found is None:
            return self._base.figure("settling")
        return found.number if found.event == Event.SETTLING else 0

    # -- the batch -------------------------------------------------------------------------------------

    @cached_property
    def _beginnings(self) -> list[int]:
        """The record numbers of the sign-ins that began a batch."""
        batch, found = self._base.text("batch"), []
        for record in self._records:
            if record.event == Event.SIGNED_IN and record.text("batch") != batch:
                batch = record.text("batch")
                found.append(record.number)
        return found

    @property
    def _batch_start(self) -> int:
        return max(self._beginnings, default=self._base.figure("batch_start"))

    @cached_property
    def _begun_here(self) -> int:
        """The record behind which the sums begin, 0 if the STATE has some of them."""
        here = max(self._batch_start, self._settled)
        return here if here > self._base.number else 0

    def _counted(self) -> Iterator[tuple[str, str, int, int]]:
        """Kind, organisation, amount and sign of what this batch's records count."""
        request = self._base
        for record in self._records:
            if record.event == Event.OPENED:
                request = record
            if record.number <= self._begun_here:
                continue
            if record.event == Event.APPROVED:
                amount = record.figure("amount") or request.figure("amount")  # of a part of it, what was approved
                yield request.text("kind"), record.text("org"), amount, 1
            elif record.event == Event.STORED:
                yield record.text("kind"), record.text("org"), record.figure("amount"), 1
            elif self._refusal(record):
                yield record.text("kind"), record.text("org"), record.figure("amount"), -1

    def _undone(self) -> list[int]:
        undone = [] if self._begun_here else unpack_numbers(self._base.octets("undone"))
        request = self._base
        for record in self._records:
            if record.event == Event.OPENED:
                request = record
            if record.number <= self._begun_here:
                continue
            if record.event == Event.APPROVED and request.figure("of"):
                undone.append(request.figure("of"))
            elif self._refusal(record):
                undone.append(record.figure("of"))
        return undone

    def _refusal(self, record: Record) -> bool:
        """Whether this takes something out of the batch's sums."""
        if record.event != Event.DELIVERED or not record.figure("refused"):
            return False
        return record.figure("of") > max(self._batch_start, self._settled)

    # -- what is owed to the host ----------------------------------------------------------------------

    def _queued_total(self, waiting: list[Queued]) -> int:
        """Of those from before the list there is the sum, less what was delivered of them since."""
        unknown = sum(each.amount is None for each in waiting)
        total = self._base.figure("queued_total")
        for record in self._records:
            if record.event == Event.DELIVERED and record.figure("of") < self._base.number:
                total -= record.figure("amount")
        return (total if unknown else 0) + sum(each.amount or 0 for each in waiting)

    def _floor(self) -> int:
        """Set when a batch begins or ends: the oldest record that money still hung on then, or the settlement."""
        settled = self._last(Event.SETTLED)
        set_at = max([*self._beginnings, settled.number if settled else 0])
        if not set_at:
            return self._base.figure("floor")
        then = Fold([self._base, *(record for record in self._records if record.number <= set_at)])
        waiting = then.queue()
        needed = [set_at]
        if waiting:
            needed.append(waiting[0].number)
        if then._status in _DUE:
            needed.append(then._number("open", Event.OPENED))
        if settled is None or settled.number != set_at:
            needed.append(then._settled or set_at)
        return min(needed)


JUDGED = (Event.STATE, Event.SETTLED, Event.DELIVERED)  # what speaks of the records before it


def contradiction(records: Sequence[Record], record: Record) -> str:
    """In what a JUDGED record is at odds with the ones before it, "" if in nothing; they begin with a STATE.

    Raises BadRecord.
    """
    fold = Fold(records)
    if record.event == Event.STATE:
        wrong = [name for name, value in fold.state().items() if _said(record, name, value) != value]
        return f"its {' and '.join(wrong)}: not what the records before it come to" if wrong else ""
    if record.event == Event.SETTLED:
        if record.text("batch") != fold.batch or unpack_totals(record.octets("totals")) != fold.totals():
            return "its sums are not what the batch's records come to"
    elif record.event == Event.DELIVERED:
        return _out_of_turn(fold.queue(), record)
    return ""


def _said(record: Record, name: str, like: Value | Totals | list[int]) -> Value | Totals | list[int]:
    if isinstance(like, dict):
        return unpack_totals(record.octets(name))
    if isinstance(like, list):
        return unpack_numbers(record.octets(name))
    return record.text(name) if isinstance(like, str) else record.figure(name)


def _out_of_turn(queue: list[Queued], record: Record) -> str:
    if not queue or queue[0].number != record.figure("of"):
        return "it delivers what was not the next in the queue"
    first, *rest = queue
    if first.amount not in (None, record.figure("amount")):
        return "it delivers another amount than was stored"
    following = (rest[0].number, rest[0].at or 0) if rest else (0, 0)
    if following[0] and following != (record.figure("oldest"), record.figure("oldest_at")):
        return "it names another transaction as the next in the queue"
    return ""
