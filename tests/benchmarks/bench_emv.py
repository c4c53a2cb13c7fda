"""A chip sale with CDA, CA and issuer keys of 1984 bits: time of the kernel by phase, commands, memory.

The card answers at once, and its time is taken off; of several rounds the median counts. Taps are in bench_tap.py.
"""

from __future__ import annotations

import json
import os
import subprocess
from statistics import median
from typing import Any

from host_tools.micropython.compiler import compiled
from host_tools.micropython.port import ROOT, find_micropython, firmware_root
from tests.benchmarks import bench_tap
from tests.benchmarks.figure import Figure

_TESTS = ROOT / "tests" / "firmware"
_SCRIPT = _TESTS / "time_emv.py"
_ROUNDS = 15
_STEP_KB = 2
_PHASES = (
    "selection", "initiate", "records", "authentication", "restrictions", "cardholder", "risk", "action", "cryptogram",
    "issuer",
)  # fmt: skip
_NOTES = {
    "authentication": "two RSA operations of 1984 bits",
    "cryptogram": "two GENERATE AC, each with an RSA operation of 1536 bits",
}


def run() -> list[Figure]:
    measured: dict[str, Any] = json.loads(_start(str(_ROUNDS)).stdout)
    rounds = measured["rounds"]
    figures = [
        Figure("CDA sale online, commands", measured["commands"], "", "PSE, 5 records, EXTERNAL AUTHENTICATE"),
        Figure("  time of the kernel, unix port", _ms(rounds, "whole"), "ms"),
    ]
    figures += [
        Figure(f"    {name}", _ms(rounds, name), "ms", _NOTES.get(name, "")) for name in rounds[0] if name != "whole"
    ]
    idle, sale = _smallest("idle"), _smallest("sale")
    return [
        *figures,
        Figure("  heap alive at the most, code and data, 64-bit", measured["peak"] / 1024, "KB", "at a command"),
        Figure("  heap alive while the issuer is asked", measured["asked"] / 1024, "KB", "phases are forgotten"),
        Figure("  heap alive when it is over", measured["code"] / 1024, "KB", "code, which an overlay forgets"),
        Figure("  smallest heap that it runs in", sale, "KB", f"{idle} KB without a sale: it takes {sale - idle}"),
        Figure("record of 256 bytes read, 50 objects", median(measured["reading"]), "µs", "no memory"),
        *bench_tap.run(),
    ]


def _ms(rounds: list[dict[str, int]], name: str) -> float:
    return median(sample[name] for sample in rounds) / 1000


def _start(argument: str, heap: str = "8m", check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*find_micropython(), "-X", f"heapsize={heap}", str(_SCRIPT), argument],
        env=os.environ | {"MICROPYPATH": f"{compiled(firmware_root(), _TESTS)}:{_TESTS}:.frozen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if not check else None,
        text=True,
        check=check,
    )


def _smallest(argument: str) -> int:
    """Kilobytes of heap in which the script still comes to its end."""
    low, high = 16, 512  # fails, works
    while high - low > _STEP_KB:
        middle = (low + high) // 2
        if _start(argument, f"{middle}k", check=False).returncode:
            low = middle
        else:
            high = middle
    return high
