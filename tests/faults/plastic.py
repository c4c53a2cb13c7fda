"""The chip cards of the explorer: the mint's, drawn out of the slot or the field where a schedule says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from host_tools.acquirer.chip_tables import chip_tables
from host_tools.cards.accounts import accounts
from host_tools.cards.entries import load
from host_tools.cards.issuer import AFTER, BEFORE
from host_tools.cards.minting import Mint
from host_tools.cards.scripts import PIN_CHANGE
from host_tools.flash.emv_tables import build
from host_tools.keys.authority import SCHEMES, CaKey
from tests.faults.points import Bend, Drawn, Pull

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host_tools.cards.application import Interface
    from host_tools.cards.card import Card

POPULATION: Final = load()
ONLINE, OFFLINE = "up-debit", "up-offline"  # who decides: the issuer, or the card
DECLINES: Final = "up-declines"
VISA, MASTERCARD = "visa-18", "mc-16"
# What the issuer wants of these cards goes with every answer to them: before the card has its last word, or after it.
SCRIPTED_BEFORE, SCRIPTED_AFTER = "up-online-pin", "up-long"
ACCOUNTS: Final = {
    name: accounts(POPULATION)[name]
    for name in (ONLINE, OFFLINE, DECLINES, VISA, MASTERCARD, SCRIPTED_BEFORE, SCRIPTED_AFTER)
}
SCRIPTS: Final = {ACCOUNTS[SCRIPTED_BEFORE].pan: BEFORE, ACCOUNTS[SCRIPTED_AFTER].pan: AFTER}
_APPLICATIONS: Final = Path(__file__).parent / "applications.yaml"
_INDEX, _BITS, _EXPONENT = 0xF1, 1408, 3  # of the CA's keys that the cards hang on
_OK: Final = b"\x90\0"
_GONE: Final = b""
_POWER_CUT: Final = b"\0"  # no status word is that short


@dataclass(frozen=True, slots=True)
class Scripts:
    """Of issuers' scripts: how many commands cards have done, and to how many the terminal has had an answer."""

    done: int = 0
    answered: int = 0

    def __add__(self, other: Scripts) -> Scripts:
        return Scripts(self.done + other.done, self.answered + other.answered)


class Plastic:
    """Keys are made when a row with a chip is begun."""

    def __init__(self) -> None:
        self.talk: list[tuple[int, int]] = []  # in this life: instruction, and bytes of the answer
        self.scripts = Scripts()  # since the cards are new
        self._random = Random()
        self._faults: dict[int, Pull | Bend] = {}
        self._issued: dict[str, Card] = {}
        self._card: Card | None = None  # in the slot, or the field

    @cached_property
    def _mint(self) -> Mint:
        keys = [
            CaKey(
                scheme,
                rid,
                _INDEX,
                date(2036, 12, 31),
                generate_private_key(public_exponent=_EXPONENT, key_size=_BITS),
            )
            for scheme, rid in SCHEMES.items()
        ]
        return Mint(keys, POPULATION, random=self._random.randbytes)

    @cached_property
    def tables(self) -> bytes:
        """The terminal's file."""
        return build(chip_tables(self._mint.ca_keys, path=_APPLICATIONS))

    def issue(self, seed: int) -> None:
        """New cards; what is random in them follows from `seed`."""
        self._random.seed(seed)
        self._issued.clear()
        self.scripts = Scripts()

    def begin(self, faults: Sequence[Pull | Bend]) -> None:
        """Another life."""
        self.talk = []
        self._faults = {fault.exchange: fault for fault in faults}

    def reset(self, name: str, interface: Interface) -> None:
        """Power for that card, by its contacts or its antenna."""
        if name not in self._issued:
            self._issued[name] = self._mint.card(name)
        self._card = self._issued[name]
        self._card.reset(interface)

    def exchange(self, command: bytes) -> bytes:
        """Data and status word; else what has happened before the card could answer."""
        assert self._card
        fault = self._faults.get(len(self.talk))
        answer = self._card.exchange(command)
        self.talk.append((command[1], len(answer)))
        if command[1] == PIN_CHANGE:
            self.scripts += Scripts(answer == _OK, not isinstance(fault, Pull))
        if isinstance(fault, Pull):
            return _GONE if fault.what is Drawn.OUT else _POWER_CUT
        if isinstance(fault, Bend):
            at = min(fault.byte, len(answer) - 1)
            return answer[:at] + bytes((answer[at] ^ 1 << at % 8,)) + answer[at + 1 :]
        return answer
