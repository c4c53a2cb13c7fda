"""`suanpan flash`, `doctor`, `shell`, `logs` and `cp`: a board on the workbench, and what is said about it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from host_tools.flash import ports
from host_tools.flash.diagnosis import Finding, Verdict
from host_tools.flash.errors import FlashError

if TYPE_CHECKING:
    from host_tools.flash import chip
    from host_tools.flash.run import Report

console = Console(highlight=False)

Port = Annotated[str, typer.Option("--port", "-p", help="Serial port; the only board that there is, if not given.")]
_REGISTER = Path("serials.csv")
_COLOURS = {Verdict.FOUND: "green", Verdict.MISSING: "bold red", Verdict.FAULTY: "red", Verdict.UNKNOWN: "dim"}


def flash(
    stock: Annotated[str, typer.Argument(help="The stock MicroPython image (.bin): a path, or an address.")],
    image: Annotated[
        Path,
        typer.Option(help="The image of the whole flash, as `suanpan build` makes it.", exists=True, dir_okay=False),
    ],
    chip: Annotated[
        str, typer.Option(help="The chip that it is for, esp32 or esp32s3, where its board does not say.")
    ] = "",
    sha256: Annotated[str, typer.Option(help="The stock image's SHA-256; needed for an address.")] = "",
    port: Port = "",
    all_boards: Annotated[bool, typer.Option("--all", help="Every board that is plugged in, at once.")] = False,
    register: Annotated[Path, typer.Option(help="The CSV of serial numbers.")] = _REGISTER,
    first: Annotated[str, typer.Option(help="The first serial number of a new CSV.")] = "SP-000001",
    labels: Annotated[Path | None, typer.Option(help="Write the labels of these boards, as a page to print.")] = None,
    destroy_records: Annotated[
        bool, typer.Option("--destroy-records", help="Even a board that has transactions on it.")
    ] = False,
    before: Annotated[str, typer.Option(help="How esptool gets the chip into download mode.")] = "default-reset",
    after: Annotated[str, typer.Option(help="How it gets it out.")] = "hard-reset",
    self_test: Annotated[bool, typer.Option(help="Examine the parts afterwards, over the REPL.")] = True,
) -> None:
    """Write a board's whole flash: MicroPython, the application, its data. One run of esptool, erased and verified.

    A board that lost its cable half way is flashed again in the same way.
    """
    from host_tools.boards.data import load
    from host_tools.flash import fetch, plan  # esptool is slow to import
    from host_tools.flash import stock as stock_image
    from host_tools.flash.register import Register
    from host_tools.flash.register import labels as page
    from host_tools.flash.run import Job, flash_all

    for file in (register, labels):  # now, and not when the boards are written
        if file and not file.absolute().parent.is_dir():
            refuse(f"There is no folder {file.parent} for {file.name}.")
    with refusals():
        with _bars() as bars:
            bar = bars.add_task("stock image", total=1)
            path = fetch.stock_image(
                stock, sha256, progress=lambda done, whole: bars.update(bar, completed=done, total=whole or None)
            )
            read = stock_image.read(path)
            bars.update(bar, completed=1, total=1, description=f"stock image  {read.chip}, {read.sha256[:12]}")
            content = image.read_bytes()
            application = plan.software_of(content)
            ours = plan.plan(read, content, chip or load(application.board).chip)
            book = Register(register, first)
            job = Job(
                lambda _found, _serial: ours,
                book,
                board=application.board,
                version=application.version,
                stock=read.sha256,
                destroy_records=destroy_records,
                reset_by=(before, after),
                self_test=self_test,
            )
            wanted = (ports.boards() if all_boards else []) or [ports.one(port)]
            reports = flash_all(wanted, job, lambda name: _told(bars, name))
        for report in reports:
            show(report)
        if labels:
            done = {report.serial for report in reports if not report.trouble}
            labels.write_text(page(row for row in book.rows if row.serial in done), "utf-8")
    if not all(report.good for report in reports):
        raise typer.Exit(1)


def doctor(port: Port = "") -> None:
    """Ask every part of a board, by its own REPL: what is there, what is not, and what is likely wired wrongly.

    The application is stopped for it, and started anew afterwards. A board in release mode has no REPL: its
    administrator opens it first.
    """
    from host_tools.flash.doctor import examine

    with refusals():
        findings = examine(ports.one(port), lambda finding: console.print(_line(finding)))
    if any(finding.verdict in (Verdict.MISSING, Verdict.FAULTY) for finding in findings):
        raise typer.Exit(1)


def shell(port: Port = "") -> None:
    """The board's prompt; Ctrl-] ends it. It is mpremote's."""
    with refusals():
        _mpremote(ports.one(port), "repl")


def cp(
    paths: Annotated[list[str], typer.Argument(help="From, and to; `:` before a path of the board's.")],
    port: Port = "",
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Folders, with all that is in them.")] = False,
) -> None:
    """Copy files to a board and from it, as mpremote does."""
    if len(paths) < 2:
        raise typer.BadParameter("from, and to: two paths at least")
    for path in paths[:-1]:
        if not path.startswith(":") and not Path(path).exists():
            refuse(f"There is no {path} here; a path of the board's begins with a colon.")
    with refusals():
        _mpremote(ports.one(port), "cp", *(["-r"] if recursive else []), *paths)


def logs(
    port: Port = "",
    baud: Annotated[int, typer.Option(help="Of the line.")] = 115_200,
    seconds: Annotated[float | None, typer.Option(help="So long, instead of until Ctrl-C.")] = None,
) -> None:
    """What a board prints, from its boot loader's first word; nothing is sent to it."""
    from host_tools.flash.repl import console as listen

    def tell(data: bytes) -> None:
        sys.stdout.write(data.decode("utf-8", "replace"))
        sys.stdout.flush()

    with refusals(), suppress(KeyboardInterrupt):
        listen(ports.one(port), tell, baud, seconds)


def show(report: Report) -> None:
    """The report of one board."""
    table = Table("", "", show_header=False, title=f"{report.port} {report.serial}".strip())
    if report.found:
        found = report.found
        table.add_row("chip", f"{found.description}, {found.mac}, {found.flash >> 20} MB")
    if report.written:
        table.add_row("written", f"{report.written / 1024:,.0f} KB, erased before and compared afterwards")
    if report.seconds:
        table.add_row("took", ", ".join(f"{what} {seconds:.1f} s" for what, seconds in report.seconds.items()))
    for finding in report.findings:
        table.add_row(finding.part, _line(finding, bare=True))
    if report.trouble:
        table.add_row("trouble", Text(report.trouble, "bold red"))
    console.print(table)


@contextmanager
def refusals() -> Iterator[None]:
    """What cannot be done is said in one line, and ends the command."""
    try:
        yield
    except (FlashError, ValueError, OSError) as refusal:
        refuse(str(refusal))


def refuse(reason: str) -> NoReturn:
    console.print(reason, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(1)


def _mpremote(port: str, *arguments: str) -> None:
    status = subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", ports.present(port), *arguments], check=False
    ).returncode
    if status:
        raise typer.Exit(status)


def _line(finding: Finding, *, bare: bool = False) -> Text:
    colour = _COLOURS[finding.verdict]
    text = Text.assemble((finding.verdict.value, colour), "  ", finding.says)
    return text if bare else Text.assemble((f"{finding.part:12}", "bold"), text)


def _bars() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console)


def _told(bars: Progress, port: str) -> chip.Progress:
    bar = bars.add_task(port, total=None)

    def progress(what: str, done: int, whole: int) -> None:
        bars.update(bar, description=f"{port}  {what}", completed=done, total=whole or None)

    return progress
