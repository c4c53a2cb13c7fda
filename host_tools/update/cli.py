"""`suanpan update`: an application into one terminal by cable, or offered to many over the network."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from host_tools.build.base import SUFFIX
from host_tools.flash.errors import PortBusy
from host_tools.keys.injection import BAUD
from host_tools.update import line
from host_tools.update.bundles import Bundle, newest
from host_tools.update.errors import BadBundle, BadList, UpdateError
from host_tools.update.rollout import STAGES, Rollout, Where, read_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host_tools.update.server import Visitor

console = Console(highlight=False)

_PORT = 9180  # where terminals ask


def update(
    bundle: Annotated[
        Path | None, typer.Argument(help="The bundle, as `suanpan build` makes it.", exists=True, dir_okay=False)
    ] = None,
    port: Annotated[str, typer.Option("--port", "-p", help="The serial port of the terminal, or a pyserial URL.")] = "",
    baud: Annotated[int, typer.Option(help="Its speed, as the board's pins.py has it.")] = BAUD,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for each answer.", min=0.1)] = 10,
    serve: Annotated[
        Path | None,
        typer.Option(
            "--serve",
            help="Offer the bundles of this directory, the newest for each board.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    rollout: Annotated[
        Path | None,
        typer.Option("--rollout", help="Offer the bundle to the terminals of this list, a few of them first."),
    ] = None,
    stages: Annotated[str, typer.Option(help="The rollout's percentages.")] = ",".join(map(str, STAGES)),
    failures: Annotated[int, typer.Option(help="How many may fail before it stops.", min=0)] = 0,
    state: Annotated[
        Path | None, typer.Option(help="The rollout's file, to go on with it; beside the list if not given.")
    ] = None,
    status: Annotated[bool, typer.Option("--status", help="Say how far the rollout is, and end.")] = False,
    listen: Annotated[str, typer.Option(help="Address and port to offer it on.")] = f"0.0.0.0:{_PORT}",
    tls: Annotated[
        tuple[Path, Path] | None, typer.Option(help="Files of the server's certificate and key, in PEM.")
    ] = None,
) -> None:
    """Update terminals in the field.

    By cable (**BUNDLE --port**), to a terminal that shows 程序更新 (Update; the administrator's 系统设置, Setup). If it
    is cut off, the same command goes on where it stopped.

    Over the network (**--serve**, **BUNDLE --rollout**), to terminals whose parameters have this server's address
    (update_server): they ask at night, and whenever the administrator says so. See docs/update.md.
    """
    with _refusals():
        if [bool(port), bool(rollout), bool(serve)].count(True) > 1:
            raise typer.BadParameter("give one of --port, --serve and --rollout")
        if status and not rollout:
            raise typer.BadParameter("--status is a --rollout's")
        if port:
            _send(_needed(bundle), port, baud, timeout)
        elif rollout:
            _require_an_application(_needed(bundle))
            _roll_out(_needed(bundle), _begun(bundle, rollout, stages, failures, state), status, listen, tls)
        elif serve:
            bundles = newest(serve)
            if not bundles:
                raise BadBundle(f"{serve} has no .bundle.")
            _offer(bundles, None, listen, tls)
        else:
            raise typer.BadParameter("give --port, --serve or --rollout")


def _require_an_application(bundle: Bundle) -> None:
    if bundle.manifest.board.endswith(SUFFIX):
        raise BadBundle(f"{bundle.path} has MicroPython itself, which comes by cable alone.")


def _needed(bundle: Path | None) -> Bundle:
    if bundle is None:
        raise typer.BadParameter("give the bundle")
    return Bundle.load(bundle)


def _send(bundle: Bundle, port: str, baud: int, timeout: float) -> None:
    import serial  # type: ignore[import-untyped]

    manifest = bundle.manifest
    words = f"{bundle.path.name}: {manifest.version} ({manifest.number}) for {manifest.board}"
    console.print(words, markup=False, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    try:
        far = serial.serial_for_url(port, baud, timeout=timeout)
    except serial.SerialException as problem:
        raise PortBusy.at(port) from problem
    with far, Progress(*columns, TimeRemainingColumn()) as bars:
        bar = bars.add_task(port, total=len(bundle.content))
        line.send(far, bundle.content, lambda done: bars.update(bar, completed=done))
    console.print("The terminal has it, and starts anew. It says on its screen whether the new version came up.")


def _begun(bundle: Path | None, terminals: Path, stages: str, failures: int, state: Path | None) -> Rollout:
    try:
        percents = [int(word) for word in stages.split(",")]
    except ValueError:
        raise BadList("stages are percentages with commas between them.") from None
    begun = Rollout.begin(read_list(terminals), _needed(bundle).manifest.number, percents, failures)
    return Rollout.resume(state or terminals.with_suffix(f".{begun.number}.json"), begun)


def _roll_out(bundle: Bundle, rollout: Rollout, status: bool, listen: str, tls: tuple[Path, Path] | None) -> None:
    if not status:
        _offer({bundle.manifest.board: bundle}, rollout, listen, tls)
    console.print(report(rollout))
    if rollout.stopped:
        raise typer.Exit(1)


def _offer(bundles: dict[str, Bundle], rollout: Rollout | None, listen: str, tls: tuple[Path, Path] | None) -> None:
    from host_tools.update.server import build_app, serve

    host, _, number = listen.rpartition(":")
    if not number.isdecimal():
        raise typer.BadParameter("--listen is address:port")
    for bundle in bundles.values():
        manifest = bundle.manifest
        console.print(f"{manifest.board}: {manifest.version} ({manifest.number})", markup=False)
    console.print(f"waiting for terminals on {listen}; Ctrl-C ends it")
    files = (str(tls[0]), str(tls[1])) if tls else None
    if rollout is None:
        serve(build_app(bundles, heard=_print_visitor), host, int(number), files)
        return
    with Live(report(rollout), console=console, auto_refresh=False) as shown:

        def heard(_visitor: Visitor, _what: str) -> None:
            shown.update(report(rollout), refresh=True)

        serve(build_app(bundles, rollout, heard), host, int(number), files)


def _print_visitor(visitor: Visitor, what: str) -> None:
    trouble = f", last U{visitor.cause:02}" if visitor.cause else ""
    console.print(f"{visitor.terminal} runs {visitor.running} on {visitor.board}{trouble}: {what}", markup=False)


def report(rollout: Rollout) -> Table:
    """How many are where, and who has failed."""
    word = "stopped" if rollout.stopped else "over" if rollout.over else f"{rollout.stage} %"
    table = Table(title=f"rollout of {rollout.number}: {word}")
    table.add_column("terminals")
    table.add_column("", justify="right")
    for where in Where:
        table.add_row(where.value, str(rollout.count(where)))
    for terminal, code in rollout.cause.items():
        table.add_row(f"[red]{terminal}", code)
    return table


@contextmanager
def _refusals() -> Iterator[None]:
    """What cannot be done is said in one line, and ends the command. A serial port's error is an OSError."""
    try:
        yield
    except (UpdateError, PortBusy, OSError) as refusal:
        console.print(f"update: {refusal}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
