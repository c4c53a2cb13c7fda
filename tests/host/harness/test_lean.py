"""What goes to a board does what the sources do, under fewer names; the whole terminal is run so by tests/system."""

from __future__ import annotations

import re
from textwrap import dedent
from types import ModuleType

import pytest

from host_tools.micropython.lean import lean


def made(sources: dict[str, str], *outside: str) -> dict[str, str]:
    return lean({name: dedent(text).lstrip("\n") for name, text in sources.items()}, outside)


def run(texts: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """Each module, executed in order, with those before it to import from."""
    modules = {}
    for name, text in texts.items():
        module = modules[name] = ModuleType(name)
        monkeypatch.setitem(__import__("sys").modules, name, module)
        exec(compile(text, name, "exec"), module.__dict__)
    return modules


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def test_what_only_a_type_checker_reads_is_gone_and_lines_keep_their_numbers() -> None:
    text = made(
        {
            "a": """
        from micropython import const, native

        TYPE_CHECKING = False
        if TYPE_CHECKING:
            from typing import Any


        class Reader:
            if TYPE_CHECKING:
                line: Any

            def read(self) -> "Any":
                return 1
        """
        }
    )["a"]
    assert not words(text) & {"TYPE_CHECKING", "typing", "const", "line"}
    assert text.splitlines()[0] == "from micropython import native"
    assert text.splitlines()[12].endswith("return 1")


def test_a_constant_is_put_where_it_is_used_through_whoever_imports_it(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = made(
        {
            "codes": 'const = int\nSIZE = const(1 << 4)\nLAST = SIZE - 1\nGONE = -2\nCODE = "00"\n',
            "between": "from codes import (\n    CODE,\n    SIZE,\n)\n\ndef half():\n    return SIZE // 2\n",
            "user": """
        from between import CODE, SIZE, half


        def all_of_it():
            from codes import GONE, LAST

            return [CODE, SIZE.bit_length(), half(), LAST, 3**GONE]
        """,
        },
        "from user import all_of_it",
    )
    assert not words("".join(texts.values())) & {"SIZE", "LAST", "GONE", "CODE"}
    assert run(texts, monkeypatch)["user"].all_of_it() == ["00", 5, 8, 15, 3**-2]


@pytest.mark.parametrize(
    "user",
    [
        "import codes\nprint(codes.SIZE)",
        "import codes\nprint(getattr(codes, 'SIZE'))",
        "from codes import SIZE as size\nprint(size)",
        "from codes import SIZE\nprint(f'{SIZE}')",
        "from codes import SIZE\ndef grow():\n    global SIZE\n    SIZE = 9\ngrow()\nprint(SIZE)",
    ],
)
def test_a_constant_that_is_asked_for_by_name_keeps_it(
    user: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = {"codes": "SIZE = 5\n", "user": user}
    run(sources, monkeypatch)
    run(made(sources), monkeypatch)
    printed = capsys.readouterr().out.split()
    assert len(printed) == 2
    assert printed[0] == printed[1]


def test_what_is_no_constant_stays() -> None:
    sources = {"a": 'TWICE = 1\nTWICE = 2\nLONG = "abcdefghijk"\nTABLE = (1, 2)\nMADE = int("3")\nvalue = 4\n'}
    assert words(made(sources, "from a import TWICE, LONG, TABLE, MADE, value")["a"]) == words(sources["a"])
    assert len(made(sources)["a"].splitlines()) == len(sources["a"].splitlines())
    assert made(sources)["a"].count(" = ") == 6


def test_what_a_board_knows_by_name_stays() -> None:
    source = {"a": "SIZE = 5\n\n\ndef _made(size):\n    return size + SIZE\n"}
    assert not words(made(source)["a"]) & {"SIZE", "_made", "size"}
    assert words(made(source, "from a import SIZE, _made\n_made(size=1)")["a"]) >= {"SIZE", "_made", "size"}


def test_names_are_shared_by_modules_that_never_meet_but_not_in_a_family(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = made(
        {
            "base": """
            class Base:
                def __init__(self):
                    self._left = 1

                def both(self):
                    return self._left, self._right()
            """,
            "child": """
            from base import Base


            class Child(Base):
                def __init__(self):
                    super().__init__()
                    self._other = 2

                def _right(self):
                    return self._other
            """,
            "stranger": """
            _seen = [3]


            def seen(_extra=4):
                return _seen[0] + _extra
            """,
        },
        "Child().both()\nseen()",
    )
    modules = run(texts, monkeypatch)
    assert modules["child"].Child().both() == (1, 2)
    assert modules["stranger"].seen() == 7
    names = {word for text in texts.values() for word in words(text) if word.startswith("_") and word[1] != "_"}
    assert len(names) == 3  # for five names: those of the family are three


def test_who_calls_and_who_is_called_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = made(
        {
            "a": "def add(first, second, third=0, **rest):\n    return first + second + third + sum(rest.values())\n",
            "b": "from a import add as plus\n\n\ndef total(width):\n    return plus(1, width, third=5, fourth=6)\n",
        },
        "total()",
    )
    assert not words("".join(texts.values())) & {"first", "second", "third", "width"}
    assert run(texts, monkeypatch)["b"].total(2) == 14


def test_what_the_interpreter_knows_and_errors_keep_their_names() -> None:
    text = made(
        {
            "errors.link": "class NoReply(Exception):\n    pass\n",
            "a": """
            from errors.link import NoReply


            class Device:
                def ioctl(self, request, argument):
                    if request == 4:
                        raise NoReply
                    return len(argument)

                def sector_of(self, argument):
                    return argument
            """,
        }
    )["a"]
    assert words(text) >= {"ioctl", "NoReply", "len", "self"}
    assert not words(text) & {"Device", "sector_of"}


def test_names_in_strings_are_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = made(
        {
            "a": """
        class Box:
            def __init__(self, depth):
                self._depth = depth
                self._wide = 2 * depth

            def text(self):
                return f"{self._depth} 宽 {getattr(self, '_wide')}"
        """
        },
        "Box(3).text()",
    )
    assert run(texts, monkeypatch)["a"].Box(3).text() == "3 宽 6"
