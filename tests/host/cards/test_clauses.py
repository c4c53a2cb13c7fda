"""The table of clauses in docs/emv.md: every module and every test that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
FIRMWARE = ROOT / "firmware" / "suanpan"
_NO_MODULE = ("not covered", "everywhere", "see docs")


def rows() -> list[list[str]]:
    table = (ROOT / "docs" / "emv.md").read_text("utf-8").partition("## Clauses")[2].partition("\n## ")[0]
    lines = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[2:]]


def known_tests() -> dict[str, str]:
    """The firmware's tests of EMV by what stands behind their common name."""
    found = (ROOT / "tests" / "firmware").glob("test_emv_*.py")
    return {path.stem.removeprefix("test_emv_"): path.read_text("utf-8") for path in found}


def test_modules_are_there() -> None:
    for clause, _, modules, _ in rows():
        if not modules.startswith(_NO_MODULE):
            for name in modules.split(", "):
                where = FIRMWARE if "/" in name else FIRMWARE / "emv"
                assert (where / f"{name}.py").is_file(), f"{clause}: {name}"


def test_tests_are_there() -> None:
    known = known_tests()
    for clause, _, modules, named in rows():
        assert named or modules.startswith(_NO_MODULE), clause
        for part in re.split("[,;] ", named) if named else []:
            name, _, case = part.partition(" ")
            if name.startswith("`tests/"):
                assert (ROOT / name.strip("`")).is_file(), f"{clause}: {name}"
            elif name.startswith("`Test"):
                assert any(f"class {name.strip('`')}(" in text for text in known.values()), f"{clause}: {name}"
            else:
                assert name in known, f"{clause}: {name}"
                assert not case or f"class {case.strip('`')}(" in known[name], f"{clause}: {part}"
