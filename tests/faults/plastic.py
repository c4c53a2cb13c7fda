"""The chip cards of the explorer: the mint's, drawn out of the slot where a schedule says so."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from host_tools.acquirer.chip_tables import chip_tables
from host_tools.cards.accounts import accounts
from host_tools.cards.entries import load
from host_tools.cards.minting import Mint
from host_tools.flash.emv_tables import build
from host_tools.keys.authority import SCHEMES, CaKey
from tests.faults.points import Drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host_tools.cards.card import Card
    from tests.faults.points import Pull

POPULATION: Final = load()
ONLINE, OFFLINE = "up-debit", "up-offline"  # who decides: the issuer, or the card
ACCOUNTS: Final = {name: accounts(POPULATION)[name] for name in (ONLINE, OFFLINE)}
_APPLICATIONS: Final = Path(__file__).parent / "applications.yaml"
_SCHEME: Final = "UnionPay"
_INDEX, _BITS, _EXPONENT = 0xF1, 1408, 3  # of the CA's key that the cards hang on
_GONE: Final = b""
_POWER_CUT: Final = b"\0"  # no status word is that short


class Plastic:
    """Keys are made when a row with a chip is begun."""

    def __init__(self) -> None:
        self.exchanges = 0  # in this life
        self._random = Random()
        self._pulls: dict[int, Drawn] = {}
        self._issued: dict[str, Card] = {}
        self._card: Card | None = None  # in the slot

    @cached_property
    def _mint(self) -> Mint:
        private = generate_private_key(public_exponent=_EXPONENT, key_size=_BITS)
        key = CaKey(_SCHEME, SCHEMES[_SCHEME], _INDEX, date(2036, 12, 31), private)
        return Mint([key], POPULATION, random=self._random.randbytes)

    @cached_property
    def tables(self) -> bytes:
        """The terminal's file."""
        return build(chip_tables(self._mint.ca_keys, path=_APPLICATIONS))

    def issue(self, seed: int) -> None:
        """New cards; what is random in them follows from `seed`."""
        self._random.seed(seed)
        self._issued.clear()

    def begin(self, pulls: Sequence[Pull]) -> None:
        """Another life."""
        self.exchanges = 0
        self._pulls = {pull.exchange: pull.what for pull in pulls}

    def reset(self, name: str) -> None:
        if name not in self._issued:
            self._issued[name] = self._mint.card(name)
        self._card = self._issued[name]
        self._card.reset()

    def exchange(self, command: bytes) -> bytes:
        """Data and status word; else what has happened before the card could answer."""
        assert self._card
        what = self._pulls.get(self.exchanges)
        self.exchanges += 1
        answer = self._card.exchange(command)
        if what is None:
            return answer
        return _GONE if what is Drawn.OUT else _POWER_CUT
