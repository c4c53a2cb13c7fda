"""The acquirer's record of every transaction that counted, whatever came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import BigInteger, cast, func, insert, select

from host_tools.acquirer.asked import Key, Kind
from host_tools.acquirer.codes import Code, Refused
from host_tools.acquirer.ledger import CREDITS, DEBITS, standing
from host_tools.acquirer.tables import entry, given, settlement, txn

if TYPE_CHECKING:
    from datetime import datetime

    from host_tools.acquirer.asked import Asked
    from host_tools.acquirer.store import Store


_tid, _batch, _stan = given("tid"), given("batch"), given("stan")
_NAMED: Final = select(
    txn.c.kind,
    txn.c.pan,
    txn.c.amount,
    txn.c.code,
    txn.c.rrn,
    txn.c.at,
    txn.c.entry,
    txn.c.organisation,
    txn.c.authorisation,
    txn.c.happened,
    txn.c.of_batch,
    txn.c.of_stan,
    txn.c.requested,
).where(txn.c.tid == _tid, txn.c.batch == _batch, txn.c.stan == _stan)
_MIRROR: Final = select(entry.c.id).where(entry.c.reverses == given("number"))
_TAKEN_BACK: Final = (
    select(txn.c.kind, cast(func.sum(txn.c.amount), BigInteger))
    .where(
        txn.c.tid == _tid,
        txn.c.of_batch == _batch,
        txn.c.of_stan == _stan,
        txn.c.kind.in_(CREDITS),
        standing(),
    )
    .group_by(txn.c.kind)
)
_ADDED: Final = select(txn.c.stan).where(
    txn.c.tid == _tid,
    txn.c.of_batch == _batch,
    txn.c.of_stan == _stan,
    txn.c.kind.in_(("adjustment", "tip")),
    standing(),
)
_CLOSED: Final = select(settlement.c.rrn).where(settlement.c.tid == _tid, settlement.c.batch == _batch)
_SCRIPTS: Final = select(txn.c.of_batch, txn.c.of_stan, txn.c.chip).where(
    txn.c.tid == _tid, txn.c.kind == "script_result"
)
_KEPT: Final = insert(txn).values({column.name: given(column.name) for column in txn.columns})


@dataclass(frozen=True, slots=True)
class Row:
    """A kept transaction. `entry` is that of the books, None where no money moved; `at` is ISO 8601, `requested` what
    was asked for where `amount` is less."""

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
    requested: int | None


class TakenBack(NamedTuple):
    """What stands against a transaction: `refunded` in fen."""

    voided: bool
    refunded: int


class Register:
    """All methods that write expect to be called inside `store.transaction()`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, key: Key) -> dict[Kind, Row]:
        """All that has this name, by kind."""
        rows = self._store.run(_NAMED, tid=key.tid, batch=key.batch, stan=key.stan)
        found = ((*row[:-3], Key(key.tid, *row[-3:-1]) if row[-2] else None, row[-1]) for row in rows)
        return {row[0]: Row(*row) for row in found}

    def original(self, key: Key) -> Row | None:
        """What was sold under this name, with or without the host, even if it was taken back since."""
        for kind, row in self.find(key).items():
            if kind in DEBITS and row.entry is not None:
                return row
        return None

    def is_reversed(self, row: Row) -> bool:
        return self._store.one(_MIRROR, number=row.entry) is not None

    def taken_back(self, original: Key) -> TakenBack:
        """The voids and refunds that name this transaction and have not been reversed themselves."""
        sums = dict(self._store.run(_TAKEN_BACK, tid=original.tid, batch=original.batch, stan=original.stan))
        refunded = sums.pop("refund", 0)
        return TakenBack(bool(sums), refunded)

    def is_added_to(self, original: Key) -> bool:
        """Whether a tip stands beside this transaction."""
        return self._store.one(_ADDED, tid=original.tid, batch=original.batch, stan=original.stan) is not None

    def script_reports(self, tid: str) -> dict[Key, str]:
        """F55 of each report of what became of scripts, by the transaction whose answer had brought them."""
        return {Key(tid, batch, stan): chip for batch, stan, chip in self._store.run(_SCRIPTS, tid=tid)}

    def is_closed(self, key: Key) -> bool:
        """Whether the transaction's batch was settled."""
        return self._store.one(_CLOSED, tid=key.tid, batch=key.batch) is not None

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
        chip: str | None = None,
        approved: int | None = None,
    ) -> None:
        """Put it on record with the answer it got; `approved` if that is less than was asked for."""
        of_batch, of_stan = (None, None) if asked.original is None else asked.original[1:]
        self._store.run(
            _KEPT,
            tid=asked.key.tid,
            batch=asked.key.batch,
            stan=asked.key.stan,
            kind=asked.kind,
            pan=asked.pan,
            amount=asked.amount if approved is None else approved,
            requested=None if approved is None else asked.amount,
            code=code,
            rrn=rrn,
            at=at.isoformat(),
            entry=entry,
            organisation=organisation,
            authorisation=authorisation,
            happened=happened,
            of_batch=of_batch,
            of_stan=of_stan,
            chip=chip,
        )


def require_same(asked: Asked, row: Row) -> None:
    """Refuse what has the name of `row` and speaks of another amount (64), card or original (22)."""
    if asked.amount != (row.requested or row.amount):
        raise Refused(Code.ORIGINAL_AMOUNT)
    if asked.pan != row.pan or asked.original != row.original:
        raise Refused(Code.STATE_CONFLICT)
