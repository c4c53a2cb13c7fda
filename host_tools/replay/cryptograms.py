"""Chip data said anew: the issuer's keys make a cryptogram that no host has seen, over what the card was asked then."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Final

from host_tools.cards.cryptograms import METHODS
from host_tools.cards.entries import load
from host_tools.cards.tlv import objects, tlv

if TYPE_CHECKING:
    from host_tools.cards.cryptograms import Cryptograms

_ATC, _CRYPTOGRAM, _ISSUER_DATA = 0x9F36, 0x9F26, 0x9F10
_COUNTS: Final = 1 << 16


class Counter:
    """ATCs that go on from one run to the next, as a card's do: by a minute of the clock, and by one each time."""

    def __init__(self) -> None:
        self._next = int(time.time()) // 60 % _COUNTS
        self._given: dict[str, bytes] = {}

    def of(self, transaction: str) -> bytes:
        """The same for all that is said of a transaction."""
        if transaction not in self._given:
            self._next = (self._next + 1) % _COUNTS
            self._given[transaction] = self._next.to_bytes(2, "big")
        return self._given[transaction]


def renewed(chip: str, pan: str, atc: bytes) -> str:
    """F55 in hexadecimal with this ATC; a cryptogram that was right is right again, one that was wrong stays wrong.

    Raises ValueError, KeyError for what is no chip data of a card that there is.
    """
    data = dict(objects(bytes.fromhex(chip)))
    keys = _keys(pan)
    genuine = _CRYPTOGRAM in data and keys.cryptogram(data, data[_ISSUER_DATA]) == data[_CRYPTOGRAM]
    if _ATC in data:
        data[_ATC] = atc
    if genuine:
        data[_CRYPTOGRAM] = keys.cryptogram(data, data[_ISSUER_DATA])
    return b"".join(tlv(tag, value) for tag, value in data.items()).hex().upper()


@cache
def _keys(pan: str) -> Cryptograms:
    population = load()
    entry = next(
        application for card in population.cards.values() for application in card.applications if application.pan == pan
    )
    return METHODS[entry.way](population.issuers[entry.product.scheme], entry.pan, entry.psn)
