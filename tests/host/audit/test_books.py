"""R19: what the host makes of a journal is what the ledger that wrote it says, whatever happened in the shop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from host_tools.audit.fold import Fold
from host_tools.audit.image import FlashImage
from host_tools.audit.records import Event, unpack_numbers, unpack_totals
from host_tools.audit.verify import judge
from tests.effort import examples
from tests.host.audit.conftest import DAYS, YEARS
from tests.host.audit.peer import KEY

if TYPE_CHECKING:
    from host_tools.audit.entries import Books, Entry
    from host_tools.audit.verify import Report
    from tests.host.audit.peer import Acts, Life, Peer

WORDS = {event.value: event.name.lower() for event in Event}
SECTORS = 5


def numbered(life: Acts) -> Acts:
    """With batch numbers for the sign-ins, in the order in which a host gives them out: the same again, or the next."""
    batch, found = 100, []
    for act in life:
        if "sign_in" in act[-2:-1]:
            batch += act[-1]
            found.append((*act[:-1], f"{batch:06}"))
        else:
            found.append(act)
    return found


# A trace begins or ends wherever another record may not.
WATCHED: Acts = [
    act
    for acts in (
        [("watch",), ("sign_in", "000001"), ("sell", 100), ("unwatch",), ("store", 7), ("watch",), ("deliver", 1)],
        [("silent", 77), ("watch",), ("reverse",), ("leave", 78), ("unwatch",), ("reverse",), ("sell", 2), ("watch",)],
        [("void", 0), ("unwatch",), ("ask",), ("watch",), ("settle", 0), ("watch",), ("cut", 0, 1, 9, "unwatch")],
        [("ask",), ("cut", 1, 1, 9, "watch"), ("reopen",), ("watch",), ("sign_in", "000002"), ("unwatch",)],
    )
    for act in acts
]

amounts = st.integers(1, 10**9)
acts = st.one_of(
    st.tuples(st.just("sell"), amounts),
    st.tuples(st.just("sell"), amounts),
    st.tuples(st.just("sell_abroad"), amounts),
    st.tuples(st.just("decline"), amounts),
    st.tuples(st.just("store"), amounts),
    st.tuples(st.just("refund"), amounts),
    st.tuples(st.just("deliver"), st.sampled_from([0, 0, 0, 1])),
    st.tuples(st.just("void"), st.integers(0, 4)),
    st.tuples(st.just("silent"), amounts),
    st.tuples(st.just("leave"), amounts),
    st.tuples(st.just("reverse")),
    st.tuples(st.just("settle"), st.sampled_from([0, 1])),
    st.tuples(st.just("reopen")),
    st.tuples(st.just("ask")),
    st.tuples(st.just("sign_in"), st.sampled_from([0, 0, 1])),
    st.tuples(st.just("watch")),
    st.tuples(st.just("unwatch")),
    st.tuples(st.just("prepare")),
)
cuts = st.tuples(st.just("cut"), st.integers(0, 5), st.sampled_from([0, 1]), st.integers(0, 16))
lives = st.lists(
    st.one_of(acts, acts, acts, st.builds(lambda cut, act: cut + act, cuts, acts)), min_size=5, max_size=80
).map(numbered)


relentless = settings(examples(40), suppress_health_check=[HealthCheck.too_slow])


def audit(life: Life) -> Report:
    return judge(FlashImage(life.area, bare=True).reading(KEY))


def as_the_ledger_says(entry: Entry) -> dict[str, Any]:
    """An entry in the terms of the peer's."""
    status = {"voided": "approved", "refused": "delivered"}.get(entry.status, entry.status)
    own = {name: getattr(entry, name) for name in entry.__slots__ if name not in ("counted", "reason")}
    return own | {
        "batch": entry.batch.number,
        "status": status,
        "voided": entry.status == "voided",
        "refused": entry.status == "refused",
    }


def assert_agrees(life: Life) -> None:
    """Verdict, transactions, sums and state."""
    report = audit(life)
    assert report.good, report.finding
    if report.books is None:
        assert life.entries == []
        return
    books: Books = report.books
    told = [entry | {"status": WORDS[entry["status"]]} for entry in life.entries]
    made = [as_the_ledger_says(entry) for entry in books.entries if entry.number >= report.first]
    assert made == told
    state = Fold(books.records).state()
    assert state["totals"] == life.totals
    expected = dict(life.state)
    expected["totals"] = unpack_totals(bytes.fromhex(expected["totals"]))
    expected["undone"] = unpack_numbers(bytes.fromhex(expected["undone"]))
    assert state == expected
    assert [line for line in report.lines if not line.agrees] == []
    assert {
        (line.kind, line.org): (line.count, line.amount)
        for line in report.lines
        if line.batch is books.batches[-1] and line.batch.status == "open"
    } == life.totals


@given(life=lives, seed=st.integers(1, 2**32 - 1))
@example(life=DAYS, seed=1)
@example(life=[*DAYS, ("deliver", 0), ("settle", 0), *DAYS], seed=1)
@example(life=[("sign_in", "000001"), ("store", 1), ("sign_in", "000002"), ("deliver", 1), ("store", 2)], seed=1)
@example(life=[("sign_in", "000001"), ("sell", 1), ("silent", 2), ("sign_in", "000002")], seed=1)
@example(life=WATCHED, seed=1)
@relentless
def test_any_life(peer: Peer, life: Acts, seed: int) -> None:
    assert_agrees(peer.live(SECTORS, life, seed))


