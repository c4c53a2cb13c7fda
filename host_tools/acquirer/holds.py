"""What authorisations keep of accounts: it cannot be spent, and is nobody else's yet, so it is in no books.

A hold stands until it is completed, voided or reversed, or its time is over; when what has ended it is taken back, it
stands again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import BigInteger, cast, func, insert, select, update

from host_tools.acquirer.asked import Key
from host_tools.acquirer.tables import given, hold

if TYPE_CHECKING:
    from host_tools.acquirer.asked import Asked
    from host_tools.acquirer.store import Store
    from host_tools.acquirer.terminals import Terminal

LIFE: Final = timedelta(days=30)

_A_DAY = timedelta(days=1)

_by = (hold.c.by_tid == given("tid"), hold.c.by_batch == given("batch"), hold.c.by_stan == given("stan"))
_PLACE: Final = insert(hold).values(
    {column.name: given(column.name) for column in hold.columns if not column.name.startswith(("by_", "stands"))}
)
_ON: Final = select(cast(func.coalesce(func.sum(hold.c.amount), 0), BigInteger)).where(
    hold.c.account == given("number"), hold.c.stands == 1, hold.c.until > given("now")
)
_CODED: Final = (
    select(hold.c.tid, hold.c.batch, hold.c.stan, hold.c.pan, hold.c.amount, hold.c.at, hold.c.until, hold.c.stands)
    .where(hold.c.mid == given("mid"), hold.c.authorisation == given("code"))
    .order_by(hold.c.at.desc())
)
_END: Final = (
    update(hold)
    .where(
        hold.c.tid == given("of_tid"), hold.c.batch == given("of_batch"), hold.c.stan == given("of_stan"),
        hold.c.stands == 1,
    )
    .values(stands=0, by_tid=given("tid"), by_batch=given("batch"), by_stan=given("stan"))
    .returning(hold.c.stan)
)  # fmt: skip
_SET: Final = (
    update(hold).where(*_by, hold.c.stands == given("before")).values(stands=1 - hold.c.stands).returning(hold.c.stan)
)


class Hold(NamedTuple):
    """`stands` says whether nothing has ended it, which its time may have all the same."""

    key: Key
    pan: str
    amount: int
    at: datetime
    until: datetime
    stands: bool


class Holds:
    """All methods that write expect to be called inside `store.transaction()`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def place(self, asked: Asked, terminal: Terminal, account: int, authorisation: str, at: datetime) -> None:
        self._store.run(
            _PLACE,
            tid=asked.key.tid,
            batch=asked.key.batch,
            stan=asked.key.stan,
            mid=terminal.mid,
            pan=asked.pan,
            account=account,
            amount=asked.amount,
            authorisation=authorisation,
            at=at.isoformat(),
            until=(at + LIFE).isoformat(),
        )

    def on(self, account: int, at: datetime) -> int:
        """Fen of this account that are held."""
        ((held,),) = self._store.run(_ON, number=account, now=at.isoformat())
        return int(held)

    def find(self, asked: Asked, terminal: Terminal) -> Hold | None:
        """What the merchant was authorised to by this code on this day (a day either way is let pass)."""
        for tid, batch, stan, pan, amount, begun, until, stands in self._store.run(
            _CODED, mid=terminal.mid, code=asked.fields[38]
        ):
            at = datetime.fromisoformat(begun)
            if asked.day in {f"{day:%m%d}" for day in (at - _A_DAY, at, at + _A_DAY)}:
                return Hold(Key(tid, batch, stan), pan, amount, at, datetime.fromisoformat(until), bool(stands))
        return None

    def end(self, of: Key, by: Key) -> bool:
        """Whether it has stood until now."""
        rows = self._store.run(
            _END, of_tid=of.tid, of_batch=of.batch, of_stan=of.stan, tid=by.tid, batch=by.batch, stan=by.stan
        )
        return bool(rows)

    def renew(self, by: Key) -> bool:
        """What has ended it is taken back. False if it has ended nothing, or something else has since."""
        return self._set(by, 0)

    def end_again(self, by: Key) -> bool:
        """What has taken that back is undone itself. False if something else has ended it since."""
        return self._set(by, 1)

    def _set(self, by: Key, before: int) -> bool:
        return bool(self._store.run(_SET, tid=by.tid, batch=by.batch, stan=by.stan, before=before))
