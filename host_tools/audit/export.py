"""Transactions, sums and traces as tables: CSV, JSON or Parquet.

No file has more of a card number than its first six and last four digits.
"""

from __future__ import annotations

import csv
import json
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from host_tools.audit.records import CREDITS, HELD

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from host_tools.audit.entries import Entry, Line, Watch

# The columns and what they hold: int, bool or str. Amounts are in fen.
TRANSACTIONS: dict[str, type] = {
    "record": int,  # number of the journal record that it begins with
    "batch": str,
    "settlement": int,  # record number of what closed the batch, 0 while nothing has
    "kind": str,
    "status": str,
    "counted": bool,  # whether it is in the batch's sums
    "amount": int,
    "org": str,
    "stan": str,
    "pan": str,
    "entry_mode": str,
    "operator": str,
    "at": str,  # ISO 8601, the terminal's local time
    "response": str,
    "reason": str,  # of the reversal
    "auth_code": str,
    "reference": str,
    "host_date": str,
    "host_time": str,
    "parties": str,
    "original": str,
    "original_reference": str,
    "of": int,  # `record` of what a void takes back, 0 for others
    "printed": int,
}
TOTALS: dict[str, type] = {
    "batch": str,
    "batch_status": str,  # open, settled, or left: another began without it
    "settlement": int,
    "whole": bool,  # whether every transaction of the batch is there
    "kind": str,
    "side": str,  # debit: the merchant is owed it; credit: the merchant owes it; held: neither
    "org": str,
    "count": int,  # of the transactions, and of those that are in no record any more, if the batch is not whole
    "amount": int,
    "told_count": int,  # by the terminal's own word
    "told_amount": int,
}
TRACES: dict[str, type] = {
    "record": int,  # with which it begins
    "begun": str,  # ISO 8601, as above; "" where that record is gone
    "operator": str,
    "end": int,  # record of a person's ending it, 0 where nobody has
    "ended": str,
    "ended_by": str,
}

Row = dict[str, Any]


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def transactions(entries: Sequence[Entry]) -> list[Row]:
    """A row for each, oldest first."""
    rows = []
    for entry in entries:
        own = {name: getattr(entry, name) for name in TRANSACTIONS if hasattr(entry, name)}
        rows.append(
            own
            | {
                "record": entry.number,
                "batch": entry.batch.number,
                "settlement": entry.batch.settled,
                "pan": masked(entry.pan),
                "at": _moment(entry.date, entry.time),
            }
        )
    return [{name: row[name] for name in TRANSACTIONS} for row in rows]


def totals(lines: Sequence[Line]) -> list[Row]:
    """A row for each batch, kind and organisation, oldest batch first."""
    return [
        {
            "batch": line.batch.number,
            "batch_status": line.batch.status,
            "settlement": line.batch.settled,
            "whole": line.batch.whole,
            "kind": line.kind,
            "side": "held" if line.kind in HELD else "credit" if line.kind in CREDITS else "debit",
            "org": line.org,
            "count": line.count,
            "amount": line.amount,
            "told_count": line.told_count,
            "told_amount": line.told_amount,
        }
        for line in lines
    ]


def traces(watches: Sequence[Watch]) -> list[Row]:
    """A row for each, oldest first."""
    return [
        {
            "record": watch.number,
            "begun": _moment(watch.date, watch.time),
            "operator": watch.operator,
            "end": watch.ended,
            "ended": _moment(watch.end_date, watch.end_time),
            "ended_by": watch.ended_by,
        }
        for watch in watches
    ]


def write(
    path: Path, form: Format, entries: Sequence[Entry], lines: Sequence[Line], watches: Sequence[Watch] = ()
) -> list[Path]:
    """The files that were written: JSON is one document, the others are a table each, the sums in PATH-totals and the
    traces, if there are any, in PATH-traces.

    Raises OSError.
    """
    rows, sums, told = transactions(entries), totals(lines), traces(watches)
    if form is Format.JSON:
        document = {"transactions": rows, "totals": sums, "traces": told}
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
        return [path]
    put = _csv if form is Format.CSV else _parquet
    tables = [(path, TRANSACTIONS, rows), (_beside(path, "totals"), TOTALS, sums)]
    if told:
        tables.append((_beside(path, "traces"), TRACES, told))
    for table in tables:
        put(*table)
    return [file for file, _, _ in tables]


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.stem}-{what}{path.suffix}")


def masked(pan: str) -> str:
    """First six and last four digits, whatever the record has."""
    return pan[:6] + "*" * (len(pan) - 10) + pan[-4:] if len(pan) > 10 else "*" * len(pan)


def _moment(date: str, time: str) -> str:
    try:
        return datetime.strptime(date + time, "%y%m%d%H%M%S").isoformat()
    except ValueError:
        return ""


def _csv(path: Path, columns: dict[str, type], rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns))
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {name: str(value).lower() if columns[name] is bool else value for name, value in row.items()}
            )


def _parquet(path: Path, columns: dict[str, type], rows: Sequence[Row]) -> None:
    from arro3.core import Array, DataType, Table
    from arro3.io import write_parquet

    types = {int: DataType.int64(), bool: DataType.bool(), str: DataType.utf8()}
    table: dict[str, Any] = {name: Array([row[name] for row in rows], types[kind]) for name, kind in columns.items()}
    write_parquet(Table.from_pydict(table), path)
