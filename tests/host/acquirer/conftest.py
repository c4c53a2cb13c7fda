"""The test bank at ten in the morning of 23 November 2026, and a signed-in terminal in front of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import TYPE_CHECKING

import pytest

from host_tools.acquirer import fixture
from host_tools.acquirer.host import Acquirer
from tests.host.acquirer.till import Till

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from host_tools.acquirer.cards import Card
    from host_tools.acquirer.store import Store
    from host_tools.acquirer.trace import Record
    from tests.plugins.postgresql import Cluster

BEIJING = timezone(timedelta(hours=8))
# The tests that are of the books, by their modules: what is true on SQLite must be on PostgreSQL.
ON_POSTGRESQL = (
    "test_advices",
    "test_authorisations",
    "test_books",
    "test_chip_advices",
    "test_idempotency",
    "test_sessions",
    "test_settlement",
    "test_voids",
    "test_wallets",
)
TIDS = {"tdes": "10000001", "aes": "10000003", "sm4": "10000004"}
TID = TIDS["tdes"]


def seeded(seed: str = "") -> Callable[[int], bytes]:
    """A source of bytes that gives the same ones each time."""
    turn = count()
    return lambda length: hashlib.shake_128(f"{seed}{next(turn)}".encode()).digest(length)


class Database:
    """Where the next World keeps its books: SQLite in memory, or a PostgreSQL."""

    cluster: Cluster | None = None

    @classmethod
    def fresh(cls) -> str:
        return cls.cluster.bank(_opened) if cls.cluster else ":memory:"


def _opened(url: str) -> None:
    fixture.open_bank(fixture.load(), url).close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] in ON_POSTGRESQL:
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True, scope="module")


@pytest.fixture(scope="module", autouse=True)
def database(request: pytest.FixtureRequest) -> Iterator[None]:
    """All of a module's tests on one, then on the other."""
    if getattr(request, "param", "sqlite") == "postgresql":
        Database.cluster = request.getfixturevalue("postgresql")
    yield
    Database.cluster = None


@dataclass
class World:
    now: datetime = datetime(2026, 11, 23, 10, 0, 0, tzinfo=BEIJING)
    bank: fixture.Fixture = field(default_factory=fixture.load, repr=False)
    database: str = field(default_factory=Database.fresh)
    records: list[Record] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.store: Store = fixture.open_bank(self.bank, self.database)
        self.acquirer = Acquirer(self.store, now=lambda: self.now, random=seeded(), tracer=self.records.append)
        self.till = self.till_of(TID)

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def till_of(self, tid: str) -> Till:
        return Till(self.acquirer.answer, self.bank.terminals[tid])

    def card(self, name: str) -> Card:
        return self.bank.cards[name]

    def balances(self) -> dict[str, int]:
        return {card.name: self.acquirer.bank.balance(card.pan) for card in self.bank.cards.values()}


@pytest.fixture
def fresh() -> Iterator[World]:
    """A terminal that has not signed in."""
    with World() as world:
        yield world


@pytest.fixture
def world(fresh: World) -> World:
    fresh.till.sign_in()
    return fresh


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """For examples that need no world of their own."""
    with World() as world:
        world.till.sign_in()
        yield world
