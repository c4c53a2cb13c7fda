"""The bank of a load: so many terminals, each of a merchant's own and with its own cards, all of it by a number."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import yaml

from host_tools.acquirer.cards import luhn

if TYPE_CHECKING:
    from pathlib import Path

CARDS: Final = 4  # of each terminal
_MOST: Final = 9_000  # terminals
_BALANCE: Final = 900_000_000_000  # fen: nobody runs out of it
_EXPIRY: Final = "4912"
_FOREIGN: Final = 3  # which of a terminal's cards


def write(path: Path, terminals: int, seed: int = 1) -> None:
    """A fixture (fixture.py) with these; ValueError for more than there are numbers."""
    if not 1 <= terminals <= _MOST:
        raise ValueError(f"terminals are 1 to {_MOST}")
    tree: dict[str, Any] = {
        "institution": "48980000",
        "master_key": _key(seed, "master", 32),
        "pvk": _key(seed, "pvk", 16),
        "issuers": {
            scheme: {name: _key(seed, f"{scheme} {name}", 16) for name in ("ac", "smi", "smc")}
            for scheme in ("UnionPay", "Visa")
        },
        "terminals": [_terminal(seed, number) for number in range(1, terminals + 1)],
        "cards": {
            f"{number}-{place}": _card(number, place) for number in range(1, terminals + 1) for place in range(CARDS)
        },
    }
    path.write_text(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), encoding="utf-8")


def names(tid: str) -> list[str]:
    """Of that terminal's cards."""
    return [f"{int(tid[1:])}-{place}" for place in range(CARDS)]


def _terminal(seed: int, number: int) -> dict[str, Any]:
    return {
        "tid": f"2{number:07d}",
        "mid": f"8981102{number:08d}",
        "merchant": f"商户 {number} MERCHANT {number}",
        "serial": f"SP-LD-{number:06d}",
        "tmk": _key(seed, f"tmk {number}", 16),
        "batch": 1,
    }


def _card(number: int, place: int) -> dict[str, Any]:
    foreign = place == _FOREIGN
    stem = f"{'411111' if foreign else '620000'}{number:07d}{place:02d}"
    return {
        "pan": next(f"{stem}{digit}" for digit in range(10) if luhn(f"{stem}{digit}")),
        "expiry": _EXPIRY,
        "service_code": "220",
        "discretionary": "0000012345",
        "cardholder": f"LOAD/{number}",
        "holder": f"{number}",
        "pin": f"{1000 + (number * 7 + place) % 9000}",
        "balance": _BALANCE,
        "scheme": "VIS" if foreign else "CUP",
        "issuer": "01050000",
    }


def _key(seed: int, name: str, length: int) -> str:
    return hashlib.shake_128(f"load {seed} {name}".encode()).hexdigest(length).upper()
