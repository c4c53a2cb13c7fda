"""The issuing bank: card records, PIN verification, and whether a card may pay.

A PIN is kept as its IBM 3624 offset under the bank's PIN verification key, never as itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import insert, select, update

from host_tools.acquirer.codes import Code
from host_tools.acquirer.crypto import pin_matches, pin_offset
from host_tools.acquirer.tables import account, card, given

if TYPE_CHECKING:
    from host_tools.acquirer.cards import Card
    from host_tools.acquirer.store import Store

PIN_TRIES: Final = 3

_PIN_REQUIRED: Final = frozenset("035")  # third digit of the service code, ISO/IEC 7813


_number = given("number")
_ISSUE: Final = insert(card).values({column.name: given(column.name) for column in card.columns})
_FIND: Final = select(card).where(card.c.pan == _number)
_BALANCE: Final = select(account.c.balance).join(card, card.c.account == account.c.id).where(card.c.pan == _number)
_REBRAND: Final = update(card).where(card.c.pan == _number).values(scheme=given("scheme"))
_TRIES: Final = update(card).where(card.c.pan == _number).values(pin_tries_left=given("pin_tries_left"))


class CardRecord(NamedTuple):
    """The bank's record of a card; the columns of table `card`."""

    pan: str
    account: int
    expiry: str
    service_code: str
    status: str
    scheme: str
    issuer: str
    pin_offset: str
    pin_tries_left: int


class Bank:
    """All methods that write expect to be called inside `store.transaction()`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def issue(self, card: Card, account: int) -> None:
        record = CardRecord(
            card.pan,
            account,
            card.expiry,
            card.service_code,
            card.status,
            card.scheme,
            card.issuer,
            pin_offset(self._store.pvk, card.pin, card.pan),
            PIN_TRIES,
        )
        self._store.run(_ISSUE, **record._asdict())

    def find(self, pan: str) -> CardRecord | None:
        row = self._store.one(_FIND, number=pan)
        return None if row is None else CardRecord(*row)

    def balance(self, pan: str) -> int:
        """What is on the account, in fen, held or not, below zero if it owes; LookupError for a card of no account."""
        row = self._store.one(_BALANCE, number=pan)
        if row is None:
            raise LookupError("no such card")
        return int(row[0])

    def rebrand(self, pan: str, scheme: str) -> None:
        """Take the card for one of another organisation from now on."""
        self._store.run(_REBRAND, scheme=scheme, number=pan)

    def authorise(
        self,
        card: CardRecord | None,
        stripe: tuple[str, str],
        pin: str | None,
        amount: int,
        month: str,
        held: int = 0,
    ) -> Code:
        """May this card pay `amount` fen? Counts a wrong PIN against the card; moves no money.

        `stripe` is the (expiry, service code) that was read, `month` the current YYMM, `held` what is kept of the
        balance for others. The first reason found is the answer: the card, then its stripe, its PIN, its funds. A card
        without tries left is told so whatever PIN comes.
        """
        code = self.accept(card, stripe, pin, month)
        if card is not None and code is Code.APPROVED and self.balance(card.pan) - held < amount:
            code = Code.INSUFFICIENT_FUNDS
        return code

    def unseen(self, card: CardRecord | None, expiry: str, amount: int, month: str, held: int) -> Code:
        """The same of a card whose number alone is known."""
        if card is None:
            return Code.NO_SUCH_CARD
        code = _check_card(card, (expiry, card.service_code), month)
        if code is Code.APPROVED and self.balance(card.pan) - held < amount:
            code = Code.INSUFFICIENT_FUNDS
        return code

    def accept(self, card: CardRecord | None, stripe: tuple[str, str], pin: str | None, month: str) -> Code:
        """The same, whatever there is on the account."""
        if card is None:
            return Code.NO_SUCH_CARD
        code = _check_card(card, stripe, month)
        return self.verify_pin(card, pin) if code is Code.APPROVED else code

    def verify_pin(self, card: CardRecord, pin: str | None) -> Code:
        """None where no PIN was entered, which only some cards allow. Counts a wrong one against the card."""
        if pin is None:
            return Code.WRONG_PIN if card.service_code[2] in _PIN_REQUIRED else Code.APPROVED
        if card.pin_tries_left == 0:
            return Code.PIN_TRIES_EXCEEDED
        if pin_matches(self._store.pvk, pin, card.pan, card.pin_offset):
            if card.pin_tries_left < PIN_TRIES:
                self._set_tries(card.pan, PIN_TRIES)
            return Code.APPROVED
        self._set_tries(card.pan, card.pin_tries_left - 1)
        return Code.WRONG_PIN

    def _set_tries(self, pan: str, tries: int) -> None:
        self._store.run(_TRIES, pin_tries_left=tries, number=pan)


def _check_card(card: CardRecord, stripe: tuple[str, str], month: str) -> Code:
    if card.status == "lost":
        return Code.LOST_CARD
    if card.expiry < month:
        return Code.EXPIRED_CARD
    return Code.APPROVED if stripe == (card.expiry, card.service_code) else Code.DO_NOT_HONOUR
