"""The firmware on the unix port: boards that live, are saved over the line, and restored to."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from host_tools.micropython.port import ROOT, find_micropython, firmware_root, heap_ceiling

if TYPE_CHECKING:
    from types import TracebackType

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
    ("store", 701),
    ("refund",),
    ("silent", 77),
]

_FIRMWARE_TESTS = ROOT / "tests" / "firmware"


class PowerIsGone(Exception):
    """The board's power went while it was answering."""


class Boards:
    """One MicroPython process for a test module, and in it boards by name."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [*find_micropython(), "-X", f"heapsize={heap_ceiling('8m')}", str(_FIRMWARE_TESTS / "backup_peer.py")],
            env=os.environ | {"MICROPYPATH": f"{firmware_root()}:{_FIRMWARE_TESTS}:.frozen"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

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
        self.call("board", name, seed, sectors, acts or [], terminal, key.hex())
        return Cable(self, name)

    def call(self, operation: str, *arguments: object) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps([operation, *arguments]), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        try:
            return json.loads(answer)
        except ValueError:
            raise RuntimeError(f"MicroPython ended in {operation}: {answer}{self._process.stdout.read()}") from None


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
        answer = self.boards.call("say", self.name, data.hex())
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
        self.boards.call("on", self.name, acts or [])

    def cut(self, operation: int, way: int | None, depth: int) -> None:
        self.boards.call("cut", self.name, operation, way, depth)

    @property
    def area(self) -> bytes:
        """Its journal's partition."""
        return bytes.fromhex(self.boards.call("area", self.name))

    def told(self) -> dict[str, Any]:
        """What its ledger says; see backup_peer.py."""
        told = self.boards.call("told", self.name)
        assert isinstance(told, dict)
        return told
