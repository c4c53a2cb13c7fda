"""A table of outcomes for the end of the test report: what of a row and a column came out, in one sign."""

from __future__ import annotations

import json
from typing import Final

import pytest

_KEY: Final = "matrix"


class Matrix:
    """`cell` puts one outcome into the table. Reports carry it, so that tests may run in other processes."""

    def __init__(self, node: pytest.Item) -> None:
        self._properties = node.user_properties

    def cell(self, row: str, column: str, sign: str) -> None:
        self._properties.append((_KEY, json.dumps([row, column, sign])))


@pytest.fixture
def matrix(request: pytest.FixtureRequest) -> Matrix:
    return Matrix(request.node)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    table: dict[str, dict[str, str]] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for key, value in report.user_properties:
                if key == _KEY and report.when == "call":
                    row, column, sign = json.loads(str(value))
                    table.setdefault(column, {})[row] = sign
    if not table:
        return
    names = sorted({row for cells in table.values() for row in cells})
    terminalreporter.section("faults and transactions: ● good, ○ not, ✗ the books disagree")
    for number, name in enumerate(names, 1):
        terminalreporter.write_line(f"{number:>24} {name}")
    terminalreporter.write_line(" " * 24 + "".join(f"{number:>3}" for number in range(1, len(names) + 1)))
    for column, cells in table.items():
        terminalreporter.write_line(f"{column:<24}" + "".join(f"{cells.get(name, ' '):>3}" for name in names))
