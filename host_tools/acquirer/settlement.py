"""The 0500: the terminal's sums of a batch beside the host's, and the end of the batch.

Debits are sales, with the host or without; credits are voids and refunds. A voided sale is in both; what was reversed
is in neither. The answer says of domestic and of foreign cards whether the sums are equal (sums.py).

The batch is closed whether they are equal or not: what differs is for people to find, and sales must go on. Whoever
asks again, because the answer was lost, is answered again: the batch is closed, and so its sums compare. That takes no
session, as the terminal must have this answer before it signs in to the next batch; nor the same STAN, as there is no
MAC that would have kept either message from being altered. A batch that is neither open nor closed is refused (77).

A terminal that is told of different sums uploads the closed batch (0320): up to eight transactions to a message, and
at the end how many they were. Any may come twice, or after a pause. With the end the host knows for each transaction
whether both have it, and have it alike: `differences` is the list for people to work through, empty if only the sums
were wrong.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update

from host_tools.acquirer import sums
from host_tools.acquirer.asked import CURRENCY, TYPE_BATCH_NETWORK
from host_tools.acquirer.codes import Code, Refused, Verdict
from host_tools.acquirer.ledger import CREDITS, DEBITS, DOMESTIC, standing
from host_tools.acquirer.tables import given, settlement, txn, upload

if TYPE_CHECKING:
    from datetime import datetime

    from host_tools.acquirer.ledger import Ledger
    from host_tools.acquirer.spec import Message
    from host_tools.acquirer.store import Store
    from host_tools.acquirer.terminals import Terminal, Terminals

_FIELDS: Final = frozenset((48, 49, 60, 63))
_CLOSED: Final = select(settlement.c.rrn).where(settlement.c.tid == given("tid"), settlement.c.batch == given("batch"))
_CLOSE: Final = insert(settlement).values({column.name: given(column.name) for column in settlement.columns})

_named = (given("tid"), given("batch"))
_ITEM: Final = insert(upload).values({column.name: given(column.name) for column in upload.columns})
_HAD: Final = select(upload.c.stan, upload.c.organisation, upload.c.pan, upload.c.amount).where(
    upload.c.tid == _named[0], upload.c.batch == _named[1]
)
_OURS: Final = select(txn.c.stan, txn.c.organisation, txn.c.pan, txn.c.amount).where(
    txn.c.tid == _named[0], txn.c.batch == _named[1], txn.c.kind.in_(DEBITS + CREDITS), standing()
)
_COMPARED: Final = (
    update(settlement)
    .where(settlement.c.tid == _named[0], settlement.c.batch == _named[1])
    .values(differences=given("differences"))
)
_DIFFERENCES: Final = select(settlement.c.differences).where(
    settlement.c.tid == _named[0], settlement.c.batch == _named[1]
)

_MANAGEMENT, _NETWORK_CODE = "00", "201"  # F60.1, F60.3
_UPLOADED: Final = ("202", "207")  # F60.3 of an upload's end: of a batch that was not balanced, of one that was
_COUNT, _ITEM_DIGITS, _TOTAL = 2, 40, 4  # digits of F48 in an upload: how many items, each; in its end, all of them


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

    def upload(self, request: Message, terminal: Terminal) -> Verdict:
        """Expects to be called inside `store.transaction()`. Raises Refused."""
        fields = request.fields
        if not {48, 60} <= fields.keys() or len(fields[60]) < TYPE_BATCH_NETWORK:
            raise Refused(Code.FORMAT)
        kind, batch, network_code = fields[60][:2], fields[60][2:8], fields[60][8:11]
        if kind != _MANAGEMENT or network_code not in (_NETWORK_CODE, *_UPLOADED):
            raise Refused(Code.NOT_SUPPORTED)
        if self._store.one(_CLOSED, tid=terminal.tid, batch=batch) is None:
            raise Refused(Code.SIGN_IN)
        if network_code == _NETWORK_CODE:
            self._take(terminal.tid, batch, fields[48])
        elif len(fields[48]) != _TOTAL:
            raise Refused(Code.FORMAT)
        else:
            self._compare(terminal.tid, batch, int(fields[48]))
        return Verdict(Code.APPROVED)

    def differences(self, tid: str, batch: str) -> list[str] | None:
        """What of an uploaded batch is not the same on both sides, in words; None of one that was not uploaded."""
        row = self._store.one(_DIFFERENCES, tid=tid, batch=batch)
        if row is None or row[0] is None:
            return None
        found: list[str] = json.loads(row[0])
        return found

    def _take(self, tid: str, batch: str, field: str) -> None:
        items = field[_COUNT:]
        if len(items) != int(field[:_COUNT]) * _ITEM_DIGITS:
            raise Refused(Code.FORMAT)
        had = {row[0] for row in self._store.run(_HAD, tid=tid, batch=batch)}
        for at in range(0, len(items), _ITEM_DIGITS):
            foreign, stan, pan, amount = (
                items[at : at + 2],
                items[at + 2 : at + 8],
                items[at + 8 : at + 28],
                items[at + 28 : at + 40],
            )
            if stan not in had:
                self._store.run(
                    _ITEM,
                    tid=tid,
                    batch=batch,
                    stan=stan,
                    organisation=DOMESTIC if foreign == "00" else "",
                    pan=pan.lstrip("0"),
                    amount=int(amount),
                )

    def _compare(self, tid: str, batch: str, count: int) -> None:
        theirs = {row[0]: row[1:] for row in self._store.run(_HAD, tid=tid, batch=batch)}
        ours = {row[0]: row[1:] for row in self._store.run(_OURS, tid=tid, batch=batch)}
        found = [] if count == len(theirs) else [f"{count} were announced, {len(theirs)} have come"]
        for stan in sorted(theirs.keys() | ours.keys()):
            if stan not in ours:
                found.append(f"{stan}: only the terminal has it")
            elif stan not in theirs:
                found.append(f"{stan}: only the host has it")
            else:
                (organisation, *mine), (said, *other) = ours[stan], theirs[stan]
                if mine != other:
                    found.append(f"{stan}: another card or amount")
                elif (organisation == DOMESTIC) != (said == DOMESTIC):
                    found.append(f"{stan}: domestic to one, foreign to the other")
        self._store.run(_COMPARED, differences=json.dumps(found), tid=tid, batch=batch)
