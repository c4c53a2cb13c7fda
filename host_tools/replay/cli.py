"""`suanpan replay`: the firmware again from recorded traces, alone, and where it differs."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from host_tools.replay import pool
from host_tools.replay.against import compare_with_host
from host_tools.replay.comparing import Outcome
from host_tools.replay.errors import HostTrouble, NoCluster, TraceError
from host_tools.replay.minimising import minimise
from host_tools.replay.trace import dump, read

if TYPE_CHECKING:
    from collections.abc import Sequence


def replay(
    traces: Annotated[list[Path], typer.Argument(help="Trace files, or folders of *.trace files.")],
    workers: Annotated[int, typer.Option(help="Processes at once on this machine.", min=1)] = os.cpu_count() or 1,
    scheduler: Annotated[str, typer.Option(help="tcp://host:port of a dask scheduler: on its workers.")] = "",
    against: Annotated[str, typer.Option(help="HOST:PORT of a live host: the financial part, with fresh keys.")] = "",
    minimised: Annotated[
        Path | None, typer.Option("--minimise", help="Write here the shortest trace that still fails.", dir_okay=False)
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="The firmware that is right, for --minimise.", exists=True, file_okay=False)
    ] = None,
    report: Annotated[Path | None, typer.Option(help="All outcomes, as JSON.", dir_okay=False)] = None,
) -> None:
    """Play TRACES again with the firmware as it is; the exit status says whether anything is different."""
    console = Console(highlight=False)
    try:
        paths = _files(traces)
        if against:
            outcomes = [_asked(path, *_address(against)) for path in paths]
        elif minimised:
            if len(paths) != 1:
                _refuse(console, "--minimise takes one trace")
            _minimise(console, paths[0], minimised, reference)
            return
        else:
            outcomes = _played(console, paths, workers, scheduler)
    except (TraceError, HostTrouble, NoCluster, OSError) as problem:
        _refuse(console, f"{type(problem).__name__}: {problem}")
    for outcome in outcomes:
        _tell(console, outcome)
    bad = sum(not outcome.good for outcome in outcomes)
    console.print(f"{len(outcomes)} trace{'s' * (len(outcomes) != 1)}, {bad} with differences")
    if report:
        report.parent.mkdir(parents=True, exist_ok=True)
        told = [asdict(outcome) | {"good": outcome.good} for outcome in outcomes]
        report.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if bad:
        raise typer.Exit(1)


def _played(console: Console, paths: Sequence[Path], workers: int, scheduler: str) -> list[Outcome]:
    """In the order of the files."""
    jobs = [(str(path), path.read_bytes()) for path in paths]
    outcomes: dict[int, Outcome] = {}
    columns = (TextColumn("traces"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("traces", total=len(jobs))

        def done(number: int, outcome: Outcome) -> None:
            outcomes[number] = outcome
            progress.advance(bar)

        if scheduler:
            pool.on_cluster(jobs, scheduler, done)
        else:
            pool.here(jobs, min(workers, len(jobs)), done)
    return [outcomes[number] for number in range(len(jobs))]


def _asked(path: Path, host: str, port: int) -> Outcome:
    """What is wrong with one trace, or with the host as it is asked, keeps no other from being asked."""
    try:
        return compare_with_host(path.name, read(path), host, port)
    except (TraceError, HostTrouble) as problem:
        return Outcome(path.name, fault=f"{type(problem).__name__}: {problem}")


def _minimise(console: Console, path: Path, out: Path, reference: Path | None) -> None:
    trace = read(path)
    with console.status("…") as status:
        shortest = minimise(trace, reference, status.update)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(dump(shortest.trace))
    console.print(f"{len(trace.events)} events, now {len(shortest.trace.events)}, in {shortest.runs} runs: {out}")
    for event in shortest.trace.events:
        console.print(f"  {event.at / 1e6:.3f} s {event.do} {event.what or ''}".rstrip(), markup=False)
    for difference in shortest.differences:
        console.print(difference.as_text(), markup=False)


def _files(paths: Sequence[Path]) -> list[Path]:
    found = [file for path in paths for file in (sorted(path.rglob("*.trace")) if path.is_dir() else [path])]
    if not found:
        raise TraceError("there is no *.trace in it")
    return found


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise HostTrouble(f"{text} is not HOST:PORT")
    return host, int(port)


def _tell(console: Console, outcome: Outcome) -> None:
    if outcome.good and not outcome.differences:
        return
    note = "" if outcome.exact else " (with made-up cards: what follows from a card is not compared)"
    console.print(f"{outcome.name}{note}", style="bold", markup=False)
    if outcome.fault:
        console.print(outcome.fault, style="red", markup=False)
    for difference in outcome.differences:
        console.print(difference.as_text(), markup=False)


def _refuse(console: Console, reason: str) -> NoReturn:
    console.print(f"replay: {reason}", style="red", markup=False)
    raise typer.Exit(1)
