"""What the page shows of the store: terminals, batches, the latest entries, accounts. Plain data, for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, select

from host_tools.acquirer import sums
from host_tools.acquirer.ledger import DEBITS
from host_tools.acquirer.tables import account, entry, given, merchant, posting, settlement, terminal, txn

if TYPE_CHECKING:
    from host_tools.acquirer.ledger import Ledger
    from host_tools.acquirer.store import Store

_LATEST: Final = 100  # batches and entries

_payer, _payee = posting.alias("payer"), posting.alias("payee")
_from, _to = account.alias("from_account"), account.alias("to_account")

_TERMINALS: Final = (
    select(
        terminal.c.tid,
        merchant.c.mid,
        merchant.c.name,
        terminal.c.suite,
        terminal.c.serial,
        terminal.c.batch,
        terminal.c.mak.is_not(None),
    )
    .join(merchant, merchant.c.mid == terminal.c.mid)
    .order_by(terminal.c.tid)
)
_CLOSED: Final = (
    select(settlement.c.tid, settlement.c.batch, settlement.c.at, settlement.c.theirs)
    .order_by(settlement.c.at.desc())
    .limit(_LATEST)
)
_ENTRIES: Final = (
    select(
        entry.c.id,
        entry.c.at,
        _from.c.name,
        _to.c.name,
        _payee.c.amount,
        entry.c.reverses,
        txn.c.kind,
        txn.c.tid,
        txn.c.batch,
        txn.c.stan,
    )
    .join(_payer, and_(_payer.c.entry == entry.c.id, _payer.c.amount < 0))
    .join(_payee, and_(_payee.c.entry == entry.c.id, _payee.c.amount > 0))
    .join(_from, _from.c.id == _payer.c.account)
    .join(_to, _to.c.id == _payee.c.account)
    .outerjoin(txn, txn.c.entry == entry.c.id)
    .order_by(entry.c.id.desc())
    .limit(_LATEST)
)
_ENTRY: Final = ("number", "at", "payer", "payee", "amount", "reverses", "kind", "tid", "batch", "stan")
_ACCOUNTS: Final = select(account.c.name, account.c.balance).order_by(account.c.id).limit(given("limit"))
_COUNT: Final = select(func.count()).select_from(account)


class Overview:
    """`tell` gives all of it; amounts are in fen. `check` goes through all of the books, which takes its time."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self._store = store
        self._ledger = ledger

    def tell(self) -> dict[str, Any]:
        return {
            "terminals": [self._terminal(*row) for row in self._store.run(_TERMINALS)],
            "closed": [self._closed(*row) for row in self._store.run(_CLOSED)],
            "entries": [dict(zip(_ENTRY, row, strict=True)) for row in self._store.run(_ENTRIES)],
            "accounts": [
                {"name": name, "balance": balance} for name, balance in self._store.run(_ACCOUNTS, limit=_LATEST)
            ],
            "account_count": self._store.run(_COUNT)[0][0],
        }

    def check(self) -> dict[str, Any]:
        return {"trouble": self._ledger.check()}

    def _terminal(
        self, tid: str, mid: str, name: str, suite: str, serial: str, batch: int, signed_in: bool
    ) -> dict[str, Any]:
        return {
            "tid": tid,
            "mid": mid,
            "merchant": name,
            "suite": suite,
            "serial": serial,
            "batch": f"{batch:06d}",
            "signed_in": bool(signed_in),
            **self._sides(tid, batch),
        }

    def _closed(self, tid: str, batch: str, at: str, theirs: str) -> dict[str, Any]:
        ours = self._ledger.sides(tid, int(batch))
        equal = all(half == own for (half, _), own in zip(sums.halves(theirs), ours, strict=True))
        return {"tid": tid, "batch": batch, "at": at, "equal": equal, **self._sides(tid, int(batch))}

    def _sides(self, tid: str, batch: int) -> dict[str, Any]:
        """What the batch comes to: debits and credits, each with how many."""
        figures = {"debit": 0, "debits": 0, "credit": 0, "credits": 0}
        for (kind, _), totals in self._ledger.sums(tid, batch).items():
            side = "debit" if kind in DEBITS else "credit"
            figures[side] += totals.amount
            figures[f"{side}s"] += totals.count
        return figures
