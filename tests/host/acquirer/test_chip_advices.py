"""脱机消费 and 脚本结果: what a card has approved by itself, and what became of its issuer's scripts, told afterwards.

What a genuine cryptogram does is in tests/system/test_chip_offline.py: here nobody has a card's keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.host.acquirer.conftest import TID, World
from tests.host.acquirer.test_advices import ADVICE_REPLY, next_batch, spent

if TYPE_CHECKING:
    from host_tools.acquirer.asked import Key
    from host_tools.acquirer.spec import Message
    from tests.host.acquirer.till import Changes, Sold

PROOF = "9F2608" + "11" * 8 + "9F360200019F270140"
REPORT = "95050000000000" + "9F36020001" + "DF310A" + "2000000001" + "1200000002"


def uploaded(world: World, amount: int = 100, name: str = "plain", changes: Changes | None = None) -> Message:
    card, till = world.card(name), world.till
    fields = {2: card.pan, 3: "000000", 4: f"{amount:012d}", 11: till.next_stan(), 12: "093000", 13: "1123"}
    fields |= {14: card.expiry, 22: "052", 23: "000", 25: "00", 49: "156", 55: PROOF, 60: f"36{till.batch}00050"}
    return till.exchange(till.frame("0200", fields | {63: f"{card.scheme} "}, changes))


def reported(world: World, sold: Sold, changes: Changes | None = None) -> Message:
    till = world.till
    fields = {2: sold.card.pan, 3: "000000", 11: till.next_stan(), 14: sold.card.expiry, 22: "052", 25: "00"}
    fields |= {37: sold.reference, 49: "156", 55: REPORT, 60: f"00{till.batch}951", 61: sold.batch + sold.stan}
    return till.exchange(till.frame("0620", fields, changes))


def kept(world: World) -> dict[Key, str]:
    return world.acquirer.register.script_reports(TID)


def test_05_a_proof_that_is_none_promises_nothing(world: World) -> None:
    stan = world.till.next_stan()
    for _ in range(2):  # and is told so again
        assert uploaded(world, changes={11: stan}).fields[39] == "05"
    assert spent(world) == 0
    assert world.acquirer.ledger.sums(TID, 1) == {}


@pytest.mark.parametrize("entry", ["052", "072"])
@pytest.mark.parametrize("number", [12, 13, 55, 63])
def test_30_without_what_makes_it_one(world: World, number: int, entry: str) -> None:
    assert uploaded(world, changes={number: None, 22: entry}).fields[39] == "30"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({2: "6200000000000294"}, "14"),
        ({12: "246000"}, "30"),
        ({22: "022"}, "40"),  # what was swiped has no cryptogram
        ({4: "0" * 12}, "13"),
        ({60: "3600000900050"}, "77"),
    ],
    ids=str,
)
def test_an_upload_is_refused(world: World, changes: Changes, code: str) -> None:
    assert uploaded(world, changes=changes).fields[39] == code
    assert world.acquirer.ledger.sums(TID, 1) == {}


def test_results_of_scripts_are_kept_and_move_nothing(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    reply = reported(world, sold)
    assert reply.fields.keys() == ADVICE_REPLY - {4, 14, 38}
    assert reply.fields[39] == "00"
    ((about, report),) = kept(world).items()
    assert ((about.batch, about.stan), report) == ((sold.batch, sold.stan), REPORT)
    assert spent(world) == 500
    assert world.acquirer.ledger.totals(TID, 1).count == 1


def test_94_results_that_come_twice_are_kept_once(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    stan = world.till.next_stan()
    answers = [reported(world, sold, {11: stan}).fields for _ in range(2)]
    assert [fields[39] for fields in answers] == ["00", "94"]
    assert answers[0][37] == answers[1][37]
    assert len(kept(world)) == 1


def test_results_that_come_late(world: World) -> None:
    """After a reversal, and after the batch: what the card has done stays done."""
    frame = world.till.sale_frame(world.card("plain"), 500)
    sold = world.till.sold(world.card("plain"), world.till.exchange(frame))
    assert world.till.reverse(frame).fields[39] == "00"
    next_batch(world)
    assert reported(world, sold).fields[39] == "00"
    assert len(kept(world)) == 1
    assert spent(world) == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({61: "000001000999"}, "25"),
        ({2: "6200000000000021", 14: "3512"}, "14"),
        ({55: "95050000000000"}, "30"),
        ({55: "9F36020001DF310420000000"}, "30"),
        ({55: "9F3602"}, "30"),
        ({55: None}, "30"),
        ({61: None}, "30"),
    ],
    ids=str,
)
def test_results_are_refused(world: World, changes: Changes, code: str) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    assert reported(world, sold, changes).fields[39] == code
    assert len(kept(world)) == (code in ("25", "14"))
