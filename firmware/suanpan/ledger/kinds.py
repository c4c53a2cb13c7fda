"""The kinds of transactions that the journal knows, and on which side of the settlement each is counted."""

from micropython import const

SALE = "sale"
VOID = "void"
REFUND = "refund"
OFFLINE_SALE = "offline_sale"

DEBIT = const(1)  # the merchant is owed it
CREDIT = const(2)  # the merchant owes it

# Number in the journal's sums, which keeps its meaning for ever, and side. That a void is a credit of its own, rather
# than a debit that never was, is unconfirmed.
KINDS = {
    SALE: (1, DEBIT),
    VOID: (2, CREDIT),
    REFUND: (3, CREDIT),
    OFFLINE_SALE: (4, DEBIT),
}

DOMESTIC = "CUP"  # the one card organisation (F63) whose sums are settled as domestic


def net(totals: "dict[tuple[str, str], tuple[int, int]]") -> int:
    """What the host owes the merchant for a batch's sums (see Ledger.totals), 分."""
    total = 0
    for (kind, _), (_, amount) in totals.items():
        side = KINDS[kind][1]
        total += amount if side == DEBIT else -amount if side == CREDIT else 0
    return total


def name_of(number: int) -> str:
    """The kind with this number in the journal's sums."""
    for kind in KINDS:
        if KINDS[kind][0] == number:
            return kind
    raise ValueError
