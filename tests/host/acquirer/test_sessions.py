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
