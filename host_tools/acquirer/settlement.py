"""The 0500: the terminal's sums of a batch beside the host's, and the end of the batch.

Debits are sales, with the host or without; credits are voids and refunds. A voided sale is in both; what was reversed
is in neither. The answer says of domestic and of foreign cards whether the sums are equal (sums.py).

The batch is closed whether they are equal or not: what differs is for people to find, and sales must go on. Whoever
asks again, because the answer was lost, is answered again: the batch is closed, and so its sums compare. That takes no
session, as the terminal must have this answer before it signs in to the next batch; nor the same STAN, as there is no
MAC that would have kept either message from being altered. A batch that is neither open nor closed is refused (77).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select

from host_tools.acquirer import sums
from host_tools.acquirer.asked import CURRENCY, TYPE_BATCH_NETWORK
from host_tools.acquirer.codes import Code, Refused, Verdict
from host_tools.acquirer.tables import given, settlement

if TYPE_CHECKING:
    from datetime import datetime

    from host_tools.acquirer.ledger import Ledger
    from host_tools.acquirer.spec import Message
    from host_tools.acquirer.store import Store
    from host_tools.acquirer.terminals import Terminal, Terminals

_FIELDS: Final = frozenset((48, 49, 60, 63))
_CLOSED: Final = select(settlement.c.rrn).where(settlement.c.tid == given("tid"), settlement.c.batch == given("batch"))
_CLOSE: Final = insert(settlement).values({column.name: given(column.name) for column in settlement.columns})

_MANAGEMENT, _NETWORK_CODE = "00", "201"  # F60.1, F60.3


class Settlement:
    def __init__(self, store: Store, ledger: Ledger, terminals: Terminals) -> None:
        self._store = store
        self._ledger = ledger
        self._terminals = terminals

    def settle(self, request: Message, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        """Expects to be called inside `store.transaction()`. Raises Refused: nothing is closed."""
        fields = request.fields
        if not fields.keys() >= _FIELDS or len(fields[60]) < TYPE_BATCH_NETWORK:
            raise Refused(Code.FORMAT)
        if (fields[60][:2], fields[60][8:11]) != (_MANAGEMENT, _NETWORK_CODE):
            raise Refused(Code.NOT_SUPPORTED)
        theirs, batch = fields[48], fields[60][2:8]
        if len(theirs) != sums.LENGTH or fields[49] != CURRENCY:
            raise Refused(Code.FORMAT)
        ours = self._ledger.sides(terminal.tid, int(batch))
        answer = sums.answered(theirs, *ours)
        closed = self._store.one(_CLOSED, tid=terminal.tid, batch=batch)
        if closed is not None:
            return Verdict(Code.APPROVED, {37: closed[0], 48: answer})
        if terminal.mak is None or int(batch) != terminal.batch:
            raise Refused(Code.SIGN_IN)
        self._store.run(
            _CLOSE,
            tid=terminal.tid,
            batch=batch,
            stan=fields[11],
            theirs=theirs,
            ours=json.dumps(ours),
            rrn=rrn,
            at=at.isoformat(),
            differences=None,
        )
        self._terminals.next_batch(terminal)
        return Verdict(Code.APPROVED, {48: answer})
