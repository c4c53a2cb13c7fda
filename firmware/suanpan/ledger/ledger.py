"""What the terminal knows of its transactions: written before anything is sent, never forgotten without an answer.

Nothing but the state is kept in RAM: entries are read from flash, and opened, when they are asked for. The records
of a transaction stand together in the journal, because the next one cannot be opened before this one has ended.
"""

from micropython import const

from suanpan.errors import EntryClosed, ReversalDue
from suanpan.ledger.entry import Entry
from suanpan.ledger.record import APPROVED, OPENED, PRINTED, REVERSED, SIGNED_IN, STATE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from suanpan.ledger.journal import Journal
    from suanpan.ledger.record import Fields

# A transaction needs a sector after the one being filled: room for all that may follow its OPENED, several times
# over. The other is for what makes room again when no transaction can be opened any more.
_RESERVE = const(2)
_STANS = const(999999)


class Ledger:
    """Mounts the journal: raises JournalBroken if that cannot be trusted."""

    def __init__(self, journal: "Journal") -> None:
        journal.mount()
        self._journal = journal
        self._live = 0  # number of the entry whose `with` block is being run
        self._stan = int(journal.state.stan)
        self.recovered = journal.state.status == OPENED  # the power went during a transaction

    @property
    def batch(self) -> str:
        """6 digits, "" before the first sign-in."""
        return self._journal.state.batch

    def stan(self) -> str:
        """A new number for F11, 000001 to 999999 and round again.

        One that ends up in no record may come again after a power cut, never one of a transaction in this batch.
        """
        self._stan = self._stan % _STANS + 1
        return f"{self._stan:06}"

    def totals(self) -> "tuple[int, int]":
        """How many sales of the batch are approved, and what they come to in 分."""
        return self._journal.state.count, self._journal.state.total

    def prepare(self) -> None:
        """Erase flash for the records to come, if that is due: for idle time. Raises LogFull."""
        self._journal.log.prepare()

    def verify(self) -> None:
        """Check every record there is. Raises JournalBroken; `broken_at` of the journal says where."""
        self._journal.verify()

    # -- events ----------------------------------------------------------------------------------------

    def signed_in(self, batch: str, stan: str, operator: str, date: str, time: str) -> None:
        """A sign-in was answered; another batch number than the current one begins a new batch."""
        fields: "Fields" = {"batch": batch, "stan": stan, "operator": operator, "date": date, "time": time}
        self._journal.append(SIGNED_IN, fields)

    def pending(
        self,
        kind: str,
        amount: int,
        *,
        pan: str,
        expiry: str,
        entry_mode: str,
        operator: str,
        date: str,
        time: str,
    ) -> Entry:
        """Record a transaction that is about to be sent; from here on its reversal is armed.

        To be used as `with ledger.pending(...) as entry:`, the request being sent in the block. Raises
        ReversalDue, and LogFull while there is not room for all that may follow.
        """
        if self._journal.state.due:
            raise ReversalDue
        self._journal.log.reserve(_RESERVE)
        fields: "Fields" = {
            "kind": kind,
            "stan": self.stan(),
            "batch": self.batch,
            "amount": amount,
            "pan": pan,
            "expiry": expiry,
            "entry_mode": entry_mode,
            "operator": operator,
            "date": date,
            "time": time,
        }
        return Entry(self, self._journal.append(OPENED, fields), OPENED, fields)

    def begin(self, entry: Entry) -> None:
        self._live = entry.number

    def leave(self) -> None:
        self._live = 0

    def record(self, entry: Entry, event: int, fields: "Fields") -> None:
        """An entry's next event; EntryClosed if it cannot follow."""
        state = self._journal.state
        if event == PRINTED:
            possible = state.status == APPROVED
        elif event == REVERSED:
            possible = state.due and not self._live
        else:
            possible = state.status == OPENED and self._live == entry.number
        if not possible or entry.number != state.opened:
            raise EntryClosed
        self._journal.append(event, fields)

    # -- entries ---------------------------------------------------------------------------------------

    @property
    def reversal(self) -> "Entry | None":
        """The transaction to be reversed before anything else is sent."""
        return self.last() if self._journal.state.due and not self._live else None

    def entries(self) -> "Iterator[Entry]":
        """The transactions that the journal still holds, newest first."""
        later: "Fields" = {}
        status = OPENED
        for number, event, fields in self._journal.newest_first():
            if event in (STATE, SIGNED_IN):
                continue
            for name in later:
                fields[name] = later[name]
            if event == OPENED:
                yield Entry(self, number, status, fields)
                later, status = {}, OPENED
                continue
            later = fields
            if status == OPENED and event != PRINTED:
                status = event

    def last(self) -> "Entry | None":
        for entry in self.entries():
            return entry
        return None

    def last_approved(self) -> "Entry | None":
        for entry in self.entries():
            if entry.approved:
                return entry
        return None

    def find(self, stan: str) -> "Entry | None":
        """The newest transaction of this voucher number."""
        for entry in self.entries():
            if entry.stan == stan:
                return entry
        return None