@given(life=lives, seed=st.integers(1, 2**32 - 1))
@example(life=DAYS, seed=1)
@relentless
def test_any_life_in_a_ring_that_is_full(peer: Peer, life: Acts, seed: int) -> None:
    """What begins in records that are gone is there in sums alone, and the batch is said not to be whole."""
    assert_agrees(peer.after(YEARS, 4, life, seed))


@pytest.mark.parametrize("operation", range(8))
@pytest.mark.parametrize("way", range(2))
@pytest.mark.parametrize("depth", [0, 9, 14])
def test_a_chip_just_after_the_power_went(peer: Peer, operation: int, way: int, depth: int) -> None:
    """Before the terminal has come up again, and in a sale that begins a sector as in any other."""
    sales: Acts = [("sell", amount) for amount in range(operation)]
    ends: list[tuple[Acts, Acts]] = [
        (YEARS, [*sales, ("cut", operation, way, depth, "sell", 5)]),
        (YEARS, [*sales, ("prepare",), ("cut", operation % 3, way, depth, "sign_in", "000010")]),
        (YEARS[:-1], [("cut", operation % 3, way, depth, "prepare")]),
    ]
    for past, end in ends:
        life = peer.after(past, 4, end)
        assert_agrees(life)
        assert len(audit(life).notes) <= 1  # one power cut, one trace of it at most
        assert not any(note[0].isdigit() and not note.startswith("1 torn") for note in audit(life).notes)


@pytest.mark.parametrize("phase", range(0, 46, 2))
def test_whatever_the_oldest_record_there_is_stands_in(peer: Peer, phase: int) -> None:
    """A queue, a request without an answer, a settlement: the STATE that the journal begins with is amid it."""
    batches = [
        act
        for batch in range(1, 9)
        for act in [
            ("sign_in", f"{batch:06}"),
            *[("store", batch * 100 + number) for number in range(7)],
            *[("sell", number) for number in range(12)],
            ("deliver", 1),
            ("store", 5),
            *[("deliver", number % 2) for number in range(8)],
            ("leave", 78),
            ("reverse",),
            ("silent", 79),
            ("reverse",),
            ("void", 1),
            ("ask",),
            ("settle", 0),
        ]
    ]
    assert_agrees(peer.after(batches[:-46], 4, batches[-46 : phase - 46]))


@pytest.mark.parametrize("address", [0x1005, 0x1800, 0x2003, 0x2140, 0x3FF0])
def test_a_chip_that_wears_out(peer: Peer, address: int) -> None:
    """A sector that does not keep its header is left out; what did not keep a record is left for the next."""
    assert_agrees(peer.live(8, [("wear", address, 0xFF), *YEARS]))
    assert_agrees(peer.live(6, [*YEARS, ("wear", address, 0xFF), *YEARS]))


def test_the_power_goes_while_the_sector_after_a_worn_one_is_erased(peer: Peer) -> None:
    """Then the two oldest sectors are missing, each of them in its turn."""
    for sales in range(1, 20, 4):
        for operation in range(7):
            past: Acts = [("wear", 0x2003, 0xFF), *YEARS[:-1]]
            assert_agrees(peer.after(past, 5, [*[("sell", 1)] * sales, ("cut", operation, 1, 0, "prepare")]))


def test_traces_are_told_of_apart(peer: Peer) -> None:
    """Who let each begin, and who ended it; none of them is a transaction, and no sum knows them."""
    life = peer.live(SECTORS, WATCHED)
    report = audit(life)
    assert report.books
    assert not any("does not know" in note for note in report.notes)
    ended = [(watch.operator, watch.time, watch.ended_by, watch.end_time) for watch in report.books.watches]
    by_hand, by_itself = ("01", "093105", "02", "094000"), ("01", "093105", "", "")
    assert ended == [by_hand, by_itself, by_hand, by_hand, by_itself, by_itself, by_itself, by_hand]
    traced = {number for watch in report.books.watches for number in (watch.number, watch.ended)}
    assert not traced & {entry.number for entry in report.books.entries}
    plain = audit(peer.live(SECTORS, [act for act in WATCHED if act[-1] not in ("watch", "unwatch")]))
    assert [(line.kind, line.count, line.amount) for line in report.lines] == [
        (line.kind, line.count, line.amount) for line in plain.lines
    ]


def test_a_trace_whose_beginning_has_been_erased(peer: Peer) -> None:
    sales: Acts = [("sell", amount) for amount in range(20)]
    days = [act for batch in range(10, 17) for act in [("sign_in", f"{batch:06}"), *sales, ("settle", 0)]]
    report = audit(peer.after([*YEARS[:-3], ("watch",), *days[:-2], ("unwatch",)], 4, []))
    assert report.good and report.books
    (watch,) = report.books.watches
    assert watch.number < report.first < watch.ended
    assert (watch.operator, watch.ended_by) == ("", "02")


def test_a_batch_that_is_not_whole_says_so(years: Life, days: Life) -> None:
    report = audit(years)
    assert report.books
    assert [batch.whole for batch in report.books.batches] == [False, *[True] * (len(report.books.batches) - 1)]
    whole = audit(days).books
    assert whole
    assert all(batch.whole for batch in whole.batches)
    assert [batch.status for batch in whole.batches] == ["settled", "open"]
