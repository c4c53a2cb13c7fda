"""One transaction, as the journal's records tell it.

A request is opened, and then approved (and printed, copy by copy), declined, or left without an answer and reversed.
One that is good without the host is stored, and delivered later.
"""

from suanpan.ledger.kinds import CREDIT, KINDS
from suanpan.ledger.record import (
    APPROVED,
    DECLINED,
    DELIVERED,
    PRINTED,
    REVERSED,
    STORED,
    TEXTS,
    UNANSWERED,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.ledger import Ledger
    from suanpan.ledger.record import Fields

# F39 of a reversal: why nobody knows what the host did.
NO_REPLY = "98"
BAD_REPLY = "06"
BAD_MAC = "A0"

_NUMBERS = ("amount", "printed", "of", "base", "tip")
_TOLD_LATER = (
    "amount",
    "response",
    "reason",
    "auth_code",
    "reference",
    "host_date",
    "host_time",
    "parties",
    "org",
    "remarks",
    "chip",
    "printed",
)


class Entry:
    """Fields are named and meant as in record.py, "" and 0 where the journal says nothing. `number` is that of the
    OPENED or STORED record. All events raise EntryClosed where they cannot follow."""

    kind: str
    batch: str
    stan: str
    pan: str
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
    org: str
    original: str
    original_reference: str
    sequence: str
    remarks: str
    amount: int
    printed: int
    of: int
    base: int
    tip: int

    def __init__(self, ledger: "Ledger", number: int, status: int, fields: "Fields") -> None:
        self._ledger = ledger
        self.number = number
        self.status = status
        self.voided = False  # taken back by a void
        self.refused = False  # by the host, after it had been stored
        sealed = fields.get("card")
        self._sealed = sealed if isinstance(sealed, bytes) else b""
        chip = fields.get("chip")  # F55 of the reversal; while the request is under way, of that
        self.chip = chip if isinstance(chip, bytes) else b""
        for name in TEXTS:
            setattr(self, name, fields.get(name, ""))
        for name in _NUMBERS:
            setattr(self, name, fields.get(name, 0))
        self.reason = self.reason or NO_REPLY

    @property
    def approved(self) -> bool:
        """Whether it was good, whatever became of it later."""
        return self.status in (APPROVED, STORED, DELIVERED) and not self.refused

    @property
    def gain(self) -> int:
        """The amount as the merchant sees it: negative for what is given back."""
        return -self.amount if KINDS[self.kind] & CREDIT else self.amount

    def card(self) -> "tuple[str, str]":
        """The whole card number and its expiry (YYMM). Raises PanGone once the batch is settled."""
        return self._ledger.open_card(self._sealed)

    def __enter__(self) -> "Entry":
        self._ledger.begin(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Without an end by now the entry's reversal is due, as it would be after a power cut."""
        self._ledger.leave()

    def approve(
        self,
        *,
        auth_code: str,
        reference: str,
        date: str,
        time: str,
        parties: str,
        org: str = "",
        response: str = "00",
        remarks: str = "",
        amount: int = 0,
    ) -> None:
        """The host's approval: F38, F37, F13, F12, F44, F63 and F39; and what the chip adds to the slip.

        `amount` is what was approved if it is less than was asked for.
        """
        fields: "Fields" = {
            "response": response,
            "auth_code": auth_code,
            "reference": reference,
            "host_date": date,
            "host_time": time,
            "parties": parties,
            "org": org,
        }
        if remarks:
            fields["remarks"] = remarks
        if amount:
            fields["amount"] = amount
        self._record(APPROVED, fields)

    def decline(self, response: str) -> None:
        """The host's refusal: F39."""
        self._record(DECLINED, {"response": response})

    def unanswered(self, reason: str, chip: bytes = b"") -> None:
        """No answer that counts: the reversal is due, with this F39, and with this F55 where the chip says more now."""
        fields: "Fields" = {"reason": reason}
        if chip:
            fields["chip"] = chip
        self._record(UNANSWERED, fields)

    def reversed(self, response: str) -> None:
        """The host's last word on the reversal: F39."""
        self._record(REVERSED, {"response": response, "of": self.number})

    def copy_printed(self) -> None:
        """One more copy of the slip is on paper; to be told of the newest transaction only."""
        self._record(PRINTED, {"printed": self.printed + 1})

    def take(self, event: int, fields: "Fields") -> None:
        """What a later record says of this entry."""
        if event != PRINTED:
            self.status = event
        self.refused = bool(fields.get("refused"))
        for name in _TOLD_LATER:
            if name in fields:
                setattr(self, name, fields[name])

    def _record(self, event: int, fields: "Fields") -> None:
        self._ledger.record(self, event, fields)
        self.take(event, fields)
