"""The population's file: what stands in it, what is refused, and what the bank and the stripes make of it."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
import yaml

from host_tools.acquirer.bank import Bank
from host_tools.acquirer.cards import tracks
from host_tools.acquirer.fixture import load as load_bank
from host_tools.acquirer.fixture import open_bank
from host_tools.acquirer.ledger import Ledger
from host_tools.cards.accounts import accounts
from host_tools.cards.entries import POPULATION, PopulationError, cvm_list, load, track_2
from host_tools.keys.authority import SCHEMES

CARDS = load()


def test_worth_having() -> None:
    """What is asked of a population is in it."""
    applications = [each for card in CARDS.cards.values() for each in card.applications]
    assert {each.oda for each in applications} == {"none", "SDA", "DDA", "CDA"}
    assert {each.product.aid for each in applications} == {
        "A000000333010101",
        "A000000333010102",
        "A000000333010103",
        "A0000000031010",
        "A0000000041010",
    }
    assert {each.way for each in applications} == {"PBOC", "Visa 10", "Visa 18", "Mastercard 16", "Mastercard 20"}
    assert {card.protocol for card in CARDS.cards.values()} == {"T=0", "T=1"}
    assert {each.tap for each in applications} == {"", "online", "offline", "declines", "insert"}
    codes = {rule & 0x3F for each in applications for rule in each.cvm[8::2]}
    assert codes == {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x1E, 0x1F, 0x20}
    assert len({each.pan for each in applications}) == len(applications)
    assert set(CARDS.issuers) == set(SCHEMES)


def test_cvm_lists() -> None:
    rules = ["plain PIN if supported, or next", "enciphered PIN and signature if under X, or next", "no CVM"]
    assert cvm_list(rules, x=0x0102, y=3).hex() == "0000010200000003" + "4103" + "4506" + "1f00"


def test_neither_track_makes_the_other() -> None:
    applications = [each for card in CARDS.cards.values() for each in card.applications]
    for account, application in zip(accounts(CARDS).values(), applications, strict=True):
        assert account.pan == application.pan
        equivalent = track_2(application).hex().rstrip("f").replace("d", "=")
        stripe = tracks(account)[1]
        assert len(stripe) <= 40
        assert len(stripe) == len(equivalent) + 3
        assert stripe[1:-2][:-8] == equivalent[:-8]
        assert stripe[1:-2][-8:] != equivalent[-8:]


def test_the_bank_takes_them_all() -> None:
    with closing(open_bank(load_bank())) as store, store.transaction():
        bank, ledger = Bank(store), Ledger(store)
        for account in accounts(CARDS).values():
            bank.issue(account, ledger.open_account(f"cardholder {account.name}", account.balance))
            assert bank.balance(account.pan) == account.balance
    assert {name for name in accounts(CARDS) if name.startswith("three")} == {"three/1", "three/2", "three/3"}
    expired = accounts(CARDS)["up-expired"]
    assert expired.expiry < f"{date(2026, 11, 23):%y%m}"


BROKEN = [
    (("cards", "up-debit", "pan"), "6200000000000010", "Luhn"),
    (("cards", "up-debit", "product"), "unheard", "unheard"),
    (("cards", "up-debit", "oda"), "XDA", "oda"),
    (("cards", "up-debit", "spoil"), "milk", "spoil"),
    (("cards", "up-debit", "cvm"), "none at all", "none at all"),
    (("cards", "up-debit", "decides"), "later", "decides"),
    (("cards", "up-debit", "tap"), "often", "taps"),
    (("cards", "up-debit", "protocol"), "T=2", "protocol"),
    (("cards", "up-debit", "card_bits"), 2048, "longer"),
    (("cards", "up-debit", "method"), "Visa 99", "version"),
    (("cards", "up-debit", "colour"), "red", "colour"),
    (("issuers", "Visa", "ac"), "0123", "16 bytes"),
    (("cvm_lists", "standard", "rules"), ["by voice"], "by voice"),
    (("cvm_lists", "standard", "rules"), ["signature if it rains"], "rains"),
]


@pytest.mark.parametrize(("path", "value", "why"), BROKEN)
def test_refused(tmp_path: Path, path: tuple[str, ...], value: object, why: str) -> None:
    tree = yaml.safe_load(POPULATION.read_text("utf-8"))
    place = tree
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    broken = tmp_path / "broken.yaml"
    broken.write_text(yaml.safe_dump(tree))
    with pytest.raises(PopulationError, match=why):
        load(broken)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(PopulationError):
        load(tmp_path / "missing.yaml")
