"""Double-entry books. Every movement of money is an entry of postings that sum to zero, and is never altered.

A balance is what the bank owes to the account's holder, in fen; the vault's is negative by what all others
hold, so the balances of all accounts always sum to zero.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, case, cast, exists, func, insert, select, update

from host_tools.acquirer.sums import Sums
from host_tools.acquirer.tables import account, card, entry, given, hold, posting, settlement, txn

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, FromClause

    from host_tools.acquirer.store import Store

# Kinds that the merchant is owed, in a settlement, and those that the merchant owes.
DEBITS: Final = ("sale", "offline_sale", "offline_chip", "completion", "completion_advice", "adjustment", "tip", "moto")
CREDITS: Final = ("void", "refund", "completion_void")
DOMESTIC: Final = "CUP"  # the one card organisation that is settled as domestic

_VAULT = "vault"

_mirror = entry.alias("mirror")
_original = txn.alias("original")


def standing(kept: FromClause = txn) -> ColumnElement[bool]:
    """Of a kept transaction: money moved, and was not moved back by a reversal."""
    return kept.c.entry.is_not(None) & ~exists().where(_mirror.c.reverses == kept.c.entry)


def _sum(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """As an integer: PostgreSQL's own sums of large ones are not."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def _called(kept: FromClause) -> ColumnElement[str]:
    return kept.c.tid + " " + kept.c.batch + " " + kept.c.stan


_tid, _batch = given("tid"), given("batch")
_SUMS: Final = (
    select(txn.c.kind, txn.c.organisation, func.count(), _sum(txn.c.amount))
    .where(txn.c.tid == _tid, txn.c.batch == _batch, txn.c.kind.in_(DEBITS + CREDITS), standing())
    .group_by(txn.c.kind, txn.c.organisation)
)
_TOTALS: Final = select(func.count(), _sum(txn.c.amount)).where(
    txn.c.tid == _tid, txn.c.batch == _batch, txn.c.kind == "sale", standing()
)
_SETTLED: Final = select(settlement.c.tid, settlement.c.batch, settlement.c.ours)
_ACCOUNT_NAMED: Final = select(account.c.id).where(account.c.name == given("name"))
_OPENED: Final = insert(account).values(name=given("name")).returning(account.c.id)
_BALANCE: Final = select(account.c.balance).where(account.c.id == given("number"))
_POSTINGS: Final = select(posting.c.account, posting.c.amount).where(posting.c.entry == given("number"))
_ENTERED: Final = insert(entry).values(at=given("at"), reverses=given("reverses")).returning(entry.c.id)
_POSTED: Final = insert(posting).values(entry=given("entry"), account=given("account"), amount=given("amount"))
_after = account.c.balance + given("amount", BigInteger)
_MOVED: Final = update(account).where(account.c.id == given("number")).values(balance=_after)
_PROMISED: Final = (
    update(account)
    .where(account.c.id == given("number"))
    .values(balance=_after, overdraft=case((-_after > account.c.overdraft, -_after), else_=account.c.overdraft))
)

_DEBIT_OR_CREDIT: Final = txn.c.kind.in_(DEBITS + CREDITS)
_taken = (
    select(func.sum(txn.c.amount))
    .where(
        standing(),
        txn.c.kind.in_(CREDITS),
        txn.c.tid == _original.c.tid,
        txn.c.of_batch == _original.c.batch,
        txn.c.of_stan == _original.c.stan,
    )
    .scalar_subquery()
)
_void = txn.alias("void")
_voided = exists().where(
    standing(_void),
    _void.c.kind == "completion_void",
    _void.c.tid == txn.c.tid,
    _void.c.of_batch == txn.c.batch,
    _void.c.of_stan == txn.c.stan,
)
_by = (hold.c.by_tid == txn.c.tid, hold.c.by_batch == txn.c.batch, hold.c.by_stan == txn.c.stan)
# Each finds what must not exist: (what it would mean, query for the offenders).
_CHECKS: Final = (
    (
        "entry {} does not balance",
        select(posting.c.entry).group_by(posting.c.entry).having(_sum(posting.c.amount) != 0),
    ),
    ("entry {} has no postings", select(entry.c.id).where(~exists().where(posting.c.entry == entry.c.id))),
    (
        "balance of account {} is not the sum of its postings",
        select(account.c.name).where(
            account.c.balance
            != select(_sum(posting.c.amount)).where(posting.c.account == account.c.id).scalar_subquery()
        ),
    ),
    ("balances sum to {}, not to 0", select(_sum(account.c.balance)).having(_sum(account.c.balance) != 0)),
    (
        "entry {} does not mirror the entry it reverses",
        select(_mirror.c.id)
        .distinct()
        .join(posting, posting.c.entry.in_([_mirror.c.id, _mirror.c.reverses]))
        .where(_mirror.c.reverses.is_not(None))
        .group_by(_mirror.c.id, posting.c.account)
        .having(_sum(posting.c.amount) != 0),
    ),
    (
        "{} and the books disagree on whether money moved",
        select(txn.c.kind + " " + _called(txn)).where(
            _DEBIT_OR_CREDIT, txn.c.code.in_(("00", "10")) != txn.c.entry.is_not(None)
        ),
    ),
    (
        "{} and the books disagree on how much the card paid or got",
        select(txn.c.kind + " " + _called(txn))
        .join(card, card.c.pan == txn.c.pan)
        .where(
            _DEBIT_OR_CREDIT,
            txn.c.entry.is_not(None),
            case((txn.c.kind.in_(DEBITS), -txn.c.amount), else_=txn.c.amount).is_distinct_from(
                select(posting.c.amount)
                .where(posting.c.entry == txn.c.entry, posting.c.account == card.c.account)
                .scalar_subquery()
            ),
        ),
    ),
    (
        "more was taken back than {} was of",
        select(_called(_original)).where(_original.c.kind.in_(DEBITS), _original.c.amount < _taken),
    ),
    (
        "{} was completed, and is held or nothing was held for it",
        select(_called(txn)).where(
            txn.c.kind.in_(("completion", "completion_advice")),
            standing(),
            ~_voided,
            ~exists().where(*_by, hold.c.stands == 0),
        ),
    ),
    (
        "what is held for {} was never authorised",
        select(_called(hold)).where(
            ~exists().where(
                txn.c.kind == "pre_auth",
                txn.c.code == "00",
                txn.c.amount == hold.c.amount,
                txn.c.pan == hold.c.pan,
                txn.c.tid == hold.c.tid,
                txn.c.batch == hold.c.batch,
                txn.c.stan == hold.c.stan,
            )
        ),
    ),
)


