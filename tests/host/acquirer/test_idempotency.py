"""What is sent twice, too late, or about something else moves no money twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.host.acquirer.conftest import World
    from tests.host.acquirer.till import Changes


def spent(world: World, name: str = "plain") -> int:
    card = world.card(name)
    assert world.acquirer.ledger.check() == []
    return card.balance - world.acquirer.bank.balance(card.pan)


def test_a_repeated_sale_gets_94_and_is_charged_once(world: World) -> None:
    sale = world.till.sale_frame(world.card("plain"), 500)
    assert world.till.exchange(sale).fields[39] == "00"
    for _ in range(3):
        assert world.till.exchange(sale).fields[39] == "94"
    assert spent(world) == 500


def test_a_used_stan_gets_94_whatever_it_says_now(world: World) -> None:
    assert world.till.sale(world.card("plain"), 500, changes={11: "000777"}).fields[39] == "00"
    assert world.till.sale(world.card("long"), 900, changes={11: "000777"}).fields[39] == "94"
    assert spent(world, "long") == 0


def test_a_repeated_wrong_pin_counts_once(world: World) -> None:
    sale = world.till.sale_frame(world.card("plain"), pin="111111")
    assert world.till.exchange(sale).fields[39] == "55"
    for _ in range(5):
        assert world.till.exchange(sale).fields[39] == "94"
    assert world.till.sale(world.card("plain")).fields[39] == "00"


def test_a_stan_is_the_terminal_s_own(world: World) -> None:
    other = world.till_of("10000002")
    other.sign_in()
    for till in (world.till, other):
        assert till.sale(world.card("plain"), 100, changes={11: "000777"}).fields[39] == "00"
    assert spent(world) == 200
    assert counts(world) == [1, 1]
    sale = other.sale_frame(world.card("plain"), 100, changes={11: "000777"})
    assert other.reverse(sale).fields[39] == "00"
    assert counts(world) == [1, 0]
    assert spent(world) == 100


def counts(world: World) -> list[int]:
    return [world.acquirer.ledger.totals(tid, 1).count for tid in ("10000001", "10000002")]


def test_a_reversal_gives_the_money_back_once(world: World) -> None:
    sale = world.till.sale_frame(world.card("plain"), 500)
    assert world.till.exchange(sale).fields[39] == "00"
    for _ in range(3):
        assert world.till.reverse(sale).fields[39] == "00"
    assert spent(world) == 0
    totals = world.acquirer.ledger.totals("10000001", 1)
    assert (totals.count, totals.amount) == (0, 0)


def test_a_reversed_sale_cannot_be_sent_again(world: World) -> None:
    sale = world.till.sale_frame(world.card("plain"), 500)
    world.till.exchange(sale)
    world.till.reverse(sale)
    assert world.till.exchange(sale).fields[39] == "94"
    assert spent(world) == 0


def test_a_declined_sale_is_reversed_without_moving_money(world: World) -> None:
    sale = world.till.sale_frame(world.card("empty"))
    assert world.till.exchange(sale).fields[39] == "51"
    assert world.till.reverse(sale).fields[39] == "00"
    assert spent(world, "empty") == 0


def test_an_unknown_sale_is_answered_25_each_time(world: World) -> None:
    sale = world.till.sale_frame(world.card("plain"), 500)
    for _ in range(3):
        assert world.till.reverse(sale).fields[39] == "25"
    assert spent(world) == 0


def test_a_sale_that_arrives_after_its_reversal_is_refused(world: World) -> None:
    sale = world.till.sale_frame(world.card("plain"), 500)
    assert world.till.reverse(sale).fields[39] == "25"
    for _ in range(2):
        assert world.till.exchange(sale).fields[39] == "22"
    assert spent(world) == 0
    assert world.till.reverse(sale).fields[39] == "25"


def test_a_reversal_under_the_keys_of_a_later_session(world: World) -> None:
    sale = world.till.sale_frame(world.card("plain"), 500)
    assert world.till.exchange(sale).fields[39] == "00"
    world.till.sign_in()
    assert world.till.reverse(sale).fields[39] == "00"
    assert spent(world) == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [({4: "000000000499"}, "64"), ({4: "000000000501"}, "64"), ({2: "6200000000000000018"}, "22")],
    ids=["less", "more", "other card"],
)
def test_a_reversal_that_contradicts_its_sale(world: World, changes: Changes, code: str) -> None:
    sale = world.till.sale_frame(world.card("plain"), 500)
    assert world.till.exchange(sale).fields[39] == "00"
    assert world.till.reverse(sale, changes).fields[39] == code
    assert spent(world) == 500
    assert world.till.reverse(sale).fields[39] == "00"
    assert world.till.reverse(sale, changes).fields[39] == code
    assert spent(world) == 0


@pytest.mark.parametrize("changes", [{11: "000999"}, {60: "22000002000"}], ids=["STAN", "batch"])
def test_a_reversal_of_something_else_leaves_the_sale(world: World, changes: Changes) -> None:
    sale = world.till.sale_frame(world.card("plain"), 500)
    assert world.till.exchange(sale).fields[39] == "00"
    assert world.till.reverse(sale, changes).fields[39] == "25"
    assert spent(world) == 500


def test_a_sale_refused_before_it_counted_can_be_sent_right(world: World) -> None:
    wrong = world.till.sale_frame(world.card("plain"), 500, changes={11: "000777", 22: "022"})
    assert world.till.exchange(wrong).fields[39] == "30"
    assert world.till.sale(world.card("plain"), 500, changes={11: "000777"}).fields[39] == "00"
