"""The journal on an emulated flash: a commit beside an appended file, mounting, finding a voucher, checking, wear."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from host_tools.micropython.port import ROOT, find_micropython, firmware_root
from tests.benchmarks.figure import Figure

_TESTS = ROOT / "tests" / "firmware"
_HEAP = "4m"  # the emulated flashes among it
_RECORDS = 100_000
# W25Q32JV data sheet, typical times in ms.
_PROGRAM = 0.4  # of a page of 256 bytes
_ERASE = 45.0  # of a sector of 4 KB


def run() -> list[Figure]:
    output = subprocess.run(
        [*find_micropython(), "-X", f"heapsize={_HEAP}", str(_TESTS / "time_ledger.py"), str(_RECORDS)],
        env=os.environ | {"MICROPYPATH": f"{firmware_root()}:{_TESTS}:.frozen"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    found = json.loads(output)
    commits, appends = _commits(found["commit"]), found["appends"]
    files = {progsize: _file(progsize, cost, appends) for progsize, cost in found["little_fs"].items()}
    ratio = min(figures[-1].value for figures in files.values()) / commits[-1].value
    mount, lookup, verify, (least, most, vault) = (found[name] for name in ("mount", "lookup", "verify", "erases"))
    return [
        Figure("record as it is sealed, mean", found["mean_size"], "bytes"),
        *commits,
        *(figure for figures in files.values() for figure in figures),
        Figure("the cheaper file, times as dear as the last commit", ratio, "x", _at_least(10, ratio)),
        Figure("mount of a full 512 KB, reads, at most", mount["reads"], "", "one for each of 128 heads among them"),
        Figure("mount of a full 512 KB, bytes read, at most", mount["bytes"], "bytes"),
        Figure("mount of a full 512 KB, heap that stays", mount["live"], "bytes", "64-bit"),
        Figure("mount of a full 512 KB", mount["ms"], "ms", "on the unix port"),
        Figure("voucher in 5,000 records, sectors read, at most", lookup["sectors"], "", _most(20, lookup["sectors"])),
        Figure("voucher in 5,000 records, reads, mean", lookup["reads"], "", f"{lookup['bytes']:,.0f} bytes"),
        Figure("voucher in 5,000 records, from the middle", lookup["ms"], "ms", "on the unix port"),
        Figure("check of a full journal at power-on", verify["ms"], "ms", f"{verify['records']:,} records, unix port"),
        Figure("check of a record", verify["ms"] / verify["records"] * 1000, "µs", "on the unix port"),
        Figure(
            f"erases after {_RECORDS:,} records, most to least",
            most / least,
            "x",
            f"{least} to {most}; {_most(2, most / least)}",
        ),
        Figure("erases of the card numbers' sector meanwhile", vault, "", "one for each batch"),
    ]


def _commits(found: dict[str, Any]) -> list[Figure]:
    """The last one is the mean of all that the journal's flash is told to do."""
    number = found["commits"]
    operations, pages, erases, microseconds = (total / number for total in found["total"])
    mean = _ms(pages, erases)
    dearest = found["dearest"]
    idle_pages, idle_erases = (total / number for total in found["with_idle"])
    return [
        Figure("commit, program operations, mean", operations, ""),
        Figure("commit, pages programmed, mean", pages, ""),
        Figure("commit, mean", mean, "ms", f"by the data sheet; erased in idle time; {_most(3, mean)}"),
        Figure("commit, the dearest: it begins a sector", _ms(dearest[1], dearest[2]), "ms", f"{dearest[1]} pages"),
        Figure("commit, processor time, mean", microseconds, "µs", "on the unix port, emulated flash included"),
        Figure("commit, with its share of the erasing", _ms(idle_pages, idle_erases), "ms"),
    ]


def _file(progsize: str, found: list[int], number: int) -> list[Figure]:
    pages, erases = found[1] / number, found[2] / number
    name = f"file, appended and synced, LittleFS of {progsize}"
    return [
        Figure(f"{name}, pages", pages, "", "programs of at least so many bytes"),
        Figure(f"{name}, erases", erases, ""),
        Figure(name, _ms(pages, erases), "ms"),
    ]


def _ms(pages: float, erases: float) -> float:
    return pages * _PROGRAM + erases * _ERASE


def _most(aim: float, value: float) -> str:
    return f"aim: at most {aim}, {'reached' if value <= aim else 'MISSED'}"


def _at_least(aim: float, value: float) -> str:
    return f"aim: at least {aim}, {'reached' if value >= aim else 'MISSED'}"
