"""Double-entry books. Every movement of money is an entry of postings that sum to zero, and is never altered.

A balance is what the bank owes to the account's holder, in fen; the vault's is negative by what all others
hold, so the balances of all accounts always sum to zero.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from host_tools.acquirer.sums import Sums

if TYPE_CHECKING:
    from datetime import datetime

    from host_tools.acquirer.store import Store

DEBITS: Final = ("sale", "offline_sale")  # kinds that the merchant is owed, in a settlement
CREDITS: Final = ("void", "refund")  # kinds that the merchant owes
DOMESTIC: Final = "CUP"  # the one card organisation that is settled as domestic

_VAULT = "vault"
_STANDING = f"""kind IN {DEBITS + CREDITS} AND entry IS NOT NULL
                AND entry NOT IN (SELECT reverses FROM entry WHERE reverses IS NOT NULL)"""

# Each finds what must not exist: (what it would mean, query for the offenders).
_CHECKS = (
    ("entry {} does not balance", "SELECT entry FROM posting GROUP BY entry HAVING sum(amount) <> 0"),
    ("entry {} has no postings", "SELECT id FROM entry WHERE id NOT IN (SELECT entry FROM posting)"),
    (
        "balance of account {} is not the sum of its postings",
        """SELECT name FROM account AS a
           WHERE balance <> (SELECT coalesce(sum(amount), 0) FROM posting WHERE account = a.id)""",
    ),
    ("balances sum to {}, not to 0", "SELECT sum(balance) FROM account HAVING sum(balance) <> 0"),
    (
        "entry {} does not mirror the entry it reverses",
        """SELECT DISTINCT mirror.id FROM entry AS mirror JOIN posting ON entry IN (mirror.id, reverses)
           WHERE reverses IS NOT NULL GROUP BY mirror.id, account HAVING sum(amount) <> 0""",
    ),
    (
        "{} and the books disagree on whether money moved",
        f"""SELECT kind || ' ' || tid || ' ' || batch || ' ' || stan FROM txn
            WHERE kind IN {DEBITS + CREDITS} AND (code = '00') <> (entry IS NOT NULL)""",
    ),
    (
        "{} and the books disagree on how much the card paid or got",
        f"""SELECT kind || ' ' || tid || ' ' || batch || ' ' || stan FROM txn JOIN card USING (pan)
            WHERE entry IS NOT NULL AND kind IN {DEBITS + CREDITS}
            AND CASE WHEN kind IN {DEBITS} THEN -amount ELSE amount END IS NOT
                (SELECT amount FROM posting WHERE posting.entry = txn.entry AND posting.account = card.account)""",
    ),
    (
        "more was taken back than {} was of",
        f"""SELECT tid || ' ' || batch || ' ' || stan FROM txn AS original
            WHERE kind IN {DEBITS} AND amount < (
                SELECT sum(amount) FROM txn WHERE {_STANDING} AND kind IN {CREDITS}
                AND tid = original.tid AND of_batch = original.batch AND of_stan = original.stan)""",
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
        self._db = store.db

    def open_account(self, name: str, balance: int = 0) -> int:
        """A new account holding `balance` fen out of the vault; returns its number."""
        self._db.execute("INSERT OR IGNORE INTO account (name) VALUES (?)", (_VAULT,))
        (vault,) = self._db.execute("SELECT id FROM account WHERE name = ?", (_VAULT,)).fetchone()
        (account,) = self._db.execute("INSERT INTO account (name) VALUES (?) RETURNING id", (name,)).fetchone()
        if balance:
            self.transfer(vault, account, balance, None)
        return int(account)

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
        rows = self._db.execute("SELECT account, -amount FROM posting WHERE entry = ?", (entry,)).fetchall()
        if not rows:
            raise LedgerError("no such entry")
        return self._enter(rows, at, entry, promised)

    def balance(self, account: int) -> int:
        (balance,) = self._db.execute("SELECT balance FROM account WHERE id = ?", (account,)).fetchone()
        return int(balance)

    def totals(self, tid: str, batch: int) -> Totals:
        """What the terminal's own totals of the sales in `batch` must equal; a voided sale is still one."""
        row = self._db.execute(
            f"""SELECT count(*), coalesce(sum(amount), 0) FROM txn
                WHERE tid = ? AND batch = ? AND {_STANDING} AND kind = 'sale'""",
            (tid, f"{batch:06d}"),
        ).fetchone()
        return Totals(*row)

    def sums(self, tid: str, batch: int) -> dict[tuple[str, str], Totals]:
        """The batch by kind of transaction and card organisation, without those that there are none of."""
        rows = self._db.execute(
            f"""SELECT kind, organisation, count(*), sum(amount) FROM txn
                WHERE tid = ? AND batch = ? AND {_STANDING} GROUP BY kind, organisation""",
            (tid, f"{batch:06d}"),
        )
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
        found = [text.format(offender) for text, query in _CHECKS for (offender,) in self._db.execute(query)]
        for tid, batch, ours in self._db.execute("SELECT tid, batch, ours FROM settlement").fetchall():
            if json.dumps(self.sides(tid, int(batch))) != ours:
                found.append(f"batch {batch} of terminal {tid} is not what was settled")
        return found

    def _enter(self, postings: list[tuple[int, int]], at: datetime | None, reverses: int | None, promised: bool) -> int:
        (entry,) = self._db.execute(
            "INSERT INTO entry (at, reverses) VALUES (?, ?) RETURNING id",
            (None if at is None else at.isoformat(), reverses),
        ).fetchone()
        for account, amount in postings:
            self._db.execute("INSERT INTO posting (entry, account, amount) VALUES (?, ?, ?)", (entry, account, amount))
            if promised:
                self._db.execute(
                    "UPDATE account SET overdraft = max(overdraft, -(balance + ?)) WHERE id = ?", (amount, account)
                )
            self._db.execute("UPDATE account SET balance = balance + ? WHERE id = ?", (amount, account))
        return int(entry)
