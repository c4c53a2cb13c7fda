"""Two versions of the firmware, as bundles: this one, and one after it, whose parameters have a schema more."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

from host_tools.build import bundle
from host_tools.build.application import PLACE, application
from host_tools.build.romfs import pack
from host_tools.micropython.compiler import FIRMWARE, Target, compile_tree
from tests.system.software import NUMBER, board, release, signer

OLD: Final = NUMBER
NEW: Final = NUMBER + 1
VERSIONS: Final = {OLD: "0.1.0", NEW: "9.9.9"}
SCHEMAS: Final = {OLD: 5, NEW: 6}

_EDITS: Final = {
    "suanpan/ledger/parameters.py": ("SCHEMA = const(5)", "SCHEMA = const(6)"),
    "suanpan/ledger/migrations.py": (
        "    4: _merchants,\n",
        "    4: _merchants,\n    5: lambda values: values.setdefault('of_the_new', 1),\n",
    ),
    "suanpan/service/release.py": ('VERSION = "0.1.0"', 'VERSION = "9.9.9"'),
}


@cache
def old() -> bytes:
    return release(OLD)


@cache
def new() -> bytes:
    """With a floor that leaves no way back."""
    files = application(board())
    with tempfile.TemporaryDirectory() as scratch:
        source, tree = Path(scratch) / "firmware", Path(scratch) / "compiled"
        shutil.copytree(FIRMWARE, source)
        for name in ("boot.py", "start.py"):  # the first stage's
            (source / name).unlink()
        for name, (before, after) in _EDITS.items():
            text = (source / name).read_text("utf-8")
            assert text.count(before) == 1, f"not once in {name}: {before!r}"
            (source / name).write_text(text.replace(before, after), "utf-8")
        compile_tree(source, tree, target=Target(place=PLACE))
        for path in tree.rglob("*.mpy"):
            name = path.relative_to(tree).as_posix()
            if name in files:
                files[name] = path.read_bytes()
    return bundle.pack(
        pack(files),
        signer().sign,
        board=board().name,
        version=VERSIONS[NEW],
        number=NEW,
        floor=NEW,
        schema=SCHEMAS[NEW],
    )
