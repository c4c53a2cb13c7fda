"""pytest items for the firmware's tests: one for each unittest method and interpreter that it runs on.

tests/firmware/conftest.py takes `pytest_pycollect_makemodule` from here, so that it holds for that directory
alone. A file's tests share one process for each interpreter, started for the first of them that is selected,
and again after one that has killed it. HEAP_SHARE=0.65 takes a third of every file's heap away: what fails then is
tight, and would fail one day by the chance of where things lie.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from host_tools.micropython.library import LibraryUnavailable, library_path
from host_tools.micropython.port import (
    ROOT,
    MissingMicroPython,
    find_micropython,
    firmware_root,
    heap_ceiling,
)
from tests.plugins.firmware_source import BadTestFile, Case, read_tests
from tests.plugins.worker import Outcome, Worker

if TYPE_CHECKING:
    from _pytest._code.code import TerminalRepr

_SHIMS = ROOT / "tests" / "shims"


class FirmwareTestFailed(Exception):
    """A test's own failure, as its interpreter told it."""


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> FirmwareFile:
    return FirmwareFile.from_parent(parent, path=module_path)


class FirmwareFile(pytest.File):
    def collect(self) -> Iterator[FirmwareCase]:
        try:
            self.tests = read_tests(self.path)
        except BadTestFile as error:
            raise self.CollectError(f"{self.path}:{error}") from error
        self._workers: dict[str, Worker] = {}
        for case in self.tests.cases:
            yield FirmwareCase.from_parent(self, name=case.name, case=case)

    def setup(self) -> None:
        try:
            self._commands = {"micropython": self._micropython(), "cpython": self._cpython()}
        except (LibraryUnavailable, MissingMicroPython) as error:
            pytest.fail(str(error), pytrace=False)

    def teardown(self) -> None:
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()

    def run(self, interpreter: str, test: str) -> Outcome:
        if interpreter not in self._workers:
            command, env = self._commands[interpreter]
            self._workers[interpreter] = Worker(command, self.path.stem, env, timeout_s=self.tests.timeout_s)
        worker = self._workers[interpreter]
        if worker.loaded.status != "passed":
            return worker.loaded  # of every test alike
        outcome = worker.run(test)
        if outcome.status == "lost":
            del self._workers[interpreter]
        return outcome

    def _micropython(self) -> tuple[list[str], dict[str, str]]:
        heap = int(int(heap_ceiling(self.tests.heap)) * float(os.environ.get("HEAP_SHARE", "1")))
        command = [*find_micropython(), "-X", f"heapsize={heap}"]
        path = [*self._extra_path(), firmware_root(), self.path.parent, library_path(), ".frozen"]
        return command, {"MICROPYPATH": ":".join(map(str, path))}

    def _cpython(self) -> tuple[list[str], dict[str, str]]:
        command = [sys.executable, "-B", "-u", "-X", "utf8"]
        path = [*self._extra_path(), ROOT / "firmware", self.path.parent, _SHIMS]
        return command, {"PYTHONPATH": ":".join(map(str, path))}

    def _extra_path(self) -> list[Path]:
        return [ROOT / folder for folder in self.tests.path]


class FirmwareCase(pytest.Collector):
    def __init__(self, case: Case, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case

    def collect(self) -> Iterator[FirmwareItem]:
        file = self.parent
        assert isinstance(file, FirmwareFile)
        for method in self.case.methods:
            for interpreter in ("micropython", "cpython") if file.tests.pure else ("micropython",):
                yield FirmwareItem.from_parent(
                    self,
                    name=f"{method.name}[{interpreter}]",
                    file=file,
                    test=f"{self.case.name}.{method.name}",
                    line=method.line,
                    interpreter=interpreter,
                )


class FirmwareItem(pytest.Item):
    def __init__(self, file: FirmwareFile, test: str, line: int, interpreter: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._file = file
        self._test = test
        self._line = line
        self._interpreter = interpreter

    def runtest(self) -> None:
        outcome = self._file.run(self._interpreter, self._test)
        if outcome.output.strip():
            self.add_report_section("call", "stdout", outcome.output)
        if outcome.status == "skipped":
            raise pytest.skip.Exception(outcome.detail.strip(), _use_item_location=True)
        if outcome.status != "passed":
            raise FirmwareTestFailed(self._shorten(outcome.detail.strip()))

    def _shorten(self, detail: str) -> str:
        """The error first, for pytest's summary; then where, without the frames of harness and unittest."""
        for root in (self.config.rootpath, firmware_root().parent):
            detail = detail.replace(f"{root}/", "")
        lines = detail.splitlines() or ["no traceback"]
        frames = [line for line in lines[:-1] if "/run_tests.py" not in line and "/unittest.py" not in line]
        return "\n".join([lines[-1], *frames])

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        if isinstance(excinfo.value, FirmwareTestFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self._line - 1, f"{self._test}[{self._interpreter}]"
