"""Who may import whom, and how long a module may be: held over the syntax tree, so that nothing has to run.

An import under `if TYPE_CHECKING:` names a type and binds nothing at run time: the firmware is free to.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# firmware/suanpan/<layer>: the other layers that it may import. All may import `errors`, `overlay`, and themselves.
LAYERS: dict[str, set[str]] = {
    "errors": set(),
    "overlay": set(),
    "codec": set(),
    "crypto": {"codec"},
    "cards": {"codec"},
    "emv": {"codec", "crypto"},  # a card is what exchanges commands, whatever it is in
    "ledger": {"codec", "crypto"},
    "acquirer": {"codec", "crypto", "ledger"},
    "ui": set(),
    "drivers": set(),
    "slots": {"codec", "crypto"},  # applications as they lie in flash: the first stage has no more of the firmware
}
_TOP = {"terminal", "flows", "service"}  # these know everything but parts and boards
LAYERS |= dict.fromkeys(_TOP, LAYERS.keys() - {"drivers"} | _TOP)

# What runs before an application does, and the one thing of it that it starts.
FIRST_STAGE = {"boot.py": {"slots", "crypto"}, "start.py": {"main"}}
HARDWARE = {"machine", "network", "esp32"}  # for drivers/, boards/ and main.py alone
# MicroPython's modules, as the firmware may count on them. Not `time` nor `random`: the clock and chance are
# the board's, or a scripted run would not repeat itself.
MICROPYTHON = {
    "array", "asyncio", "binascii", "cryptolib", "deflate", "errno", "framebuf", "gc", "hashlib", "io",
    "json", "micropython", "os", "re", "select", "socket", "struct", "sys", "tls", "uctypes", "vfs",
}  # fmt: skip
BOARD_ONLY = {"time", "random", "usocket"}
NOT_FOR_THE_HOST = HARDWARE | {"suanpan", "firmware", "boards", "board", "micropython"}

LONGEST = 300  # lines


@dataclass(frozen=True)
class Import:
    name: str  # dotted, as far as the statement says: `from a import b` is a.b
    line: int
    typing_only: bool

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @property
    def layer(self) -> str:
        return self.name.split(".")[1] if "." in self.name else ""


def imports(node: ast.AST, *, typing_only: bool = False) -> Iterator[Import]:
    """Every import below `node`, functions included. A relative one keeps its dots."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, typing_only)
        elif isinstance(child, ast.ImportFrom):
            for alias in child.names:
                origin = "." * child.level + (child.module or "")
                yield Import(f"{origin}.{alias.name}", child.lineno, typing_only)
        else:
            guarded = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
            yield from imports(child, typing_only=typing_only or guarded)


def firmware_fault(path: Path, found: Import) -> str | None:
    """What is wrong with an import in `path`, which is relative to firmware/."""
    if path.name in FIRST_STAGE and len(path.parts) == 1:
        known = found.package in MICROPYTHON | HARDWARE
        return (
            None
            if known or (found.layer or found.name) in FIRST_STAGE[path.name]
            else f"the first stage may not import {found.name}"
        )
    layer = path.parts[1].removesuffix(".py") if path.parts[0] == "suanpan" and len(path.parts) > 1 else "main"
    if found.typing_only or (layer == "main" and found.package in {"suanpan", "board"} | HARDWARE):
        return None
    if found.package == "suanpan":
        if layer not in LAYERS and layer != "__init__":
            return f"{layer} is a layer without a rule"
        if found.layer in LAYERS.get(layer, set()) | {layer, "errors", "overlay"}:
            return None
        return f"{layer} may not import {found.name}"
    if found.package in MICROPYTHON or (layer == "drivers" and found.package in HARDWARE):
        return None
    who = layer if found.package in HARDWARE else "the firmware"
    return f"{who} may not import {found.name}"


def board_fault(path: Path, found: Import, siblings: set[str]) -> str | None:
    """What is wrong with an import in a board's module; only those that make parts know drivers."""
    if found.typing_only or found.package in MICROPYTHON | HARDWARE | BOARD_ONLY | siblings:
        return None
    ours = {"errors", "drivers"} if path.name in ("parts.py", "other_parts.py", "on_esp32.py") else {"errors"}
    if found.package == "suanpan" and found.layer in ours:
        return None
    return f"a board may not import {found.name}"


def _siblings(path: Path) -> set[str]:
    """What lies beside a board's module on the device: its own folder, and what is common to all."""
    folders = (path.parent, path.parents[1] / "common")
    return {"pins"} | {module.stem for folder in folders for module in folder.glob("*.py")}


def host_fault(found: Import) -> str | None:
    return f"the host may not import {found.name}" if found.package in NOT_FOR_THE_HOST else None


