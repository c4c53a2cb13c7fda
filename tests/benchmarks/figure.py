"""One measured figure, as `make bench` prints it."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    name: str
    value: float
    unit: str
    note: str = ""
