"""Where the MicroPython unix port is, and which firmware sources run on it.

Two environment variables, both paths, override what the virtual environment and the repository hold:
`MICROPYTHON`, another build of the unix port; `SUANPAN_FIRMWARE`, another tree of firmware sources.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_UNITS = {"": 1, "k": 1024, "m": 1024 * 1024}
# What the wheel's own program does, without the half of Python's start that is for the packages of a program.
_START = """\
import sys
sys.path[:] = [{!r}]
import micropython_run
sys.exit(micropython_run.run_main(["micropython", *sys.argv[1:]]))
"""
_OTHER_TREE_FACTOR = 4  # the instrumented copy of `make coverage` is that much larger at worst


class MissingMicroPython(RuntimeError):
    """There is no unix port to run firmware on."""


def find_micropython() -> list[str]:
    """The start of every command line that runs the unix port; its options and a program follow."""
    override = os.environ.get("MICROPYTHON")
    if override:
        found = shutil.which(override)
        if found is None:
            raise MissingMicroPython(f"MICROPYTHON names {override}, which is not a program")
        return [found]
    wheel = importlib.util.find_spec("micropython_run")
    if wheel and wheel.origin:
        return [sys.executable, "-I", "-S", "-c", _START.format(str(Path(wheel.origin).parent))]
    beside = shutil.which("micropython", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("micropython")
    if found is None:
        raise MissingMicroPython(
            "no MicroPython unix port: `make` installs one on Linux x86-64 and macOS arm64; "
            "elsewhere build MicroPython's ports/unix and name it: MICROPYTHON=/path/to/micropython"
        )
    return [found]


def firmware_root() -> Path:
    """The directory that is the source root on the device."""
    return Path(os.environ.get("SUANPAN_FIRMWARE", ROOT / "firmware"))


def heap_ceiling(size: str) -> str:
    """`size` ("256k", "1m") as the value of `-X heapsize=`; raised when another tree than ours is run.

    The ceiling is a promise about firmware/ itself. An instrumented copy of it does not fit, and need not.
    """
    match = re.fullmatch(r"(\d+)([km]?)", size.lower())
    if match is None:
        raise ValueError(f"heap size {size!r}: write bytes, or a number with k or m")
    count = int(match[1]) * _UNITS[match[2]]
    return str(count * _OTHER_TREE_FACTOR if "SUANPAN_FIRMWARE" in os.environ else count)