def violations(root: Path) -> list[str]:
    """Every breach below `root`, as `file:line: what`."""
    breaches = []
    sources = [path for top in ("firmware", "boards", "host_tools") for path in (root / top).rglob("*.py")]
    for path in sorted(sources):
        where = path.relative_to(root)
        text = path.read_text("utf-8")
        length = len(text.splitlines())
        if length > LONGEST:
            breaches.append(f"{where}:{length}: longer than {LONGEST} lines")
        for found in imports(ast.parse(text)):
            match where.parts[0]:
                case "firmware":
                    fault = firmware_fault(where.relative_to("firmware"), found)
                case "boards":
                    fault = board_fault(where, found, _siblings(path))
                case _:
                    fault = host_fault(found)
            if fault:
                breaches.append(f"{where}:{found.line}: {fault}")
    return breaches


def test_the_tree_keeps_the_rules() -> None:
    found = violations(ROOT)
    assert not found, "\n" + "\n".join(found)


ALLOWED = [
    ("firmware/main.py", "import board\nfrom machine import Pin\nfrom suanpan.drivers.keypad import Keypad"),
    (
        "firmware/suanpan/codec/iso8583.py",
        "from suanpan.codec import bcd\nfrom suanpan.errors import CodecError",
    ),
    (
        "firmware/suanpan/flows/sale.py",
        "from suanpan.ui.screen import Screen\nfrom suanpan.acquirer import session",
    ),
    ("firmware/suanpan/drivers/keypad.py", "from machine import Pin"),
    ("firmware/boot.py", "from esp32 import NVS\nfrom suanpan.slots.choice import choose"),
    ("firmware/start.py", "import main"),
    ("firmware/suanpan/ui/screen.py", "if TYPE_CHECKING:\n    from suanpan.drivers.keypad import Keypad"),
    ("boards/virtual/board.py", "import link\nimport parts"),
    ("boards/common/parts.py", "from machine import Pin\nfrom suanpan.drivers.keypad import Keypad"),
    ("host_tools/bench/process.py", "from host_tools.micropython import find_micropython"),
]
FORBIDDEN = [
    (
        "firmware/suanpan/codec/iso8583.py",
        "from suanpan.crypto import mac",
        "codec may not import suanpan.crypto.mac",
    ),
    (
        "firmware/suanpan/crypto/mac.py",
        "def f():\n    import suanpan.ledger.journal",
        "crypto may not import",
    ),
    ("firmware/suanpan/ui/screen.py", "from suanpan.codec import bcd", "ui may not import suanpan.codec.bcd"),
    ("firmware/suanpan/flows/sale.py", "from suanpan.drivers import keypad", "flows may not import"),
    ("firmware/suanpan/flows/sale.py", "import board", "the firmware may not import board"),
    ("firmware/boot.py", "from suanpan.service import update", "the first stage may not import suanpan.service.update"),
    ("firmware/start.py", "import board", "the first stage may not import board"),
    ("firmware/suanpan/slots/rom.py", "from suanpan.ledger import files", "slots may not import suanpan.ledger.files"),
    ("firmware/suanpan/service/update.py", "from esp32 import Partition", "service may not import esp32"),
    ("firmware/suanpan/ledger/journal.py", "from . import entry", "the firmware may not import ..entry"),
    ("firmware/suanpan/ledger/journal.py", "import dataclasses", "the firmware may not import dataclasses"),
    ("firmware/suanpan/ledger/journal.py", "import time", "the firmware may not import time"),
    (
        "firmware/suanpan/flows/sale.py",
        "from host_tools.acquirer import cup",
        "the firmware may not import host_tools",
    ),
    ("firmware/suanpan/extras/x.py", "from suanpan.codec import bcd", "extras is a layer without a rule"),
    ("boards/virtual/link.py", "from suanpan.drivers.keypad import Keypad", "a board may not import"),
    ("boards/virtual/board.py", "from suanpan.ledger.journal import Journal", "a board may not import"),
    ("host_tools/bench/x.py", "from suanpan.codec import bcd", "the host may not import suanpan.codec.bcd"),
    ("host_tools/bench/x.py", "if True:\n    import boards.virtual.pins", "the host may not import boards"),
    ("host_tools/bench/x.py", "\n" * LONGEST + "pass", f"longer than {LONGEST} lines"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, source in ALLOWED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    (tmp_path / "boards/virtual/link.py").write_text("import usocket")
    return tmp_path


def test_what_is_allowed(tree: Path) -> None:
    assert violations(tree) == []


@pytest.mark.parametrize(("name", "source", "fault"), FORBIDDEN)
def test_what_is_forbidden(tree: Path, name: str, source: str, fault: str) -> None:
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text(source)
    line = len(source.splitlines())
    (found,) = violations(tree)
    assert found.startswith(f"{name}:{line}: ")
    assert fault in found
