"""`suanpan emv`: what passed between a chip card and a terminal, told to people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from host_tools.emv.story import BAD, GOOD, PLAIN, Phase
from host_tools.emv.tale import Tale, tell
from host_tools.emv.trace import NoTrace, load
from host_tools.emv.transaction import transactions

app = typer.Typer(no_args_is_help=True, help="Traces of chip cards: `suanpan run --apdu-trace FILE` records one.")

_STYLES = {GOOD: "green", BAD: "red", PLAIN: ""}
_MARKS = {GOOD: "✓", BAD: "✗", PLAIN: "·"}


@app.callback()
def _emv() -> None: ...


@app.command()
def explain(
    trace: Annotated[Path, typer.Argument(help="A trace of APDUs.", dir_okay=False, show_default=False)],
    number: Annotated[int, typer.Option("--only", help="One transaction, counted from 1; else all.", min=0)] = 0,
    commands: Annotated[bool, typer.Option("--apdus", help="The commands and answers too.")] = False,
) -> None:
    """Tell each transaction of a trace as a story: every phase, as the books name it, and what came of it."""
    console = Console()
    try:
        found = transactions(load(trace))
    except (NoTrace, OSError, KeyError, ValueError) as problem:
        Console(stderr=True).print(f"{trace}: {problem}", style="red", markup=False)
        raise typer.Exit(1) from None
    if not found or number > len(found):
        Console(stderr=True).print(f"{trace}: it has {len(found)} transactions", style="red", markup=False)
        raise typer.Exit(1)
    for at, transaction in enumerate(found, 1):
        if number in (0, at):
            console.print(picture(tell(transaction), at))
            if commands:
                for step in transaction.steps:
                    exchange = f"  {step.name}\n    > {step.text}\n    < {step.answer} {step.status:04X}"
                    console.print(Text(exchange), soft_wrap=True)


def picture(tale: Tale, number: int = 1) -> Group:
    """The story as it is printed."""
    head = Panel(Text(tale.head, style="bold"), title=f"{number}", title_align="left", border_style=_STYLES[tale.mood])
    return Group(head, *(_phase(phase) for phase in tale.phases))


def _phase(phase: Phase) -> Group:
    title = Text.assemble((phase.title, "bold cyan"), "  ", (phase.clause, "dim"))
    lines = Table.grid(padding=(0, 1))
    for mood, words in phase.lines:
        lines.add_row(Text(f"  {_MARKS[mood]}", style=_STYLES[mood]), Text(words, style=_STYLES[mood]))
    return Group(title, lines)
