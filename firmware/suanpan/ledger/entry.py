"""One transaction, as the journal's records tell it.

It is opened, and then approved (and printed, copy by copy), declined, or left without an answer and reversed.
"""

from suanpan.ledger.record import APPROVED, DECLINED, NUMBERS, PRINTED, REVERSED, TEXTS, UNANSWERED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.ledger import Ledger
    from suanpan.ledger.record import Fields

SALE = "sale"

# F39 of a reversal: why nobody knows what the host did.
NO_REPLY = "98"
BAD_REPLY = "06"
BAD_MAC = "A0"


class Entry:
    """Fields are named and meant as in record.py, "" and 0 where the journal says nothing. `number` is that of the
    OPENED record. All events raise EntryClosed where they cannot follow."""

    kind: str
    batch: str
    stan: str
    pan: str
    expiry: str
    entry_mode: str
    operator: str
    date: str
    time: str
    response: str
    reason: str
    auth_code: str
    reference: str
    host_date: str
    host_time: str
    parties: str
    amount: int
    printed: int

    def __init__(self, ledger: "Ledger", number: int, status: int, fields: "Fields") -> None:
        self._ledger = ledger
        self.number = number
        self.status = status
        for name in TEXTS:
            setattr(self, name, fields.get(name, ""))
        for name in NUMBERS[:2]:
            setattr(self, name, fields.get(name, 0))
        self.reason = self.reason or NO_REPLY

    @property
    def approved(self) -> bool:
        return self.status == APPROVED

    def __enter__(self) -> "Entry":
        self._ledger.begin(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Without an end by now the entry's reversal is due, as it would be after a power cut."""
        self._ledger.leave()

    def approve(
        self, *, auth_code: str, reference: str, date: str, time: str, parties: str, response: str = "00"
    ) -> None:
        """The host's approval: F38, F37, F13, F12, F44 and F39."""
        self._record(
            APPROVED,
            {
                "response": response,
                "auth_code": auth_code,
                "reference": reference,
                "host_date": date,
                "host_time": time,
                "parties": parties,
            },
        )

    def decline(self, response: str) -> None:
        """The host's refusal: F39."""
        self._record(DECLINED, {"response": response})

    def unanswered(self, reason: str) -> None:
        """No answer that counts: the reversal is due, with this F39."""
        self._record(UNANSWERED, {"reason": reason})

    def reversed(self, response: str) -> None:
        """The host's last word on the reversal: F39."""
        self._record(REVERSED, {"response": response})

    def copy_printed(self) -> None:
        """One more copy of the slip is on paper; to be told of the newest transaction only."""
        self._record(PRINTED, {"printed": self.printed + 1})

    def _record(self, event: int, fields: "Fields") -> None:
        self._ledger.record(self, event, fields)
        if event != PRINTED:
            self.status = event
        for name in fields:
            setattr(self, name, fields[name])
