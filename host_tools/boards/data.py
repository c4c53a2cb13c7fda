"""A board's file, boards/<name>/pins.py, read as text: its literals, and the line that each stands on.

The names that begin with an underscore are the host's alone: mpy-cross leaves nothing of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2] / "boards"
COMMON: Final = ROOT / "common"  # what is on every board
_ON_ESP32: Final = "on_esp32.py"  # and this on those with such a chip
_MARCH: Final = {"esp32": "xtensawin", "esp32s3": "xtensawin"}  # mpy-cross's name of the chip's processor

Place = tuple[object, ...]  # keys from a name of the file on: ("PINS", "keypad", "irq")


class BoardError(ValueError):
    """A board's file that cannot be read; the text says where."""


@dataclass(frozen=True)
class Partition:
    label: str
    type: str
    subtype: str | int
    offset: int
    size: int
    line: int

    @property
    def end(self) -> int:
        return self.offset + self.size


@dataclass(frozen=True)
class Board:
    name: str
    file: Path
    chip: str
    module: str
    flash_size: int
    capabilities: tuple[str, ...]
    partitions: tuple[Partition, ...]
    pins: dict[str, Any]
    lines: dict[Place, int]

    def line(self, *place: object) -> int:
        """Where that stands, or the nearest thing around it that stands anywhere."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    @property
    def march(self) -> str | None:
        """What mpy-cross is to compile machine code for; None for this machine."""
        return _MARCH.get(self.chip)

    def modules(self) -> dict[str, Path]:
        """The board's own modules, by the names of their files on the device."""
        found = {path.name: path for path in sorted(COMMON.glob("*.py"))}
        if self.chip not in _MARCH:
            del found[_ON_ESP32]
        return found | {name: self.file.with_name(name) for name in ("board.py", "pins.py")}


def names() -> list[str]:
    return sorted(path.parent.name for path in ROOT.glob("*/pins.py"))


def load(board: str | Path) -> Board:
    """By its name, or a file of its kind. Raises BoardError."""
    file = board if isinstance(board, Path) else ROOT / board / "pins.py"
    if not file.is_file():
        raise BoardError(f"there is no board {board}: there are {', '.join(names())}")
    values: dict[str, Any] = {}
    lines: dict[Place, int] = {}
    for name, node in _assigned(file):
        try:
            values[name] = ast.literal_eval(node)
        except ValueError:
            raise BoardError(f"{file}:{node.lineno}: {name} is not made of numbers, texts and brackets alone") from None
        _note(lines, (name,), node)
    for name in ("_CHIP", "_MODULE", "_FLASH", "_OFFERS", "_PARTITIONS", "PINS"):
        if name not in values:
            raise BoardError(f"{file}:1: it has no {name}")
    partitions = []
    for index, row in enumerate(values["_PARTITIONS"]):
        line = lines["_PARTITIONS", index]
        if not isinstance(row, tuple) or [type(cell) for cell in (row[:2] + row[3:])] != [str, str, int, int]:
            raise BoardError(f"{file}:{line}: a partition is label, type, subtype, offset, size")
        label, kind, subtype, offset, size = row
        partitions.append(Partition(label, kind, subtype, offset, size, line))
    return Board(
        file.parent.name,
        file,
        values["_CHIP"],
        values["_MODULE"],
        values["_FLASH"],
        values["_OFFERS"],
        tuple(partitions),
        values["PINS"],
        lines,
    )


def partition_csv(board: Board) -> str:
    """As ESP-IDF reads it."""
    rows = [
        f"{row.label + ',':<10}{row.type + ',':<6}{_subtype(row) + ',':<10}0x{row.offset:06x}, 0x{row.size:06x}\n"
        for row in board.partitions
    ]
    return "# Name,   Type, SubType,  Offset,   Size\n# Made of pins.py: `suanpan board wiring --update`.\n" + "".join(
        rows
    )


def _subtype(row: Partition) -> str:
    return row.subtype if isinstance(row.subtype, str) else f"0x{row.subtype:02x}"


def _assigned(file: Path) -> Iterator[tuple[str, ast.expr]]:
    """Names and the expressions that they are given; of `const(...)` what is in it. Raises BoardError."""
    try:
        tree = ast.parse(file.read_text("utf-8"))
    except SyntaxError as error:
        raise BoardError(f"{file}:{error.lineno}: {error.msg}") from None
    for statement in tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                if isinstance(value, ast.Call) and value.args:
                    value = value.args[0]
                yield name, value


def _note(lines: dict[Place, int], place: Place, node: ast.expr) -> None:
    lines[place] = node.lineno
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            _note(lines, (*place, ast.literal_eval(key) if key else None), value)
    elif isinstance(node, ast.Tuple | ast.List):
        for index, value in enumerate(node.elts):
            _note(lines, (*place, index), value)
