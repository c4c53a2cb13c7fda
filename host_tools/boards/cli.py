"""`suanpan board`: which boards there are, whether their files are right, and how they are wired."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown

from host_tools.boards.check import check, counted
from host_tools.boards.data import Board, BoardError, load, names
from host_tools.boards.docs import REPOSITORY, update
from host_tools.boards.picture import picture
from host_tools.boards.wiring import table

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The boards that the firmware runs on, each a file of data: **boards/NAME/pins.py**.",
)
console = Console(soft_wrap=True)


@app.command(name="list")
def list_boards() -> None:
    """Which boards there are."""
    for name in names():
        board = load(name)
        print(f"{name:<18}{board.module:<24}{board.flash_size >> 20} MB  {', '.join(board.capabilities)}")


@app.command(name="check")
def check_boards(boards: Annotated[list[str] | None, typer.Argument(help="All, if none is named.")] = None) -> None:
    """Find what cannot work before it is soldered: exit code 1, and for each conflict the line and what to change."""
    wrong = 0
    for name in boards or names():
        board = _load(name)
        conflicts = check(board)
        wrong += len(conflicts)
        for conflict in conflicts:
            print(f"{_short(board.file)}:{conflict.line}: {conflict.text}")
        if not conflicts:
            parts, wires = counted(board)
            print(f"{_short(board.file)}: good: {parts} parts on {wires} pins, {len(board.partitions)} partitions")
    raise typer.Exit(1 if wrong else 0)


@app.command()
def wiring(
    board: Annotated[str | None, typer.Argument(help="A board's name, or the file of one.", show_default=False)] = None,
    svg: Annotated[Path | None, typer.Option(help="Write the picture there.", show_default=False)] = None,
    update_docs: Annotated[
        bool, typer.Option("--update", help="Make the tables and pictures in docs/, and partitions.csv, anew.")
    ] = False,
) -> None:
    """What is soldered to which pin: a table, or a picture."""
    if update_docs:
        for path in update():
            print(_short(path))
        return
    if board is None:
        raise typer.BadParameter("name a board")
    wired = _load(board)
    if svg:
        try:
            svg.write_text(picture(wired), "utf-8")
        except OSError as problem:
            print(f"{svg} cannot be written: {problem.strerror}")
            raise typer.Exit(2) from None
        print(f"{svg}: written")
    else:
        console.print(Markdown(table(wired)))


def _load(name: str) -> Board:
    try:
        return load(Path(name) if name.endswith(".py") else name)
    except BoardError as error:
        print(error)
        raise typer.Exit(2) from None


def _short(path: Path) -> Path:
    return path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path
