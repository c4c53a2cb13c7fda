"""Tests that want a program or a file of a Debian package: without it they are skipped, in plain words.

Not in CI (CI set in the environment): .ci/run installs the packages, so there a missing one is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path
from typing import NoReturn, Protocol

import pytest

_REASON = "Debian package not installed: "


class ToolFinder(Protocol):
    def __call__(self, program: str, *, package: str | None = None) -> str: ...


class FileFinder(Protocol):
    def __call__(self, path: str, *, package: str) -> Path: ...


@pytest.fixture(scope="session")
def debian_tool() -> ToolFinder:
    """`debian_tool("chromium")` is the program's path; `package` is for a package of another name."""

    def find(program: str, *, package: str | None = None) -> str:
        return shutil.which(program) or _give_up(package or program)

    return find


@pytest.fixture(scope="session")
def debian_file() -> FileFinder:
    """`debian_file("/usr/share/unifont/unifont.hex", package="unifont")` is the path, of a file there is."""

    def find(path: str, *, package: str) -> Path:
        return Path(path) if Path(path).exists() else _give_up(package)

    return find


def _give_up(package: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(_REASON + package, pytrace=False)
    pytest.skip(_REASON + package)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing: Counter[str] = Counter()
    for report in terminalreporter.getreports("skipped"):
        _, found, package = str(report.longrepr).partition(_REASON)
        if found:
            missing[package.rstrip("')")] += 1
    for package, count in sorted(missing.items()):
        terminalreporter.write_line(f"not run for want of {package}: {count} (apt-get install {package})")
