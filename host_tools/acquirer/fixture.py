"""A bank from a YAML file: who has a terminal, who has a card, what is in the accounts on the first day."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from host_tools.acquirer.bank import Bank
from host_tools.acquirer.cards import Card, tracks
from host_tools.acquirer.ledger import Ledger
from host_tools.acquirer.store import Store, StoreError
from host_tools.acquirer.suites import suite_named
from host_tools.acquirer.terminals import Enrolment, Terminals
from host_tools.cards.cryptograms import MasterKeys

__all__ = ["BANK", "Enrolment", "Fixture", "FixtureError", "load", "open_bank"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same, in C where there is one

BANK = Path(__file__).parent / "fixtures" / "bank.yaml"


class FixtureError(ValueError):
    """The file does not describe a bank; the text says where."""


@dataclass(frozen=True, slots=True)
class Fixture:
    """`institution` is the acquirer's own number (8 to 11 digits); the keys are 32 and 16 bytes."""

    institution: str
    master_key: bytes = field(repr=False)
    pvk: bytes = field(repr=False)
    terminals: dict[str, Enrolment]  # by TID
    cards: dict[str, Card]  # by the name they have in the file
    issuers: dict[str, MasterKeys] = field(default_factory=dict)  # of chip cards, by scheme

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9]{8,11}", self.institution):
            raise ValueError("institution is not of 8 to 11 digits")
        if (len(self.master_key), len(self.pvk)) != (32, 16):
            raise ValueError("master key is not of 32 bytes, or PVK not of 16")


def load(path: Path = BANK) -> Fixture:
    """Read and check a fixture file; raises FixtureError."""
    try:
        tree: Any = yaml.load(path.read_text(encoding="utf-8"), _LOADER)
        terminals = [_enrolment(row) for row in tree["terminals"]]
        cards = {name: Card(name=name, **row) for name, row in tree["cards"].items()}
        for card in cards.values():
            tracks(card)
        return Fixture(
            institution=tree["institution"],
            master_key=bytes.fromhex(tree["master_key"]),
            pvk=bytes.fromhex(tree["pvk"]),
            terminals={terminal.tid: terminal for terminal in terminals},
            cards=cards,
            issuers={
                scheme: MasterKeys(**{name: bytes.fromhex(key) for name, key in keys.items()})
                for scheme, keys in tree.get("issuers", {}).items()
            },
        )
    except KeyError as error:
        raise FixtureError(f"{path.name}: {error} is missing") from error
    except (AttributeError, OSError, TypeError, ValueError, yaml.YAMLError) as error:
        raise FixtureError(f"{path.name}: {error}") from error


def _enrolment(row: dict[str, Any]) -> Enrolment:
    suite = suite_named(row.get("suite", "tdes"))
    return Enrolment(**{**row, "tmk": bytes.fromhex(row["tmk"]), "suite": suite})


def open_bank(fixture: Fixture, database: str = ":memory:") -> Store:
    """The store of this bank: founded from the fixture, or as it was left if the file `database` holds one.

    StoreError if what the file holds is of another version or another bank's.
    """
    store = Store(database, fixture.master_key)
    with ExitStack() as on_failure:
        on_failure.callback(store.close)
        with store.transaction():
            store.hold()
            if not store.founded:
                store.found(fixture.institution, fixture.pvk)
                _populate(store, fixture)
            elif store.pvk != fixture.pvk:
                raise StoreError("the store is another bank's than the fixture")
        on_failure.pop_all()
    return store


def _populate(store: Store, fixture: Fixture) -> None:
    ledger, bank, terminals = Ledger(store), Bank(store), Terminals(store)
    for terminal in fixture.terminals.values():
        terminals.enrol(terminal)
    for card in fixture.cards.values():
        account = ledger.open_account(f"cardholder {card.name}", card.balance)
        bank.issue(card, account)
