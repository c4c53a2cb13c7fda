"""`suanpan run`: the desk in a browser, until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import sys
import webbrowser
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from host_tools.acquirer.fixture import BANK, FixtureError
from host_tools.acquirer.store import StoreError
from host_tools.bench.panel.live_shop import open_shop
from host_tools.bench.panel.server import ADDRESS, bind, serving
from host_tools.bench.panel.state import StateInUse
from host_tools.micropython import MissingMicroPython
from host_tools.micropython.port import ROOT

if TYPE_CHECKING:
    from host_tools.bench.panel.recording import Recordings

_PORT = 8321
_STATE = ROOT / ".suanpan"


def run(
    port: Annotated[int, typer.Option(help=f"Port on {ADDRESS}; 0 takes a free one.", min=0, max=65535)] = _PORT,
    fixture: Annotated[Path, typer.Option(help="The bank: terminals, cards, opening balances (YAML).")] = BANK,
    state: Annotated[
        Path, typer.Option(help="Directory that keeps the terminal's flash and the bank's books over runs.")
    ] = _STATE,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over: a terminal fresh from the workshop, a new bank.")
    ] = False,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    script: Annotated[
        Path | None, typer.Option(help="A bench script to be played at the desk.", dir_okay=False)
    ] = None,
    apdu_trace: Annotated[
        Path | None,
        typer.Option(help="A file for what chip cards hear and say, for `suanpan emv explain`.", dir_okay=False),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            help="A file for what the terminal tells when it is asked to (menu, 9, 5), for `suanpan replay`.",
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Put a terminal on the desk and use it in the browser: press keys, swipe, insert and tap cards, tear off receipts.

    Firmware, parts and acquirer are the same as in the tests, in real time. Operator 01, password 0000.
    """
    console = Console(stderr=True)
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_run(console, port, fixture, state, fresh, browser, script, apdu_trace, trace))
    except StoreError as problem:
        _refuse(console, f"{problem}; --fresh starts over")
    except (FixtureError, StateInUse, MissingMicroPython, OSError) as problem:
        _refuse(console, str(problem))


async def _run(
    console: Console,
    port: int,
    fixture: Path,
    state: Path,
    fresh: bool,
    browser: bool,
    script: Path | None,
    apdu_trace: Path | None,
    trace: Path | None,
) -> None:
    played = script and script.read_text("utf-8")
    with bind(port) as listener, apdu_trace.open("w", encoding="utf-8") if apdu_trace else nullcontext() as apdus:
        async with (
            open_shop(state, fixture, fresh=fresh, chips=True, apdus=apdus) as desk,
            serving(desk, listener) as served,
        ):
            await desk.switch_power(on=True)
            url = f"http://{ADDRESS}:{listener.getsockname()[1]}/"
            console.print(f"算盘 Suanpan: {url}  (Ctrl-C ends)", highlight=False)
            if not desk.chips:
                console.print("This terminal knows no chip cards; --fresh makes one that does.", highlight=False)
            if browser and _has_a_screen():
                webbrowser.open(url)
            if script and played:
                desk.player.play(played, script.name)
            try:
                await served
            finally:
                if trace:
                    _keep(console, desk.recordings, trace)


def _keep(console: Console, recordings: Recordings, out: Path) -> None:
    """The last trace that the terminal has told on its service line."""
    recordings.end()
    if not recordings.kept:
        console.print(f"no trace: {recordings.problem or 'nothing was told'}", style="red", markup=False)
        return
    try:
        out.write_bytes(recordings.kept[-1].data)
    except OSError as problem:
        console.print(f"no trace: {problem}", style="red", markup=False)


def _refuse(console: Console, reason: str) -> NoReturn:
    console.print(f"run: {reason}", style="red", markup=False, highlight=False)
    raise typer.Exit(1)


def _has_a_screen() -> bool:
    """Without one, a browser that runs in the terminal would take it over."""
    return sys.platform != "linux" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
