"""`suanpan trace`: what a real terminal tells over its service line, into a trace file."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from host_tools.keys.injection import BAUD
from host_tools.replay.errors import TraceError
from host_tools.replay.told import Ear, hear, trace_of
from host_tools.replay.trace import dump

app = typer.Typer(
    no_args_is_help=True, help="Traces of a real terminal, for **suanpan replay**.", rich_markup_mode="markdown"
)

_LOOK_S = 0.2


@app.callback()
def _several() -> None:
    """There may be more than one command."""


@app.command()
def record(
    out: Annotated[Path, typer.Argument(help="The file to write.")],
    port: Annotated[str, typer.Option("--port", help="Serial port, such as /dev/ttyUSB0 or COM3.")],
) -> None:
    """Listen on the service line of a terminal until it has told everything, or until Ctrl-C.

    At the terminal: 菜单, 9 维护 (maintenance), 5 运行跟踪 (trace), 确认; the same again ends it.
    """
    import serial  # type: ignore[import-untyped]

    console = Console(highlight=False)
    ear = Ear()
    try:
        with (
            serial.serial_for_url(port, BAUD, timeout=_LOOK_S) as far,
            console.status("waiting for the terminal") as status,
        ):

            def told(rows: int) -> None:
                status.update(f"{rows} rows" if rows else "waiting for the terminal")

            with suppress(KeyboardInterrupt):
                hear(far, ear, told)
        trace = trace_of(ear.rows)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(dump(trace))
    except (TraceError, OSError) as problem:
        _refuse(console, f"{type(problem).__name__}: {problem}")
    said: dict[str, Any] = {"events": trace.events, "messages": trace.messages, "slips": trace.slips}
    counts = ", ".join(f"{len(rows)} {name}" for name, rows in said.items())
    console.print(f"{out}: {counts}; {ear.over or 'interrupted'}", markup=False)


def _refuse(console: Console, reason: str) -> NoReturn:
    console.print(f"trace: {reason}", style="red", markup=False)
    raise typer.Exit(1)
