"""What has been refunded already, or added, as far as this terminal knows."""

from micropython import const

from suanpan.ledger.kinds import ADJUSTMENT, REFUND, TIP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.ledger import Ledger

_NAMED = const(12)  # digits of F61: batch and STAN


def refunded(ledger: "Ledger", original: str) -> int:
    """分 that have been given back of a transaction, by its batch and STAN (12 digits). Reads the whole journal."""
    return _sum(ledger, original, (REFUND,))


def added(ledger: "Ledger", original: str) -> int:
    """分 that have been added to it."""
    return _sum(ledger, original, (ADJUSTMENT, TIP))


def _sum(ledger: "Ledger", original: str, kinds: "tuple[str, ...]") -> int:
    total = 0
    for entry in ledger.entries():
        if entry.kind in kinds and entry.approved and entry.original[:_NAMED] == original:
            total += entry.amount
    return total
