"""`suanpan bench`: scripts played without a screen, and the board's serial lines for other people's tools."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Coroutine
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from host_tools.acquirer.fixture import load
from host_tools.bench.network import LiveWorld
from host_tools.bench.panel.state import StateInUse, keep
from host_tools.bench.parts.esp32_chips import ESP32, ESP32_S3, Chip
from host_tools.bench.process import BOARD, HEAP, PINS
from host_tools.bench.repl import repl as board_at_repl
from host_tools.bench.rom_loader import rom_loader
from host_tools.bench.rom_loader_rfc2217 import rom_loader_rfc2217
from host_tools.bench.script import ScriptError, Step, read
from host_tools.bench.script_stage import ShopStage, at_once
from host_tools.micropython.port import ROOT
from host_tools.replay.errors import TraceError
from host_tools.replay.recorder import RecordedShop

app = typer.Typer(no_args_is_help=True, help="Bench scripts, and the board's lines for mpremote and esptool.")

_State = Annotated[Path, typer.Option(help="Directory that keeps the terminal, as `suanpan run` has it.")]
_STATE = ROOT / ".suanpan"
_HEAP_OF_OTHERS = "320k"  # their drivers are there beside those of the usual parts
_BOARDS = {path.stem.removeprefix("pins_"): path for path in sorted(BOARD.glob("pins_*.py"))}


class ChipName(StrEnum):
    ESP32 = "esp32"
    ESP32_S3 = "esp32s3"


@app.command()
def run(
    script: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    seed: Annotated[int, typer.Option(help="Everything that is random follows from it.")] = 1,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    board: Annotated[str, typer.Option(help=f"Wired otherwise: {', '.join(_BOARDS)}.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder for the screenshots and slips.")] = None,
    scale: Annotated[int, typer.Option(help="Of the screenshots.", min=1, max=16)] = 4,
    trace: Annotated[Path | None, typer.Option(help="Write a trace of the run, for `suanpan replay`.")] = None,
) -> None:
    """Play a script at a shop that has just opened, in virtual time. The same script and seed: the same bytes."""
    console = Console(highlight=False)
    if board and board not in _BOARDS:
        _refuse(console, f"there is no board {board}")

    def tell(step: Step) -> None:
        console.print(f"{shop.bench.now():%H:%M:%S} {step.where}: {step.text}", markup=False, style="dim")

    try:
        steps = read(script)
        pins, heap = (_BOARDS[board], _HEAP_OF_OTHERS) if board else (PINS, HEAP)
        with (
            tempfile.TemporaryDirectory() as scratch,
            RecordedShop(Path(scratch), seed=seed, language=language, pins=pins, heap=heap) as shop,
        ):
            stage = ShopStage(shop)
            try:
                at_once(steps.play(stage, tell))
            finally:
                if trace:
                    shop.save(trace)
            flash = hashlib.sha256(shop.bench.flash.image()).hexdigest()
            console.print(f"wires {shop.bench.digest.hexdigest()}\nflash {flash}")
            if out:
                _keep(stage, out, scale)
    except (ScriptError, TraceError) as problem:
        _refuse(console, str(problem))


@app.command()
def repl(state: _State = _STATE) -> None:
    """The terminal's REPL on a pseudo-terminal, for mpremote; its acquirer cannot be reached."""
    _serve(_repl(state))


@app.command()
def flash(
    state: _State = _STATE,
    chip: Annotated[ChipName, typer.Option(help="What the chip says it is.")] = ChipName.ESP32_S3,
    rfc2217: Annotated[bool, typer.Option("--rfc2217", help="Over TCP, with lines to reset it by; slow.")] = False,
) -> None:
    """The terminal's chip in download mode on a pseudo-terminal, for esptool: `--before no-reset --after no-reset`."""
    _serve(_flash(state, ESP32 if chip is ChipName.ESP32 else ESP32_S3, rfc2217))


def _keep(stage: ShopStage, out: Path, scale: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, picture in stage.pictures.items():
        picture.resize((picture.width * scale, picture.height * scale), 0).save(out / f"{name}.png")
    for number, slip in enumerate(stage.parts.printer.slips, 1):
        (out / f"slip-{number:02}.png").write_bytes(slip.to_png())


def _serve(lines: Coroutine[None, None, None]) -> None:
    console = Console(stderr=True)
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(lines)
    except StateInUse as problem:
        _refuse(console, str(problem))


async def _repl(state: Path) -> None:
    with keep(state, next(iter(load().terminals.values()))) as kept:
        async with board_at_repl(kept.flash, kept.nvs, LiveWorld({})) as board:
            await _until_ctrl_c(board.path)


async def _flash(state: Path, chip: Chip, rfc2217: bool) -> None:
    with keep(state, next(iter(load().terminals.values()))) as kept:
        if rfc2217:
            async with rom_loader_rfc2217(kept.flash, chip) as remote:
                await _until_ctrl_c(remote.url)
        else:
            async with rom_loader(kept.flash, chip) as loader:
                await _until_ctrl_c(loader.path)


async def _until_ctrl_c(path: str) -> None:
    typer.echo(f"{path}  (Ctrl-C ends)", err=True)
    await asyncio.Event().wait()


def _refuse(console: Console, reason: str) -> NoReturn:
    console.print(f"bench: {reason}", style="red", markup=False, highlight=False)
    raise typer.Exit(1)
