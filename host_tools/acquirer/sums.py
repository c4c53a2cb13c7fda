"""F48 of a settlement: 62 digits, the sums of a batch.

Of domestic cards debit amount (12) and count (3), credit amount and count, and a digit; then the same of foreign ones.
The digit is 0 in what is asked; in the answer it says whether the host's sums are equal (1) or not (2).
"""

from __future__ import annotations

from typing import Final, NamedTuple

LENGTH: Final = 62
EQUAL, DIFFERENT = "1", "2"

_HALF: Final = LENGTH // 2
_AMOUNT, _SIDE = 12, 15  # digits of an amount, and with its count


class Sums(NamedTuple):
    """Of domestic or of foreign cards; amounts in fen."""

    debit: int
    debits: int
    credit: int
    credits: int


def halves(field: str) -> tuple[tuple[Sums, str], tuple[Sums, str]]:
    """The sums of domestic cards and their digit, and those of foreign ones."""
    return _parsed(field[:_HALF]), _parsed(field[_HALF:])


def answered(field: str, domestic: Sums, foreign: Sums) -> str:
    """F48 of the answer to `field`, from the host's own sums."""
    found = zip(halves(field), (domestic, foreign), strict=True)
    first, second = (EQUAL if theirs == ours else DIFFERENT for (theirs, _), ours in found)
    return field[: _HALF - 1] + first + field[_HALF:-1] + second


def _parsed(half: str) -> tuple[Sums, str]:
    debit, credit = half[:_SIDE], half[_SIDE:-1]
    return Sums(int(debit[:_AMOUNT]), int(debit[_AMOUNT:]), int(credit[:_AMOUNT]), int(credit[_AMOUNT:])), half[-1]