class LedgerError(Exception):
    """A posting that the books cannot take; nothing of it was written."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Transactions that were approved and not reversed; `amount` in fen."""

    count: int
    amount: int


class Ledger:
    """All methods that write expect to be called inside `store.transaction()`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open_account(self, name: str, balance: int = 0) -> int:
        """A new account holding `balance` fen out of the vault; returns its number."""
        vault = self._store.one(_ACCOUNT_NAMED, name=_VAULT) or self._store.run(_OPENED, name=_VAULT)[0]
        ((number,),) = self._store.run(_OPENED, name=name)
        if balance:
            self.transfer(vault[0], number, balance, None)
        return int(number)

    def transfer(self, payer: int, payee: int, amount: int, at: datetime | None, *, promised: bool = False) -> int:
        """Move `amount` fen (more than 0) between two accounts; returns the entry's number.

        What was promised may take the payer below zero. `at` is None for opening balances, which come before
        anything that happens.
        """
        if amount <= 0 or payer == payee:
            raise LedgerError("a transfer is of more than 0 fen, between two accounts")
        return self._enter([(payer, -amount), (payee, amount)], at, None, promised)

    def reverse(self, entry: int, at: datetime, *, promised: bool = False) -> int:
        """Enter the mirror image of `entry`; a second mirror of the same entry is refused by the schema."""
        rows = self._store.run(_POSTINGS, number=entry)
        if not rows:
            raise LedgerError("no such entry")
        return self._enter([(number, -amount) for number, amount in rows], at, entry, promised)

    def balance(self, account: int) -> int:
        ((balance,),) = self._store.run(_BALANCE, number=account)
        return int(balance)

    def totals(self, tid: str, batch: int) -> Totals:
        """What the terminal's own totals of the sales in `batch` must equal; a voided sale is still one."""
        (row,) = self._store.run(_TOTALS, tid=tid, batch=f"{batch:06d}")
        return Totals(*row)

    def sums(self, tid: str, batch: int) -> dict[tuple[str, str], Totals]:
        """The batch by kind of transaction and card organisation, without those that there are none of."""
        rows = self._store.run(_SUMS, tid=tid, batch=f"{batch:06d}")
        return {(kind, organisation): Totals(count, amount) for kind, organisation, count, amount in rows}

    def sides(self, tid: str, batch: int) -> tuple[Sums, Sums]:
        """The batch as it is settled, debits and credits: of domestic cards, of foreign ones."""
        figures = [[0] * 4, [0] * 4]
        for (kind, organisation), totals in self.sums(tid, batch).items():
            half, at = figures[organisation != DOMESTIC], 0 if kind in DEBITS else 2
            half[at] += totals.amount
            half[at + 1] += totals.count
        return Sums(*figures[0]), Sums(*figures[1])

    def check(self) -> list[str]:
        """Every way in which the books are wrong, in words; empty if they are sound."""
        found = [text.format(offender) for text, query in _CHECKS for (offender,) in self._store.run(query)]
        for tid, batch, ours in self._store.run(_SETTLED):
            if json.dumps(self.sides(tid, int(batch))) != ours:
                found.append(f"batch {batch} of terminal {tid} is not what was settled")
        return found

    def _enter(self, postings: list[tuple[int, int]], at: datetime | None, reverses: int | None, promised: bool) -> int:
        when = None if at is None else at.isoformat()
        ((number,),) = self._store.run(_ENTERED, at=when, reverses=reverses)
        for holder, amount in postings:
            self._store.run(_POSTED, entry=number, account=holder, amount=amount)
            self._store.run(_PROMISED if promised else _MOVED, amount=amount, number=holder)
        return int(number)
