"""What of the sources goes to a board: the application, as files of a bundle, and the first stage, as files of `/`.

Of the board it is its own modules and those that boards share (boards/data.py): what the virtual board has in Python
where a chip has C stays behind.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Final

from host_tools.boards.data import Board
from host_tools.keys.signer import PublicKey
from host_tools.micropython.compiler import AS_TEXT, FIRMWARE, NATIVE, Target, compiled

PLACE: Final = "/app/"  # where the first stage mounts an application

_FIRST_STAGE: Final = (
    "suanpan/crypto/octets",
    "suanpan/crypto/pss",
    "suanpan/crypto/rsa",
    "suanpan/errors/__init__",
    "suanpan/errors/keys",
    "suanpan/errors/slots",
    "suanpan/slots/bundle",
    "suanpan/slots/choice",
    "suanpan/slots/rom",
    "suanpan/slots/state",
)
_NOT_OF_THE_APPLICATION: Final = ("suanpan/slots/choice", "suanpan/slots/rom")
_LINES: Final = "{digest}  {path}\n"


def application(board: Board, version: str = "") -> dict[str, bytes]:
    """The files of a board's application, by their paths below /app; `version` is another than the sources' own.

    Raises CompileError.
    """
    target = Target(board.march or NATIVE, PLACE)
    tree = compiled(FIRMWARE, target=replace(target, version=version))
    left_out = [tree / f"{name}.mpy" for name in _NOT_OF_THE_APPLICATION]
    files = {
        path.relative_to(tree).as_posix(): path.read_bytes() for path in tree.rglob("*.mpy") if path not in left_out
    }
    for name, source in board.modules().items():
        module = Path(name).with_suffix(".mpy")
        files[module.name] = (compiled(source.parent, target=target) / module).read_bytes()
    for asset in sorted((FIRMWARE / "assets").iterdir()):
        files[f"assets/{asset.name}"] = asset.read_bytes()
    return files


def first_stage(board: Board, signer: PublicKey) -> dict[str, bytes]:
    """The files of the file system that no update touches. Raises CompileError."""
    tree = compiled(FIRMWARE, target=Target(board.march or NATIVE))
    files = {f"{name}.mpy": (tree / f"{name}.mpy").read_bytes() for name in _FIRST_STAGE}
    boot, start = ((FIRMWARE / name).read_bytes() for name in AS_TEXT)
    own = {"board": board.name, "lights": board.pins["lights"]}
    return files | {
        "boot.py": boot,
        "main.py": start,
        "board.json": json.dumps(own).encode(),
        "signer.bin": signer.n,
    }


def listing(files: dict[str, bytes]) -> str:
    """The manifest of hashes, as sha256sum writes and checks it."""
    return "".join(_LINES.format(digest=hashlib.sha256(files[path]).hexdigest(), path=path) for path in sorted(files))
