"""The acquirer under load: sales by chip with PIN, MAC and ARQC verified, on a file that is synced; books afterwards.

Terminals and acquirer share the machine's cores, as they would on one. LOAD_SECONDS says for how long, LOAD_DATABASE
where the books are (an empty PostgreSQL).
"""

from __future__ import annotations

import os

from host_tools.load.measure import Load, measure
from tests.benchmarks.figure import Figure

_TERMINALS = 200
_AIM = 1000  # a second
_RATE = 1050  # offered


def run() -> list[Figure]:
    seconds = float(os.environ.get("LOAD_SECONDS", "60"))
    database = os.environ.get("LOAD_DATABASE", "")
    _, told = measure(Load(terminals=_TERMINALS, rate=_RATE, seconds=seconds, database=database))
    cores = f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    figures = [
        Figure(
            "transactions answered",
            told.per_second,
            "/s",
            f"aim: at least {_AIM} for 60 s; {_RATE} offered for {seconds:g} s, {cores}",
        ),
        Figure("from due to answered, p50", told.percentiles["p50"], "ms"),
        Figure("from due to answered, p99", told.percentiles["p99"], "ms", "aim: at most 50"),
        Figure("processor time of the load", told.load_cpu, "ms", "for each transaction"),
        Figure("books that do not agree", len(told.trouble or ()) + told.unbalanced + told.lost, "", "aim: 0"),
    ]
    if told.acquirer_cpu is not None:
        each = Figure("processor time of the acquirer", told.acquirer_cpu, "ms", "for each transaction")
        figures.insert(3, each)
    return figures
