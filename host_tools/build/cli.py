"""`suanpan build`: the sources, as what a board is given."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from host_tools.boards.data import BoardError, load
from host_tools.build.application import listing
from host_tools.build.base import OneMicroPython, base_image, make_base
from host_tools.build.bundle import Sign
from host_tools.build.flash_image import DoesNotFit, flash_image
from host_tools.build.release import BadVersion, Release, make, number_of
from host_tools.build.romfs import RomError
from host_tools.flash.errors import FlashError
from host_tools.keys.ceremony import Ceremony
from host_tools.keys.errors import KeysError
from host_tools.keys.signer import PublicKey, Signer
from host_tools.micropython.compiler import CompileError

console = Console()

_LARGEST = 10


def build(
    board: Annotated[str, typer.Option(help="Which board it is for: a folder of boards/.")] = "virtual",
    out: Annotated[Path, typer.Option("--out", "-o", help="Directory for what is made.")] = Path("out/build"),
    signer: Annotated[
        Path | None,
        typer.Option(
            help="The update signer's key, a PEM file (signer.pem of a ceremony).", exists=True, dir_okay=False
        ),
    ] = None,
    ceremony: Annotated[
        Path | None,
        typer.Option(
            help="A ceremony's directory: its signer signs, and it is a line of its audit file.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Who signs, for the audit file.")] = "",
    version: Annotated[str, typer.Option(help="x.y.z; the sources' own, if there is none.")] = "",
    number: Annotated[
        int | None, typer.Option(help="What versions are compared by; of 1.2.3 it is 1002003.", min=0)
    ] = None,
    floor: Annotated[
        int, typer.Option(help="The lowest number that a board may run once it has confirmed this one.", min=0)
    ] = 0,
    micropython: Annotated[
        Path | None,
        typer.Option(
            help="A bundle of this stock MicroPython image instead, of the --version that it is, for boards with room "
            "for a second one.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Compile the firmware for a board, sign it, and make the image of its whole flash.

    The same sources and the same key give the same bytes, in whatever directory. Made are, named by board and version:
    **.bundle** (what **suanpan update** sends), **.sha256** (a line for each file of it) and **.flash.bin** (the flash
    with partition table, first stage and bundle: what **suanpan flash** writes behind MicroPython itself).
    """
    if (signer is None) == (ceremony is None):
        raise typer.BadParameter("give either --signer or --ceremony")
    if micropython and not version:
        raise typer.BadParameter("give the --version that the MicroPython image is")
    try:
        chosen = load(board)
        if version:
            number_of(version)  # before anybody types a passphrase
        base = base_image(chosen, micropython) if micropython else b""
        sign, public = _signing(signer, ceremony, name, f"{board} {version}".strip())
        if base:
            content = make_base(chosen, base, sign, version)
            _write(out, f"{board}-micropython-{version}", {".bundle": content})
            return
        release = make(chosen, sign, version=version, number=number, floor=floor)
        image = flash_image(chosen, release.bundle, public())
    except (BoardError, BadVersion, DoesNotFit, OneMicroPython, RomError, CompileError, KeysError, FlashError) as error:
        console.print(f"refused: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    made = {".bundle": release.bundle, ".sha256": listing(release.files).encode(), ".flash.bin": image}
    console.print(_table(release))
    _write(out, f"{board}-{release.version}", made)


def _write(out: Path, stem: str, made: dict[str, bytes]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for suffix, content in made.items():
        (out / (stem + suffix)).write_bytes(content)
        console.print(f"{out / (stem + suffix)}: {len(content):,} bytes", markup=False, highlight=False, soft_wrap=True)


def _signing(signer: Path | None, ceremony: Path | None, name: str, what: str) -> tuple[Sign, Callable[[], PublicKey]]:
    """What signs, and then its public half: in a ceremony a refusal is to be written down, so it comes first."""
    who = name or typer.prompt("Your name") if ceremony else ""
    passphrase = typer.prompt("The signer's key: passphrase", hide_input=True)
    if signer:
        key = Signer.load(signer, passphrase)
        return key.sign, lambda: key.public
    assert ceremony
    desk = Ceremony(ceremony, now=lambda: datetime.now().astimezone(), random=secrets.token_bytes)
    return (
        lambda data: desk.sign(who, passphrase, what, data),
        lambda: Signer.load(ceremony / "signer.pem", passphrase).public,
    )


def _table(release: Release) -> Table:
    table = Table(title=f"{release.version}, number {release.number}", title_justify="left")
    table.add_column("part")
    table.add_column("bytes", justify="right")
    for part, size in release.packages().items():
        table.add_row(part, f"{size:,}")
    table.add_section()
    for path, size in release.largest(_LARGEST):
        table.add_row(path, f"{size:,}")
    table.add_section()
    share = len(release.bundle) / release.room
    table.add_row("bundle", f"{len(release.bundle):,}", style="bold")
    table.add_row(f"slot, {share:.0%} full", f"{release.room:,}")
    return table
