"""The books stay balanced whatever comes in, and say so when they are not."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from host_tools.acquirer.ledger import LedgerError
from tests.host.acquirer.conftest import Database, World

if TYPE_CHECKING:
    from host_tools.acquirer.host import Acquirer

INTEGRITY = (sqlite3.IntegrityError, psycopg.errors.IntegrityError)
CARDS = ("plain", "long", "empty", "expired", "lost", "short-pin", "foreign", "named")


class Shop(RuleBasedStateMachine):
    """Sales, reversals, repetitions and late arrivals in any order, against a model that only counts."""

    @initialize()
    def open(self) -> None:
        self.world = World()
        self.world.till.sign_in()
        self.expected = {name: self.world.card(name).balance for name in CARDS}
        self.taken: dict[bytes, tuple[str, int]] = {}  # approved and not reversed
        self.sales: list[tuple[bytes, str, int]] = []
        self.seen: set[bytes] = set()
        self.reversed: set[bytes] = set()

    def teardown(self) -> None:
        self.world.store.close()

    @rule(
        name=st.sampled_from(CARDS),
        amount=st.integers(0, 3_000_000),
        right_pin=st.booleans(),
        arrives=st.booleans(),
    )
    def sell(self, name: str, amount: int, right_pin: bool, arrives: bool) -> None:
        card = self.world.card(name)
        sale = self.world.till.sale_frame(card, amount, pin=card.pin if right_pin else "999999")
        self.sales.append((sale, name, amount))
        if arrives:
            self._arrive(sale, name, amount)

    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        if self.sales:
            self._arrive(*data.draw(st.sampled_from(self.sales)))

    @rule(data=st.data(), times=st.integers(1, 3))
    def reverse(self, data: st.DataObject, times: int) -> None:
        if not self.sales:
            return
        sale, name, _ = data.draw(st.sampled_from(self.sales))
        for _ in range(times):
            code = self.world.till.reverse(sale).fields[39]
            assert code == ("00" if sale in self.seen else "25")
        self.reversed.add(sale)
        if sale in self.taken:
            self.expected[name] += self.taken.pop(sale)[1]

    @rule()
    def sign_in_again(self) -> None:
        self.world.till.sign_in()

    def _arrive(self, sale: bytes, name: str, amount: int) -> None:
        code = self.world.till.exchange(sale).fields[39]
        if code == "00":
            assert sale not in self.seen | self.reversed
            self.taken[sale] = (name, amount)
            self.expected[name] -= amount
        if code not in ("13", "22", "94", "A0"):  # those keep nothing of it
            self.seen.add(sale)

    @invariant()
    def books_are_sound(self) -> None:
        acquirer: Acquirer = self.world.acquirer
        assert acquirer.ledger.check() == []
        assert self.world.balances() == self.expected
        assert min(self.expected.values()) >= 0
        totals = acquirer.ledger.totals("10000001", 1)
        assert totals.count == len(self.taken)
        assert totals.amount == sum(amount for _, amount in self.taken.values())


def test_a_day_of_anything() -> None:
    some = 10 if Database.cluster else 40  # which is slower
    how = settings(max_examples=some, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow])
    run_state_machine_as_test(Shop, settings=how)


def test_the_merchant_holds_what_the_cards_have_paid(world: World) -> None:
    for name, amount in (("plain", 100), ("long", 250), ("plain", 7)):
        assert world.till.sale(world.card(name), amount).fields[39] == "00"
    (account,) = world.store.db.execute("SELECT account FROM merchant").fetchone()
    assert world.acquirer.ledger.balance(account) == 357


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posting SET amount = amount + 1",
        "DELETE FROM posting",
        "UPDATE entry SET at = ''",
        "DELETE FROM entry",
    ],
)
def test_the_books_are_append_only(world: World, statement: str) -> None:
    with pytest.raises(world.store.errors, match="append-only"):
        world.store.db.execute(statement)


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE account SET balance = balance + 1 WHERE name = 'cardholder plain'", "balances sum to 1"),
        (
            "UPDATE account SET balance = balance + 1 WHERE name = 'cardholder plain'",
            "cardholder plain is not the sum",
        ),
        ("UPDATE posting SET amount = amount + 1 WHERE rowid_of = 'one'", "does not balance"),
        ("INSERT INTO entry (at) VALUES (NULL)", "has no postings"),
        ("UPDATE entry SET reverses = 1 WHERE id = (SELECT max(id) FROM entry)", "does not mirror"),
        ("UPDATE txn SET code = '51' WHERE kind = 'sale'", "disagree on whether money moved"),
        ("UPDATE txn SET code = '51' WHERE kind = 'refund'", "refund 10000001 000001 000003 and the books disagree"),
        ("UPDATE txn SET amount = 99 WHERE kind = 'sale'", "disagree on how much the card paid or got"),
        ("UPDATE txn SET pan = '6200000000000021' WHERE kind = 'refund'", "disagree on how much the card paid or got"),
        ("UPDATE txn SET amount = 101 WHERE kind = 'refund'", "more was taken back than 10000001 000001 000002 was of"),
    ],
)
def test_a_check_that_finds_damage(world: World, damage: str, found: str) -> None:
    world.till.refund(world.till.sell(world.card("plain")), 40)
    assert world.acquirer.ledger.check() == []
    if world.store.is_sqlite:
        for trigger in ("posting_stands", "entry_stands"):
            world.store.db.execute(f"DROP TRIGGER {trigger}")
    else:
        world.store.db.execute("SET session_replication_role = replica")  # for which no trigger fires
    damage = damage.replace("rowid_of = 'one'", "entry = (SELECT max(entry) FROM posting) AND amount > 0")
    world.store.db.execute(damage)
    assert any(found in problem for problem in world.acquirer.ledger.check())


def test_no_account_but_the_vault_goes_below_zero(world: World) -> None:
    with pytest.raises(INTEGRITY), world.store.transaction():
        world.acquirer.ledger.transfer(
            account(world, "cardholder empty"), account(world, "cardholder plain"), 1, world.now
        )
    assert world.acquirer.ledger.check() == []


@pytest.mark.parametrize("amount", [0, -1])
def test_a_transfer_is_of_something(world: World, amount: int) -> None:
    with pytest.raises(LedgerError):
        world.acquirer.ledger.transfer(
            account(world, "cardholder plain"), account(world, "cardholder empty"), amount, world.now
        )


def test_an_entry_is_mirrored_once(world: World) -> None:
    ledger = world.acquirer.ledger
    with world.store.transaction():
        entry = ledger.transfer(account(world, "cardholder plain"), account(world, "cardholder empty"), 5, world.now)
        ledger.reverse(entry, world.now)
    with pytest.raises(INTEGRITY), world.store.transaction():
        ledger.reverse(entry, world.now)
    with pytest.raises(LedgerError):
        ledger.reverse(10_000, world.now)
    assert ledger.check() == []


def account(world: World, name: str) -> int:
    (number,) = world.store.db.execute(f"SELECT id FROM account WHERE name = '{name}'").fetchone()
    return int(number)
