"""A test CA and the whole population, minted once for all tests of cards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from host_tools.cards.card import Card
from host_tools.cards.issuer import Issuer, Verdict
from host_tools.cards.minting import Mint
from host_tools.keys.authority import Authority, CaKey
from tests.host.cards.kernel import Ask, Kernel

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="session")
def ca_keys(tmp_path_factory: pytest.TempPathFactory) -> list[CaKey]:
    return Authority(tmp_path_factory.mktemp("authority")).make(TODAY)


@pytest.fixture(scope="session")
def mint(ca_keys: list[CaKey]) -> Mint:
    """Its cards are new ones at each call: they keep no state."""
    return Mint(ca_keys)


@pytest.fixture(scope="session")
def issuer(mint: Mint) -> Issuer:
    return Issuer(mint.population.issuers)


@pytest.fixture(scope="session")
def verify(issuer: Issuer) -> Ask:
    def judged(f55: dict[int, bytes], card: Card) -> Verdict:
        """By the account of the application that was used."""
        name = f55[0x84]
        entry = next(each.entry for each in card.applications if each.aid == name)
        return issuer.verify(f55, entry.pan, entry.psn, int(f55[0x9F02].hex()))

    return judged


@pytest.fixture(scope="module")
def kernel(mint: Mint, ca_keys: list[CaKey]) -> Iterator[Kernel]:
    with Kernel(mint, ca_keys) as kernel:
        yield kernel
