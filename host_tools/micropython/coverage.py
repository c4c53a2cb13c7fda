"""Line coverage of the firmware under the unix port, whose build has no sys.settrace.

    python -m host_tools.micropython.coverage COMMAND...     run it, then print a table

COMMAND is measured wherever it runs the tree that SUANPAN_FIRMWARE names: a copy of firmware/ with marks in
it. Not counted are `def`, `class` and `try`, which cannot be marked in place (what is inside them is), and
what is under `if TYPE_CHECKING`. Viper functions are left out, their lines reported beside: no mark compiles
in them.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from host_tools.micropython.instrument import RECORDER, Instrumented, instrument
from host_tools.micropython.port import ROOT


def report(files: dict[str, Instrumented], hits: set[tuple[str, int]]) -> str:
    """One row for each file of `files`: its lines, how many were never reached, and which."""
    rows = ["  lines  missed  reached   viper  file and missed lines"]
    total = missed_total = viper = 0
    for name, file in files.items():
        missed = sorted(line for line in file.lines if (name, line) not in hits)
        rows.append(_row(len(file.lines), len(missed), file.viper, f"{name}  {_ranges(missed, file.lines)}"))
        total += len(file.lines)
        missed_total += len(missed)
        viper += file.viper
    rows.append(_row(total, missed_total, viper, "in all"))
    rows.append("Measured by marks in a copy of the firmware under the MicroPython unix port (no sys.settrace there);")
    rows.append("viper: lines of viper functions, which cannot be marked and are not in the other columns.")
    return "\n".join(rows)


def _row(lines: int, missed: int, viper: int, text: str) -> str:
    return f"{lines:7}{missed:8}{1 - missed / max(lines, 1):9.1%}{viper:8}  {text}".rstrip()


def _ranges(missed: list[int], lines: frozenset[int]) -> str:
    """`missed` as "3-7, 12"; a range may span what cannot be hit."""
    runs: list[list[int]] = []
    for line in missed:
        if runs and not any(runs[-1][1] < other < line for other in lines):
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in runs)


def main(command: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="suanpan-coverage-") as scratch:
        tree, hits = Path(scratch) / "firmware", Path(scratch) / "hits"
        shutil.copytree(ROOT / "firmware", tree)
        hits.touch()
        files = {}
        for number, path in enumerate(sorted(tree.rglob("*.py"))):
            instrumented = instrument(path.read_text("utf-8"), number)
            path.write_text(instrumented.source, "utf-8")
            files[str(path.relative_to(tree))] = instrumented
        (tree / "_marks.py").write_text(RECORDER.format(hits=str(hits)))
        status = subprocess.run(command, env=os.environ | {"SUANPAN_FIRMWARE": str(tree)}, check=False).returncode
        names = list(files)
        reached = {(names[number], line) for number, line in struct.iter_unpack(">HH", hits.read_bytes())}
        print(report({name: file for name, file in files.items() if file.lines}, reached))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
