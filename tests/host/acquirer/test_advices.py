"""退货 and 离线结算: what the terminal tells of until it is answered, and what is done of it once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from host_tools.acquirer import spec
from host_tools.acquirer.ledger import Totals
from tests.host.acquirer.conftest import TIDS, World

if TYPE_CHECKING:
    from tests.host.acquirer.till import Changes

ADVICE_REPLY = {2, 3, 4, 11, 12, 13, 14, 15, 25, 32, 37, 38, 39, 41, 42, 44, 49, 60, 63, 64}


def spent(world: World, name: str = "plain") -> int:
    card = world.card(name)
    assert world.acquirer.ledger.check() == []
    return card.balance - world.acquirer.bank.balance(card.pan)


def next_batch(world: World) -> None:
    """Settle, and sign in to the batch after."""
    world.till.settle()
    world.till.sign_in()


# -- refund ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tid", TIDS.values(), ids=TIDS)
def test_a_refund(fresh: World, tid: str) -> None:
    till = fresh.till_of(tid)
    till.sign_in()
    sold = till.sell(fresh.card("foreign"), 500)
    reply = till.refund(sold, 200)
    assert reply.fields.keys() == ADVICE_REPLY
    assert (reply.fields[39], reply.fields[4], reply.fields[63]) == ("00", "000000000200", "VIS")
    assert spent(fresh, "foreign") == 300
    assert fresh.acquirer.ledger.sums(tid, 1) == {("sale", "VIS"): Totals(1, 500), ("refund", "VIS"): Totals(1, 200)}


def test_61_refunds_come_to_the_original_s_amount_and_no_more(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    assert world.till.refund(sold, 501).fields[39] == "61"
    assert [world.till.refund(sold, amount).fields[39] for amount in (300, 201, 200, 1)] == ["00", "61", "00", "61"]
    assert spent(world) == 0


def test_a_refund_weeks_later_in_another_batch(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    for _ in range(3):
        world.now += timedelta(days=9)
        next_batch(world)
        assert world.till.refund(sold, 100).fields[39] == "00"
    assert spent(world) == 200
    assert world.acquirer.ledger.sums("10000001", 4) == {("refund", "CUP"): Totals(1, 100)}
    assert world.till.refund(sold, 201).fields[39] == "61"


def test_a_sale_without_the_host_is_refunded_by_the_day_it_was_made(world: World) -> None:
    card = world.card("plain")
    reply = world.till.offline(card, 500, {13: "1101"})
    sold = world.till.sold(card, reply, "VOICE1")._replace(day="1101")
    assert world.till.refund(sold, 500).fields[39] == "00"
    assert spent(world) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {61: "0000010000991123"},
        {61: "0000020000021123"},
        {61: "0000010000021120"},
        {37: "632710999999"},
        {38: "000000"},
    ],
    ids=["STAN", "batch", "day", "reference", "authorisation code"],
)
def test_25_no_such_original(world: World, changes: Changes) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    assert world.till.refund(sold, 500, changes).fields[39] == "25"
    assert spent(world) == 500


@pytest.mark.parametrize("day", ["1122", "1124"])
def test_two_clocks_may_differ_about_midnight(world: World, day: str) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    assert world.till.refund(sold._replace(day=day), 500).fields[39] == "00"


def test_a_refund_may_have_the_track_while_the_card_is_there(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    track: Changes = {35: "6200000000000013D351212000000123456"}
    assert world.till.refund(sold, 500, track).fields[39] == "00"


@pytest.mark.parametrize("changes", [{38: None}, {38: "      "}], ids=["absent", "blank"])
def test_a_refund_without_the_authorisation_code(world: World, changes: Changes) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    assert world.till.refund(sold, 500, changes).fields[39] == "00"


@pytest.mark.parametrize("pan", ["6200000000000000018", "6200000000000062"], ids=["another's", "nobody's"])
def test_14_another_card(world: World, pan: str) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    assert world.till.refund(sold, 500, {2: pan}).fields[39] == "14"
    assert (spent(world), spent(world, "long")) == (500, 0)


def test_12_what_was_voided_or_reversed_is_not_refunded(world: World) -> None:
    sale = world.till.sale_frame(world.card("plain"), 500)
    sold = world.till.sold(world.card("plain"), world.till.exchange(sale))
    world.till.reverse(sale)
    assert world.till.refund(sold, 500).fields[39] == "12"
    sold = world.till.sell(world.card("plain"), 500)
    world.till.void(sold)
    assert world.till.refund(sold, 500).fields[39] == "12"
    assert spent(world) == 0


def test_a_sale_that_was_refunded_since_is_not_reversed(world: World) -> None:
    sale = world.till.sale_frame(world.card("plain"), 500)
    sold = world.till.sold(world.card("plain"), world.till.exchange(sale))
    world.till.refund(sold, 100)
    assert world.till.reverse(sale).fields[39] == "22"
    assert spent(world) == 400


def test_a_repeated_refund_is_done_once_and_keeps_its_reference(world: World) -> None:
    refund = world.till.refund_frame(world.till.sell(world.card("plain"), 500), 200)
    first = world.till.exchange(refund)
    for _ in range(3):
        again = world.till.exchange(refund)
        assert (again.fields[39], again.fields[37]) == ("94", first.fields[37])
    assert spent(world) == 300


def test_a_repeated_refund_that_was_refused_is_refused_alike(world: World) -> None:
    """Even when it could be done by now: the terminal may have had the first answer, and told its customer."""
    sold = world.till.sell(world.card("plain"), 500)
    void = world.till.void_frame(sold)
    world.till.exchange(void)
    refund = world.till.refund_frame(sold, 200)
    assert world.till.exchange(refund).fields[39] == "12"
    world.till.reverse(void)
    assert world.till.exchange(refund).fields[39] == "12"
    assert spent(world) == 500


@pytest.mark.parametrize(
    ("changes", "code"),
    [({number: None}, "30") for number in (2, 4, 14, 22, 37, 49, 61, 63)]
    + [
        ({61: "000001000002"}, "30"),
        ({35: "6200000000000021D351212000000123456"}, "30"),
        ({35: "6200000000000013D361212000000123456"}, "30"),
        ({22: "023"}, "30"),
        ({4: "000000000000"}, "13"),
        ({60: "25000002000"}, "77"),
        ({22: "052"}, "40"),
        ({3: "000000"}, "40"),
        ({60: "24000001000"}, "40"),
        ({64: None}, "A0"),
    ],
    ids=str,
)
def test_a_refund_that_is_not_kept(world: World, changes: Changes, code: str) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    assert world.till.refund(sold, 200, {11: "000777", **changes}).fields[39] == code
    assert spent(world) == 500
    assert world.till.refund(sold, 200, {11: "000777"}).fields[39] == "00"


# -- offline sale ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ["012", "022"])
def test_an_offline_sale(world: World, entry: str) -> None:
    reply = world.till.offline(world.card("plain"), 500, {22: entry})
    assert reply.fields.keys() == ADVICE_REPLY
    assert (reply.fields[39], reply.fields[38], reply.fields[63]) == ("00", "VOICE1", "CUP")
    assert (reply.fields[12], reply.fields[13]) == ("100000", "1123")  # the host's, not when it happened
    assert spent(world) == 500
    assert world.acquirer.ledger.sums("10000001", 1) == {("offline_sale", "CUP"): Totals(1, 500)}
    assert world.acquirer.ledger.totals("10000001", 1) == Totals(0, 0)
    assert world.store.db.execute("SELECT happened FROM txn").fetchall() == [("1123093000",)]


@pytest.mark.parametrize("name", ["empty", "lost", "expired"])
def test_what_was_promised_is_posted_even_below_zero(world: World, name: str) -> None:
    card = world.card(name)
    assert world.till.offline(card, card.balance + 500).fields[39] == "00"
    assert world.acquirer.bank.balance(card.pan) == -500
    assert world.acquirer.ledger.check() == []


def test_what_is_owed_is_no_credit(world: World) -> None:
    """The next sale with the host finds less than nothing; what comes in pays the debt."""
    card = world.card("short-pin")
    sold = world.till.sell(card, card.balance)
    assert world.till.offline(card, 500).fields[39] == "00"
    assert world.till.sale(card, 1).fields[39] == "51"
    assert world.till.refund(sold, 500).fields[39] == "00"
    assert world.till.sale(card, 1).fields[39] == "51"
    assert world.till.refund(sold, 1).fields[39] == "00"
    assert world.till.sale(card, 1).fields[39] == "00"
    assert world.acquirer.ledger.check() == []


def test_14_a_card_that_nobody_has_issued(world: World) -> None:
    advice = world.till.offline_frame(world.card("plain"), 500, {2: "6200000000000062"})
    for _ in range(3):
        reply = world.till.exchange(advice)
        assert reply.fields[39] == "14"
        assert reply.fields[44] == " " * 11 + "48980000   "
        assert 63 not in reply.fields
    assert world.acquirer.ledger.sums("10000001", 1) == {}


def test_a_repeated_offline_sale_is_posted_once_and_keeps_its_reference(world: World) -> None:
    advice = world.till.offline_frame(world.card("plain"), 500)
    first = world.till.exchange(advice)
    for _ in range(3):
        again = world.till.exchange(advice)
        assert (again.fields[39], again.fields[37]) == ("94", first.fields[37])
    assert spent(world) == 500


@pytest.mark.parametrize(
    ("changes", "code"),
    [({4: "000000000501"}, "64"), ({2: "6200000000000000018"}, "22")],
    ids=["amount", "card"],
)
def test_another_advice_under_a_used_stan_is_no_repeat(world: World, changes: Changes, code: str) -> None:
    """94 would tell the terminal that it was delivered."""
    assert world.till.offline(world.card("plain"), 500, {11: "000777"}).fields[39] == "00"
    assert world.till.offline(world.card("plain"), 500, {11: "000777", **changes}).fields[39] == code
    assert (spent(world), spent(world, "long")) == (500, 0)


def test_22_an_advice_under_the_stan_of_something_else(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    assert world.till.offline(world.card("plain"), 500, {11: sold.stan}).fields[39] == "22"
    assert world.till.refund(sold, 500, {11: sold.stan}).fields[39] == "22"
    void = world.till.void_frame(sold, changes={11: "000777"})
    world.till.reverse(void)
    assert world.till.offline(world.card("plain"), 500, {11: "000777"}).fields[39] == "22"
    assert spent(world) == 500


def test_an_advice_after_its_batch_was_settled(world: World) -> None:
    """A repeat is known for what it is; a new one would change what was settled."""
    known, late = (world.till.offline_frame(world.card("plain"), amount) for amount in (500, 700))
    assert world.till.exchange(known).fields[39] == "00"
    world.till.settle()
    assert [world.till.exchange(advice).fields[39] for advice in (known, late)] == ["94", "77"]
    next_batch(world)
    known, late = (world.till.frame("0220", fields_of(advice)) for advice in (known, late))
    assert [world.till.exchange(advice).fields[39] for advice in (known, late)] == ["94", "77"]
    assert spent(world) == 500


def fields_of(frame: bytes) -> dict[int, str]:
    """The fields of a request, to be sent anew under the keys of today."""
    return {number: value for number, value in spec.decode(frame).fields.items() if number != 64}


@pytest.mark.parametrize(
    ("changes", "code"),
    [({number: None}, "30") for number in (2, 4, 12, 13, 14, 22, 38, 49, 63)]
    + [
        ({38: "      "}, "30"),
        ({13: "0231"}, "30"),
        ({12: "240000"}, "30"),
        ({4: "000000000000"}, "13"),
        ({60: "30000002000"}, "77"),
        ({22: "052"}, "40"),
        ({60: "36000001000"}, "40"),
        ({64: None}, "A0"),
    ],
    ids=str,
)
def test_an_offline_sale_that_is_not_kept(world: World, changes: Changes, code: str) -> None:
    assert world.till.offline(world.card("plain"), 500, {11: "000777", **changes}).fields[39] == code
    assert spent(world) == 0
    assert world.till.offline(world.card("plain"), 500, {11: "000777"}).fields[39] == "00"


def test_77_without_a_session(fresh: World) -> None:
    assert fresh.till.offline(fresh.card("plain")).fields[39] == "77"
    assert spent(fresh) == 0
