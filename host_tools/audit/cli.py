"""`suanpan audit`: a terminal's journal, checked and exported at the command line."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from host_tools.audit import tables
from host_tools.audit.archive import ArchiveFile
from host_tools.audit.books import compare
from host_tools.audit.export import Format, write
from host_tools.audit.image import FlashImage, read_key
from host_tools.audit.reading import AuditError
from host_tools.audit.verify import judge
from host_tools.flash.factory import BOARD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host_tools.audit.entries import Books
    from host_tools.audit.verify import Report

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="A terminal's journal, read from its flash image or an archive: check every record, export what was sold.\n\n"
    "The image comes off a board with `esptool read-flash 0 0x400000 flash.bin`, an archive with "
    "`suanpan backup save`.",
)
console = Console()

_Image = Annotated[Path, typer.Argument(help="The flash image, or the archive.", exists=True, dir_okay=False)]
_Key = Annotated[
    str,
    typer.Option(
        help="The journal's key, 64 hexadecimal digits or a file; a secure element leaves none in the image. "
        "For an archive, the terminal's backup key.",
        show_default="derived from the secret in the image",
        envvar="SUANPAN_JOURNAL_KEY",
    ),
]
_Bare = Annotated[bool, typer.Option("--bare", help="The file is the journal's partition alone, not the whole chip.")]
_Partitions = Annotated[
    Path, typer.Option(help="The board's partition table.", exists=True, dir_okay=False, show_default="virtual board")
]
_Merchant = Annotated[
    int,
    typer.Option(
        help="Whose journal, where several merchants share the terminal: 1, 2 and so on.",
        min=0,
        max=8,
        show_default="the only one",
    ),
]
_PARTITIONS = BOARD / "pins.py"


@app.command()
def verify(
    image: _Image,
    key: _Key = "",
    bare: _Bare = False,
    partitions: _Partitions = _PARTITIONS,
    merchant: _Merchant = 0,
    against: Annotated[
        Path | None, typer.Option(help="The acquirer's database, to compare sums with.", exists=True, dir_okay=False)
    ] = None,
    terminal: Annotated[str, typer.Option(help="The terminal's number there.", show_default="as the image says")] = "",
) -> None:
    """Check every record, and name the first that is altered, dropped or out of order.

    Ends with 0 if all is well, else with 1. That the newest records were cut off shows in the host's books alone:
    compare with --against.
    """
    with _refusals():
        source = _source(image, partitions, bare, merchant)
        report = _judged(source, key)
        good = report.good
        if report.books:
            _print_tables(report.books, report)
        _print_verdict(report, source)
        if against:
            newest = report.books.newest_batch if report.books else ""
            rows = compare(report.lines, newest, against, terminal or source.terminal())
            console.print(tables.comparison(rows))
            good = good and all(row.agrees for row in rows)
    if not good:
        raise typer.Exit(1)


@app.command()
def export(
    image: _Image,
    out: Annotated[Path, typer.Argument(help="The file to write; CSV and Parquet get one with the sums beside it.")],
    form: Annotated[
        Format | None, typer.Option("--format", help="Format of the file.", show_default="by the file's suffix")
    ] = None,
    key: _Key = "",
    bare: _Bare = False,
    partitions: _Partitions = _PARTITIONS,
    merchant: _Merchant = 0,
    damaged: Annotated[
        bool, typer.Option("--damaged", help="Export what comes before the first bad record, if there is one.")
    ] = False,
) -> None:
    """Write a row for each transaction, the sums of each batch by kind and card organisation, and a row for each trace
    that the workshop was told.

    Amounts are whole numbers of fen. The rows that are `counted` come to the terminal's own sums; where a batch's first
    records have made room for newer ones it says that it is not whole. Ends with 1 if the journal is not whole itself.
    """
    with _refusals():
        chosen = form or _by_suffix(out)
        source = _source(image, partitions, bare, merchant)
        report = _judged(source, key)
        _print_verdict(report, source)
        if report.books and (report.good or damaged):
            for path in write(out, chosen, report.books.entries, report.lines, report.books.watches):
                console.print(f"{path}", markup=False, highlight=False, soft_wrap=True)
            _print_tables(report.books, report)
    if not report.good:
        raise typer.Exit(1)


def _source(path: Path, table: Path, bare: bool, merchant: int) -> FlashImage | ArchiveFile:
    content = path.read_bytes()
    if ArchiveFile.is_one(content) and not bare:
        return ArchiveFile(content)
    return FlashImage(content, table=table, bare=bare, merchant=merchant)


def _judged(source: FlashImage | ArchiveFile, key: str) -> Report:
    return judge(source.reading(read_key(key) if key else source.key()))


def _print_tables(books: Books, report: Report) -> None:
    console.print(tables.totals(report))
    if books.watches:
        console.print(tables.traces(books.watches))


def _print_verdict(report: Report, source: FlashImage | ArchiveFile) -> None:
    for note in report.notes:
        console.print(f"note: {note}", style="yellow", markup=False, highlight=False)
    console.print(tables.verdict(report, source.base), soft_wrap=True)


def _by_suffix(out: Path) -> Format:
    try:
        return Format(out.suffix.removeprefix("."))
    except ValueError:
        raise AuditError(f"{out.name} does not say which format: end it in .csv, .json or .parquet") from None


@contextmanager
def _refusals() -> Iterator[None]:
    """What cannot be done is said in one line, and ends the command."""
    try:
        yield
    except (AuditError, OSError) as refusal:
        console.print(f"audit: {refusal}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
