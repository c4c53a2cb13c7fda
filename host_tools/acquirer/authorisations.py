"""Pre-authorisations: money is held for a merchant; what he takes of it later is a completion, by request or advice.

An authorisation is a question to the issuer like a sale, and moves no money. It is named by its code (F38) and its
day, by any terminal of the same merchant: 25 if there is none, or its 30 days are over; 14 for another card; 12 if it
was completed or voided before.

- A completion takes up to 115 % of what was authorised (61), once; whatever is left is free again. The issuer has
  promised it: it is posted even below zero.
- A completion's advice is the same and has happened already, so it is repeated until it is answered (advices.py).
- A void of an authorisation is of all of it (64) and on any day of its life.
- A void of a completion is one of a sale (transactions.py), of a completion by request; the hold stands again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host_tools.acquirer.asked import moment_of
from host_tools.acquirer.codes import Code, Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from host_tools.acquirer.advices import Advices
    from host_tools.acquirer.asked import Asked
    from host_tools.acquirer.bank import CardRecord
    from host_tools.acquirer.holds import Hold, Holds
    from host_tools.acquirer.ledger import Ledger
    from host_tools.acquirer.terminals import Terminal
    from host_tools.acquirer.transactions import Transactions

MOST_PERCENT: Final = 115


class Authorisations:
    """All methods expect to be called inside `store.transaction()`, for a message whose MAC is good, and raise
    Refused for one that is not to be kept."""

    def __init__(
        self,
        transactions: Transactions,
        advices: Advices,
        ledger: Ledger,
        holds: Holds,
    ) -> None:
        self._transactions = transactions
        self._advices = advices
        self._ledger = ledger
        self._holds = holds

    def pre_auth(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        read, card = self._transactions.presented(asked, terminal)
        code = self._transactions.allowed(asked, terminal, card, read, at)
        verdict = self._transactions.decided(asked, card, code, None, rrn, at)
        if card is not None and code is Code.APPROVED:
            self._holds.place(asked, terminal, card.account, verdict.fields[38], at)
        return verdict

    def pre_auth_void(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        card, found, code = self._asked(asked, terminal, at)
        if found and code is Code.APPROVED and asked.amount != found.amount:
            code = Code.ORIGINAL_AMOUNT
        if found and code is Code.APPROVED:
            self._holds.end(found.key, asked.key)
        return self._transactions.decided(asked, card, code, None, rrn, at, asked.fields[38])

    def completion(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        card, found, code = self._asked(asked, terminal, at)
        code, entry = _within(asked, found, code), None
        if card is not None and code is Code.APPROVED:
            entry = self._take(asked, terminal, card, found, at)
        return self._transactions.decided(asked, card, code, entry, rrn, at, asked.fields[38])

    def completion_advice(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        moment, found = moment_of(asked), self._holds.find(asked, terminal)
        return self._advices.told(
            asked,
            terminal,
            rrn,
            at,
            lambda card: _within(asked, found, _completable(asked, card, found, at)),
            lambda card: self._take(asked, terminal, card, found, at),
            authorisation=asked.fields[38],
            happened=moment,
        )

    def completion_void(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        verdict = self._transactions.void(asked, terminal, rrn, at)
        if verdict.code == Code.APPROVED:
            assert asked.original is not None
            self._holds.renew(asked.original)
        return verdict

    def _asked(self, asked: Asked, terminal: Terminal, at: datetime) -> tuple[CardRecord | None, Hold | None, Code]:
        """What a request is about, and whether the card that was presented may ask for it."""
        read, card = self._transactions.presented(asked, terminal)
        found = self._holds.find(asked, terminal)
        code = _completable(asked, card, found, at)
        if code is Code.APPROVED:
            code = self._transactions.same_card(asked, terminal, card, read)
        return card, found, code

    def _take(self, asked: Asked, terminal: Terminal, card: CardRecord, found: Hold | None, at: datetime) -> int:
        """The books' entry of what is completed."""
        assert found is not None
        self._holds.end(found.key, asked.key)
        return self._ledger.transfer(card.account, terminal.merchant_account, asked.amount, at, promised=True)


def _completable(asked: Asked, card: CardRecord | None, found: Hold | None, at: datetime) -> Code:
    if found is None or found.until <= at:
        return Code.ORIGINAL_NOT_FOUND
    if card is None or asked.pan != found.pan:
        return Code.NO_SUCH_CARD
    return Code.APPROVED if found.stands else Code.INVALID_TRANSACTION


def _within(asked: Asked, found: Hold | None, code: Code) -> Code:
    if found and code is Code.APPROVED and asked.amount > found.amount * MOST_PERCENT // 100:
        return Code.EXCEEDS_ORIGINAL
    return code
