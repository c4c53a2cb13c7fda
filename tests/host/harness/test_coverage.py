"""Marks in firmware sources: what runs is unchanged, and the lines that it passes are the lines reported."""

from __future__ import annotations

import os
import shlex
import struct
import subprocess
from pathlib import Path

import pytest

from host_tools.micropython import coverage, find_micropython
from host_tools.micropython.instrument import RECORDER, instrument

SOURCE = '''\
"""Doc."""
import micropython
from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LIMIT = const(3)


def classify(n):
    """Doc."""
    if n < 0:
        return "负"
    elif (
        n > _LIMIT
        and n != 9
    ):
        kind = "large"; kind += "!"
    else:
        kind = "small"
    return kind


class Counter:
    def __enter__(self): return self

    def __exit__(self, *_): pass

    def total(self, items):
        total = 0
        for i, item in enumerate(items):
            if not item: continue
            total += item
        for i in range(2, 0, -1):
            total += i
        while total > 5:
            total -= 5
        return total


@micropython.viper
def double(n: int) -> int:
    for i in range(1):
        n += n
    return n


with Counter() as counter:
    print(classify(9), counter.total([1, 0, 4]), double(4))
try:
    raise ValueError
except ValueError:
    print("负")
print([n for n in (1, 2) if n > 1], (lambda: 3)())
'''
EXPECTED = "small 3 8\n负\n[2] 3\n"
MISSED = [15, 20]
NOT_COUNTED = {1, 4, 6, 7, 12, 13, 17, 44, 45, 46, 47, 52}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "sample.py").write_text(SOURCE, "utf-8")
    return tmp_path


def micropython(tree: Path) -> str:
    command = [*find_micropython(), "-m", "sample"]
    env = os.environ | {"MICROPYPATH": f"{tree}:.frozen"}
    return subprocess.run(command, env=env, capture_output=True, check=True, text=True).stdout


def test_the_program_is_the_same_and_its_lines_are_counted(tree: Path) -> None:
    assert micropython(tree) == EXPECTED

    marked = instrument(SOURCE, 513)
    assert marked.source.count("\n") == SOURCE.count("\n")
    (tree / "sample.py").write_text(marked.source, "utf-8")
    (tree / "_marks.py").write_text(RECORDER.format(hits=str(tree / "hits")))
    assert micropython(tree) == EXPECTED
    hits = list(struct.iter_unpack(">HH", (tree / "hits").read_bytes()))
    assert {file for file, _ in hits} == {513}
    assert len(hits) == len(set(hits))
    assert sorted(marked.lines - {line for _, line in hits}) == MISSED
    assert not marked.lines & NOT_COUNTED
    assert marked.viper == 3


def test_a_loop_over_a_range_stays_one() -> None:
    assert "for i in range(_hit(1)or(n)):" in instrument("for i in range(n):\n    pass", 0).source


def test_an_empty_module_is_left_alone() -> None:
    assert instrument("", 0).source == ""


def test_report() -> None:
    file = instrument("a = 1\nb = 2\n\n\n# comment\nc = 3\nd = 4\ne = 5\n", 0)
    hits = {("x.py", line) for line in (1, 7)}
    _, row, total, *how = coverage.report({"x.py": file}, hits).splitlines()
    assert row.split() == ["5", "3", "40.0%", "0", "x.py", "2-6,", "8"]
    assert total.split() == ["5", "3", "40.0%", "0", "in", "all"]
    assert "MicroPython unix port" in how[0]


def test_a_command_is_measured_and_its_status_kept(capfd: pytest.CaptureFixture[str]) -> None:
    program = "import suanpan.codec.bcd; raise SystemExit(3)"
    script = f'MICROPYPATH="$SUANPAN_FIRMWARE" exec {shlex.join(find_micropython())} -c "{program}"'
    assert coverage.main(["sh", "-c", script]) == 3
    rows = {line.split()[4]: line.split() for line in capfd.readouterr().out.splitlines() if ".py" in line}
    lines, missed = (int(text) for text in rows["suanpan/codec/bcd.py"][:2])
    assert 0 < missed < lines
    assert rows["suanpan/codec/iso8583.py"][2] == "0.0%"
