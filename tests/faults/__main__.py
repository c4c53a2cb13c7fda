"""`make faults`: every transaction through every single fault, through pairs of faults, and through random ones."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Final

from tests.faults.engine import Engine
from tests.faults.explorer import Job, Tally
from tests.faults.points import schedule
from tests.faults.rows import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHARES: Final = 8  # of a row's singles: short jobs, so that no worker is left with a long one
_SOAK_SHARE: Final = 100
_HEAD: Final = (
    f"{'transaction':<22}{'flash':>9}{'network':>9}{'card':>6}{'pairs':>8}"
    f"{'schedules':>11}{'violations':>12}{'time':>9}"
)

_engine: Engine | None = None  # a worker's own


def _jobs(options: argparse.Namespace) -> Iterator[Job]:
    rows = [ROWS[name] for name in options.row or ROWS]
    for row in rows:
        for scene in row.scenes:
            for start in range(_SHARES):
                yield Job("singles", row.name, scene, start, _SHARES)
            if options.stride and not row.altered:
                yield Job("pairs", row.name, scene, options.seed, options.stride)
    for number in range(options.soak // _SOAK_SHARE):
        yield Job("soak", rows=tuple(options.row or ROWS), count=_SOAK_SHARE, seed=options.seed + number)


def _start() -> None:
    global _engine
    _engine = Engine()
    Finalize(_engine, _engine.close, exitpriority=1)  # a worker does not get as far as atexit


def _work(job: Job) -> Tally:
    assert _engine
    return job.run(_engine)


def _explore(jobs: list[Job], workers: int) -> bool:
    """Run the jobs, tell of what fails as it is found, and print the table; whether nothing was found."""
    tallies = {job.title: Tally() for job in jobs}
    total = Tally()
    with ProcessPoolExecutor(workers, initializer=_start) as pool:
        titles = {pool.submit(_work, job): job.title for job in jobs}
        for done, future in enumerate(as_completed(titles), 1):
            tally = future.result()
            tallies[titles[future]].add(tally)
            total.add(tally)
            for text, found in tally.found:
                _say(_replay(text), *(f"    {line}" for line in found))
            text = f"{100 * done // len(jobs):3} %  {total.schedules:7,} schedules, {len(total.found)} violations"
            _progress(text, 10 * done // len(jobs) > 10 * (done - 1) // len(jobs))
    _say("", _HEAD, *(_line(title, tally) for title, tally in tallies.items()), _line("in all", total))
    return not total.found


def _replay(text: str) -> str:
    return f'make faults FAULTS="--only {text}"'


def _progress(text: str, every_tenth: bool) -> None:
    """One line, over and over, where somebody is looking on; else ten of them."""
    if sys.stderr.isatty():
        print(f"\r{text}", end="", file=sys.stderr, flush=True)
    elif every_tenth:
        print(text, file=sys.stderr, flush=True)


def _say(*lines: str) -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    print(*lines, sep="\n", flush=True)


def _line(title: str, tally: Tally) -> str:
    counts = f"{tally.flash:>9,}{tally.network:>9,}{tally.card:>6,}{tally.doubles:>8,}{tally.schedules:>11,}"
    return f"{title:<22}{counts}{len(tally.found):>12,}{tally.seconds:>8.1f}s"


def _run_one(text: str) -> bool:
    """One schedule, told at length."""
    with Engine() as engine:
        outcome = engine.run(schedule(text))
    print(text)
    for number, life in enumerate(outcome.lives):
        print(f"  life {number}: {life['end']} {life['detail']}".rstrip())
        for act in life["told"]:
            print("   ", " > ".join(act))
    print(*(f"  {line}" for line in outcome.violations or ["nothing is wrong"]), sep="\n")
    return not outcome.violations


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--only", metavar="SCHEDULE", action="append", help="one schedule, as it is printed")
    parser.add_argument("--row", metavar="ROW", action="append", choices=[*ROWS], help="one type of transaction")
    parser.add_argument("--stride", type=int, default=96, help="of the pairs every so many-th; 0: no pairs")
    parser.add_argument("--soak", type=int, default=2000, help="random pairs")
    parser.add_argument("--seed", type=int, default=1, help="of the random pairs")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--update", action="store_true", help="an update of the board instead, cut in each operation")
    return parser.parse_args()


def main() -> None:
    options = _options()
    if options.update:
        from tests.updates.explorer import explore

        raise SystemExit(not explore(options.workers, options.only or ()))
    if options.only:
        raise SystemExit([_run_one(text) for text in options.only].count(False) > 0)
    began = time.monotonic()
    sound = _explore(list(_jobs(options)), options.workers)
    print(f"{time.monotonic() - began:.0f} s with {options.workers} workers")
    raise SystemExit(not sound)


if __name__ == "__main__":
    main()
