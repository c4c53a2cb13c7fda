"""撤销: a sale of the open batch is taken back whole, once, and a void that got no answer is itself undone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from host_tools.acquirer.ledger import Totals
from tests.host.acquirer.conftest import TIDS, World

if TYPE_CHECKING:
    from tests.host.acquirer.till import Changes

VOID_REPLY = {2, 3, 4, 11, 12, 13, 14, 15, 25, 32, 37, 38, 39, 41, 42, 44, 49, 60, 63, 64}


def spent(world: World, name: str = "plain") -> int:
    card = world.card(name)
    assert world.acquirer.ledger.check() == []
    return card.balance - world.acquirer.bank.balance(card.pan)


@pytest.mark.parametrize("tid", TIDS.values(), ids=TIDS)
def test_a_void_gives_the_money_back_and_counts_beside_its_sale(fresh: World, tid: str) -> None:
    till = fresh.till_of(tid)
    till.sign_in()
    sold = till.sell(fresh.card("plain"), 500)
    reply = till.void(sold, pin=sold.card.pin)
    assert reply.fields.keys() == VOID_REPLY
    assert (reply.fields[39], reply.fields[4]) == ("00", "000000000500")
    assert reply.fields[37] != sold.reference
    assert reply.fields[44] == "01050000   48980000   "
    assert spent(fresh) == 0
    assert fresh.acquirer.ledger.sums(tid, 1) == {("sale", "CUP"): Totals(1, 500), ("void", "CUP"): Totals(1, 500)}


def test_no_pin_is_needed_but_a_wrong_one_counts(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    wrong = world.till.void_frame(sold, pin="111111")
    assert world.till.exchange(wrong).fields[39] == "55"
    for _ in range(5):
        assert world.till.exchange(wrong).fields[39] == "94"
    for _ in range(2):
        assert world.till.void(sold, pin="111111").fields[39] == "55"
    assert world.till.void(sold, pin="111111").fields[39] == "75"
    assert spent(world) == 500
    assert world.till.void(sold).fields[39] == "00"


def test_99_a_pin_block_under_another_key(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    world.till.pik = bytes(range(16))
    assert world.till.void(sold, pin="123456").fields[39] == "99"
    assert spent(world) == 500


@pytest.mark.parametrize(
    "changes",
    [
        {61: "000001000099"},
        {61: "000002000002"},
        {37: "632710999999"},
        {38: "000000"},
    ],
    ids=["STAN", "batch", "reference", "authorisation code"],
)
def test_25_no_such_sale(world: World, changes: Changes) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    assert world.till.void(sold, changes=changes).fields[39] == "25"
    assert spent(world) == 500


def test_25_another_terminal_s(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    other = world.till_of("10000002")
    other.sign_in()
    assert other.void(sold).fields[39] == "25"
    assert spent(world) == 500


def test_25_a_sale_of_the_batch_before(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    world.till.settle()
    world.till.sign_in()
    assert world.till.void(sold).fields[39] == "25"
    assert spent(world) == 500


def test_25_a_sale_without_the_host(world: World) -> None:
    sold = world.till.sold(world.card("plain"), world.till.offline(world.card("plain"), 500), "VOICE1")
    assert world.till.void(sold).fields[39] == "25"
    assert spent(world) == 500


def test_25_a_sale_that_was_declined(world: World) -> None:
    reply = world.till.sale(world.card("empty"), 500)
    assert reply.fields[39] == "51"
    reply.fields |= {38: "000000", 39: "00"}
    assert world.till.void(world.till.sold(world.card("empty"), reply)).fields[39] == "25"
    assert spent(world, "empty") == 0


@pytest.mark.parametrize("card", [{"pan": "6200000000000021"}, {"pan": "6200000000000062"}, {"service_code": "101"}])
def test_14_another_card(world: World, card: dict[str, str]) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    other = sold._replace(card=replace(sold.card, **card))  # type: ignore[arg-type]
    assert world.till.void(other).fields[39] == "14"
    assert spent(world) == 500


@pytest.mark.parametrize("amount", [499, 501])
def test_64_another_amount(world: World, amount: int) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    assert world.till.void(sold, amount).fields[39] == "64"
    assert spent(world) == 500


def test_12_a_sale_is_voided_once(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    assert world.till.void(sold).fields[39] == "00"
    assert world.till.void(sold).fields[39] == "12"
    assert spent(world) == 0


def test_12_what_was_reversed_or_refunded_is_not_voided(world: World) -> None:
    sale = world.till.sale_frame(world.card("plain"), 500)
    sold = world.till.sold(world.card("plain"), world.till.exchange(sale))
    assert world.till.reverse(sale).fields[39] == "00"
    assert world.till.void(sold).fields[39] == "12"
    sold = world.till.sell(world.card("plain"), 700)
    assert world.till.refund(sold, 1).fields[39] == "00"
    assert world.till.void(sold).fields[39] == "12"
    assert spent(world) == 699


def test_a_repeated_void_gets_94_and_is_done_once(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    void = world.till.void_frame(sold)
    assert world.till.exchange(void).fields[39] == "00"
    for _ in range(3):
        assert world.till.exchange(void).fields[39] == "94"
    assert spent(world) == 0


def test_94_a_stan_that_a_sale_has_used(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    assert world.till.void(sold, changes={11: sold.stan}).fields[39] == "94"
    assert world.till.void(sold, changes={11: "000777"}).fields[39] == "00"
    assert world.till.sale(world.card("plain"), changes={11: "000777"}).fields[39] == "94"
    assert spent(world) == 0


def test_a_reversed_void_leaves_the_sale_which_can_be_voided_again(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    void = world.till.void_frame(sold)
    assert world.till.exchange(void).fields[39] == "00"
    for _ in range(3):
        assert world.till.reverse(void).fields[39] == "00"
    assert spent(world) == 500
    assert world.acquirer.ledger.sums("10000001", 1) == {("sale", "CUP"): Totals(1, 500)}
    assert world.till.exchange(void).fields[39] == "94"
    assert world.till.void(sold).fields[39] == "00"
    assert world.till.reverse(void).fields[39] == "00"
    assert spent(world) == 0


def test_a_reversed_void_leaves_a_sale_that_can_be_refunded(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    void = world.till.void_frame(sold)
    world.till.exchange(void)
    assert world.till.refund(sold, 500).fields[39] == "12"
    world.till.reverse(void)
    assert world.till.refund(sold, 500).fields[39] == "00"
    assert spent(world) == 0


def test_a_void_that_was_refused_is_reversed_without_moving_money(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    void = world.till.void_frame(sold, 400)
    assert world.till.exchange(void).fields[39] == "64"
    assert world.till.reverse(void).fields[39] == "00"
    assert spent(world) == 500


def test_a_void_that_arrives_after_its_reversal_is_refused(world: World) -> None:
    void = world.till.void_frame(world.till.sell(world.card("plain"), 500))
    for _ in range(2):
        assert world.till.reverse(void).fields[39] == "25"
    assert world.till.exchange(void).fields[39] == "22"
    assert spent(world) == 500


def test_what_a_void_gave_back_may_have_been_spent_when_it_is_reversed(world: World) -> None:
    card = world.card("short-pin")
    void = world.till.void_frame(world.till.sell(card, card.balance))
    assert world.till.exchange(void).fields[39] == "00"
    assert world.till.sale(card, 600).fields[39] == "00"
    assert world.till.reverse(void).fields[39] == "00"
    assert spent(world, "short-pin") == card.balance + 600
    assert world.till.sale(card, 1).fields[39] == "51"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({4: "000000000499"}, "64"),
        ({2: "6200000000000021"}, "22"),
        ({61: "000001000099"}, "22"),
        ({3: "000000", 60: "22000001000", 61: None}, "22"),  # as though it had been a sale
        ({11: "000002"}, "22"),  # which is the sale's
        ({61: None}, "30"),
        ({61: "0000010000021123"}, "30"),
        ({3: "000000"}, "40"),
    ],
    ids=str,
)
def test_a_reversal_that_contradicts_its_void(world: World, changes: Changes, code: str) -> None:
    void = world.till.void_frame(world.till.sell(world.card("plain"), 500))
    assert world.till.exchange(void).fields[39] == "00"
    assert world.till.reverse(void, changes).fields[39] == code
    assert spent(world) == 0


def test_a_sale_that_was_voided_since_is_not_reversed(world: World) -> None:
    """Whoever voids a sale has had its answer."""
    sale = world.till.sale_frame(world.card("plain"), 500)
    sold = world.till.sold(world.card("plain"), world.till.exchange(sale))
    void = world.till.void_frame(sold)
    assert world.till.exchange(void).fields[39] == "00"
    assert world.till.reverse(sale).fields[39] == "22"
    assert spent(world) == 0
    world.till.reverse(void)
    assert world.till.reverse(sale).fields[39] == "00"
    assert spent(world) == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [({number: None}, "30") for number in (2, 4, 14, 22, 35, 37, 38, 49, 61)]
    + [
        ({61: "00000100002"}, "30"),
        ({61: "0000010000021123"}, "30"),
        ({35: "6200000000000021D351212000000123456"}, "30"),
        ({22: "021"}, "30"),  # a PIN that did not come
        ({4: "000000000000"}, "13"),
        ({60: "23000002000"}, "77"),
        ({22: "012"}, "40"),
        ({25: "06"}, "40"),
        ({3: "000000"}, "40"),
        ({60: "22000001000"}, "40"),
        ({64: None}, "A0"),
    ],
    ids=str,
)
def test_a_void_that_is_not_kept(world: World, changes: Changes, code: str) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    assert world.till.void(sold, changes={11: "000777", **changes}).fields[39] == code
    assert spent(world) == 500
    assert world.till.void(sold, changes={11: "000777"}).fields[39] == "00"
