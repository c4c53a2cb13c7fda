"""The acquirer's record of every transaction that counted, whatever came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from host_tools.acquirer.asked import Key, Kind
from host_tools.acquirer.codes import Code, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from host_tools.acquirer.asked import Asked
    from host_tools.acquirer.store import Store

_ORIGINALS: Final = ("sale", "offline_sale")  # what can be taken back
_STANDS: Final = "entry IS NOT NULL AND NOT EXISTS (SELECT 1 FROM entry AS mirror WHERE mirror.reverses = txn.entry)"


@dataclass(frozen=True, slots=True)
class Row:
    """A kept transaction. `entry` is that of the books, None where no money moved; `at` is ISO 8601."""

    kind: Kind
    pan: str
    amount: int
    code: str
    rrn: str
    at: str
    entry: int | None
    organisation: str
    authorisation: str | None
    happened: str | None
    original: Key | None


class TakenBack(NamedTuple):
    """What stands against a transaction: `refunded` in fen."""

    voided: bool
    refunded: int


class Register:
    """All methods that write expect to be called inside `store.transaction()`."""

    def __init__(self, store: Store) -> None:
        self._db = store.db

    def find(self, key: Key) -> dict[Kind, Row]:
        """All that has this name, by kind."""
        rows = self._db.execute(
            """SELECT kind, pan, amount, code, rrn, at, entry, organisation, authorisation, happened, of_batch, of_stan
               FROM txn WHERE tid = ? AND batch = ? AND stan = ?""",
            key,
        )
        found = ((*row[:-2], Key(key.tid, *row[-2:]) if row[-1] else None) for row in rows)
        return {row[0]: Row(*row) for row in found}

    def original(self, key: Key) -> Row | None:
        """The approved sale of this name, with or without the host, even if it was taken back since."""
        for kind, row in self.find(key).items():
            if kind in _ORIGINALS and row.code == Code.APPROVED:
                return row
        return None

    def is_reversed(self, row: Row) -> bool:
        return self._db.execute("SELECT 1 FROM entry WHERE reverses = ?", (row.entry,)).fetchone() is not None

    def taken_back(self, original: Key) -> TakenBack:
        """The voids and refunds that name this transaction and have not been reversed themselves."""
        rows = self._db.execute(
            f"""SELECT kind, sum(amount) FROM txn WHERE tid = ? AND of_batch = ? AND of_stan = ?
                AND kind IN ('void', 'refund') AND {_STANDS} GROUP BY kind""",
            original,
        )
        sums: dict[str, int] = dict(rows.fetchall())
        return TakenBack("void" in sums, sums.get("refund", 0))

    def is_closed(self, key: Key) -> bool:
        """Whether the transaction's batch was settled."""
        found = self._db.execute("SELECT 1 FROM settlement WHERE tid = ? AND batch = ?", key[:2])
        return found.fetchone() is not None

    def keep(
        self,
        asked: Asked,
        code: str,
        rrn: str,
        at: datetime,
        *,
        entry: int | None = None,
        organisation: str = "",
        authorisation: str | None = None,
        happened: str | None = None,
    ) -> None:
        """Put it on record with the answer it got."""
        about = (None, None) if asked.original is None else asked.original[1:]
        self._db.execute(
            """INSERT INTO txn (tid, batch, stan, kind, pan, amount, code, rrn, at, entry, organisation,
                                authorisation, happened, of_batch, of_stan)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                *asked.key,
                asked.kind,
                asked.pan,
                asked.amount,
                code,
                rrn,
                at.isoformat(),
                entry,
                organisation,
                authorisation,
                happened,
                *about,
            ),
        )


def require_same(asked: Asked, row: Row) -> None:
    """Refuse what has the name of `row` and speaks of another amount (64), card or original (22)."""
    if asked.amount != row.amount:
        raise Refused(Code.ORIGINAL_AMOUNT)
    if (asked.pan, asked.original) != (row.pan, row.original):
        raise Refused(Code.STATE_CONFLICT)
