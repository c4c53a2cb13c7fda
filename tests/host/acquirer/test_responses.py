"""Every response code by its real cause, and what each reply carries."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from host_tools.acquirer import spec
from tests.host.acquirer.conftest import BEIJING

if TYPE_CHECKING:
    from host_tools.acquirer.spec import Message
    from tests.host.acquirer.conftest import World
    from tests.host.acquirer.till import Changes

SALE_REPLY = {2, 3, 4, 11, 12, 13, 14, 15, 25, 32, 37, 39, 41, 42, 44, 49, 60, 64}
REVERSAL_REPLY = {2, 3, 4, 11, 12, 13, 15, 25, 32, 37, 39, 41, 42, 49, 60, 64}


def refused(world: World, reply: Message, code: str) -> None:
    """The reply is this refusal and no money moved."""
    assert reply.fields[39] == code
    assert 38 not in reply.fields
    assert world.balances() == {card.name: card.balance for card in world.bank.cards.values()}
    assert world.acquirer.ledger.totals("10000001", 1).count == 0
    assert world.acquirer.ledger.check() == []


def test_00_approved(world: World) -> None:
    card = world.card("plain")
    reply = world.till.sale(card, 12_345)
    assert reply.fields.keys() == SALE_REPLY | {38, 63}
    assert reply.fields[39] == "00"
    assert reply.fields[4] == "000000012345"
    assert (reply.fields[12], reply.fields[13], reply.fields[15]) == ("100000", "1123", "1123")
    assert reply.fields[37] == "632710000002"  # 2026, day 327, 10 o'clock, the host's second message
    assert reply.fields[38].isdecimal()
    assert reply.fields[44] == "01050000   48980000   "
    assert reply.fields[63] == "CUP"
    assert world.acquirer.bank.balance(card.pan) == card.balance - 12_345
    totals = world.acquirer.ledger.totals("10000001", 1)
    assert (totals.count, totals.amount) == (1, 12_345)
    assert world.acquirer.ledger.check() == []


@pytest.mark.parametrize("name", ["plain", "long", "short-pin", "foreign", "named"])
def test_00_for_every_good_card(world: World, name: str) -> None:
    assert world.till.sale(world.card(name)).fields[39] == "00"


def test_00_to_the_last_fen_and_51_beyond(world: World) -> None:
    card = world.card("short-pin")
    assert world.till.sale(card, card.balance - 1).fields[39] == "00"
    assert world.till.sale(card, 2).fields[39] == "51"
    assert world.till.sale(card, 1).fields[39] == "00"
    assert world.acquirer.bank.balance(card.pan) == 0
    assert world.till.sale(card, 1).fields[39] == "51"


@pytest.mark.parametrize(("name", "code"), [("empty", "51"), ("expired", "54"), ("lost", "41")], ids=["51", "54", "41"])
def test_a_card_with_a_fault_of_its_own(world: World, name: str, code: str) -> None:
    reply = world.till.sale(world.card(name))
    assert reply.fields.keys() == SALE_REPLY | {63}
    refused(world, reply, code)


def test_54_begins_with_the_month_after(world: World) -> None:
    world.now = datetime(2035, 12, 31, 23, 59, 59, tzinfo=BEIJING)
    assert world.till.sale(world.card("plain")).fields[39] == "00"
    world.now = datetime(2036, 1, 1, tzinfo=BEIJING)
    assert world.till.sale(world.card("plain")).fields[39] == "54"


def test_a_card_of_no_account_here_has_no_balance(world: World) -> None:
    with pytest.raises(LookupError):
        world.acquirer.bank.balance("6200000000000062")


def test_14_no_such_card(world: World) -> None:
    stranger = replace(world.card("plain"), pan="6200000000000062")
    reply = world.till.sale(stranger)
    assert reply.fields.keys() == SALE_REPLY
    assert reply.fields[44] == " " * 11 + "48980000   "
    refused(world, reply, "14")


@pytest.mark.parametrize("stripe", [{"expiry": "3611"}, {"service_code": "101"}])
def test_05_a_stripe_that_is_not_the_card_s(world: World, stripe: dict[str, str]) -> None:
    refused(world, world.till.sale(replace(world.card("plain"), **stripe)), "05")  # type: ignore[arg-type]


def test_55_wrong_pin_then_75(world: World) -> None:
    card = world.card("plain")
    for _ in range(3):
        refused(world, world.till.sale(card, pin="111111"), "55")
    refused(world, world.till.sale(card, pin="111111"), "75")
    refused(world, world.till.sale(card), "75")  # the right PIN comes too late


def test_a_right_pin_gives_the_tries_back(world: World) -> None:
    card = world.card("plain")
    for _ in range(3):
        for _ in range(2):
            assert world.till.sale(card, pin="111111").fields[39] == "55"
        assert world.till.sale(card).fields[39] == "00"


@pytest.mark.parametrize("pin", ["1234", "12345", "1234567"])
def test_55_part_of_a_pin_is_no_pin(world: World, pin: str) -> None:
    refused(world, world.till.sale(world.card("plain"), pin=pin), "55")


NO_PIN: Changes = {22: "022", 26: None, 52: None, 53: None}


def test_no_pin_where_the_card_asks_for_none(world: World) -> None:
    assert world.till.sale(world.card("foreign"), changes=NO_PIN).fields[39] == "00"


def test_55_no_pin_where_the_card_asks_for_one(world: World) -> None:
    refused(world, world.till.sale(world.card("plain"), changes=NO_PIN), "55")


def test_99_a_pin_block_under_another_key(world: World) -> None:
    world.till.pik = bytes(range(16))
    refused(world, world.till.sale(world.card("plain")), "99")


def test_99_a_pin_block_for_another_pan(world: World) -> None:
    block = spec.decode(world.till.sale_frame(world.card("foreign"))).fields[52]
    refused(world, world.till.sale(world.card("plain"), changes={52: block}), "99")


@pytest.mark.parametrize("security", ["1600000000000000", "2000000000000000"])
def test_99_a_pin_block_of_another_kind(world: World, security: str) -> None:
    refused(world, world.till.sale(world.card("plain"), changes={53: security}), "99")


def test_13_nothing_to_pay(world: World) -> None:
    refused(world, world.till.sale(world.card("plain"), 0), "13")


def test_51_twelve_nines(world: World) -> None:
    refused(world, world.till.sale(world.card("plain"), 999_999_999_999), "51")


@pytest.mark.parametrize(
    "changes",
    [{number: None} for number in (2, 3, 4, 14, 22, 25, 26, 35, 49, 52, 53, 60)]
    + [
        {22: "023"},
        {22: "022"},  # a PIN that was not entered
        {22: "022", 52: None},
        {22: "051"},  # a chip that has nothing to say
        {55: "9F3602000A"},  # a stripe that has
        {49: "840"},
        {60: "22000001"},
        {2: "6200000000000021"},  # the PAN is not the track's
        {14: "3511"},  # nor the expiry
        {35: "6200000000000013D3512"},  # a track without service code
        {35: "62000000000000133512120"},  # a track without separator
    ],
    ids=str,
)
def test_30_a_sale_with_something_missing_or_contradictory(world: World, changes: Changes) -> None:
    refused(world, world.till.sale(world.card("plain"), changes=changes), "30")


@pytest.mark.parametrize("changes", [{3: "200000"}, {25: "06"}, {60: "23000001000"}, {22: "011"}], ids=str)
def test_40_transactions_that_are_not_served(world: World, changes: Changes) -> None:
    refused(world, world.till.sale(world.card("plain"), changes=changes), "40")


@pytest.mark.parametrize("mti", ["0120", "0600"])
def test_40_messages_that_are_not_served(world: World, mti: str) -> None:
    frame = world.till.frame(mti, {11: "000099", 60: "00000001201"})
    raw = world.acquirer.answer(frame)
    assert raw is not None
    reply = spec.decode(raw)
    assert reply.mti == mti[:2] + "1" * (mti[2] == "0") + "3" * (mti[2] == "2") + "0"
    assert reply.fields[39] == "40"


def test_30_a_message_cut_short_is_answered_if_it_says_whose_it_is(world: World) -> None:
    raw = world.acquirer.answer(world.till.sale_frame(world.card("plain"))[:-9])
    assert raw is not None
    reply = spec.decode(raw)
    assert reply.mti == "0210"
    assert 64 in reply.fields
    refused(world, reply, "30")


@pytest.mark.parametrize("frame", [b"", bytes(40), bytes.fromhex("6000030000603100311003020000000000000000")])
def test_nothing_to_answer(world: World, frame: bytes) -> None:
    assert world.acquirer.answer(frame) is None
    assert world.records[-1].direction == "dropped"


@pytest.mark.parametrize("mti", ["0210", "0810", "1200", "02A0"])
def test_what_is_no_request_is_not_answered(world: World, mti: str) -> None:
    frame = bytearray(world.till.sale_frame(world.card("plain")))
    frame[11:13] = bytes.fromhex(mti)
    assert world.acquirer.answer(bytes(frame)) is None


def test_a0_a_wrong_mac(world: World) -> None:
    world.till.mak, mak = bytes(8), world.till.mak
    frame = world.till.sale_frame(world.card("plain"))
    world.till.mak = mak
    refused(world, world.till.exchange(frame), "A0")


def test_a0_no_mac(world: World) -> None:
    refused(world, world.till.sale(world.card("plain"), changes={64: None}), "A0")


def test_a0_a_reversal_with_a_wrong_mac(world: World) -> None:
    sale = world.till.sale_frame(world.card("plain"))
    assert world.till.exchange(sale).fields[39] == "00"
    frame = bytearray(world.till.reversal_frame(sale))
    frame[-1] ^= 1
    assert world.till.exchange(bytes(frame)).fields[39] == "A0"
    assert world.acquirer.ledger.totals("10000001", 1).count == 1


def test_03_another_merchant(world: World) -> None:
    changes: Changes = {42: "898110257340002"}
    refused(world, world.till.sale(world.card("plain"), changes=changes), "03")
    assert world.till.exchange(world.till.sign_in_frame(changes)).fields[39] == "03"


def test_97_an_unknown_terminal(world: World) -> None:
    reply = world.till.sale(world.card("plain"), changes={41: "10000009"})
    assert 64 not in reply.fields
    refused(world, reply, "97")


def test_77_without_a_session(fresh: World) -> None:
    reply = fresh.till.sale(fresh.card("plain"))
    assert 64 not in reply.fields
    refused(fresh, reply, "77")


def test_77_in_another_batch(world: World) -> None:
    refused(world, world.till.sale(world.card("plain"), changes={60: "22000002000"}), "77")


def test_one_terminal_s_keys_do_not_serve_another(world: World) -> None:
    other = world.till_of("10000002")
    other.sign_in()
    frame = world.till.sale_frame(world.card("plain"), changes={41: "10000002"})
    refused(world, other.exchange(frame), "A0")


def test_96_when_the_database_fails_half_way(world: World) -> None:
    sale = world.till.sale_frame(world.card("plain"))
    world.store.db.execute("CREATE TEMP TRIGGER fault BEFORE INSERT ON txn BEGIN SELECT RAISE(ABORT, 'disk'); END")
    reply = world.till.exchange(sale)
    world.store.db.execute("DROP TRIGGER fault")
    assert world.records[-2].note == "database: disk"
    assert reply.fields.keys() == SALE_REPLY
    refused(world, reply, "96")
    assert world.till.exchange(sale).fields[39] == "00"  # nothing was kept: it can be sent again


def test_96_when_the_database_fails_altogether(world: World) -> None:
    world.store.db.execute("PRAGMA query_only = ON")
    reply = world.till.sale(world.card("plain"))
    assert reply.fields.keys() == SALE_REPLY - {37, 64}  # neither number nor key could be had
    refused(world, reply, "96")


def test_a_reversal_reply(world: World) -> None:
    sale = world.till.sale_frame(world.card("plain"))
    world.till.exchange(sale)
    assert world.till.reverse(sale).fields.keys() == REVERSAL_REPLY


@pytest.mark.parametrize("changes", [{number: None} for number in (2, 3, 4, 14, 22, 25, 39, 49, 60)], ids=str)
def test_30_a_reversal_with_something_missing(world: World, changes: Changes) -> None:
    sale = world.till.sale_frame(world.card("plain"))
    world.till.exchange(sale)
    assert world.till.reverse(sale, changes).fields[39] == "30"
    assert world.acquirer.ledger.totals("10000001", 1).count == 1
