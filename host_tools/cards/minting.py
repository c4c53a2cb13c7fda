"""Making cards of entries: the issuers' key pairs under the test CA, and each card's own.

Key pairs are made when the first card needs them, and live as long as the mint: certificates of one mint are no good
under another one's issuers, but each terminal that has the CA's keys takes both.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from host_tools.cards.application import Keys
from host_tools.cards.card import Card, Random
from host_tools.cards.cryptograms import METHODS
from host_tools.cards.entries import load
from host_tools.cards.personalisation import personalise
from host_tools.cards.state import ApplicationState, CardState

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.cards.application import Application
    from host_tools.cards.entries import ApplicationEntry, Population
    from host_tools.keys.authority import CaKey


class Mint:
    """`ca_keys` are the test CA's (host_tools.keys.authority); cards keep their state in `directory`, if there is one.

    `random` gives the cards' own numbers; key pairs come from OpenSSL's.
    """

    def __init__(
        self,
        ca_keys: list[CaKey],
        population: Population | None = None,
        directory: Path | None = None,
        random: Random = secrets.token_bytes,
    ) -> None:
        self.population = population or load()
        self.ca_keys = ca_keys
        self._ca = {(key.scheme, key.index): key for key in ca_keys}
        self._issuers: dict[tuple[str, int, int], RSAPrivateKey] = {}
        self._applications: dict[str, list[Application]] = {}
        self._directory = directory
        self._random = random

    def card(self, name: str) -> Card:
        """A card of this name, as it was left; KeyError if there is none."""
        entry = self.population.cards[name]
        path = None if self._directory is None else self._directory / f"{name}.json"
        if path is not None and path.exists():
            state = CardState.load(path)
        else:
            state = CardState(entry.pin, entry.tries, entry.card_blocked)
            for application in entry.applications:
                state.applications[application.aid.hex()] = ApplicationState(blocked=application.blocked)
        if name not in self._applications:
            self._applications[name] = [self._application(each) for each in entry.applications]
        return Card(entry, self._applications[name], state, path, self._random)

    def _application(self, entry: ApplicationEntry) -> Application:
        scheme = entry.product.scheme
        ca = self._ca[scheme, entry.ca]
        issuer = self._issuers.get((scheme, entry.ca, entry.issuer_bits))
        if issuer is None:
            issuer = _pair(entry.issuer_bits, ca.exponent)
            self._issuers[scheme, entry.ca, entry.issuer_bits] = issuer
        card = _pair(entry.card_bits, ca.exponent)
        pin = _pair(entry.pin_bits, 3) if entry.pin_bits else None
        cryptograms = METHODS[entry.way](self.population.issuers[scheme], entry.pan, entry.psn)
        return personalise(entry, Keys(ca, issuer, card, pin), cryptograms)


def _pair(bits: int, exponent: int) -> RSAPrivateKey:
    return generate_private_key(public_exponent=exponent, key_size=bits)
