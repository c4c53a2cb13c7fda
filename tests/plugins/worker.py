"""One interpreter that has one firmware test file loaded and runs its tests one at a time, as asked."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = Path(__file__).parent / "device" / "run_tests.py"
_LOAD_TIMEOUT_S = 60.0
_CHUNK = 65536
_FLOOD = 4 << 20  # bytes that no test prints on purpose


@dataclass(frozen=True)
class Outcome:
    status: str  # "passed", "failed", "skipped", or "lost": the interpreter died or hung
    detail: str  # the traceback, the reason to skip, or how the interpreter ended
    output: str  # what the test printed


class Worker:
    """`loaded` is the outcome of importing the file; unless that passed there is nothing to ask for."""

    def __init__(self, interpreter: list[str], module: str, env: dict[str, str], *, timeout_s: float) -> None:
        self._mark = f"\x1e{secrets.token_hex(4)} "
        self._timeout_s = timeout_s
        self._process = subprocess.Popen(
            [*interpreter, str(_SCRIPT), module, self._mark],
            env=os.environ | env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        )
        self.loaded = self._await_outcome(_LOAD_TIMEOUT_S)

    def run(self, test: str) -> Outcome:
        """Run `test`, "TestX.test_y". After a "lost" one the interpreter is gone."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):  # it died since: reading will tell how
            self._process.stdin.write(f"{test}\n".encode())
        return self._await_outcome(self._timeout_s)

    def close(self) -> None:
        """Kill the interpreter and whatever it has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # the latter: dead already, on macOS
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def _await_outcome(self, timeout_s: float) -> Outcome:
        end = f"{self._mark}end\n".encode()
        printed, fate = self._read_until(end, timeout_s)
        text = printed.decode("utf-8", "replace")
        if fate:
            self.close()
            return Outcome("lost", f"the interpreter {fate}", text.replace(self._mark, ""))
        output, _, answer = text.removesuffix(end.decode()).partition(f"\n{self._mark}")
        status, _, detail = answer.partition("\n")
        return Outcome(status, detail, output)

    def _read_until(self, end: bytes, timeout_s: float) -> tuple[bytes, str]:
        """What was printed up to `end`, or up to the interpreter's end and then what became of it."""
        assert self._process.stdout
        deadline = time.monotonic() + timeout_s
        printed = b""
        while not printed.endswith(end):
            patience = max(0, deadline - time.monotonic())
            if not select.select([self._process.stdout], [], [], patience)[0]:
                return printed, f"gave no result in {timeout_s:g} s and was killed"
            chunk = os.read(self._process.stdout.fileno(), _CHUNK)
            if not chunk:
                code = self._process.wait(timeout_s)
                how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
                return printed, f"ended by itself, with {how}"
            printed += chunk
            if len(printed) > _FLOOD:
                return printed[:_CHUNK], f"printed more than {_FLOOD} bytes and was killed"
        return printed, ""
