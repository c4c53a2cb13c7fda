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

from host_tools.acquirer.advices import is_moment, of_card, organisation, require_open
from host_tools.acquirer.codes import Code, Refused, Verdict
from host_tools.acquirer.presented import pin, stripe
from host_tools.acquirer.suites import PinBlockError

if TYPE_CHECKING:
    from datetime import datetime

    from host_tools.acquirer.advices import Advices
    from host_tools.acquirer.asked import Asked
    from host_tools.acquirer.bank import Bank, CardRecord
    from host_tools.acquirer.holds import Hold, Holds
    from host_tools.acquirer.ledger import Ledger
    from host_tools.acquirer.register import Register
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
        *,
        bank: Bank,
        ledger: Ledger,
        register: Register,
        holds: Holds,
    ) -> None:
        self._transactions = transactions
        self._advices = advices
        self._bank = bank
        self._ledger = ledger
        self._register = register
        self._holds = holds

    def pre_auth(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        expiry_and_service = stripe(asked, terminal.suite.pin_field)
        self._transactions.require_new(asked, terminal)
        card = self._bank.find(asked.pan)
        code = self._transactions.allowed(asked, terminal, card, expiry_and_service, at)
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
        code = _within(asked, found, code)
        entry = self._take(asked, terminal, card, found, code, at)
        return self._transactions.decided(asked, card, code, entry, rrn, at, asked.fields[38])

    def completion_advice(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        happened = asked.fields[13] + asked.fields[12]
        if not is_moment(happened):
            raise Refused(Code.FORMAT)
        card = self._bank.find(asked.pan)
        repeated = self._advices.repeated(asked, card)
        if repeated is not None:
            return repeated
        require_open(asked, terminal)
        found = self._holds.find(asked, terminal)
        code = _within(asked, found, _completable(asked, card, found, at))
        entry = self._take(asked, terminal, card, found, code, at)
        self._register.keep(
            asked,
            code,
            rrn,
            at,
            entry=entry,
            organisation=organisation(card),
            authorisation=asked.fields[38],
            happened=happened,
        )
        return Verdict(code, of_card(card))

    def completion_void(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        verdict = self._transactions.void(asked, terminal, rrn, at)
        if verdict.code == Code.APPROVED:
            assert asked.original is not None
            self._holds.renew(asked.original)
        return verdict

    def _asked(self, asked: Asked, terminal: Terminal, at: datetime) -> tuple[CardRecord | None, Hold | None, Code]:
        """What a request is about, and whether the card that was presented may ask for it."""
        expiry_and_service = stripe(asked, terminal.suite.pin_field)
        self._transactions.require_new(asked, terminal)
        card = self._bank.find(asked.pan)
        found = self._holds.find(asked, terminal)
        code = _completable(asked, card, found, at)
        if card is not None and code is Code.APPROVED:
            if expiry_and_service != (card.expiry, card.service_code):
                code = Code.NO_SUCH_CARD
            elif asked.pin_entered:
                try:
                    code = self._bank.verify_pin(card, pin(asked, terminal))
                except PinBlockError:
                    code = Code.PIN_FORMAT
        return card, found, code

    def _take(
        self, asked: Asked, terminal: Terminal, card: CardRecord | None, found: Hold | None, code: Code, at: datetime
    ) -> int | None:
        """The books' entry of what is completed."""
        if card is None or found is None or code is not Code.APPROVED:
            return None
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
