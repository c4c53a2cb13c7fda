"""The host's books beside the journal's sums: what tells whether the newest records are there.

Nothing in a journal can show that its end was cut off: the records before it are as they were. The acquirer knows
what it has approved. Its books know sales.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

from host_tools.acquirer.ledger import Ledger
from host_tools.audit.reading import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Executable

    from host_tools.acquirer.store import Store
    from host_tools.audit.entries import Line


@dataclass(frozen=True, slots=True)
class Comparison:
    """A batch's sales by both sides' word: count, fen."""

    batch: str
    terminal: tuple[int, int]
    host: tuple[int, int]

    @property
    def agrees(self) -> bool:
        return self.terminal == self.host


class _Reader:
    """What a ledger asks of its store, of a file that nobody may change, and whose keys nobody needs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, statement: Executable, **parameters: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._connection.execute(statement, parameters)]

    def one(self, statement: Executable, **parameters: Any) -> tuple[Any, ...] | None:
        return next(iter(self.run(statement, **parameters)), None)


def compare(lines: Sequence[Line], newest: str, database: Path, terminal: str) -> list[Comparison]:
    """Every batch of the journal, and the one after `newest`, if the host has sales in it.

    Raises AuditError if the file is no acquirer's database.
    """
    sums: dict[str, tuple[int, int]] = {newest: (0, 0)} if newest else {}
    for line in lines:
        count, amount = sums.get(line.batch.number, (0, 0))
        if line.kind == "sale":
            count, amount = count + line.told_count, amount + line.told_amount
        sums[line.batch.number] = count, amount
    following = f"{int(newest or 0) + 1:06}"
    try:
        with _opened(database) as connection:
            ledger = Ledger(cast("Store", _Reader(connection)))
            found = [Comparison(batch, sums[batch], _host(ledger, terminal, batch)) for batch in sorted(sums)]
            beyond = Comparison(following, (0, 0), _host(ledger, terminal, following))
    except SQLAlchemyError as error:
        raise AuditError(f"{database.name} is no acquirer's database: {error}") from None
    return found if beyond.agrees else [*found, beyond]


@contextmanager
def _opened(database: Path) -> Iterator[Connection]:
    address = f"{database.absolute().as_uri()}?mode=ro"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _host(ledger: Ledger, terminal: str, batch: str) -> tuple[int, int]:
    totals = ledger.totals(terminal, int(batch))
    return totals.count, totals.amount
