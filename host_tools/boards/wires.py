"""Every wire of a board: which GPIO goes to which terminal of which part, and the line that says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from host_tools.boards.catalogue import KINDS, Kind, Role, kind
from host_tools.boards.data import Board

OWN_BUS = KINDS["i2c"]


@dataclass(frozen=True)
class Wire:
    part: str  # its name in PINS
    key: str  # what PINS calls this pin; "" where the part has but one
    gpio: int
    role: Role
    at: str  # the part's terminal
    line: int

    @property
    def name(self) -> str:
        return f"{self.part}.{self.key}" if self.key else self.part


def parts(board: Board) -> Iterator[tuple[str, Any, Kind]]:
    """Name, entry and kind of every part that the catalogue knows."""
    for part, wiring in board.pins.items():
        found = kind(part, wiring)
        if found:
            yield part, wiring, found


def wires(board: Board) -> Iterator[Wire]:
    """In the order of the file."""
    for part, wiring, known in parts(board):
        entry = wiring if isinstance(wiring, dict) else {"": wiring}
        roles = {**known.roles, **OWN_BUS.roles} if known.addresses and "scl" in entry else known.roles
        for key, role in roles.items():
            if key not in entry or (key in ("rows", "columns") and "address" in entry):
                continue
            place = ("PINS", part, key) if key else ("PINS", part)
            for index, (gpio, at) in enumerate(_terminals(entry[key], role)):
                yield Wire(part, key, gpio, role, at, board.line(*place, index))


def _terminals(value: Any, role: Role) -> Iterator[tuple[int, str]]:
    """GPIOs, and where on the part; of a reader's tracks each is (number, strobe, data)."""
    if isinstance(value, int):
        yield value, role.at
    elif value and isinstance(value[0], tuple):
        for number, strobe, data in value:
            yield strobe, f"RCL{number}"
            yield data, f"RDT{number}"
    else:
        for index, gpio in enumerate(value, 1):
            yield gpio, f"{role.at} {index}"
