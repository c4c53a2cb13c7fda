"""The customer's wallet as the page may know it: each card by its name in the fixture, its number masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from host_tools.bench.panel.chip_wallet import EVERYDAY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from host_tools.acquirer.cards import Card
    from host_tools.bench.panel.chip_wallet import ChipWallet

_HEAD, _TAIL = 6, 4  # digits of a PAN that may be shown

# First four digits of an institution's number.
_ISSUERS = {
    "0102": ("工商银行", "ICBC"),
    "0103": ("农业银行", "ABC"),
    "0104": ("中国银行", "Bank of China"),
    "0105": ("建设银行", "CCB"),
}
_ABROAD = ("境外银行", "Abroad")


def describe(cards: Mapping[str, Card], today: date, chips: ChipWallet | None = None) -> list[dict[str, Any]]:
    """For JSON: the everyday ones with a chip first, then those without one, then the rest of the population.

    The PIN is there since these are test cards, and somebody has to know it.
    """
    about = chips.about if chips else {}
    taps = chips.taps if chips else frozenset[str]()
    return [
        {
            "id": name,
            "number": _masked(card.pan),
            "issuer": _ISSUERS.get(card.issuer[:4], _ABROAD) if card.scheme == "CUP" else _ABROAD,
            "bank": card.issuer[:4] if card.scheme == "CUP" else "",
            "holder": card.holder,
            "expiry": f"{card.expiry[2:]}/{card.expiry[:2]}",
            "pin": card.pin,
            "purpose": about[name] if name in about else _purpose(card, f"{today:%y%m}"),
            "chip": name in about,
            "taps": name in taps,
            "usable": card.status == "good" and card.expiry >= f"{today:%y%m}" and card.balance > 0,
        }
        for name, card in sorted(cards.items(), key=lambda item: _place(item[0], about))
    ]


def _place(name: str, about: Mapping[str, tuple[str, str]]) -> int:
    return 0 if name in EVERYDAY else 2 if name in about else 1


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
