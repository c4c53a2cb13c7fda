"""Double-entry books. Every movement of money is an entry of postings that sum to zero, and is never altered.

A balance is what the bank owes to the account's holder, in fen; the vault's is negative by what all others
hold, so the balances of all accounts always sum to zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from host_tools.acquirer.store import Store

_VAULT = "vault"

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
        "sale {} and the books disagree on whether money moved",
        """SELECT tid || ' ' || batch || ' ' || stan FROM txn
           WHERE kind = 'sale' AND (code = '00') <> (entry IS NOT NULL)""",
    ),
)


class LedgerError(Exception):
    """A posting that the books cannot take; nothing of it was written."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sales that were approved and not reversed; `amount` in fen."""

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

    def transfer(self, payer: int, payee: int, amount: int, at: datetime | None) -> int:
        """Move `amount` fen (more than 0) between two accounts; returns the entry's number.

        `at` is None for opening balances, which come before anything that happens.
        """
        if amount <= 0 or payer == payee:
            raise LedgerError("a transfer is of more than 0 fen, between two accounts")
        return self._enter([(payer, -amount), (payee, amount)], at, None)

    def reverse(self, entry: int, at: datetime) -> int:
        """Enter the mirror image of `entry`; a second mirror of the same entry is refused by the schema."""
        rows = self._db.execute("SELECT account, -amount FROM posting WHERE entry = ?", (entry,)).fetchall()
        if not rows:
            raise LedgerError("no such entry")
        return self._enter(rows, at, entry)

    def balance(self, account: int) -> int:
        (balance,) = self._db.execute("SELECT balance FROM account WHERE id = ?", (account,)).fetchone()
        return int(balance)

    def totals(self, tid: str, batch: int) -> Totals:
        """What the terminal's own totals of `batch` must equal."""
        row = self._db.execute(
            """SELECT count(*), coalesce(sum(amount), 0) FROM txn AS sale
               WHERE tid = ? AND batch = ? AND kind = 'sale' AND code = '00' AND NOT EXISTS (
                   SELECT 1 FROM txn WHERE kind = 'reversal'
                   AND tid = sale.tid AND batch = sale.batch AND stan = sale.stan)""",
            (tid, f"{batch:06d}"),
        ).fetchone()
        return Totals(*row)

    def check(self) -> list[str]:
        """Every way in which the books are wrong, in words; empty if they are sound."""
        return [text.format(offender) for text, query in _CHECKS for (offender,) in self._db.execute(query)]

    def _enter(self, postings: list[tuple[int, int]], at: datetime | None, reverses: int | None) -> int:
        (entry,) = self._db.execute(
            "INSERT INTO entry (at, reverses) VALUES (?, ?) RETURNING id",
            (None if at is None else at.isoformat(), reverses),
        ).fetchone()
        for account, amount in postings:
            self._db.execute("INSERT INTO posting (entry, account, amount) VALUES (?, ?, ?)", (entry, account, amount))
            self._db.execute("UPDATE account SET balance = balance + ? WHERE id = ?", (amount, account))
        return int(entry)
