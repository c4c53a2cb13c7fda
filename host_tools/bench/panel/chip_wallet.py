"""The wallet's chip cards: real keys under a test CA that the terminal has been told of, counters that are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from host_tools.acquirer.chip_tables import ChipTables, chip_tables
from host_tools.cards.accounts import accounts
from host_tools.cards.minting import Mint
from host_tools.cards.plastic import Antenna, Chip
from host_tools.flash.emv_tables import build

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.acquirer.cards import Card
    from host_tools.acquirer.fixture import Fixture
    from host_tools.keys.authority import CaKey

# Of the population, those that lie on top, and what they are called there.
EVERYDAY: Final = {
    "up-debit": ("芯片借记卡", "Chip debit"),
    "up-credit": ("签名", "Signs"),
    "up-plain-pin": ("脱机密码", "Offline PIN"),
    "up-offline": ("无需密码", "No PIN"),
    "up-phone": ("手机", "Phone"),
    "visa-10": ("外卡", "Visa"),
    "mc-16": ("外卡", "Mastercard"),
    "up-declines": ("卡片拒绝", "Declines"),
    "up-copy-cda": ("复制卡", "A copy"),
}


class ChipWallet:
    """The whole population. `keys` are the test CA's; cards keep their state in `directory`.

    `cards` has each piece of plastic by its name, with the account of its first application; `taps` those with an
    antenna; `about` says what a card is there for.
    """

    def __init__(self, keys: list[CaKey], directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        self._mint = Mint(keys, directory=directory)
        population = self._mint.population
        self._accounts = accounts(population)
        self.tables: ChipTables = chip_tables(keys, population.revoked)
        self.file: bytes = build(self.tables)  # as a terminal has them
        names = [*EVERYDAY, *(name for name in population.cards if name not in EVERYDAY)]
        self.cards: dict[str, Card] = {
            name: self._accounts[name if name in self._accounts else f"{name}/1"] for name in names
        }
        self.taps = frozenset(
            name for name, entry in population.cards.items() if any(a.tap for a in entry.applications)
        )
        self.about = {
            name: EVERYDAY.get(name, ("", entry.about[:1].upper() + entry.about[1:]))
            for name, entry in population.cards.items()
        }

    def bank(self, bank: Fixture) -> Fixture:
        """The same bank with the accounts of these cards."""
        return replace(bank, cards=bank.cards | self._accounts, issuers=bank.issuers | self._mint.population.issuers)

    def chip(self, name: str) -> Chip:
        return Chip(self._mint.card(name))

    def antenna(self, name: str) -> Antenna:
        return Antenna(self._mint.card(name))
