"""The firmware on the unix port: boards that live, are saved over the line, and restored to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.interpreter import Interpreter

KEY = bytes(range(100, 132))  # every board's backup key, unless it is given another
TERMINAL = "10000001"

Acts = list[tuple[Any, ...]]
LIFE: Acts = [
    ("sign_in", "000001"),
    *(("sell", amount) for amount in range(100, 112)),
    ("store", 7),
    ("decline",),
    ("deliver",),
    ("void",),
    ("abroad", 900),
    ("settle",),
    ("sign_in", "000002"),
    *(("sell", amount) for amount in range(500, 512)),
    ("void",),
    ("watch",),
    ("store", 701),
    ("refund",),
    ("silent", 77),
]


class PowerIsGone(Exception):
    """The board's power went while it was answering."""


class Boards(Interpreter):
    """One MicroPython process for a test module, and in it boards by name."""

    def __init__(self) -> None:
        super().__init__("backup_peer.py", "8m")

    def fresh(
        self,
        name: str,
        seed: int,
        acts: Acts | None = None,
        *,
        sectors: int = 8,
        terminal: str = TERMINAL,
        key: bytes = KEY,
    ) -> Cable:
        self.ask("board", name, seed, sectors, acts or [], terminal, key.hex())
        return Cable(self, name)


@dataclass
class Cable:
    """What pyserial's `Serial` would be, plugged into a board. `lose` says which answers are lost on the way."""

    boards: Boards
    name: str
    heard: bytes = b""
    lose: frozenset[int] = frozenset()
    answers: int = 0
    _waiting: bytes = b""

    def write(self, data: bytes, /) -> int:
        self.heard += data
        answer = self.boards.ask("say", self.name, data.hex())
        if answer is None:
            raise PowerIsGone
        self.answers += 1
        if self.answers not in self.lose:
            self._waiting += bytes.fromhex(answer)
            self.heard += bytes.fromhex(answer)
        return len(data)

    def read(self, size: int = 1, /) -> bytes:
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data

    def on(self, acts: Acts | None = None) -> None:
        """Switched off and on; what then happens."""
        self.boards.ask("on", self.name, acts or [])

    def cut(self, operation: int, way: int | None, depth: int) -> None:
        self.boards.ask("cut", self.name, operation, way, depth)

    @property
    def area(self) -> bytes:
        """Its journal's partition."""
        return bytes.fromhex(self.boards.ask("area", self.name))

    def told(self) -> dict[str, Any]:
        """What its ledger says; see backup_peer.py."""
        told = self.boards.ask("told", self.name)
        assert isinstance(told, dict)
        return told
