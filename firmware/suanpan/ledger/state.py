"""The ledger's state: a fold over the journal's records, of a size that does not grow with them."""

from suanpan.ledger.record import APPROVED, OPENED, PRINTED, SIGNED_IN, STATE, UNANSWERED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.record import Fields


class State:
    """Fields are named and meant as in record.py. `stan` is the last one used, `amount` the newest transaction's."""

    def __init__(self) -> None:
        self.batch = ""
        self.stan = "000000"
        self.status = self.opened = self.amount = 0
        self.count = self.total = 0
        self.floor = 1

    @property
    def due(self) -> bool:
        """Whether the newest transaction has no known end, so that it must be reversed."""
        return self.status in (OPENED, UNANSWERED)

    def fields(self) -> "Fields":
        """What a STATE record says."""
        return {
            "batch": self.batch,
            "stan": self.stan,
            "amount": self.amount,
            "status": self.status,
            "opened": self.opened,
            "count": self.count,
            "total": self.total,
            "floor": self.floor,
        }

    def apply(self, number: int, event: int, fields: "Fields") -> None:
        """Take in the next record."""
        if event == STATE:
            for name in self.fields():
                setattr(self, name, fields[name])
        elif event == SIGNED_IN:
            self.stan = str(fields["stan"])
            if fields["batch"] != self.batch:
                self.batch = str(fields["batch"])
                self.count = self.total = 0
                # A reversal outlives its batch.
                self.floor = self.opened if self.due else number
        elif event == OPENED:
            self.stan, self.amount = str(fields["stan"]), int(fields["amount"])
            self.opened, self.status = number, event
        elif event != PRINTED:
            self.status = event
            if event == APPROVED:
                self.count += 1
                self.total += self.amount
