"""What the terminal knows of its transactions: written before anything is sent, never forgotten without an answer.

Nothing but the state is kept in RAM: entries are read from flash, and opened, when they are asked for (lookup.py).
What becomes of a request follows it in the journal before the next one is opened, and so does the paper; a reversal
that comes late, and the delivery of a stored transaction, name what they are about.
"""

from micropython import const

from suanpan.errors import BatchFull, EntryClosed, PanGone, ReversalDue, SettlementOpen, Unsent
from suanpan.ledger.entry import Entry
from suanpan.ledger.kinds import KINDS, OFFLINE_CHIP, SALE
from suanpan.ledger.moment import minutes
from suanpan.ledger.pan_vault import masked
from suanpan.ledger.record import (
    ADVISED,
    DELIVERED,
    OPENED,
    PRINTED,
    REOPENED,
    REVERSED,
    SETTLED,
    SETTLING,
    SIGNED_IN,
    STORED,
)
from suanpan.ledger.state import pack_totals
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from suanpan.ledger.journal import Journal
    from suanpan.ledger.lookup import Lookup
    from suanpan.ledger.pan_vault import PanVault
    from suanpan.ledger.record import Fields
    from suanpan.ledger.state import State, Totals

# A transaction needs a sector after the one being filled: room for all that may follow its OPENED, several times
# over. The other is for what makes room again when no transaction can be opened any more.
_RESERVE = const(2)
_STANS = const(999999)


