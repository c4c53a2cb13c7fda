"""Finding the unix port, and the heap that it gets."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from host_tools.micropython import MissingMicroPython, find_micropython, firmware_root, heap_ceiling


def test_the_port_runs_under_a_ceiling() -> None:
    program = "import sys, gc; print(sys.implementation.name, gc.mem_free() < 65536)"
    command = [*find_micropython(), "-X", f"heapsize={heap_ceiling('64k')}", "-c", program]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"micropython True\n"


def test_micropython_names_another_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    build = tmp_path / "micropython-coverage"
    monkeypatch.setenv("MICROPYTHON", str(build))
    with pytest.raises(MissingMicroPython, match="micropython-coverage, which is not a program"):
        find_micropython()
    build.touch(mode=0o755)
    assert find_micropython() == [str(build)]


def test_no_port_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MICROPYTHON", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingMicroPython, match="MICROPYTHON=/path/to/micropython"):
        find_micropython()


@pytest.mark.parametrize(("size", "count"), [("65536", 65536), ("256k", 262144), ("1M", 1048576)])
def test_heap_ceiling(monkeypatch: pytest.MonkeyPatch, size: str, count: int) -> None:
    monkeypatch.delenv("SUANPAN_FIRMWARE", raising=False)
    assert heap_ceiling(size) == str(count)


@pytest.mark.parametrize("size", ["", "k", "256kb", "-1", "0x100"])
def test_no_heap_ceiling(size: str) -> None:
    with pytest.raises(ValueError, match="heap size"):
        heap_ceiling(size)


def test_another_tree_has_room_for_what_was_added_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUANPAN_FIRMWARE", "/instrumented")
    assert firmware_root() == Path("/instrumented")
    assert heap_ceiling("1k") == "4096"
