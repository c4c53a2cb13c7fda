"""One load from beginning to end: a bank, an acquirer if none is named, the terminals, and the books afterwards."""

from __future__ import annotations

import asyncio
import resource
import tempfile
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from host_tools.acquirer.fixture import load, open_bank
from host_tools.acquirer.ledger import Ledger
from host_tools.load import bank as banks
from host_tools.load import fleet
from host_tools.load.acquirer import serving
from host_tools.load.report import Report, report

if TYPE_CHECKING:
    from collections.abc import Callable

    from host_tools.load.fleet import Tally


@dataclass(frozen=True)
class Load:
    """`rate` in transactions a second, for so many `seconds`; `patience` in seconds is a terminal's.

    With `against` (HOST:PORT) an acquirer that runs already, on the bank in `fixture`. Else one is started on the
    `database` (a file in a scratch directory, if none is named), going by a `scenario` if there is one.
    """

    terminals: int = 100
    rate: float = 200
    seconds: float = 10
    patience: float = 30
    seed: int = 1
    database: str = ""
    scenario: str = ""
    against: str = ""
    fixture: Path | None = None


def measure(load_: Load, progress: Callable[[str, float], None] = lambda _what, _part: None) -> tuple[Tally, Report]:
    """Raises FixtureError, StoreError, NotStarted, OSError, ValueError."""
    with tempfile.TemporaryDirectory(prefix="suanpan-load-") as scratch:
        path = load_.fixture or Path(scratch) / "bank.yaml"
        if load_.fixture is None:
            banks.write(path, load_.terminals, load_.seed)
        bank = load(path)
        database = load_.database or str(Path(scratch) / "bank.db")
        with ExitStack() as stack:
            served = None
            if load_.against:
                host, _, port = load_.against.rpartition(":")
                address = host, int(port)
            else:
                options = ("--scenario", load_.scenario) if load_.scenario else ()
                served = stack.enter_context(serving(path, database, *options))
                address = served.address
            cpu_of = served.cpu if served else lambda: None
            own, theirs = _own_cpu(), cpu_of()
            day = fleet.run(
                bank, address, load_.rate, load_.seconds, patience=load_.patience, seed=load_.seed, progress=progress
            )
            tally = asyncio.run(day)
            own, theirs = _own_cpu() - own, _less(cpu_of(), theirs)
        trouble = None
        if served is not None:
            with closing(open_bank(bank, database)) as store:
                trouble = Ledger(store).check()
        return tally, report(
            tally,
            len(bank.terminals),
            load_.rate,
            load_.seconds,
            trouble=trouble,
            acquirer_cpu=theirs,
            load_cpu=own,
        )


def _less(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
