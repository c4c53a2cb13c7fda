"""The 0220: the terminal tells what it has done already, a refund or a sale without the host.

It tells so until it gets an answer, so a repeat is the rule: one that was done gets 94 and the reference (F37) of the
first answer, one that was refused gets the same code again, and nothing is done twice. Another advice under the same
STAN is no repeat: 64 if the amount differs, 22 otherwise, and neither is kept. One for a batch that is not open is
refused (77): a terminal settles when it has nothing left to tell.

- A refund names its original by batch, STAN, day, reference and, where it has it, authorisation code (25), with the
  same card (14). It may come on any day, in parts, to the original's amount in all (61); what was voided or reversed
  is not refunded (12).
- An offline sale was promised by the voice on the telephone: it is posted whatever the card's state, even below zero.
  Only a card that nobody has issued is refused (14).

Both count by the card's organisation on file, whatever F63 says: a terminal that thinks otherwise finds its settlement
unbalanced.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from host_tools.acquirer.codes import Code, Refused, Verdict
from host_tools.acquirer.register import require_same

if TYPE_CHECKING:
    from host_tools.acquirer.asked import Asked, Key
    from host_tools.acquirer.bank import Bank, CardRecord
    from host_tools.acquirer.ledger import Ledger
    from host_tools.acquirer.register import Register, Row
    from host_tools.acquirer.terminals import Terminal

_A_DAY = timedelta(days=1)


class Advices:
    """Both methods expect to be called inside `store.transaction()`, for a message whose MAC is good, and raise
    Refused for one that is not to be kept."""

    def __init__(self, bank: Bank, ledger: Ledger, register: Register) -> None:
        self._bank = bank
        self._ledger = ledger
        self._register = register

    def refund(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        card = self._bank.find(asked.pan)
        repeated = self._repeated(asked, card)
        if repeated is not None:
            return repeated
        _require_open(asked, terminal)
        assert asked.original is not None
        code = self._refundable(asked, asked.original)
        entry = None
        if card is not None and code is Code.APPROVED:
            entry = self._ledger.transfer(terminal.merchant_account, card.account, asked.amount, at)
        self._register.keep(asked, code, rrn, at, entry=entry, organisation=_organisation(card))
        return Verdict(code, _of(card))

    def offline_sale(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        fields = asked.fields
        if not (fields[38].strip() and _is_moment(fields[13] + fields[12])):
            raise Refused(Code.FORMAT)
        card = self._bank.find(asked.pan)
        repeated = self._repeated(asked, card)
        if repeated is not None:
            return repeated
        _require_open(asked, terminal)
        code, entry = Code.NO_SUCH_CARD, None
        if card is not None:
            code = Code.APPROVED
            entry = self._ledger.transfer(card.account, terminal.merchant_account, asked.amount, at, promised=True)
        self._register.keep(
            asked,
            code,
            rrn,
            at,
            entry=entry,
            organisation=_organisation(card),
            authorisation=fields[38],
            happened=fields[13] + fields[12],
        )
        return Verdict(code, _of(card))

    def _repeated(self, asked: Asked, card: CardRecord | None) -> Verdict | None:
        known = self._register.find(asked.key)
        row = known.get(asked.kind)
        if row is None:
            if known:
                raise Refused(Code.STATE_CONFLICT)
            return None
        require_same(asked, row)
        return Verdict(Code.DUPLICATE if row.code == Code.APPROVED else row.code, _of(card) | {37: row.rrn})

    def _refundable(self, asked: Asked, original: Key) -> Code:
        found = self._register.original(original)
        if found is None or not _is_meant(asked, found):
            return Code.ORIGINAL_NOT_FOUND
        if asked.pan != found.pan:
            return Code.NO_SUCH_CARD
        voided, refunded = self._register.taken_back(original)
        if voided or self._register.is_reversed(found):
            return Code.INVALID_TRANSACTION
        return Code.APPROVED if refunded + asked.amount <= found.amount else Code.EXCEEDS_ORIGINAL


def _require_open(asked: Asked, terminal: Terminal) -> None:
    if int(asked.key.batch) != terminal.batch:
        raise Refused(Code.SIGN_IN)
    if asked.amount == 0:
        raise Refused(Code.INVALID_AMOUNT)


def _is_meant(asked: Asked, found: Row) -> bool:
    """Whether reference, authorisation code and day are those of `found`; two clocks may differ about midnight."""
    code = asked.fields.get(38, "").strip()
    if asked.fields[37] != found.rrn or (code and found.authorisation and code != found.authorisation):
        return False
    at = datetime.fromisoformat(found.at)
    days = {f"{day:%m%d}" for day in (at - _A_DAY, at, at + _A_DAY)}
    return asked.day in days | {(found.happened or "")[:4]}


def _is_moment(digits: str) -> bool:
    try:
        datetime.strptime(f"2000{digits}", "%Y%m%d%H%M%S")  # a leap year: the message has none
    except ValueError:
        return False
    return True


def _organisation(card: CardRecord | None) -> str:
    return "" if card is None else card.scheme


def _of(card: CardRecord | None) -> dict[int, str]:
    """What an answer tells of the card."""
    return {} if card is None else {44: card.issuer, 63: card.scheme}
