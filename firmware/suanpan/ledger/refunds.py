"""What has been refunded already, as far as this terminal knows."""

from micropython import const

from suanpan.ledger.kinds import REFUND

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.ledger import Ledger

_NAMED = const(12)  # digits of F61: batch and STAN


def refunded(ledger: "Ledger", original: str) -> int:
    """分 that have been given back of a transaction, by its batch and STAN (12 digits). Reads the whole journal."""
    total = 0
    for entry in ledger.entries():
        if entry.kind == REFUND and entry.approved and entry.original[:_NAMED] == original:
            total += entry.amount
    return total
