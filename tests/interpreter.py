"""A script of tests/firmware in the unix port, which tests on the host talk to: a line there, a line back."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any, Self

from host_tools.micropython.port import ROOT, find_micropython, firmware_root, heap_ceiling

if TYPE_CHECKING:
    from types import TracebackType

_SCRIPTS = ROOT / "tests" / "firmware"


class Interpreter:
    """One MicroPython process for a test module. It ends when its standard input does."""

    def __init__(self, script: str, heap: str) -> None:
        self._process = subprocess.Popen(
            [*find_micropython(), "-X", f"heapsize={heap_ceiling(heap)}", str(_SCRIPTS / script)],
            env=os.environ | {"MICROPYPATH": f"{firmware_root()}:{_SCRIPTS}:.frozen"},
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

    def say(self, line: str) -> None:
        assert self._process.stdin
        print(line, file=self._process.stdin, flush=True)

    def hear(self) -> str:
        """The next line; RuntimeError if it has ended, whose last words are on standard error."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("MicroPython ended; its last words are on standard error")
        return line.strip()

    def ask(self, operation: str, *arguments: object) -> Any:
        """A call, and what it answers, in JSON."""
        self.say(json.dumps([operation, *arguments]))
        answer = self.hear()
        try:
            return json.loads(answer)
        except ValueError:
            assert self._process.stdout
            raise RuntimeError(f"MicroPython ended in {operation}: {answer}\n{self._process.stdout.read()}") from None
