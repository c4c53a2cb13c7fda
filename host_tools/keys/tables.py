"""What the ceremony's directory holds, as tables: check values, never keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from host_tools.keys.errors import NoSuchKey
from host_tools.keys.master_keys import Master

if TYPE_CHECKING:
    from host_tools.keys.audit import Line
    from host_tools.keys.ceremony import Ceremony


def masters(ceremony: Ceremony) -> Table:
    table = Table(title="master keys")
    for column in ("key", "cipher", "check value", "custodians"):
        table.add_column(column)
    for each in Master:
        if ceremony.masters.has(each):
            algorithm, value, names = ceremony.masters.described(each)
            _add(table, each.value, algorithm.value, value.hex().upper(), ", ".join(names))
    table.caption = Text(f"custodians: {', '.join(ceremony.custodians.names) or 'none yet'}")
    return table


def terminals(ceremony: Ceremony) -> Table:
    table = Table(title="terminal master keys")
    for column in ("terminal", "cipher", "check value", "unit"):
        table.add_column(column)
    for entry in ceremony.terminals.entries():
        _add(table, entry.terminal, entry.algorithm.value, entry.check_value.hex().upper(), entry.serial or "none yet")
    return table


def authority(ceremony: Ceremony) -> Table:
    table = Table(title="test CA")
    for column in ("scheme", "RID", "index", "bits", "e", "until"):
        table.add_column(column)
    try:
        keys = ceremony.authority.keys()
    except NoSuchKey:
        return table
    for key in keys:
        bits = str(key.private.key_size)
        _add(table, key.scheme, key.rid, f"{key.index:02X}", bits, str(key.exponent), key.expires.isoformat())
    return table


def audit(lines: list[Line]) -> Table:
    table = Table(title="audit")
    for column in ("", "when", "act", "outcome", "who", "key", "check value"):
        table.add_column(column, overflow="fold")
    for line in lines:
        style = "red" if line.outcome.startswith("refused") else ""
        row = (str(line.number), line.at, line.act, line.outcome, ", ".join(line.who), line.key, line.check_value)
        _add(table, *row, style=style)
    return table


def _add(table: Table, *cells: str, style: str = "") -> None:
    """A row of what people called things: brackets in a name are no markup."""
    table.add_row(*(Text(cell) for cell in cells), style=style)
