"""`suanpan load`: many terminals at an acquirer, at a given rate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from host_tools.acquirer.fixture import FixtureError
from host_tools.acquirer.store import StoreError
from host_tools.load import bank as banks
from host_tools.load.acquirer import NotStarted
from host_tools.load.measure import Load, measure
from host_tools.load.plot import plot

if TYPE_CHECKING:
    from host_tools.load.report import Report


def load(
    terminals: Annotated[int, typer.Option(help="How many.", min=1)] = 100,
    rate: Annotated[float, typer.Option(help="Transactions a second, of all terminals together.", min=0.1)] = 200,
    seconds: Annotated[float, typer.Option(help="How long transactions begin.", min=0.1)] = 10,
    database: Annotated[
        str,
        typer.Option(help="For the acquirer that is started, an empty one: SQLite file or postgresql+psycopg://..."),
    ] = "",
    scenario: Annotated[str, typer.Option(help="What that acquirer does wrong: docs/scenarios.md.")] = "",
    against: Annotated[str, typer.Option(help="HOST:PORT of an acquirer that runs already, on --fixture.")] = "",
    fixture: Annotated[Path | None, typer.Option(help="Its bank; see --write-bank.")] = None,
    write_bank: Annotated[
        Path | None, typer.Option(help="Write a bank of so many terminals, for suanpan acquirer --fixture, and end.")
    ] = None,
    patience: Annotated[float, typer.Option(help="Seconds that a terminal waits for an answer.", min=0.01)] = 30,
    seed: Annotated[int, typer.Option(help="Of keys, STANs and unpredictable numbers.")] = 1,
    picture: Annotated[Path | None, typer.Option("--plot", help="A PNG of it.")] = None,
    figures: Annotated[Path | None, typer.Option("--report", help="All figures, as JSON.")] = None,
) -> None:
    """Drive an acquirer with terminals that have keys, STANs, chips, PINs and reversals of their own.

    Without --against an acquirer is started, on an SQLite file that is gone afterwards. The exit status is 1 if the
    books do not agree.
    """
    console = Console()
    try:
        if write_bank is not None:
            banks.write(write_bank, terminals, seed)
            return
        if bool(against) != (fixture is not None):
            raise ValueError("--against and --fixture go together")
        asked = Load(terminals, rate, seconds, patience, seed, database, scenario, against, fixture)
        with Progress(console=Console(stderr=True), transient=True) as bars:
            tasks = {what: bars.add_task(what, total=1) for what in ("sign in", "transactions", "settle")}
            tally, told = measure(asked, lambda what, part: bars.update(tasks[what], completed=part))
    except (FixtureError, StoreError, NotStarted, OSError, ValueError) as problem:
        console.print(f"load: {problem}", style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None
    console.print(_table(told))
    if picture is not None:
        plot(tally, told, picture)
    if figures is not None:
        figures.write_text(json.dumps(told.as_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if not told.reconciled:
        raise typer.Exit(1)


def _table(told: Report) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    table.add_row("terminals", f"{told.terminals}")
    table.add_row("asked", f"{told.asked} at {told.rate:g}/s for {told.seconds:g} s")
    table.add_row("answered", f"{told.answered}, {told.per_second:.0f}/s")
    for name, value in told.percentiles.items():
        table.add_row(f"{name}, from due to answered", f"{value:.1f} ms")
    table.add_row("longest", f"{told.longest:.1f} ms")
    for name, count in told.codes.items():
        table.add_row(name, f"{count}")
    for name, count in told.unbelieved.items():
        table.add_row(f"not believed: {name}", f"{count}")
    table.add_row("unanswered", f"{told.unanswered}")
    table.add_row("could not be told to the end", f"{told.lost}")
    table.add_row("batches settled, not balanced", f"{told.settled}, {told.unbalanced}")
    books = "not looked into" if told.trouble is None else "; ".join(told.trouble) or "sound"
    table.add_row("the host's books", books)
    if told.acquirer_cpu is not None:
        table.add_row("acquirer, processor time", f"{told.acquirer_cpu:.2f} ms each")
    table.add_row("load, processor time", f"{told.load_cpu:.2f} ms each")
    table.add_row("reconciled", "yes" if told.reconciled else "NO")
    return table
