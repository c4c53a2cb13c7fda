"""Another firmware tree, run as the repository's own is: compiled, and in the heap that the trace was recorded in.

A tree that SUANPAN_FIRMWARE names is run from its sources in a larger heap elsewhere. A terminal may do otherwise
where it has more room, which is no difference between two firmwares.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from host_tools.micropython.compiler import compile_tree
from host_tools.micropython.port import ROOT, heap_ceiling

VARIABLE: Final = "SUANPAN_FIRMWARE"


def heap_for(size: int) -> str:
    """What to ask of the bench so that the firmware gets this many bytes."""
    return str(size * 1024 // int(heap_ceiling("1k")))


@contextmanager
def firmware(tree: Path) -> Iterator[None]:
    """What is started within is this tree."""
    with _variable(None if tree.resolve() == (ROOT / "firmware").resolve() else str(tree)):
        yield


@contextmanager
def as_on_a_board() -> Iterator[None]:
    """What is started within is compiled, whatever tree it is. Raises CompileError."""
    tree = os.environ.get(VARIABLE)
    with _variable(tree and _compiled(tree).name):
        yield


@contextmanager
def _variable(value: str | None) -> Iterator[None]:
    before = os.environ.pop(VARIABLE, None)
    if value is not None:
        os.environ[VARIABLE] = value
    try:
        yield
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before


@cache
def _compiled(tree: str) -> tempfile.TemporaryDirectory[str]:
    """Gone when this process ends. A tree is compiled once: who changes it starts another process."""
    target = tempfile.TemporaryDirectory(prefix="suanpan-tree-")
    compile_tree(Path(tree), Path(target.name))
    return target
