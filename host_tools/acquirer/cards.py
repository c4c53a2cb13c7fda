"""A payment card as plastic: what is printed on it, what its holder knows, and what its stripe says.

The bench swipes `tracks(card)`; the bank keeps its own record of the same card (bank.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from typing import Final, Literal

_DIGITS: Final = {
    "pan": range(13, 20),
    "expiry": (4,),
    "service_code": (3,),
    "discretionary": range(1, 14),
    "pin": range(4, 13),
    "issuer": range(8, 12),
}
_TRACK_1: Final = (0x20, 0x40, 79)  # first character, how many there are, how many the stripe holds
_TRACK_2: Final = (0x30, 0x10, 40)


@dataclass(frozen=True, slots=True)
class Card:
    """`expiry` is YYMM, `balance` in fen, `cardholder` the name on it, `holder` as people write it.

    `scheme` and `issuer` are F63 and the first half of F44 in the bank's replies.
    """

    name: str
    pan: str
    expiry: str
    service_code: str
    discretionary: str = field(repr=False)
    cardholder: str
    holder: str
    pin: str = field(repr=False)
    balance: int
    scheme: Literal["CUP", "VIS"]
    issuer: str
    status: Literal["good", "lost"] = "good"

    def __post_init__(self) -> None:
        for name, lengths in _DIGITS.items():
            value: str = getattr(self, name)
            if not (value.isascii() and value.isdecimal() and len(value) in lengths):
                raise ValueError(f"card {self.name}: bad {name}")
        if not luhn(self.pan):
            raise ValueError(f"card {self.name}: PAN fails the Luhn check")
        if self.status not in ("good", "lost"):
            raise ValueError(f"card {self.name}: bad status")
        if self.scheme not in ("CUP", "VIS"):
            raise ValueError(f"card {self.name}: bad scheme")
        if self.balance < 0:
            raise ValueError(f"card {self.name}: bad balance")


def luhn(pan: str) -> bool:
    """ISO/IEC 7812-1 annex B."""
    plain, doubled = pan[::-2], pan[-2::-2]
    return (sum(map(int, plain)) + sum(sum(divmod(2 * int(digit), 10)) for digit in doubled)) % 10 == 0


def tracks(card: Card) -> tuple[str, str]:
    """Track 1 and track 2 as a reader sends them: start sentinel to end sentinel, then the LRC character.

    ISO/IEC 7813 for the content, 7811-2 for the LRC: even parity over the data bits of every character from
    start to end sentinel. Track 1 characters are 6 bits from 0x20, track 2 characters 4 bits from 0x30.
    ValueError for what the stripe cannot hold: 79 and 40 characters with sentinels and LRC.
    """
    tail = card.expiry + card.service_code + card.discretionary
    return (
        _with_lrc(f"%B{card.pan}^{card.cardholder}^{tail}?", *_TRACK_1),
        _with_lrc(f";{card.pan}={tail}?", *_TRACK_2),
    )


def _with_lrc(track: str, base: int, alphabet: int, capacity: int) -> str:
    codes = [ord(character) - base for character in track]
    if len(codes) >= capacity or not all(0 <= code < alphabet for code in codes):
        raise ValueError("a track is too long, or has characters that it cannot hold")
    return track + chr(base + reduce(xor, codes))
