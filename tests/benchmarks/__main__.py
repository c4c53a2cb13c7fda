"""`make bench`: every speed and size that a document here claims, measured now, on this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tests.benchmarks import (
    bench_acquirer,
    bench_build,
    bench_deploy,
    bench_des,
    bench_displays,
    bench_dukpt,
    bench_emv,
    bench_idle,
    bench_iso8583,
    bench_ledger,
    bench_link,
    bench_nfc,
    bench_primitives,
    bench_replay,
    bench_terminal,
    bench_update,
)
from tests.benchmarks.figure import Figure

BENCHES: dict[str, Callable[[], list[Figure]]] = {
    "des": bench_des.run,
    "dukpt": bench_dukpt.run,
    "primitives": bench_primitives.run,
    "iso8583": bench_iso8583.run,
    "ledger": bench_ledger.run,
    "displays": bench_displays.run,
    "nfc": bench_nfc.run,
    "emv": bench_emv.run,
    "acquirer": bench_acquirer.run,
    "deploy": bench_deploy.run,
    "replay": bench_replay.run,
    "terminal": bench_terminal.run,
    "link": bench_link.run,
    "idle": bench_idle.run,
    "build": bench_build.run,
    "update": bench_update.run,
}


def main(names: list[str]) -> None:
    for name in names or BENCHES:
        print(name)
        for figure in BENCHES[name]():
            print(f"  {figure.name:<56}{figure.value:>12,.2f} {figure.unit:<6} {figure.note}".rstrip(), flush=True)
        print()


main(sys.argv[1:])
