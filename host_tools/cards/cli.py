"""`suanpan cards`: the population at the command line."""

from __future__ import annotations

import socket
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts import vpcd
from host_tools.bench.parts.chip_slot import ChipSlot
from host_tools.bench.parts.chip_slot_reader import Reader
from host_tools.cards.application import Interface
from host_tools.cards.entries import load
from host_tools.cards.minting import Mint
from host_tools.cards.plastic import Chip
from host_tools.keys.authority import Authority
from host_tools.keys.errors import NoSuchKey

if TYPE_CHECKING:
    from host_tools.cards.card import Card
    from host_tools.keys.authority import CaKey

_VPCD_PORT = 35963
_PINS = (1, 2, 3)  # any three
_SETTLE_US = 10_000

app = typer.Typer(
    no_args_is_help=True,
    help="Test cards with real keys: what there is, an APDU to one of them, one of them behind PC/SC.",
)
console = Console()

_Name = Annotated[str, typer.Argument(help="As `suanpan cards list` has it.", show_default=False)]
_Keys = Annotated[
    Path | None,
    typer.Option(envvar="SUANPAN_KEYS", help="The key ceremony's directory, for its test CA; else one for this once."),
]
_State = Annotated[Path | None, typer.Option(help="Where cards keep their counters; else they forget them.")]


@app.command("list")
def list_cards() -> None:
    """Every card, and what it is for."""
    table = Table()
    for column in ("card", "applications", "ODA", "tap", "what for"):
        table.add_column(column)
    for name, card in load().cards.items():
        applications = card.applications
        labels = ", ".join(each.product.label for each in applications)
        table.add_row(name, labels, applications[0].oda, applications[0].tap or "no", card.about)
    console.print(table)


@app.command()
def send(
    name: _Name,
    commands: Annotated[list[str], typer.Argument(help="APDUs in hexadecimal, in order.", show_default=False)],
    over_the_air: Annotated[bool, typer.Option("--tap", help="As if it were tapped.")] = False,
    keys: _Keys = None,
    state: _State = None,
) -> None:
    """Power a card up, and print what it answers, data and status word."""
    card = _card(name, keys, state)
    card.reset(Interface.CONTACTLESS if over_the_air else Interface.CONTACT)
    try:
        apdus = [bytes.fromhex(command) for command in commands]
    except ValueError:
        raise typer.BadParameter("an APDU is hexadecimal") from None
    for apdu in apdus:
        console.print(card.exchange(apdu).hex().upper(), soft_wrap=True)


@app.command()
def serve(
    name: _Name,
    host: Annotated[str, typer.Option(help="Where vpcd is.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Its port.")] = _VPCD_PORT,
    keys: _Keys = None,
    state: _State = None,
) -> None:
    """Put a card into vpcd's reader (vsmartcard), where any PC/SC program finds it, until vpcd hangs up."""
    slot = ChipSlot(*_PINS)
    reader = Reader(slot, VirtualClock())
    slot.insert(Chip(_card(name, keys, state)))
    reader.run(_SETTLE_US)
    try:
        connection = socket.create_connection((host, port))
    except OSError as error:
        console.print(f"vpcd is not at {host}:{port}: {error.strerror}", style="red")
        raise typer.Exit(1) from None
    with connection:
        vpcd.serve(reader, connection)


def _card(name: str, keys: Path | None, state: Path | None) -> Card:
    if state is not None:
        state.mkdir(parents=True, exist_ok=True)
    mint = Mint(_authority(keys), directory=state)
    if name not in mint.population.cards:
        raise typer.BadParameter(f"no card is called {name}")
    return mint.card(name)


def _authority(keys: Path | None) -> list[CaKey]:
    if keys is not None:
        try:
            return Authority(keys / "authority").keys()
        except NoSuchKey:
            raise typer.BadParameter("no test CA there: suanpan keys test-ca makes one") from None
    with TemporaryDirectory() as directory:
        return Authority(Path(directory)).make(datetime.now().astimezone().date())
