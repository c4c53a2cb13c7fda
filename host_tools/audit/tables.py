"""What an audit found, as tables and a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from host_tools.audit import export
from host_tools.audit.reader import SECTOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host_tools.audit.books import Comparison
    from host_tools.audit.entries import Watch
    from host_tools.audit.reading import Finding
    from host_tools.audit.verify import Report


def totals(report: Report) -> Table:
    table = Table(title="batches" if report.good else f"batches, as far as record {report.last}")
    for column in ("batch", "", "kind", "org"):
        table.add_column(column)
    for column in ("records", "", "terminal", ""):
        table.add_column(column, justify="right")
    for line in report.lines:
        status = line.batch.status if line.batch.whole else f"{line.batch.status}, not whole"
        told = (str(line.told_count), yuan(line.told_amount))
        row = (line.batch.number, status, line.kind, line.org, str(line.count), yuan(line.amount), *told)
        table.add_row(*(Text(cell) for cell in row), style="" if line.agrees else "red")
    return table


def traces(watches: Sequence[Watch]) -> Table:
    table = Table(title="traces for the workshop")
    for column in ("record", "begun", "by operator", "ended", "by operator"):
        table.add_column(column, justify="right" if column == "record" else "left")
    for row in export.traces(watches):
        ended = (row["ended"], row["ended_by"]) if row["end"] else ("by itself", "")
        begun = (row["begun"], row["operator"]) if row["begun"] else ("before the oldest record", "")
        table.add_row(*(Text(cell) for cell in (str(row["record"]), *begun, *ended)))
    return table


def comparison(rows: Sequence[Comparison]) -> Table:
    table = Table(title="sales by both sides' books")
    for column in ("batch", "terminal", "", "host", "", "difference"):
        table.add_column(column, justify="left" if column == "batch" else "right")
    for row in rows:
        difference = yuan(row.terminal[1] - row.host[1])
        cells = (
            row.batch,
            *(cell for count, amount in (row.terminal, row.host) for cell in (str(count), yuan(amount))),
        )
        table.add_row(*(Text(cell) for cell in (*cells, difference)), style="" if row.agrees else "red")
    return table


def verdict(report: Report, base: int) -> Text:
    """One sentence; `base` is where in the file the journal begins."""
    if report.finding:
        return Text(sentence(report.finding, base), style="red")
    if not report.last:
        return Text("empty")
    return Text(
        f"whole: records {report.first} to {report.last}, each genuine, in its place, in agreement with the rest"
    )


def sentence(finding: Finding, base: int) -> str:
    where = ""
    if finding.place:
        address = base + finding.place.sector * SECTOR + finding.place.offset
        where = f" ({finding.place}, 0x{address:06X} of the file)"
    return f"record {finding.number} {finding.fault}: {finding.why}{where}"


def yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02}"
