"""No altered message is obeyed, and no bytes at all make the host fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.acquirer import spec
from tests.host.acquirer.conftest import TIDS
from tests.host.acquirer.till import half_of_sums

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.host.acquirer.conftest import World

REFUSALS = {None, "30", "40", "97", "03", "77", "A0"}  # 77: in the name of another terminal, which has not signed in


def flipped(frame: bytes) -> Iterator[bytes]:
    """`frame` with each bit from the MTI on turned over in its turn."""
    for at in range(spec.PREFIX_LENGTH, len(frame)):
        for bit in range(8):
            yield frame[:at] + bytes([frame[at] ^ 1 << bit]) + frame[at + 1 :]


def code_of(raw: bytes | None) -> str | None:
    return None if raw is None else spec.decode(raw).fields[39]


@pytest.mark.parametrize("tid", TIDS.values(), ids=TIDS)
def test_every_flipped_bit_of_a_sale_is_refused(fresh: World, tid: str) -> None:
    world, till = fresh, fresh.till_of(tid)
    till.sign_in()
    sale, opening = till.sale_frame(world.card("long"), 12_300), world.balances()
    codes = [code_of(world.acquirer.answer(altered)) for altered in flipped(sale)]
    assert len(codes) == 8 * (len(sale) - 11)
    assert set(codes) <= REFUSALS
    assert codes.count("A0") > len(codes) / 2
    assert world.balances() == opening
    assert till.exchange(sale).fields[39] == "00"  # and none of them used up its STAN


def test_every_flipped_bit_of_a_reversal_is_refused(world: World) -> None:
    sale = world.till.sale_frame(world.card("long"), 12_300)
    world.till.exchange(sale)
    reversal, before = world.till.reversal_frame(sale), world.balances()
    codes = {code_of(world.acquirer.answer(altered)) for altered in flipped(reversal)}
    assert codes <= REFUSALS
    assert world.balances() == before
    assert world.till.exchange(reversal).fields[39] == "00"


@pytest.mark.parametrize("what", ["void", "refund", "offline sale"])
def test_every_flipped_bit_of_what_takes_or_gives_money_is_refused(world: World, what: str) -> None:
    till, card = world.till, world.card("long")
    sold = till.sell(card, 12_300)
    frame = {
        "void": till.void_frame(sold),
        "refund": till.refund_frame(sold, 100),
        "offline sale": till.offline_frame(card, 100),
    }[what]
    before = world.balances()
    codes = {code_of(world.acquirer.answer(altered)) for altered in flipped(frame)}
    assert codes <= REFUSALS
    assert world.balances() == before
    assert till.exchange(frame).fields[39] == "00"


def test_whatever_becomes_of_a_settlement_the_terminal_gets_its_answer(world: World) -> None:
    """It has no MAC: an altered one may close the batch, but no money moves, and the right one is still answered."""
    till = world.till
    till.sell(world.card("long"), 500)
    frame, before = till.settlement_frame(half_of_sums((500, 1))), world.balances()
    codes = [code_of(world.acquirer.answer(altered)) for altered in flipped(frame)]
    assert set(codes) <= REFUSALS | {"00"}
    assert codes.count("00") > 200  # of its STAN, its sums, its operator
    assert world.balances() == before
    assert world.acquirer.ledger.check() == []
    reply = till.exchange(frame)
    assert (reply.fields[39], reply.fields[48][30], reply.fields[48][61]) == ("00", "1", "1")
    assert till.sign_in().fields[60] == "00000002003"


def test_a_mac_is_not_carried_from_one_message_to_another(world: World) -> None:
    small, large = (world.till.sale_frame(world.card("plain"), amount) for amount in (100, 10_000))
    assert code_of(world.acquirer.answer(large[:-8] + small[-8:])) == "A0"


@given(data=st.data())
def test_no_bytes_make_it_fail(shared: World, data: st.DataObject) -> None:
    sale = shared.till.sale_frame(shared.card("plain"))
    seeds = [
        sale,
        shared.till.reversal_frame(sale),
        shared.till.manage_frame("301"),
        shared.till.offline_frame(shared.card("plain")),
        shared.till.settlement_frame(),
    ]
    frame = bytearray(data.draw(st.sampled_from(seeds)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(frame)))
        frame[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    answer = shared.acquirer.answer(bytes(frame))
    assert answer is None or spec.decode(answer)
    assert shared.acquirer.ledger.check() == []
