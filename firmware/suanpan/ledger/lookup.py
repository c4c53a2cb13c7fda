"""Entries read from the journal: newest first, or one of them without reading the rest."""

from micropython import const

from suanpan.ledger.entry import Entry
from suanpan.ledger.record import (
    ADVISED,
    APPROVED,
    DECLINED,
    DELIVERED,
    OPENED,
    PRINTED,
    REVERSED,
    SETTLED,
    SIGNED_IN,
    STATE,
    STORED,
    UNANSWERED,
)
from suanpan.ledger.state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suanpan.ledger.journal import Journal, Record
    from suanpan.ledger.ledger import Ledger
    from suanpan.ledger.record import Fields

_STANS = const(999999)
_BEGINNINGS = (OPENED, STORED)
_FOLLOWING = (APPROVED, DECLINED, UNANSWERED, PRINTED)  # what stands behind its entry
_NAMING = (REVERSED, DELIVERED)  # what says by `of` which entry it is about, as others may stand between


class Lookup:
    def __init__(self, ledger: "Ledger", journal: "Journal") -> None:
        self._ledger = ledger
        self._journal = journal

    def newest_first(self) -> "Iterator[Entry]":
        """What is remembered on the way is bounded by one batch: its voids, and the deliveries of one queue."""
        following: "list[tuple[int, Fields]]" = []
        naming: "dict[int, tuple[int, Fields]]" = {}
        voided = set()
        for number, event, fields in self._journal.newest_first():
            if event in _FOLLOWING:
                following.append((event, fields))
            elif event in _NAMING:
                naming[int(fields["of"])] = event, fields
            elif event == ADVISED:
                naming.pop(number, None)
            elif event in _BEGINNINGS:
                entry = Entry(self._ledger, number, event, fields)
                for later in reversed(following):
                    entry.take(*later)
                following = []
                if number in naming:
                    entry.take(*naming.pop(number))
                if number in voided:
                    voided.discard(number)
                    entry.voided = True
                if entry.of and entry.status == APPROVED:
                    voided.add(entry.of)
                yield entry

    def entry_at(self, number: int) -> "Entry | None":
        """The entry that begins with this record."""
        return _first(self._ledger, self._journal, self._journal.forward(number), lambda found, _: found == number)

    def find(self, stan: str) -> "Entry | None":
        """The newest entry of this STAN. STANs only go up, so the STATEs at the sectors' heads lead to its sector."""
        newest = int(self._ledger.state.stan)

        def age(digits: object) -> int:
            return (newest - int(str(digits))) % _STANS

        wanted = age(stan)
        records = self._journal.around(lambda head: age(head["stan"]) <= wanted)
        return _first(self._ledger, self._journal, records, lambda _, fields: fields["stan"] == stan)

    def next_stored(self, number: int) -> "tuple[int, int]":
        """The number of what is next in the queue after this record, and its `oldest_at`; zeros if there is none."""
        for found, event, fields in self._journal.forward(number + 1):
            if event in (STORED, ADVISED):
                return found, int(fields["oldest_at"])
        return 0, 0


def _first(
    ledger: "Ledger", journal: "Journal", records: "Iterator[Record]", wanted: "Callable[[int, Fields], bool]"
) -> "Entry | None":
    """The wanted entry of the first of these sectors, with what follows it and what came later."""
    entry = None
    sectors = 0
    for number, event, fields in records:
        if entry is None:
            sectors += event == STATE
            if sectors > 1:
                return None
            if (event in _BEGINNINGS or event == ADVISED) and wanted(number, fields):
                entry = Entry(ledger, number, event, fields)
                if event == ADVISED:
                    return entry  # it stands within another entry, whose records follow
        elif event in _FOLLOWING or (event == REVERSED and fields["of"] == entry.number):
            entry.take(event, fields)
        elif event == OPENED or (event == STORED and entry.status not in (OPENED, UNANSWERED)):
            break
    if entry is None:
        return None
    if entry.status == STORED:
        _take_delivery(ledger.state, journal, entry)
    if entry.approved:
        entry.voided = entry.number in _batch_end(ledger.state, journal, entry.number).undone
    return entry


def _take_delivery(state: "State", journal: "Journal", entry: "Entry") -> None:
    """What the host said to a stored entry, if it has been told. The queue is strict, so the STATEs lead there too."""
    if state.queued and state.oldest <= entry.number:
        return

    def later(head: "Fields") -> bool:
        waiting = head["queued"] and int(head["oldest"]) <= entry.number
        return int(head["newest"]) >= entry.number and not waiting

    for _, event, fields in journal.around(later):
        if event == DELIVERED and fields["of"] == entry.number:
            entry.take(event, fields)
            return


def _batch_end(now: "State", journal: "Journal", number: int) -> "State":
    """The state in which the batch of this record ended; the present one if it goes on. A void belongs to the
    batch of what it takes back, so that state knows all of them."""
    if number > max(now.settled, now.batch_start):
        return now
    state = State()
    records = journal.around(lambda head: max(int(head["settled"]), int(head["batch_start"])) > number)
    for found, event, fields in records:
        if found > number and (event == SETTLED or (event == SIGNED_IN and fields["batch"] != state.batch)):
            break
        state.apply(found, event, fields)
    return state
