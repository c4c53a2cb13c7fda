"""The kinds of transactions that the journal knows, and on which side of the settlement each is counted."""

from micropython import const

SALE = "sale"
VOID = "void"
REFUND = "refund"
OFFLINE_SALE = "offline_sale"
OFFLINE_CHIP = "offline_chip"  # a sale that card and terminal have agreed on between them
PRE_AUTH = "pre_auth"  # money that is held for the merchant, and not his yet
PRE_AUTH_VOID = "pre_auth_void"
COMPLETION = "completion"  # what is taken of it, asked for
COMPLETION_VOID = "completion_void"
COMPLETION_ADVICE = "completion_advice"  # the same, told afterwards
ADJUSTMENT = "adjustment"  # what is added to an offline sale
TIP = "tip"  # what is added to a sale that the host has approved, or to a completion
MOTO = "moto"  # ordered by letter or telephone: nobody presents a card
# What the host is told that moves no money, and is in no sums: what became of its scripts.
SCRIPT_RESULT = "script_result"

DEBIT = const(0x100)  # the merchant is owed it
CREDIT = const(0x200)  # the merchant owes it
HELD = const(0x400)  # or would be: the account is not touched, and the settlement does not count it
_NUMBER = const(0xFF)

# Number in the journal's sums, which keeps its meaning for ever, and side. That a void is a credit of its own, rather
# than a debit that never was, is unconfirmed.
KINDS = {
    SALE: 1 | DEBIT,
    VOID: 2 | CREDIT,
    REFUND: 3 | CREDIT,
    OFFLINE_SALE: 4 | DEBIT,
    OFFLINE_CHIP: 5 | DEBIT,
    PRE_AUTH: 6 | DEBIT | HELD,
    PRE_AUTH_VOID: 7 | CREDIT | HELD,
    COMPLETION: 8 | DEBIT,
    COMPLETION_VOID: 9 | CREDIT,
    COMPLETION_ADVICE: 10 | DEBIT,
    ADJUSTMENT: 11 | DEBIT,
    TIP: 12 | DEBIT,
    MOTO: 13 | DEBIT,
}

DOMESTIC = "CUP"  # the one card organisation (F63) whose sums are settled as domestic


def net(totals: "dict[tuple[str, str], tuple[int, int]]") -> "tuple[int, int]":
    """Of a batch's sums (see Ledger.totals): how many transactions move money, and what the host owes for them, 分."""
    count = total = 0
    for (kind, _), (number, amount) in totals.items():
        side = KINDS[kind]
        if not side & HELD:
            count += number
            total += amount if side & DEBIT else -amount
    return count, total


def number_of(kind: str) -> int:
    """Its number in the journal's sums."""
    return KINDS[kind] & _NUMBER


def name_of(number: int) -> str:
    """The kind with this number in the journal's sums."""
    for kind in KINDS:
        if number_of(kind) == number:
            return kind
    raise ValueError
