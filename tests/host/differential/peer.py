"""Calls into the firmware as it runs on the unix port, for comparison with what other libraries answer."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from types import TracebackType
from typing import Self

from host_tools.micropython.port import ROOT, find_micropython, firmware_root, heap_ceiling

_SCRIPT = ROOT / "tests" / "firmware" / "differential_peer.py"


class Refused(Exception):
    """The firmware raised the error of this name."""


class Peer:
    """One MicroPython process that serves every example of a test module, in a heap like the terminal's."""

    def __init__(self) -> None:
        self.calls = Counter[str]()  # of each operation
        self._process = subprocess.Popen(
            [*find_micropython(), "-X", f"heapsize={heap_ceiling('256k')}", str(_SCRIPT)],
            env=os.environ | {"MICROPYPATH": f"{firmware_root()}:.frozen"},
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
        self._process.communicate()  # closes its standard input, at whose end it stops

    def call(self, operation: str, *arguments: bytes) -> bytes:
        """What the operation (differential_peer.py) returns; raises Refused."""
        assert self._process.stdin
        assert self._process.stdout
        self.calls[operation] += 1
        print(operation, *(argument.hex() for argument in arguments), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"MicroPython ended in {operation}; its last words are on standard error")
        if answer.startswith("!"):
            raise Refused(answer[1:].strip())
        return bytes.fromhex(answer)
