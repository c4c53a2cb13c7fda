"""小费: what is added to a sale, once and within its percentage; and the balance that somebody asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host_tools.acquirer import spec
from host_tools.acquirer.ledger import Totals
from tests.host.acquirer.conftest import TID, World

if TYPE_CHECKING:
    from tests.host.acquirer.till import Changes


def spent(world: World, name: str = "plain") -> int:
    card = world.card(name)
    assert world.acquirer.ledger.check() == []
    return card.balance - world.acquirer.bank.balance(card.pan)


def test_a_tip_is_a_debit_beside_its_sale_and_comes_once(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 1000)
    assert world.till.tip(sold, 101).fields[39] == "61"
    frame = world.till.tip_frame(sold, 100)
    assert world.till.exchange(frame).fields[39] == "00"
    assert world.till.exchange(frame).fields[39] == "94"
    assert world.till.tip(sold, 1).fields[39] == "12"
    assert world.till.void(sold).fields[39] == "12"
    assert spent(world) == 1100
    assert world.acquirer.ledger.sums(TID, 1) == {("sale", "CUP"): Totals(1, 1000), ("tip", "CUP"): Totals(1, 100)}


@pytest.mark.parametrize(
    ("tip", "code"), [("000000000100", "00"), ("000000000000", "00"), ("000000000101", "61"), ("00000000100", "30")]
)
def test_a_tip_within_a_sale_is_no_more_than_one_beside_it(world: World, tip: str, code: str) -> None:
    reply = world.till.sale(world.card("plain"), 1100, changes={48: tip})
    assert reply.fields[39] == code
    assert spent(world) == (1100 if code == "00" else 0)


def test_an_offline_sale_is_adjusted_and_nothing_else_is(world: World) -> None:
    card = world.card("plain")
    offline = world.till.sold(card, world.till.offline(card, 1000), "VOICE1")
    assert world.till.tip(offline, 50).fields[39] == "25"
    assert world.till.tip(offline, 50, "32").fields[39] == "00"
    assert world.till.tip(world.till.sell(card, 1000), 50, "32").fields[39] == "25"
    assert spent(world) == 2050


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({4: "000000001150"}, "64"),  # of another sale than this one
        ({2: "6200000000000000018", 14: "3406"}, "14"),
        ({61: "000001000099"}, "25"),
        ({48: "0" * 12, 4: "000000001000"}, "13"),
        ({48: "100"}, "30"),
        ({13: "1323"}, "30"),
    ],
    ids=str,
)
def test_what_is_not_of_the_sale_adds_nothing(world: World, changes: Changes, code: str) -> None:
    sold = world.till.sell(world.card("plain"), 1000)
    assert world.till.tip(sold, 100, changes=changes).fields[39] == code
    assert spent(world) == 1000


def test_a_voided_sale_gets_no_tip(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 1000)
    world.till.void(sold)
    assert world.till.tip(sold, 100).fields[39] == "12"
    assert spent(world) == 0


def test_58_an_order_by_telephone_from_a_terminal_that_may_not(world: World) -> None:
    card = world.card("plain")
    keyed = {22: "012", 25: "08", 26: None, 35: None, 52: None, 53: None}
    assert world.till.sale(card, 100, changes=keyed).fields[39] == "58"
    assert spent(world) == 0


def test_a_balance_is_what_can_be_spent_and_leaves_no_trace_in_the_books(world: World) -> None:
    card = world.card("plain")
    world.till.hold(card, 1000)
    frame = world.till.sale_frame(card, changes={3: "310000", 4: None, 60: f"01{world.till.batch}000"})
    for _ in range(2):
        reply = world.till.exchange(frame)
        assert (reply.fields[39], reply.fields[54]) == ("00", f"1002156C{card.balance - 1000:012d}")
    assert spec.decode(frame).fields[11] not in [
        stan for (stan,) in world.store.db.execute("SELECT stan FROM txn").fetchall()
    ]
    wrong = world.till.sale_frame(card, pin="111111", changes={3: "310000", 4: None, 60: f"01{world.till.batch}000"})
    assert [world.till.exchange(wrong).fields[39] for _ in range(4)] == ["55", "55", "55", "75"]
