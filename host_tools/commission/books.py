"""What the acquirer says of a terminal: who it is bound to, and what it has done. Read from its database alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from host_tools.acquirer.tables import account, given, merchant, terminal, txn
from host_tools.commission.errors import AlreadyInUse, NotBound, NotEnrolled, NotSettled

if TYPE_CHECKING:
    from host_tools.acquirer.store import Store
    from host_tools.commission.order import Order

_BOUND: Final = (
    select(terminal.c.serial, terminal.c.mid, account.c.name, terminal.c.suite)
    .join(merchant, merchant.c.mid == terminal.c.mid)
    .join(account, account.c.id == merchant.c.account)
    .where(terminal.c.tid == given("tid"))
)
_BATCH: Final = select(terminal.c.batch).where(terminal.c.tid == given("tid"))
_DONE: Final = (
    select(txn.c.kind, txn.c.batch, txn.c.stan, txn.c.amount, txn.c.code, txn.c.rrn, txn.c.authorisation, txn.c.of_stan)
    .where(txn.c.tid == given("tid"))
    .order_by(txn.c.at, txn.c.stan)
)


@dataclass(frozen=True)
class Booked:
    """A transaction as the acquirer has it; `of_stan` is what a void takes back."""

    kind: str
    batch: str
    stan: str
    amount: int
    code: str
    reference: str
    authorisation: str | None
    of_stan: str | None


def done(store: Store, tid: str) -> list[Booked]:
    """Oldest first."""
    return [Booked(*row) for row in store.run(_DONE, tid=tid)]


def require_bound(store: Store, order: Order) -> dict[str, str]:
    """What the terminal number is bound to, which must be what was ordered. Raises NotEnrolled, NotBound."""
    row = store.one(_BOUND, tid=order.terminal)
    if row is None:
        raise NotEnrolled(order.terminal)
    ordered = (order.serial, order.merchant, order.account, order.suite)
    names = ("serial", "merchant", "account", "suite")
    for name, has, wanted in zip(names, row, ordered, strict=True):
        if has != wanted:
            raise NotBound(f"{name}: {has}, and the order says {wanted}")
    return dict(zip(names, map(str, row), strict=True))


def require_settled(store: Store, tid: str) -> None:
    """Its open batch has nothing in it: its unit owes nobody anything. Raises NotSettled, NotEnrolled."""
    row = store.one(_BATCH, tid=tid)
    if row is None:
        raise NotEnrolled(tid)
    batch = f"{row[0]:06d}"
    if any(each.batch == batch and each.kind != "script_result" for each in done(store, tid)):
        raise NotSettled(f"batch {batch}")


def require_unused(store: Store, tid: str) -> None:
    """Raises AlreadyInUse."""
    if store.run(_DONE, tid=tid):
        raise AlreadyInUse(tid)
