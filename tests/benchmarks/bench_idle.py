"""What an idle terminal costs in an interactive run: firmware, bench and panel together."""

from __future__ import annotations

from host_tools.bench.panel.idle import idle_load
from tests.benchmarks.figure import Figure


def run() -> list[Figure]:
    load = idle_load()
    return [
        Figure("idle terminal, firmware", load.firmware * 100, "%", "of a core"),
        Figure("idle terminal, firmware, bench and server", (load.firmware + load.bench) * 100, "%", "aim: under 5"),
    ]
