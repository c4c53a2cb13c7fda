"""`suanpan commission` and `suanpan swap`: a unit's way to its counter, and its number's way to another unit."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from host_tools.acquirer.fixture import BANK, FixtureError, open_bank
from host_tools.acquirer.fixture import load as load_bank
from host_tools.acquirer.store import StoreError
from host_tools.backup.errors import BackupError
from host_tools.boards.data import BoardError
from host_tools.boards.data import load as load_board
from host_tools.commission import report
from host_tools.commission.errors import CommissionError, NoCeremony
from host_tools.commission.order import Order, read
from host_tools.commission.steps import Workshop
from host_tools.commission.steps import commission as all_steps
from host_tools.commission.swap import hand_over, require_ready
from host_tools.commission.work import Work
from host_tools.flash import ports
from host_tools.flash.errors import FlashError, PortBusy
from host_tools.keys.ceremony import Ceremony
from host_tools.keys.cli import DIRECTORY
from host_tools.keys.components import Algorithm
from host_tools.keys.desk import ask_components, ask_pair
from host_tools.keys.errors import KeysError
from host_tools.keys.injection import BAUD
from host_tools.keys.signer import Signer
from host_tools.keys.terminal_keys import require_serial, require_terminal

if TYPE_CHECKING:
    from host_tools.acquirer.store import Store
    from host_tools.commission.work import Facts
    from host_tools.keys.injection import Port

console = Console(highlight=False)

_LINE_S = 5  # for each answer
_STEPS = {
    "flash": "write the board",
    "keys": "inject the master key",
    "bind": "ask the acquirer what the number is bound to",
    "statement": "sale, void, and the terminal's statement",
    "host": "ask the acquirer for the same two",
    "release": "close the REPL",
}

_Keys = Annotated[Path, typer.Option(envvar="SUANPAN_KEYS", help="The key ceremony's directory.")]
_Database = Annotated[str, typer.Option("--database", "--db", help="The acquirer's books.")]
_Fixture = Annotated[Path, typer.Option(help="The bank that they are of.", show_default="a small test bank")]


def commission(
    order: Annotated[
        Path,
        typer.Argument(help="What is to be commissioned (TOML, docs/flashing.md).", exists=True, dir_okay=False),
    ],
    stock: Annotated[Path, typer.Option(help="The stock MicroPython image.", exists=True, dir_okay=False)],
    image: Annotated[Path, typer.Option(help="The flash that `suanpan build` has made.", exists=True, dir_okay=False)],
    database: _Database,
    work: Annotated[Path, typer.Option(help="Directory of this one unit's work, and of its report.")],
    port: Annotated[str, typer.Option("--port", "-p", help="Serial port that the board is flashed by.")] = "",
    line: Annotated[
        str, typer.Option("--line", help="Serial port at the board's service line; the same one, if not given.")
    ] = "",
    keys: _Keys = DIRECTORY,
    fixture: _Fixture = BANK,
    register: Annotated[Path, typer.Option(help="The CSV of serial numbers.")] = Path("serials.csv"),
    archive: Annotated[Path | None, typer.Option(help="Of the unit whose place this one takes.", exists=True)] = None,
    release: Annotated[bool, typer.Option(help="Close the REPL at the end.")] = True,
) -> None:
    """Flash a board, inject its keys, see to its binding, sell 0.01 and void it, close it, and sign a report.

    What is cut short goes on from its step when the command is given again.
    """
    with _refusals():
        ordered = read(order)
        ceremony = _ceremony(keys)
        if not (keys / "signer.pem").exists():
            raise NoCeremony(str(keys))
        done = Work(work, ordered, lambda: datetime.now().astimezone())
        if done.facts("flash") is None:
            _require_suited(ordered, stock, image)
        name = ports.present(ports.one(port))
        workshop = Workshop(
            ceremony,
            pair=lambda: ask_pair(ceremony),
            flash=lambda key: _flash(ordered, key, name, stock, image, register),
            line=lambda: _line(line or name),
            host=lambda: _store(fixture, database),
            at_the_keys=_at_the_keys,
            archive=archive.read_bytes() if archive else b"",
        )
        all_steps(ordered, done, workshop, lambda step: console.print(f"[bold]{_STEPS[step]}[/]"), release=release)
        passphrase = typer.prompt("The signer's key, for the report: passphrase", hide_input=True)
        signer = Signer.load(keys / "signer.pem", passphrase)
        for path in report.write(work, report.content(ordered, done), signer.sign):
            console.print(str(path), markup=False)


def swap(
    terminal: Annotated[str, typer.Argument(help="The terminal's number (TID).")],
    serial: Annotated[str, typer.Argument(help="The serial number of the unit that takes it over.")],
    database: _Database,
    keys: _Keys = DIRECTORY,
    fixture: _Fixture = BANK,
    generate: Annotated[bool, typer.Option("--generate", help="Make both components here and now.")] = False,
) -> None:
    """Hand a terminal number over to another unit: a new master key, and the new serial number at the acquirer.

    The old unit must have settled; it cannot sign in any more from here on. Before: **suanpan backup save**, and
    终端退役 at its keys. After: **suanpan commission** of the new unit, by an order that says whom it `replaces`.
    """
    with _refusals():
        ceremony = _ceremony(keys)
        require_terminal(terminal)
        require_serial(serial)
        with _store(fixture, database) as store:
            require_ready(store, terminal)  # before anybody types a passphrase
            pair = ask_pair(ceremony)
            algorithm, size = Algorithm.TDES, 16
            for entry in ceremony.terminals.entries():
                if entry.terminal == terminal:
                    algorithm = entry.algorithm
            components, confirmed = ask_components(ceremony, terminal, pair, algorithm, size, generate=generate)
            value = hand_over(ceremony, pair, store, terminal, serial, algorithm, components, confirmed)
    console.print(f"{terminal} is {serial}'s now, with the master key {value.hex().upper()}.", markup=False)


def _require_suited(order: Order, stock: Path, image: Path) -> None:
    """Before anybody types a passphrase."""
    from host_tools.commission.flashing import require_suited  # esptool is slow to import

    require_suited(order, stock, image.read_bytes(), load_board(order.board))


def _flash(order: Order, key: bytes, port: str, stock: Path, image: Path, register: Path) -> Facts:
    from host_tools.commission.flashing import flashed  # esptool is slow to import

    password = ""
    if order.wifi:
        password = typer.prompt(f"Password of the network {order.wifi}", hide_input=True)
    board = load_board(order.board)
    return flashed(order, key, port, stock, image.read_bytes(), board, register, wifi_password=password)


@contextmanager
def _line(port: str) -> Iterator[Port]:
    import serial  # type: ignore[import-untyped]

    try:
        line = serial.serial_for_url(port, BAUD, timeout=_LINE_S)
    except serial.SerialException as problem:
        raise PortBusy.at(port) from problem
    with line:
        yield line


@contextmanager
def _store(fixture: Path, database: str) -> Iterator[Store]:
    with closing(open_bank(load_bank(fixture), database)) as store:
        yield store


def _ceremony(directory: Path) -> Ceremony:
    """Raises NoCeremony."""
    ceremony = Ceremony(directory, now=lambda: datetime.now().astimezone(), random=secrets.token_bytes)
    if len(ceremony.custodians.names) < 2:
        raise NoCeremony(str(directory))
    return ceremony


def _at_the_keys(words: str) -> None:
    console.print(words, markup=False)
    typer.prompt("Enter, when it waits for the workshop", default="", show_default=False)


@contextmanager
def _refusals() -> Iterator[None]:
    """What cannot be done is said in one line, and ends the command. A serial port's error is an OSError."""
    try:
        yield
    except (
        *(CommissionError, FlashError, KeysError, BackupError, BoardError, FixtureError, StoreError),
        *(ValueError, OSError),
    ) as refusal:
        _refuse(str(refusal))


def _refuse(reason: str) -> NoReturn:
    console.print(f"refused: {reason}", style="red", markup=False, soft_wrap=True)
    raise typer.Exit(1)