class Ledger:
    """Mounts the journal: raises JournalBroken if that cannot be trusted. A batch takes `limit` transactions."""

    tip = 0  # 分 in the amount of the sale that comes next

    def __init__(self, journal: "Journal", vault: "PanVault", limit: int) -> None:
        journal.mount()
        self._journal = journal
        self._vault = vault
        self._limit = limit
        self._live = 0  # number of the entry whose `with` block is being run
        self._stan = int(journal.state.stan)
        self.recovered = journal.state.status == OPENED  # the power went during a transaction
        self._forget_cards(vault.settle())

    @property
    def state(self) -> "State":
        """To be read only."""
        return self._journal.state

    @property
    def batch(self) -> str:
        """6 digits, "" before the first sign-in."""
        return self.state.batch

    def stan(self) -> str:
        """A new number for F11, 000001 to 999999 and round again.

        One that ends up in no record may come again after a power cut, never one of a transaction in this batch.
        """
        self._stan = self._stan % _STANS + 1
        return f"{self._stan:06}"

    def totals(self) -> "Totals":
        """The batch's sums: count and 分 by kind of transaction and card organisation."""
        return dict(self.state.totals)

    def prepare(self) -> bool:
        """For idle time: check some of what verify() has left, and erase flash for the records to come. Returns whether
        there is more to check. Raises LogFull; JournalBroken, after which nothing is recorded any more."""
        more = self._journal.verify_more()
        self._journal.log.prepare()
        return more

    def verify(self) -> None:
        """Check all records that money hangs on. Raises JournalBroken; `broken_at` of the journal says where."""
        self._journal.verify(self.state.needed(max(self.state.settled, self.state.batch_start)))

    # -- the batch -------------------------------------------------------------------------------------

    def signed_in(self, batch: str, stan: str, operator: str, date: str, time: str) -> None:
        """A sign-in was answered; another batch number than the current one begins a new batch."""
        fields: "Fields" = {"batch": batch, "stan": stan, "operator": operator, "date": date, "time": time}
        self._journal.append(SIGNED_IN, fields)

    def require_sent(self) -> None:
        """Raises ReversalDue or Unsent while there is anything that the host must still be told."""
        if self.state.due:
            raise ReversalDue
        if self.state.queued:
            raise Unsent

    def settling(self, operator: str, date: str, time: str) -> str:
        """The settlement is about to be sent: no transaction until it has an answer. Returns its STAN, which is
        that of the first try if there has been one. Raises ReversalDue or Unsent."""
        self.require_sent()
        if self.state.settling:
            for _, _, fields in self._journal.forward(self.state.settling):
                return str(fields["stan"])
        stan = self.stan()
        self._journal.append(SETTLING, {"stan": stan, "operator": operator, "date": date, "time": time})
        return stan

    def uploaded(self, number: int = 0) -> int:
        """The transaction up to which the host has the batch of the open settlement, newest first; 0 for none yet.

        Another `number` is recorded as that, so that an upload goes on where it was cut off. Raises LogFull.
        """
        for _, _, fields in self._journal.forward(self.state.settling):
            if number:
                fields["of"] = number
                self._journal.append(SETTLING, fields)
            return int(fields.get("of", 0))
        raise EntryClosed

    def settled(self, response: str, unbalanced: bool, date: str, time: str) -> None:
        """The host has closed the batch: F39, and whether its sums differ. Card numbers are gone from here on."""
        if not self.state.settling:
            raise EntryClosed
        fields: "Fields" = {
            "batch": self.batch,
            "response": response,
            "date": date,
            "time": time,
            "totals": pack_totals(self.state.totals),
        }
        if unbalanced:
            fields["unbalanced"] = 1
        self._journal.append(SETTLED, fields)
        self._forget_cards(self._vault.born)

    def reopened(self, response: str) -> None:
        """The host has refused the settlement: F39."""
        if not self.state.settling:
            raise EntryClosed
        self._journal.append(REOPENED, {"response": response})

    def last_settlement(self) -> "Fields | None":
        """The fields of the newest SETTLED."""
        if self.state.settled:
            for _, _, fields in self._journal.forward(self.state.settled):
                return fields
        return None

    # -- transactions ----------------------------------------------------------------------------------

    def pending(self, kind: str, amount: int, *, of: "Entry | None" = None, chip: bytes = b"", **what: str) -> Entry:
        """Record a request that is about to be sent; from here on its reversal is armed. `of` is what it takes back,
        `what` all that _described() asks for.

        To be used as `with ledger.pending(...) as entry:`, the request being sent in the block. Raises ReversalDue,
        SettlementOpen, BatchFull, and LogFull while there is not room for all that may follow.
        """
        self.admit()
        fields = self._described(kind, amount, chip=chip, **what)
        if of:
            fields["of"] = of.number
            fields.setdefault("original", of.batch + of.stan)
            fields["original_reference"] = of.reference
        return Entry(self, self._journal.append(OPENED, fields), OPENED, fields)

    def store(self, kind: str, amount: int, *, chip: bytes = b"", **what: str) -> Entry:
        """Record a transaction that is good without the host, and is in the queue from here on; `what`: its `org` too.

        Raises what pending() does. A kind that moves no money is let in at any time, also while the request is open
        that it is about.
        """
        event = STORED if kind in KINDS else ADVISED
        if event == STORED:
            self.admit()
        fields = self._described(kind, amount, chip=chip, **what)
        fields["oldest_at"] = minutes(what["date"], what["time"])
        return Entry(self, self._journal.append(event, fields), event, fields)

    def admit(self) -> None:
        """Raises what pending() does."""
        state = self.state
        if state.due:
            raise ReversalDue
        if state.settling:
            raise SettlementOpen
        if state.count >= self._limit:
            raise BatchFull
        self._journal.log.reserve(_RESERVE)

    def _described(self, kind: str, amount: int, *, pan: str, expiry: str, **more: "str | bytes") -> "Fields":
        """`more`: entry_mode, operator, date, time, and of what record.py has else what there is."""
        fields: "Fields" = {
            "kind": kind,
            "stan": self.stan(),
            "batch": self.batch,
            "amount": amount,
            "pan": masked(pan),
            "card": self._vault.seal(pan, expiry),
        }
        for name, text in more.items():
            if text:
                fields[name] = text
        if self.tip and kind in (SALE, OFFLINE_CHIP):
            fields["tip"] = self.tip
        return fields

    def begin(self, entry: Entry) -> None:
        self._live = entry.number

    def leave(self) -> None:
        self._live = 0

    def record(self, entry: Entry, event: int, fields: "Fields") -> None:
        """An entry's next event; EntryClosed if it cannot follow."""
        state = self.state
        if event == PRINTED:
            possible = entry.number == state.newest and entry.approved
        elif event == REVERSED:
            possible = entry.number == state.open and state.due and not self._live
        else:
            possible = entry.number == state.open == self._live and state.status == OPENED
        if not possible:
            raise EntryClosed
        self._journal.append(event, fields)

    def delivered(self, entry: Entry, response: str, refused: bool, reference: str = "") -> None:
        """The host's answer to the oldest advice in the queue: F39, what it means, F37. EntryClosed for another."""
        if not self.state.queued or entry.number != self.state.oldest:
            raise EntryClosed
        oldest, oldest_at = self._look().next_stored(entry.number)
        fields: "Fields" = {
            "of": entry.number,
            "response": response,
            "kind": entry.kind,
            "batch": entry.batch,
            "org": entry.org,
            "amount": entry.amount,
            "reference": reference,
            "oldest": oldest,
            "oldest_at": oldest_at,
        }
        if refused:
            fields["refused"] = 1
        self._journal.append(DELIVERED, fields)
        entry.status, entry.response, entry.reference, entry.refused = DELIVERED, response, reference, refused

    # -- reading ---------------------------------------------------------------------------------------

    def _look(self) -> "Lookup":
        """What reads entries, in memory for as long as somebody does."""
        with Overlay():
            from suanpan.ledger.lookup import Lookup

            return Lookup(self, self._journal)

    @property
    def reversal(self) -> "Entry | None":
        """The transaction to be reversed before anything else is sent."""
        return self._look().entry_at(self.state.open) if self.state.due and not self._live else None

    @property
    def oldest_unsent(self) -> "Entry | None":
        """The next transaction that the host must be told of."""
        return self._look().entry_at(self.state.oldest) if self.state.queued else None

    def entries(self) -> "Iterator[Entry]":
        """The transactions that the journal still holds, newest first."""
        return self._look().newest_first()

    def last(self, approved: bool = False) -> "Entry | None":
        return next((entry for entry in self.entries() if entry.approved or not approved), None)

    def find(self, stan: str) -> "Entry | None":
        """The newest transaction of this voucher number. Reads few sectors, however long the journal is."""
        return self._look().find(stan)

    # -- card numbers ----------------------------------------------------------------------------------

    def open_card(self, sealed: bytes) -> "tuple[str, str]":
        if not sealed:
            raise PanGone
        return self._vault.open(sealed)

    def _forget_cards(self, born: int) -> None:
        """Destroy the key of a settled batch's card numbers; at mounting too, where a power cut came before it."""
        state, number = self.state, self._journal.log.number  # a key that is newer was for a restore that failed
        if not state.settled <= born <= number and not (state.due or state.queued):
            self._vault.renew(number)
