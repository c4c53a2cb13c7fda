"""The chip cards of a trace, made anew: what is left of a day asks them otherwise than the day did.

Cards that a trace knows by their numbers are minted under a test CA of our own; its keys take the place of those that
the terminal knew. What they hold and decide is the population's, as it was.
"""

from __future__ import annotations

import re
import tempfile
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from host_tools.acquirer.chip_tables import chip_tables
from host_tools.cards.minting import Mint
from host_tools.cards.plastic import Antenna, Chip
from host_tools.flash.emv_tables import build
from host_tools.keys.authority import Authority
from host_tools.replay import chips, taps
from host_tools.replay.workshop import with_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from host_tools.acquirer.chip_tables import ChipTables
    from host_tools.bench.parts.chip_slot_card import ChipCard
    from host_tools.bench.parts.field import Card
    from host_tools.cards.cryptograms import MasterKeys
    from host_tools.replay.trace import Trace

_NAMED: Final = re.compile(r"\{~?([^}/]+)")
_TABLES: Final = "emv.bin"
_HEAD: Final = 3  # bytes of an item: kind, length
_KEY, _END = 2, 255


class Wallet:
    def __init__(self, opened: date) -> None:
        self._opened = opened

    @staticmethod
    def wanted(trace: Trace) -> bool:
        return any(event.do in ("chip_slot.insert", "field.put") for event in trace.events)

    @cached_property
    def _mint(self) -> Mint:
        with tempfile.TemporaryDirectory(prefix="suanpan-replay-") as scratch:
            return Mint(Authority(Path(scratch) / "authority").make(self._opened))

    @property
    def issuers(self) -> Mapping[str, MasterKeys]:
        return self._mint.population.issuers

    @property
    def tables(self) -> ChipTables:
        return chip_tables(self._mint.ca_keys, self._mint.population.revoked)

    def known_to(self, image: bytes) -> bytes:
        """The flash image of a terminal that knows our keys instead of those that it knew."""

        def ours(tables: bytes) -> bytes:
            kept = [item for item in _items(tables) if item[0] not in (_KEY, _END)]
            keys = [item for item in _items(build(self.tables)) if item[0] == _KEY]
            count = len(kept) + len(keys) - 1  # the first says what file it is
            return b"".join([*kept, *keys]) + bytes((_END, 0, 2)) + count.to_bytes(2, "big")

        return with_file(image, _TABLES, ours)

    def chip(self, what: dict[str, Any]) -> ChipCard:
        name = self._name(what["answers"])
        return Chip(self._mint.card(name)) if name else chips.put_back(what)

    def antenna(self, told: dict[str, Any]) -> Card:
        name = self._name(told.get("answers", []))
        if not name:
            return taps.put_back(told)
        card = Antenna(self._mint.card(name))
        if "leaves" in told:
            card.leave(*told["leaves"])
        return card

    def _name(self, answers: list[str | None]) -> str:
        """The card of the population that has answered so; "" if none has."""
        names = (found[1] for answer in answers if answer and (found := _NAMED.search(answer)))
        return next((name for name in names if name in self._mint.population.cards), "")


def _items(tables: bytes) -> list[bytes]:
    items, at = [], 0
    while at < len(tables):
        end = at + _HEAD + int.from_bytes(tables[at + 1 : at + _HEAD], "big")
        items.append(tables[at:end])
        at = end
    return items
