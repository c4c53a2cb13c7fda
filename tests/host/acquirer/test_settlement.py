"""结算: what counts on which side, when both are equal, and how a batch ends once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.host.acquirer.conftest import TID, TIDS, World
from tests.host.acquirer.till import half_of_sums

if TYPE_CHECKING:
    from host_tools.acquirer.spec import Message
    from tests.host.acquirer.till import Changes

REPLY = {11, 12, 13, 15, 32, 37, 39, 41, 42, 48, 49, 60, 63}


def answers(reply: Message) -> tuple[str, str]:
    """The digits for domestic and foreign cards."""
    assert reply.fields[39] == "00"
    sums = reply.fields[48]
    assert len(sums) == 62
    return sums[30], sums[61]


@pytest.mark.parametrize("tid", TIDS.values(), ids=TIDS)
def test_a_day_with_everything_in_it(fresh: World, tid: str) -> None:
    till, plain, foreign = fresh.till_of(tid), fresh.card("plain"), fresh.card("foreign")
    till.sign_in()
    till.sell(plain, 1_000)
    till.void(till.sell(plain, 2_000))  # on both sides
    reversed_sale = till.sale_frame(plain, 4_000)
    till.exchange(reversed_sale)
    till.reverse(reversed_sale)  # on neither
    sold = till.sell(plain, 8_000)
    undone = till.void_frame(sold)
    till.exchange(undone)
    till.reverse(undone)  # the sale alone
    till.refund(sold, 100)
    till.refund(sold, 100_000)  # refused
    till.offline(plain, 16_000)
    till.sale(fresh.card("empty"), 1)  # refused
    refunded = till.sell(foreign, 32_000)
    till.refund(refunded, 200)
    domestic = half_of_sums((27_000, 4), (2_100, 2))
    request = till.settlement_frame(domestic, half_of_sums((32_000, 1), (200, 1)))
    reply = till.exchange(request)
    assert reply.fields.keys() == REPLY
    assert answers(reply) == ("1", "1")
    assert reply.fields[48] == domestic[:-1] + "1" + half_of_sums((32_000, 1), (200, 1))[:-1] + "1"
    assert (reply.fields[49], reply.fields[60], reply.fields[63]) == ("156", "00000001201", "01 ")
    assert fresh.acquirer.ledger.check() == []


def test_nothing_is_equal_to_nothing(world: World) -> None:
    assert answers(world.till.settle()) == ("1", "1")


@pytest.mark.parametrize(
    ("domestic", "foreign", "expected"),
    [
        (half_of_sums((501, 1)), "", ("2", "1")),
        (half_of_sums((500, 2)), "", ("2", "1")),
        (half_of_sums((500, 1), (1, 0)), "", ("2", "1")),
        (half_of_sums((500, 1), (0, 1)), "", ("2", "1")),
        (half_of_sums((500, 1)), half_of_sums((1, 1)), ("1", "2")),
        ("", half_of_sums((500, 1)), ("2", "2")),
        (half_of_sums((500, 1), (10**12 - 1, 999)), half_of_sums((10**12 - 1, 999), (10**12 - 1, 999)), ("2", "2")),
    ],
)
def test_each_figure_counts_and_the_batch_ends_all_the_same(
    world: World, domestic: str, foreign: str, expected: tuple[str, str]
) -> None:
    world.till.sell(world.card("plain"), 500)
    assert answers(world.till.settle(domestic, foreign)) == expected
    assert world.till.sign_in().fields[60] == "00000002003"


def test_what_the_terminal_has_in_the_place_of_the_answer_does_not_matter(world: World) -> None:
    assert answers(world.till.settle(half_of_sums()[:-1] + "2", half_of_sums()[:-1] + "1")) == ("1", "1")


def test_a_card_counts_as_what_the_host_knows_it_for(world: World) -> None:
    """Whatever F63 of the advice says: its money came from a foreign card."""
    assert world.till.offline(world.card("foreign"), 500, {63: "CUP "}).fields[39] == "00"
    assert answers(world.till.settle(half_of_sums((500, 1)))) == ("2", "2")


def test_after_it_the_old_batch_is_closed_and_the_next_one_open(world: World) -> None:
    world.till.sell(world.card("plain"), 500)
    world.till.settle(half_of_sums((500, 1)))
    assert world.till.sale(world.card("plain")).fields[39] == "77"
    assert world.till.sign_in().fields[60] == "00000002003"
    world.till.sell(world.card("plain"), 700)
    assert answers(world.till.settle(half_of_sums((700, 1)))) == ("1", "1")
    assert world.till.sign_in().fields[60] == "00000003003"


def test_a_used_stan_is_free_again_in_the_next_batch(world: World) -> None:
    assert world.till.sale(world.card("plain"), changes={11: "000777"}).fields[39] == "00"
    world.till.settle()
    world.till.sign_in()
    assert world.till.sale(world.card("plain"), changes={11: "000777"}).fields[39] == "00"


def test_after_999999_comes_1(world: World) -> None:
    world.store.db.execute("UPDATE terminal SET batch = 999999")
    assert world.till.sign_in().fields[60] == "00999999003"
    world.till.settle()
    assert world.till.sign_in().fields[60] == "00000001003"


def test_a_batch_is_the_terminal_s_own(world: World) -> None:
    other = world.till_of("10000002")
    other.sign_in()
    world.till.sell(world.card("plain"), 500)
    assert answers(other.settle()) == ("1", "1")
    assert world.till.sale(world.card("plain")).fields[39] == "00"


def test_asked_again_it_answers_as_before(world: World) -> None:
    """The terminal has lost the answer, perhaps its session, and the batch on this side has long ended."""
    world.till.sell(world.card("plain"), 500)
    request = world.till.settlement_frame(half_of_sums((400, 1)), half_of_sums())
    first = world.till.exchange(request)
    assert answers(first) == ("2", "1")
    assert world.till.exchange(request).fields == first.fields
    world.till.sign_off()
    assert world.till.exchange(request).fields == first.fields
    world.till.sign_in()
    world.till.sell(world.card("plain"), 900)
    assert world.till.exchange(request).fields == first.fields
    assert world.till.sign_in().fields[60] == "00000002003"  # it has closed nothing more
    assert world.acquirer.ledger.check() == []


def test_asked_otherwise_it_compares_anew_and_closes_nothing(world: World) -> None:
    """No MAC has kept the first one from being altered: the terminal that asks again may have sent this."""
    world.till.sell(world.card("plain"), 500)
    assert answers(world.till.settle(half_of_sums((501, 1)), changes={11: "000777"})) == ("2", "1")
    assert answers(world.till.settle(half_of_sums((500, 1)), changes={11: "000777"})) == ("1", "1")
    assert answers(world.till.settle(half_of_sums((500, 1)))) == ("1", "1")
    assert world.till.sign_in().fields[60] == "00000002003"


@pytest.mark.parametrize("batch", ["000000", "000003"])
def test_77_a_batch_that_was_never_open(world: World, batch: str) -> None:
    world.till.settle()
    world.till.sign_in()
    reply = world.till.settle(changes={60: f"00{batch}201"})
    assert reply.fields[39] == "77"
    assert 48 not in reply.fields
    assert world.till.sign_in().fields[60] == "00000002003"


def test_77_without_a_session(fresh: World) -> None:
    assert fresh.till.settle().fields[39] == "77"
    assert fresh.till.sign_in().fields[60] == "00000001003"


@pytest.mark.parametrize(
    ("changes", "code"),
    [({number: None}, "30") for number in (48, 49, 60, 63)]
    + [
        ({48: "0" * 61}, "30"),
        ({48: "0" * 63}, "30"),
        ({49: "840"}, "30"),
        ({60: "00000001"}, "30"),
        ({60: "00000001202"}, "40"),
        ({60: "22000001201"}, "40"),
    ],
    ids=str,
)
def test_a_settlement_that_settles_nothing(world: World, changes: Changes, code: str) -> None:
    assert world.till.settle(changes=changes).fields[39] == code
    assert world.till.sign_in().fields[60] == "00000001003"


def test_a_reversal_for_a_settled_batch(world: World) -> None:
    """What was answered once is answered again; what would change the batch, or anything in it, is refused."""
    known, unknown, late = (world.till.sale_frame(world.card("plain"), amount) for amount in (500, 700, 900))
    for sale in (known, late):
        assert world.till.exchange(sale).fields[39] == "00"
    codes = [world.till.reverse(sale).fields[39] for sale in (known, unknown)]
    world.till.settle(half_of_sums((900, 1)))
    never_seen = world.till.sale_frame(world.card("plain"), 100)
    codes += [world.till.reverse(sale).fields[39] for sale in (known, unknown, late, never_seen)]
    assert codes == ["00", "25", "00", "25", "77", "77"]
    assert world.acquirer.ledger.check() == []


def test_a_settled_batch_that_was_changed_is_found_out(world: World) -> None:
    world.till.sell(world.card("plain"), 500)
    world.till.settle(half_of_sums((500, 1)))
    world.store.db.execute("UPDATE txn SET batch = '000002'")
    assert world.acquirer.ledger.check() == ["batch 000001 of terminal 10000001 is not what was settled"]


def test_an_uploaded_batch_is_compared_one_by_one(world: World) -> None:
    till, card = world.till, world.card("plain")
    sold = [till.sell(card, fen) for fen in (100, 200, 300, 400)]
    items = [("00", one.stan, card.pan, one.amount) for one in sold]
    assert till.upload(items, "000001").fields[39] == "77"  # it is open still
    assert till.settle(half_of_sums((5, 1))).fields[48][30] == "2"
    assert world.acquirer.settlement.differences(TID, "000001") is None
    for _ in range(2):
        assert till.upload(items, "000001").fields[39] == "00"
    assert till.upload([], "000001", 4).fields[39] == "00"
    assert world.acquirer.settlement.differences(TID, "000001") == []


def test_what_is_not_the_same_on_both_sides_is_named(world: World) -> None:
    till, card = world.till, world.card("plain")
    sold = [till.sell(card, fen) for fen in (100, 200, 300, 400)]
    items = [("00", one.stan, card.pan, one.amount) for one in sold[:3]]
    items[0] = ("01", *items[0][1:])
    items[1] = (*items[1][:3], 201)
    till.settle()
    assert till.upload([*items, ("00", "000077", card.pan, 1)], "000001").fields[39] == "00"
    assert till.upload([], "000001", 5).fields[39] == "00"
    assert world.acquirer.settlement.differences(TID, "000001") == [
        "5 were announced, 4 have come",
        f"{sold[0].stan}: domestic to one, foreign to the other",
        f"{sold[1].stan}: another card or amount",
        f"{sold[3].stan}: only the host has it",
        "000077: only the terminal has it",
    ]


@pytest.mark.parametrize("changes", [{48: None}, {48: "02" + "0" * 40}, {60: "00"}, {60: "00000001202"}], ids=str)
def test_an_upload_that_is_none_is_a_format_error(world: World, changes: Changes) -> None:
    world.till.settle()
    frame = world.till.frame("0320", {11: "000050", 48: "01" + "0" * 40, 60: "00000001201"}, changes)
    assert world.till.exchange(frame).fields[39] == "30"
    assert world.acquirer.settlement.differences(TID, "000001") is None
