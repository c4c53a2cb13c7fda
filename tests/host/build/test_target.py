"""What .mpy files say of themselves (docs.micropython.org, reference/mpyfiles): the processor, and their source."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.boards.data import load, names
from host_tools.micropython.compiler import CompileError, Target, compile_tree

_ARCHITECTURES = {"x64": 2, "xtensawin": 10}


def made(folder: Path, source: str, target: Target) -> bytes:
    (folder / "sources" / "inner").mkdir(parents=True)
    (folder / "sources" / "inner" / "one.py").write_text(source)
    compile_tree(folder / "sources", folder / "made", (), target)
    return (folder / "made" / "inner" / "one.mpy").read_bytes()


@pytest.mark.parametrize("architecture", _ARCHITECTURES)
def test_machine_code_is_for_the_boards_processor(tmp_path: Path, architecture: str) -> None:
    mpy = made(
        tmp_path,
        "import micropython\n@micropython.native\ndef twice(x):\n    return x + x\n",
        Target(architecture, "/app/"),
    )
    assert mpy[:2] == b"M\x06"
    assert mpy[2] >> 2 == _ARCHITECTURES[architecture]
    assert b"/app/inner/one.mpy\0" in mpy


def test_byte_code_is_for_every_processor(tmp_path: Path) -> None:
    mpy = made(tmp_path, "def twice(x):\n    return x + x\n", Target("xtensawin"))
    assert mpy[2] >> 2 == 0
    assert b"inner/one.mpy\0" in mpy and b"/inner" not in mpy


def test_what_does_not_compile_says_where(tmp_path: Path) -> None:
    with pytest.raises(CompileError, match="line 2"):
        made(tmp_path, "x = 1\nmatch x:\n    case 1:\n        pass\n", Target())


def test_real_boards_have_the_processor_of_an_esp32() -> None:
    assert {name: load(name).march for name in names()}.items() >= {
        "esp32_devkitc": "xtensawin",
        "esp32s3_devkitc": "xtensawin",
        "virtual": None,
    }.items()
