"""Whether the day came out right: the terminal's own word against the host's books, and what must not be kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from host_tools.acquirer.cards import Card, tracks
from host_tools.bench.shop import Shop
from host_tools.demo.day import APPROVED


@dataclass(frozen=True)
class Books:
    """Count and sum, in fen, of the approved sales."""

    count: int
    amount: int


@dataclass(frozen=True)
class Check:
    what: str
    good: bool
    found: str


class UnreadableSlip(ValueError):
    pass


def terminal_books(slip: str) -> Books:
    """What the terminal says, as it stands on its printed totals."""
    count = re.search(r"笔数:\s*(\d+)", slip)
    amount = re.search(r"合计:\s*RMB (\d+)\.(\d\d)", slip)
    if not count or not amount:
        raise UnreadableSlip(slip)
    return Books(int(count[1]), int(amount[1]) * 100 + int(amount[2]))


def host_books(shop: Shop) -> Books:
    totals = shop.acquirer.ledger.totals(shop.terminal.tid, 1)
    return Books(totals.count, totals.amount)


def secrets(cards: Iterable[Card]) -> dict[str, bytes]:
    """What may be found nowhere in flash: every PAN, track and PIN, in ASCII, BCD and binary."""
    planted = {}
    for card in cards:
        track2 = tracks(card)[1]
        for name, digits in (("PAN", card.pan), ("track 2", track2[1:-2])):
            bcd = digits.replace("=", "D")
            planted[f"{name} of {card.name}, ASCII"] = digits.encode()
            planted[f"{name} of {card.name}, BCD"] = bytes.fromhex(bcd + "F" * (len(bcd) % 2))
            planted[f"{name} of {card.name}, BCD right-aligned"] = bytes.fromhex("0" * (len(bcd) % 2) + bcd)
        value = int(card.pan)
        planted[f"PAN of {card.name}, binary"] = value.to_bytes(8, "big")
        planted[f"PAN of {card.name}, binary little-endian"] = value.to_bytes(8, "little")
    return planted


def found_in(image: bytes, planted: dict[str, bytes]) -> list[str]:
    return [name for name, pattern in planted.items() if pattern in image]


def pins(cards: Iterable[Card]) -> dict[str, bytes]:
    """Clear PINs as a terminal would hold them; in bare ASCII only where they are too long to occur by chance."""
    planted = {}
    for card in cards:
        field = f"0{len(card.pin)}{card.pin}".ljust(16, "F")
        planted[f"PIN field of {card.name}"] = bytes.fromhex(field)
        if len(card.pin) >= 6:
            planted[f"PIN of {card.name}, ASCII"] = card.pin.encode()
    return planted


def audit(shop: Shop, image: bytes) -> list[Check]:
    """Every check of the day; `image` is the flash after it."""
    cards = list(shop.cards.values())
    host = host_books(shop)
    terminal = terminal_books(shop.bench.parts.printer.slips[-1].text)
    expected = Books(len(APPROVED), sum(APPROVED.values()))
    trouble = shop.acquirer.ledger.check()
    leaks = found_in(image, secrets(cards) | pins(cards))
    slips = len(shop.bench.parts.printer.slips)
    return [
        Check("the terminal's totals are the day's", terminal == expected, f"{terminal}"),
        Check("the host's totals are the day's", host == expected, f"{host}"),
        Check(
            "difference is 0.00",
            terminal.amount == host.amount,
            f"{(terminal.amount - host.amount) / 100:.2f}",
        ),
        Check("the host's books balance", not trouble, "; ".join(trouble) or "balanced"),
        Check(
            "each card has paid what it should",
            not (debts := _wrong_balances(shop)),
            ", ".join(debts) or "right",
        ),
        Check("two copies of each slip, and the totals", slips == 2 * len(APPROVED) + 1, f"{slips} slips"),
        Check("no PAN, track or PIN in flash", not leaks, ", ".join(leaks) or "none"),
    ]


def _wrong_balances(shop: Shop) -> list[str]:
    return [
        card.name
        for card in shop.cards.values()
        if shop.acquirer.bank.balance(card.pan) != card.balance - APPROVED.get(card.name, 0)
    ]
