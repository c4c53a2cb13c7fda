"""R19: what is exported, in any format, comes to the terminal's own sums, and holds no whole card number."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from arro3.io import read_parquet

from host_tools.audit.export import TOTALS, TRANSACTIONS, Format, masked, write
from host_tools.audit.image import FlashImage
from host_tools.audit.verify import judge
from tests.host.audit.peer import KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.host.audit.peer import Life

Rows = list[dict[str, Any]]


def exported(life: Life, path: Path, form: Format) -> list[Path]:
    report = judge(FlashImage(life.area, bare=True).reading(KEY))
    assert report.books
    return write(path, form, report.books.entries, report.lines)


def from_csv(path: Path, columns: dict[str, type]) -> Rows:
    kinds: dict[type, Callable[[str], Any]] = {int: int, str: str, bool: {"true": True, "false": False}.__getitem__}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        assert reader.fieldnames == list(columns)
        return [{name: kinds[columns[name]](text) for name, text in row.items()} for row in reader]


def in_csv(life: Life, directory: Path) -> tuple[Rows, Rows]:
    transactions, totals = exported(life, directory / "day.csv", Format.CSV)
    assert totals.name == "day-totals.csv"
    return from_csv(transactions, TRANSACTIONS), from_csv(totals, TOTALS)


def in_json(life: Life, directory: Path) -> tuple[Rows, Rows]:
    (path,) = exported(life, directory / "day.json", Format.JSON)
    document = json.loads(path.read_text("utf-8"))
    return document["transactions"], document["totals"]


def sums(rows: Rows) -> dict[tuple[str, int, str, str], tuple[int, int]]:
    """Of the rows that are counted: by batch, settlement, kind and organisation."""
    found: dict[tuple[str, int, str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in rows:
        if row["counted"]:
            key = row["batch"], row["settlement"], row["kind"], row["org"]
            found[key] = found[key][0] + 1, found[key][1] + row["amount"]
    return dict(found)


def test_the_rows_come_to_the_sums(life: Life, tmp_path: Path) -> None:
    """Of each whole batch by the rows alone; and each line's sums are the terminal's."""
    rows, totals = in_json(life, tmp_path)
    by_rows = sums(rows)
    whole = {
        (line["batch"], line["settlement"], line["kind"], line["org"]): (line["count"], line["amount"])
        for line in totals
        if line["whole"]
    }
    assert {key: by_rows[key] for key in whole} == whole
    assert len(whole) >= 4
    assert all((line["count"], line["amount"]) == (line["told_count"], line["told_amount"]) for line in totals)
    newest = max(row["batch"] for row in rows)
    told = {(kind, org): figures for (kind, org), figures in life.totals.items()}
    assert {key[2:]: figures for key, figures in by_rows.items() if key[:2] == (newest, 0)} == told


def test_a_batch_that_is_not_whole_has_more_in_its_sums_than_in_its_rows(years: Life, tmp_path: Path) -> None:
    rows, totals = in_json(years, tmp_path)
    (line,) = (line for line in totals if not line["whole"])
    count, _ = sums(rows)[line["batch"], line["settlement"], line["kind"], line["org"]]
    assert count < line["count"] == line["told_count"]


def test_every_format_says_the_same(life: Life, tmp_path: Path) -> None:
    assert in_csv(life, tmp_path) == in_json(life, tmp_path)


def test_parquet_says_the_same(life: Life, tmp_path: Path) -> None:
    files = exported(life, tmp_path / "day.parquet", Format.PARQUET)
    tables = []
    for path, columns in zip(files, (TRANSACTIONS, TOTALS), strict=True):
        table = read_parquet(path).read_all()
        assert table.column_names == list(columns)
        values = [table.column(name).to_pylist() for name in columns]
        tables.append([dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)])
    assert tuple(tables) == in_json(life, tmp_path)


def test_what_a_row_says(days: Life, tmp_path: Path) -> None:
    rows, _ = in_json(days, tmp_path)
    assert rows[0] == {
        "record": 3, "batch": "000001", "settlement": rows[0]["settlement"], "kind": "sale", "status": "approved",
        "counted": True, "amount": 100, "org": "CUP", "stan": "000002", "pan": "621000*********0007",
        "entry_mode": "021", "operator": "01", "at": "2026-11-23T09:31:05", "response": "00", "reason": "",
        "auth_code": "A12345", "reference": "112309310001", "host_date": "1123", "host_time": "093107",
        "parties": "01020000", "original": "", "original_reference": "", "of": 0, "printed": 2,
    }  # fmt: skip
    assert rows[0]["settlement"] > rows[0]["record"]
    statuses = {row["status"] for row in rows}
    assert statuses == {"approved", "declined", "voided", "reversed", "stored", "delivered", "refused"}
    (void,) = (row for row in rows if row["kind"] == "void")
    (voided,) = (row for row in rows if row["status"] == "voided")
    assert (void["of"], void["amount"], voided["counted"]) == (voided["record"], voided["amount"], True)


def test_no_whole_card_number(days: Life, tmp_path: Path) -> None:
    for form in (Format.CSV, Format.JSON):
        for path in exported(days, tmp_path / f"day.{form}", form):
            assert b"6210000000000000007" not in path.read_bytes()


@pytest.mark.parametrize(
    ("pan", "shown"),
    [
        ("6210000000000000007", "621000*********0007"),
        ("621000*********0007", "621000*********0007"),
        ("4000000000006", "400000***0006"),
        ("12345678901", "123456*8901"),
        ("1234567890", "**********"),
        ("", ""),
    ],
)
def test_a_card_number_is_masked_whatever_the_record_has(pan: str, shown: str) -> None:
    assert masked(pan) == shown
