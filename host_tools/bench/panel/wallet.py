"""The customer's wallet as the page may know it: each card by its name in the fixture, its number masked."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import date
from typing import Any

from host_tools.acquirer.cards import Card
from host_tools.bench.panel.chip_wallet import CARDS

_HEAD, _TAIL = 6, 4  # digits of a PAN that may be shown

# First four digits of an institution's number.
_ISSUERS = {
    "0102": ("工商银行", "ICBC"),
    "0103": ("农业银行", "ABC"),
    "0104": ("中国银行", "Bank of China"),
    "0105": ("建设银行", "CCB"),
}
_ABROAD = ("境外银行", "Bank abroad")


def describe(cards: Mapping[str, Card], today: date, chips: Set[str] = frozenset()) -> list[dict[str, Any]]:
    """For JSON, those with a chip first. The PIN is there since these are test cards, and somebody has to know it."""
    return [
        {
            "id": name,
            "number": _masked(card.pan),
            "issuer": _ISSUERS.get(card.issuer[:4], _ABROAD),
            "bank": card.issuer[:4],
            "holder": card.holder,
            "expiry": f"{card.expiry[2:]}/{card.expiry[:2]}",
            "pin": card.pin,
            "purpose": CARDS[name] if name in chips else _purpose(card, f"{today:%y%m}"),
            "chip": name in chips,
            "usable": card.status == "good" and card.expiry >= f"{today:%y%m}" and card.balance > 0,
        }
        for name, card in sorted(cards.items(), key=lambda item: item[0] not in chips)
    ]


def _purpose(card: Card, month: str) -> tuple[str, str]:
    """What a card is in the wallet for: the first thing that is unusual about it."""
    if card.status == "lost":
        return "已挂失", "Lost"
    if card.expiry < month:
        return "已过期", "Expired"
    if card.balance == 0:
        return "余额为零", "No funds"
    if card.scheme != "CUP":
        return "外卡", "Foreign"
    if len(card.pan) != 16:
        return f"{len(card.pan)} 位卡号", f"{len(card.pan)} digits"
    if len(card.pin) != 6:
        return f"{len(card.pin)} 位密码", f"{len(card.pin)}-digit PIN"
    return "正常", "Good"


def _masked(pan: str) -> str:
    number = pan[:_HEAD] + "*" * (len(pan) - _HEAD - _TAIL) + pan[-_TAIL:]
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
