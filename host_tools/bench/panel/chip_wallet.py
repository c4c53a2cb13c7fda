"""The wallet's chip cards: real keys under a test CA that the terminal has been told of, counters that are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from host_tools.acquirer.chip_tables import ChipTables, chip_tables
from host_tools.cards.accounts import accounts
from host_tools.cards.minting import Mint
from host_tools.cards.plastic import Antenna, Chip

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.acquirer.fixture import Fixture
    from host_tools.keys.authority import CaKey

# Of the population, those that a wallet is worth having for, and what they are called there.
CARDS: Final = {
    "up-debit": ("芯片借记卡", "Chip debit"),
    "up-credit": ("签名", "Signs"),
    "up-plain-pin": ("脱机密码", "Offline PIN"),
    "up-offline": ("无需密码", "No PIN"),
    "up-phone": ("手机", "Phone"),
    "visa-10": ("外卡芯片", "Foreign chip"),
    "mc-16": ("外卡芯片", "Foreign chip"),
    "up-declines": ("卡片拒绝", "Declines"),
    "up-copy-cda": ("复制卡", "A copy"),
}


class ChipWallet:
    """`keys` are the test CA's; cards keep their state in `directory`."""

    def __init__(self, keys: list[CaKey], directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        self._mint = Mint(keys, directory=directory)
        self.tables: ChipTables = chip_tables(keys, self._mint.population.revoked)

    def bank(self, bank: Fixture) -> Fixture:
        """The same bank with the accounts of these cards."""
        population = self._mint.population
        found = accounts(population)
        cards = bank.cards | {name: found[name] for name in CARDS}
        return replace(bank, cards=cards, issuers=bank.issuers | population.issuers)

    def chip(self, name: str) -> Chip:
        return Chip(self._mint.card(name))

    def antenna(self, name: str) -> Antenna:
        return Antenna(self._mint.card(name))
