"""Records that are genuine, each for itself, and cannot all be true: what a faulty terminal would write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host_tools.audit.image import FlashImage
from host_tools.audit.reading import Fault
from host_tools.audit.records import BadRecord, Event, Record, decode, unpack_totals
from host_tools.audit.verify import judge
from tests.host.audit.peer import KEY
from tests.host.audit.sealer import encode, opened, resealed

if TYPE_CHECKING:
    from collections.abc import Callable

    from host_tools.audit.reading import Finding
    from host_tools.audit.records import Value
    from host_tools.audit.verify import Report
    from tests.host.audit.peer import Life


def audit(area: bytes) -> Report:
    return judge(FlashImage(area, bare=True).reading(KEY))


def first(life: Life, event: Event, after: int = 1) -> Record:
    """The first record of an event, behind another one."""
    records = [decode(number, data) for number, data in opened(life.area).items()]
    return next(record for record in records if record.event == event and record.number > after)


def changed(life: Life, record: Record, fields: dict[str, Value], event: int | None = None) -> Finding:
    """What is found when this record says something else."""
    said = encode(record.event if event is None else event, {**record.fields, **fields})
    finding = audit(resealed(life.area, lambda number, data: said if number == record.number else data)).finding
    assert finding
    assert finding.fault is Fault.CONTRADICTORY
    return finding


def test_the_sealer_changes_nothing_by_itself(days: Life) -> None:
    area = resealed(days.area, lambda _, data: data)
    assert opened(area) == opened(days.area)
    assert audit(area).good


NUMBERS = [
    "status", "open", "newest", "amount", "of", "floor", "batch_start", "settled", "settling", "queued",
    "queued_total", "oldest", "oldest_at",
]  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_a_state_with_another_number(days: Life, name: str) -> None:
    state = first(days, Event.STATE)
    finding = changed(days, state, {name: state.figure(name) + 1})
    assert finding.number == state.number
    assert f"its {name}" in finding.why


@pytest.mark.parametrize(
    ("name", "value"),
    [("batch", "000009"), ("stan", "000000"), ("kind", "refund"), ("totals", b""), ("undone", bytes(4))],
)
def test_a_state_with_other_fields(days: Life, name: str, value: Value) -> None:
    state = first(days, Event.STATE)
    finding = changed(days, state, {name: value})
    assert finding.number == state.number
    assert f"its {name}" in finding.why


def one_fen_more(record: Record) -> bytes:
    totals = record.octets("totals")
    return totals[:12] + bytes([totals[12] + 1]) + totals[13:]


def test_a_settlement_with_other_sums(days: Life) -> None:
    settled = first(days, Event.SETTLED)
    wrong: list[dict[str, Value]] = [{"totals": one_fen_more(settled)}, {"batch": "000009"}, {"totals": b"\1"}]
    for fields in wrong:
        assert changed(days, settled, fields).number == settled.number


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"of": 3}, "not the next in the queue"),
        ({"amount": 8}, "another amount"),
        ({"oldest": 4}, "another transaction as the next"),
        ({"oldest_at": 4}, "another transaction as the next"),
    ],
)
def test_a_delivery_out_of_turn(days: Life, fields: dict[str, Value], why: str) -> None:
    delivered = first(days, Event.DELIVERED)
    finding = changed(days, delivered, fields)
    assert finding.number == delivered.number
    assert why in finding.why


def printed_in(life: Life) -> Record:
    return first(life, Event.PRINTED)


IMPOSSIBLE: list[tuple[Callable[[Life], Record], Event, dict[str, Value], str]] = [
    (printed_in, Event.APPROVED, {}, "answers no open request"),
    (printed_in, Event.DECLINED, {}, "answers no open request"),
    (printed_in, Event.REVERSED, {"of": 3}, "not to be reversed"),
    (printed_in, Event.SETTLED, {"batch": "000001"}, "sums are not"),
    (printed_in, Event.REOPENED, {}, "was not asked for"),
    (printed_in, Event.DELIVERED, {"of": 3}, "not the next in the queue"),
    (lambda life: first(life, Event.DELIVERED), Event.SETTLING, {}, "must still be told"),
    (lambda life: first(life, Event.APPROVED), Event.OPENED, {"batch": "000001"}, "has come to an end"),
    (lambda life: first(life, Event.REVERSED), Event.OPENED, {"batch": "000001"}, "has come to an end"),
    (lambda life: first(life, Event.REOPENED), Event.STORED, {"batch": "000001"}, "settlement is open"),
    (printed_in, Event.STORED, {"batch": "000009"}, "another batch"),
    (printed_in, Event.WATCHED, {"of": 3}, "that had not begun"),
    (lambda life: first(life, Event.REVERSED), Event.REVERSED, {"of": 3}, "not to be reversed"),
]


@pytest.mark.parametrize(("which", "event", "fields", "why"), IMPOSSIBLE)
def test_what_cannot_follow(
    days: Life, which: Callable[[Life], Record], event: Event, fields: dict[str, Value], why: str
) -> None:
    record = which(days)
    finding = changed(days, Record(record.number, event, {}, b""), fields)
    assert finding.number == record.number
    assert why in finding.why


def test_a_state_where_none_belongs_and_none_where_one_does(days: Life) -> None:
    printed, state = printed_in(days), first(days, Event.STATE)
    assert changed(days, printed, {}, Event.STATE).number == printed.number
    assert changed(days, state, {}, Event.PRINTED).number == state.number


@pytest.mark.parametrize("data", [b"\7\x82", b"\7\x82\2\1", b"\7\1\1\xff"])
def test_what_is_no_record(days: Life, data: bytes) -> None:
    printed = printed_in(days)
    with pytest.raises(BadRecord):
        decode(1, data)
    finding = audit(resealed(days.area, lambda number, old: data if number == printed.number else old)).finding
    assert finding
    assert (finding.number, finding.fault) == (printed.number, Fault.CONTRADICTORY)


def test_what_a_later_firmware_may_write_is_passed_over_and_said(days: Life) -> None:
    """Fields and events that this tool does not know."""
    printed = printed_in(days)
    for data in (encode(Event.PRINTED, printed.fields, more=b"\x5f\1x\xfe\1\0"), b"\x77"):
        report = audit(resealed(days.area, lambda n, old, data=data: data if n == printed.number else old))  # type: ignore[misc]
        assert report.good
        assert any(note.startswith(f"record {printed.number} ") for note in report.notes)


def test_sums_of_an_unknown_kind() -> None:
    assert unpack_totals(b"\x7fCUP\0\1" + bytes(6) + b"\5") == {("kind 127", "CUP"): (1, 5)}
    with pytest.raises(BadRecord):
        unpack_totals(bytes(12))
