"""The ledger's state: a fold over the journal's records. Its size is bounded by the transactions of one batch."""

import struct

from micropython import const

from suanpan.ledger.kinds import name_of, number_of
from suanpan.ledger.record import (
    ADVISED,
    APPROVED,
    DELIVERED,
    OPENED,
    PRINTED,
    REOPENED,
    RESTORED,
    SETTLED,
    SETTLING,
    SIGNED_IN,
    STATE,
    STORED,
    UNANSWERED,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.record import Fields

    Totals = dict[tuple[str, str], tuple[int, int]]  # (kind, card organisation): count, 分

_NUMBERS = (
    "status",
    "open",
    "newest",
    "amount",
    "of",
    "floor",
    "batch_start",
    "settled",
    "settling",
    "queued",
    "queued_total",
    "oldest",
    "oldest_at",
)
_SUM = ">B3sH"  # kind, organisation, count; the amount of 7 bytes follows
_SUM_HEAD = const(6)
_SUM_SIZE = const(13)


class State:
    """Fields are named and meant as in record.py. `stan` is the last one used; `kind`, `amount`, `of` and `status` are
    those of the newest request."""

    status: int
    open: int
    newest: int
    amount: int
    of: int
    floor: int
    batch_start: int
    settled: int
    settling: int
    queued: int
    queued_total: int
    oldest: int
    oldest_at: int

    def __init__(self) -> None:
        self.batch = self.kind = ""
        self.stan = "000000"
        for name in _NUMBERS:
            setattr(self, name, 0)
        self.floor = 1
        self.totals: "Totals" = {}
        self.undone: "list[int]" = []

    @property
    def due(self) -> bool:
        """Whether the newest request has no known end, so that it must be reversed."""
        return self.status in (OPENED, UNANSWERED)

    @property
    def count(self) -> int:
        """Transactions in the batch's sums."""
        return sum(count for count, _ in self.totals.values())

    def fields(self) -> "Fields":
        """What a STATE record says."""
        fields: "Fields" = {"batch": self.batch, "stan": self.stan, "kind": self.kind}
        for name in _NUMBERS:
            fields[name] = getattr(self, name)
        fields["totals"] = pack_totals(self.totals)
        fields["undone"] = b"".join(number.to_bytes(4, "big") for number in self.undone)
        return fields

    def apply(self, number: int, event: int, fields: "Fields") -> None:
        """Take in the next record."""
        if event == STATE:
            self._restore(fields)
        elif event == SIGNED_IN:
            self.stan = str(fields["stan"])
            if fields["batch"] != self.batch:
                self.batch, self.batch_start = str(fields["batch"]), number
                self._begin_batch()
                self.floor = min(self.settled or number, self.needed(number))
        elif event == OPENED:
            self.stan, self.kind, self.amount = str(fields["stan"]), str(fields["kind"]), int(fields["amount"])
            self.of = int(fields.get("of", 0))
            self.open = self.newest = number
            self.status = event
        elif event in (STORED, ADVISED):
            self._queue(number, event, fields)
        elif event == DELIVERED:
            self._deliver(fields)
        elif event == SETTLING:
            self.stan, self.settling = str(fields["stan"]), number
        elif event == REOPENED:
            self.settling = 0
        elif event == RESTORED:
            self.stan = str(fields["stan"])
        elif event == SETTLED:
            self.settling = 0
            self.settled = number
            self._begin_batch()
            self.floor = self.needed(number)
        elif event < PRINTED:  # that, and WATCHED, change nothing here
            self._end_request(event, fields)

    def _restore(self, fields: "Fields") -> None:
        self.batch, self.stan, self.kind = str(fields["batch"]), str(fields["stan"]), str(fields["kind"])
        for name in _NUMBERS:
            setattr(self, name, fields[name])
        self.totals = unpack_totals(bytes(fields.get("totals", b"")))  # type: ignore[arg-type]
        undone = bytes(fields.get("undone", b""))  # type: ignore[arg-type]
        self.undone = [int.from_bytes(undone[at : at + 4], "big") for at in range(0, len(undone), 4)]

    def needed(self, number: int) -> int:
        """The oldest record that money still hangs on; `number` if there is none."""
        if self.queued:
            number = min(number, self.oldest)
        if self.due:
            number = min(number, self.open)
        return number

    def _begin_batch(self) -> None:
        self.totals = {}
        self.undone = []

    def _end_request(self, event: int, fields: "Fields") -> None:
        """APPROVED, DECLINED, UNANSWERED, REVERSED."""
        self.status = event
        if event == APPROVED:
            self._count(self.kind, fields, int(fields.get("amount", self.amount)), 1)
            if self.of:
                self.undone.append(self.of)

    def _queue(self, number: int, event: int, fields: "Fields") -> None:
        amount = int(fields["amount"])
        self.stan = str(fields["stan"])
        if not self.queued:
            self.oldest, self.oldest_at = number, int(fields["oldest_at"])
        self.queued += 1
        self.queued_total += amount
        if event == STORED:
            self.newest = number
            self._count(str(fields["kind"]), fields, amount, 1)

    def _deliver(self, fields: "Fields") -> None:
        """The record tells what was delivered and which is the oldest now."""
        amount = int(fields["amount"])
        self.queued -= 1
        self.queued_total -= amount
        self.oldest, self.oldest_at = int(fields["oldest"]), int(fields["oldest_at"])
        if fields.get("refused") and int(fields["of"]) > max(self.settled, self.batch_start):
            self._count(str(fields["kind"]), fields, amount, -1)
            self.undone.append(int(fields["of"]))

    def _count(self, kind: str, fields: "Fields", amount: int, sign: int) -> None:
        key = kind, str(fields.get("org", ""))
        count, total = self.totals.get(key, (0, 0))
        if count + sign:
            self.totals[key] = count + sign, total + sign * amount
        else:
            del self.totals[key]


def pack_totals(totals: "Totals") -> bytes:
    """As record.py has it."""
    data = bytearray()
    for kind, org in sorted(totals):
        count, amount = totals[kind, org]
        data += struct.pack(_SUM, number_of(kind), f"{org:3}".encode(), count)
        data += amount.to_bytes(_SUM_SIZE - _SUM_HEAD, "big")
    return bytes(data)


def unpack_totals(data: bytes) -> "Totals":
    totals: "Totals" = {}
    for at in range(0, len(data), _SUM_SIZE):
        kind, org, count = struct.unpack_from(_SUM, data, at)
        amount = int.from_bytes(data[at + _SUM_HEAD : at + _SUM_SIZE], "big")
        totals[name_of(kind), org.decode().strip()] = count, amount
    return totals
