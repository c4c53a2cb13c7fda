"""Release mode's two ends: the first statement of boot.py, and what comes after the application."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import ModuleType

import pytest

FIRMWARE = Path(__file__).parents[3] / "firmware"


class ResetError(Exception):
    """The chip starts anew."""


def start(
    monkeypatch: pytest.MonkeyPatch, *, released: bool, dies_of: BaseException | None, mounted: bool = True
) -> None:
    """Run main.py of a board whose application ends, or dies."""

    class Finder:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "main" and dies_of:
                raise dies_of

    machine = ModuleType("machine")

    def reset() -> None:
        raise ResetError

    machine.reset = reset  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "machine", machine)
    monkeypatch.delitem(sys.modules, "main", raising=False)
    if dies_of is None:
        monkeypatch.setitem(sys.modules, "main", ModuleType("main"))
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    monkeypatch.setattr(sys, "path", [*(["/app"] if mounted else []), *sys.path])
    exec(compile((FIRMWARE / "start.py").read_text("utf-8"), "main.py", "exec"), {"released": released})


@pytest.mark.parametrize("dies_of", [None, OSError(19), KeyboardInterrupt(), SystemExit(), MemoryError()], ids=repr)
def test_a_released_board_starts_anew_whatever_ends_its_application(
    dies_of: BaseException | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ResetError):
        start(monkeypatch, released=True, dies_of=dies_of)


def test_an_open_board_says_what_its_application_died_of(monkeypatch: pytest.MonkeyPatch) -> None:
    start(monkeypatch, released=False, dies_of=None)
    with pytest.raises(OSError, match="19"):
        start(monkeypatch, released=False, dies_of=OSError(19))


def test_a_released_board_without_an_application_has_no_prompt_either(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ResetError):
        start(monkeypatch, released=True, dies_of=None, mounted=False)


def test_ctrl_c_is_data_before_anything_else_is_done() -> None:
    """But for imports of what MicroPython has in C."""
    statements = [ast.unparse(each) for each in ast.parse((FIRMWARE / "boot.py").read_text("utf-8")).body]
    before = statements[: statements.index("micropython.kbd_intr(-1)")]
    assert set(before) <= {"import gc", "import micropython"}
    assert "micropython.kbd_intr(3)" not in statements, "it is taken back only where there is no mark"


@pytest.mark.parametrize("released", [True, False])
def test_a_first_stage_that_fails_opens_no_prompt_either(released: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a MicroPython that its byte code is not for: a released board starts anew, and the chip goes back."""

    class Finder:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "suanpan.slots.choice":
                raise ValueError("incompatible .mpy file")

    class Store:
        def __init__(self, _name: str) -> None:
            pass

        def get_blob(self, _key: str, _buffer: bytearray) -> int:
            if not released:
                raise OSError(-0x1102)
            return 1

    def reset() -> None:
        raise ResetError

    attributes: dict[str, dict[str, object]] = {
        "machine": {"reset": reset},
        "micropython": {"kbd_intr": lambda _: None},
        "vfs": {},
        "esp32": {"NVS": Store, "Partition": None},
        "suanpan": {"__path__": []},
        "suanpan.crypto": {"__path__": []},
        "suanpan.crypto.rsa": {"RsaPublicKey": None},
        "suanpan.slots": {"__path__": []},
    }
    for name, values in attributes.items():
        module = ModuleType(name)
        vars(module).update(values)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    with pytest.raises(ResetError if released else ValueError):
        exec(compile((FIRMWARE / "boot.py").read_text("utf-8"), "boot.py", "exec"), {})
