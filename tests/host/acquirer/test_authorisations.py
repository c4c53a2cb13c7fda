"""预授权: what is held of an account, what completions take of it, and what lets it go."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from host_tools.acquirer import spec
from host_tools.acquirer.ledger import Totals
from tests.host.acquirer.conftest import TID, World
from tests.host.acquirer.till import Till, half_of_sums

if TYPE_CHECKING:
    from tests.host.acquirer.till import Changes, Sold

REPLY = {2, 3, 4, 11, 12, 13, 14, 15, 25, 32, 37, 38, 39, 41, 42, 44, 49, 60, 63, 64}
COMPLETED = ["20", "24"]  # by request, by advice


def held(world: World, name: str = "plain") -> int:
    card = world.acquirer.bank.find(world.card(name).pan)
    assert card
    return world.acquirer.holds.on(card.account, world.now)


def spent(world: World, name: str = "plain") -> int:
    card = world.card(name)
    assert world.acquirer.ledger.check() == []
    return card.balance - world.acquirer.bank.balance(card.pan)


def code_of(till: Till, frame: bytes) -> str:
    return till.exchange(frame).fields[39]


@pytest.fixture
def stay(world: World) -> Sold:
    """A hundred fen are held on the plain card."""
    return world.till.hold(world.card("plain"))


def test_what_is_held_is_not_moved_and_cannot_be_spent(world: World) -> None:
    card = world.card("plain")
    reply = world.till.exchange(world.till.pre_auth_frame(card, card.balance - 50))
    assert reply.fields.keys() == REPLY
    assert (held(world), spent(world)) == (card.balance - 50, 0)
    assert world.till.sale(card, 51).fields[39] == "51"
    assert code_of(world.till, world.till.pre_auth_frame(card, 51)) == "51"
    assert world.till.sale(card, 50).fields[39] == "00"
    world.now += timedelta(days=30)
    assert held(world) == 0
    assert world.till.sale(card, 1).fields[39] == "00"


@pytest.mark.parametrize(("name", "code"), [("empty", "51"), ("lost", "41"), ("expired", "54")])
def test_a_card_that_may_not_pay_is_not_held(world: World, name: str, code: str) -> None:
    assert code_of(world.till, world.till.pre_auth_frame(world.card(name))) == code
    assert held(world, name) == 0


@pytest.mark.parametrize("kind", COMPLETED)
@pytest.mark.parametrize("amount", [1, 100, 115])
def test_a_completion_takes_up_to_115_percent_once(world: World, stay: Sold, kind: str, amount: int) -> None:
    frame = world.till.held_frame(kind, stay, amount)
    reply = world.till.exchange(frame)
    assert (reply.fields[39], reply.fields.get(38, stay.authorisation)) == ("00", stay.authorisation)
    assert (held(world), spent(world)) == (0, amount)
    assert code_of(world.till, frame) == "94"
    for again in (*COMPLETED, "11"):
        assert world.till.about(again, stay, 100).fields[39] == "12"
    name = {"20": "completion", "24": "completion_advice"}[kind]
    assert world.acquirer.ledger.sums(TID, 1) == {(name, "CUP"): Totals(1, amount)}
    assert world.till.settle(half_of_sums((amount, 1))).fields[48][30] == "1"


@pytest.mark.parametrize("kind", COMPLETED)
def test_what_is_not_authorised_is_not_taken(world: World, stay: Sold, kind: str) -> None:
    assert world.till.about(kind, stay, 116).fields[39] == "61"
    others: list[Changes] = [{38: "000000"}, {61: "0" * 12 + "1121"}]
    for changes in others:
        assert world.till.about(kind, stay, 100, changes).fields[39] == "25"
    other = world.card("long")
    of_another = stay._replace(card=other)
    assert world.till.about(kind, of_another, 100).fields[39] == "14"
    world.now += timedelta(days=31)
    assert world.till.about(kind, stay, 100).fields[39] == "25"
    assert spent(world) == 0


def test_it_is_completed_even_when_the_rest_has_been_spent(world: World) -> None:
    card = world.card("plain")
    stay = world.till.hold(card, 100)
    world.till.sell(card, card.balance - 100)
    assert world.till.about("20", stay, 115).fields[39] == "00"
    assert spent(world) == card.balance + 15


def test_another_terminal_of_the_merchants_completes_it(world: World, stay: Sold) -> None:
    other = world.till_of("10000002")
    other.sign_in()
    assert other.about("20", stay, 60).fields[39] == "00"
    assert (held(world), spent(world)) == (0, 60)


def test_a_void_lets_all_of_it_go_on_any_day(world: World, stay: Sold) -> None:
    world.now += timedelta(days=9)
    assert world.till.about("11", stay, 99).fields[39] == "64"
    assert world.till.about("11", stay, 100).fields[39] == "00"
    assert (held(world), spent(world)) == (0, 0)
    assert world.till.about("20", stay, 100).fields[39] == "12"
    assert world.acquirer.ledger.sums(TID, 1) == {}


def test_a_void_of_a_completion_holds_it_again(world: World, stay: Sold) -> None:
    done = world.till.sold(stay.card, world.till.about("20", stay, 80))
    assert code_of(world.till, world.till.completion_void_frame(done)) == "00"
    assert (held(world), spent(world)) == (100, 0)
    assert code_of(world.till, world.till.completion_void_frame(done)) == "12"
    assert world.till.about("20", stay, 70).fields[39] == "00"
    assert (held(world), spent(world)) == (0, 70)


def test_a_sales_void_takes_no_completion_back_nor_the_reverse(world: World, stay: Sold) -> None:
    done = world.till.sold(stay.card, world.till.about("20", stay, 80))
    assert world.till.void(done).fields[39] == "25"
    sold = world.till.sell(world.card("plain"), 80)
    assert code_of(world.till, world.till.completion_void_frame(sold)) == "25"


def test_every_reversal_leaves_it_as_it_was_and_comes_twice_without_harm(world: World) -> None:
    till, card = world.till, world.card("plain")

    def reversed_to(frame: bytes, holds: int, paid: int) -> None:
        reversal = till.reversal_frame(frame)
        for _ in range(2):
            assert code_of(till, reversal) == "00"
            assert (held(world), spent(world)) == (holds, paid)

    asked = till.pre_auth_frame(card, 100)
    till.exchange(asked)
    reversed_to(asked, 0, 0)
    stay = till.hold(card, 100)
    for kind, amount in (("11", 100), ("20", 90)):
        frame = till.held_frame(kind, stay, amount)
        assert code_of(till, frame) == "00"
        reversed_to(frame, 100, 0)
    done = till.sold(card, till.about("20", stay, 90))
    void = till.completion_void_frame(done)
    assert code_of(till, void) == "00"
    reversed_to(void, 0, 90)


def test_a_reversal_of_what_went_on_since_moves_nothing(world: World) -> None:
    till, card = world.till, world.card("plain")
    asked = till.pre_auth_frame(card, 100)
    stay = till.sold(card, till.exchange(asked))
    completion = till.held_frame("20", stay, 90)
    done = till.sold(card, till.exchange(completion))
    assert code_of(till, till.reversal_frame(asked)) == "22"
    void = till.completion_void_frame(done)
    till.exchange(void)
    assert code_of(till, till.reversal_frame(completion)) == "22"
    till.exchange(till.held_frame("20", stay, 50))
    assert code_of(till, till.reversal_frame(void)) == "22"
    assert (held(world), spent(world)) == (0, 50)


def test_a_completion_is_refunded_like_a_sale(world: World, stay: Sold) -> None:
    done = world.till.sold(stay.card, world.till.about("20", stay, 80))
    assert world.till.refund(done, 81).fields[39] == "61"
    assert world.till.refund(done, 80).fields[39] == "00"
    assert spent(world) == 0


@pytest.mark.parametrize("changes", [{61: None}, {61: "0" * 12}, {38: None}, {35: None}], ids=str)
def test_30_for_what_does_not_say_which(world: World, stay: Sold, changes: Changes) -> None:
    assert world.till.about("20", stay, 100, changes).fields[39] == "30"
    assert spec.decode(world.till.held_frame("20", stay, 100)).fields[25] == "06"
