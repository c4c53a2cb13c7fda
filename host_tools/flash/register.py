"""The workshop's boards: a CSV with the serial number that each chip was given, and their labels.

A chip is known by its MAC address, which is burnt into it. Flashed again it keeps its serial number; a new chip gets
the one after the highest.
"""

from __future__ import annotations

import csv
import html
import re
import threading
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Final

import segno

from host_tools.flash.errors import BadRegister, BadSerial, SerialTaken

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FIRST: Final = "SP-000001"


@dataclass(frozen=True)
class Row:
    """A board as it was last flashed; `image` is the SHA-256 of its whole flash."""

    serial: str
    mac: str
    chip: str
    board: str
    version: str
    stock: str
    image: str
    at: str  # ISO 8601


class Register:
    def __init__(self, path: Path, first: str = FIRST) -> None:
        """Raises BadRegister, BadSerial."""
        self._path = path
        self._first = first
        self._lock = threading.Lock()
        self._given: dict[str, str] = {}
        self._rows = self._read()
        _after(first)

    @property
    def rows(self) -> list[Row]:
        return list(self._rows.values())

    def serial(self, mac: str) -> str:
        """The chip's serial number: the one that it has, or the next. Nobody else is given it."""
        with self._lock:
            if mac in self._rows:
                return self._rows[mac].serial
            if mac not in self._given:
                taken = [row.serial for row in self.rows] + list(self._given.values())
                alike = [serial for serial in taken if _stem(serial) == _stem(self._first)]
                self._given[mac] = _after(max(alike, key=_number)) if alike else self._first
            return self._given[mac]

    def claim(self, mac: str, serial: str) -> str:
        """That serial number for this chip. Raises SerialTaken if either has another already."""
        with self._lock:
            has = self._rows[mac].serial if mac in self._rows else self._given.get(mac, serial)
            others = {row.mac for row in self.rows if row.serial == serial} - {mac}
            if has != serial or others:
                raise SerialTaken(f"{mac} is {has}" if has != serial else f"{serial} is {others.pop()}")
            self._given[mac] = serial
            return serial

    def note(self, row: Row) -> None:
        """Keep what was done to a board."""
        with self._lock:
            self._rows[row.mac] = row
            part = self._path.with_suffix(".part")
            with part.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, [each.name for each in fields(Row)], lineterminator="\n")
                writer.writeheader()
                writer.writerows(asdict(each) for each in self._rows.values())
            part.replace(self._path)

    def _read(self) -> dict[str, Row]:
        if not self._path.exists():
            return {}
        try:
            with self._path.open(newline="", encoding="utf-8") as file:
                rows = [Row(**row) for row in csv.DictReader(file)]
        except (TypeError, ValueError, OSError) as problem:
            raise BadRegister(self._path.name) from problem
        if len({row.serial for row in rows}) != len(rows) or len({row.mac for row in rows}) != len(rows):
            raise BadRegister(f"{self._path.name}: a serial number or a chip is there twice")
        return {row.mac: row for row in rows}


def labels(rows: Iterable[Row]) -> str:
    """A page to print: for each board its serial number in letters and as a QR code."""
    cells = "".join(
        f"<figure>{segno.make(row.serial, error='m').svg_inline(scale=3)}"
        f"<figcaption><b>{html.escape(row.serial)}</b><br>{html.escape(row.board)}<br>{row.mac}</figcaption></figure>"
        for row in rows
    )
    style = "figure{display:inline-block;width:45mm;margin:2mm;font:9pt monospace;text-align:center}"
    return f'<!DOCTYPE html><meta charset="utf-8"><title>labels</title><style>{style}</style>{cells}\n'


def _stem(serial: str) -> str:
    return re.sub("[0-9]+$", "", serial)


def _number(serial: str) -> int:
    return int(serial[len(_stem(serial)) :] or "0")


def _after(serial: str) -> str:
    digits = serial[len(_stem(serial)) :]
    if not digits:
        raise BadSerial(serial)
    return f"{_stem(serial)}{int(digits) + 1:0{len(digits)}}"
