"""Sign-in, sign-off and echo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.host.acquirer.conftest import TID, World
from tests.host.acquirer.till import Till, serial_field

if TYPE_CHECKING:
    from tests.host.acquirer.till import Changes


def test_sign_in_gives_keys_that_check_and_the_batch(fresh: World) -> None:
    reply = fresh.till.sign_in()
    assert reply.fields.keys() == {11, 12, 13, 32, 37, 39, 41, 42, 60, 62}
    assert reply.fields[60] == "00000001003"
    assert (reply.fields[12], reply.fields[13]) == ("100000", "1123")
    keys = bytes.fromhex(reply.fields[62])
    suite = fresh.till.suite
    assert suite.check_value(fresh.till.pik) == keys[16:20]
    assert suite.check_value(fresh.till.mak) == keys[36:40]


def test_each_sign_in_gives_new_keys_and_ends_the_old(world: World) -> None:
    stale = world.till.sale_frame(world.card("plain"))
    first = (world.till.pik, world.till.mak)
    world.till.sign_in()
    assert world.till.pik != first[0]
    assert world.till.mak != first[1]
    assert world.till.exchange(stale).fields[39] == "A0"
    assert world.till.sale(world.card("plain")).fields[39] == "00"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({62: serial_field("SP-VB-000002")}, "58"),  # the other terminal's
        ({62: serial_field("SP-VB-00000")}, "58"),
        ({62: serial_field("SP-VB-000001")[:-2]}, "30"),  # length is not its own
        ({62: "FF"}, "30"),
        ({60: "00000001001"}, "40"),  # single DES
        ({60: "00000001004"}, "40"),
        ({60: "00000001"}, "30"),
        ({60: None}, "30"),
        ({62: None}, "30"),
        ({63: None}, "30"),
        ({41: "10000009"}, "97"),
        ({42: None}, "03"),
    ],
    ids=str,
)
def test_no_keys_for(fresh: World, changes: Changes, code: str) -> None:
    reply = fresh.till.exchange(fresh.till.sign_in_frame(changes))
    assert reply.fields[39] == code
    assert 62 not in reply.fields
    assert fresh.till.sale(fresh.card("plain")).fields[39] == "77"


def test_a_refused_sign_in_leaves_the_session(world: World) -> None:
    world.till.exchange(world.till.sign_in_frame({62: serial_field("SP-VB-000002")}))
    assert world.till.sale(world.card("plain")).fields[39] == "00"


def test_echo(world: World) -> None:
    reply = world.till.exchange(world.till.manage_frame("301"))
    assert reply.fields.keys() == {11, 12, 13, 32, 37, 39, 41, 42, 60}
    assert reply.fields[39] == "00"
    assert world.till.sale(world.card("plain")).fields[39] == "00"


def test_echo_without_a_session(fresh: World) -> None:
    assert fresh.till.exchange(fresh.till.manage_frame("301")).fields[39] == "00"


def test_after_sign_off_nothing_is_sold_until_sign_in(world: World) -> None:
    assert world.till.exchange(world.till.manage_frame("002")).fields[39] == "00"
    assert world.till.sale(world.card("plain")).fields[39] == "77"
    world.till.sign_in()
    assert world.till.sale(world.card("plain")).fields[39] == "00"


def test_a_sign_in_that_comes_twice_gives_the_same_keys(fresh: World) -> None:
    """The terminal has taken those of either answer, and knows of one sign-in only."""
    sign_in = fresh.till.sign_in_frame()
    answers = [fresh.till.exchange(sign_in) for _ in range(3)]
    assert len({answer.fields[62] for answer in answers}) == 1
    fresh.till.take_keys(answers[0])
    assert fresh.till.sale(fresh.card("plain")).fields[39] == "00"
    assert fresh.till.exchange(sign_in).fields[62] == answers[0].fields[62]  # nor when it comes much later
    assert fresh.till.sale(fresh.card("plain")).fields[39] == "00"


def test_a_sign_in_that_was_overtaken_by_the_next_one(fresh: World) -> None:
    held = fresh.till.sign_in_frame()
    fresh.till.sign_in()
    late = fresh.till.exchange(held)
    assert fresh.till.sale(fresh.card("plain")).fields[39] == "00"
    pik = fresh.till.pik
    assert fresh.till.take_keys(late)
    assert fresh.till.pik == pik


def test_a_sign_in_repeated_after_the_settlement_names_the_batch_of_now(world: World) -> None:
    sign_in = world.till.sign_in_frame()
    first = world.till.take_keys(world.till.exchange(sign_in))
    world.till.settle()
    again = world.till.exchange(sign_in)
    assert again.fields[62] == first.fields[62]
    assert (first.fields[60], again.fields[60]) == ("00000001003", "00000002003")


@pytest.mark.parametrize("stan", ["000999", "000001", "999999"])
def test_any_other_sign_in_gives_new_keys(fresh: World, stan: str) -> None:
    """Also of a terminal that counts anew; the numbers begin again after 999999."""
    first = fresh.till.exchange(fresh.till.sign_in_frame({11: "000500"}))
    assert fresh.till.exchange(fresh.till.sign_in_frame({11: stan})).fields[62] != first.fields[62]


def test_a_sign_in_repeated_after_the_sign_off_begins_a_session_of_its_own(fresh: World) -> None:
    sign_in = fresh.till.sign_in_frame()
    first = fresh.till.take_keys(fresh.till.exchange(sign_in))
    fresh.till.sign_off()
    assert fresh.till.exchange(sign_in).fields[62] != first.fields[62]


def test_a_sign_off_that_comes_twice(world: World) -> None:
    off = world.till.manage_frame("002")
    for _ in range(2):
        assert world.till.exchange(off).fields[39] == "00"
    assert world.till.sale(world.card("plain")).fields[39] == "77"
    world.till.sign_in()
    assert world.till.exchange(off).fields[39] == "00"
    assert world.till.sale(world.card("plain")).fields[39] == "00"  # which the one that came late has not ended


@pytest.mark.parametrize("what", ["sale", "void", "refund", "offline", "reversal", "settlement"])
def test_after_the_sign_off_nothing_is_served(world: World, what: str) -> None:
    card = world.card("plain")
    sale = world.till.sale_frame(card, 500)
    sold = world.till.sold(card, world.till.exchange(sale))
    frames = {
        "sale": world.till.sale_frame(card),
        "void": world.till.void_frame(sold),
        "refund": world.till.refund_frame(sold, 100),
        "offline": world.till.offline_frame(card),
        "reversal": world.till.reversal_frame(sale),
        "settlement": world.till.settlement_frame(),
    }
    world.till.sign_off()
    reply = world.till.exchange(frames[what])
    assert reply.fields[39] == "77"
    assert 64 not in reply.fields  # there is no key left to make one with
    assert world.acquirer.bank.balance(card.pan) == card.balance - 500


def test_other_management_is_not_served(world: World) -> None:
    assert world.till.exchange(world.till.manage_frame("360")).fields[39] == "40"


def test_same_inputs_same_bytes() -> None:
    first = replies_of_a_day()
    assert len(first) == 7
    assert replies_of_a_day() == first


def replies_of_a_day() -> list[bytes | None]:
    replies: list[bytes | None] = []
    with World() as world:

        def answer(frame: bytes) -> bytes | None:
            replies.append(world.acquirer.answer(frame))
            return replies[-1]

        till = Till(answer, world.bank.terminals[TID])
        till.sign_in()
        for name in ("plain", "empty", "foreign"):
            sale = till.sale_frame(world.card(name))
            till.exchange(sale)
            till.reverse(sale)
    return replies
