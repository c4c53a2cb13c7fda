"""The issuing bank: card records, PIN verification, and whether a card may pay.

A PIN is kept as its IBM 3624 offset under the bank's PIN verification key, never as itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from host_tools.acquirer.codes import Code
from host_tools.acquirer.crypto import pin_matches, pin_offset

if TYPE_CHECKING:
    from host_tools.acquirer.cards import Card
    from host_tools.acquirer.store import Store

PIN_TRIES: Final = 3

_PIN_REQUIRED: Final = frozenset("035")  # third digit of the service code, ISO/IEC 7813


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
        self._db = store.db

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
        self._db.execute("INSERT INTO card VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", record)

    def find(self, pan: str) -> CardRecord | None:
        row = self._db.execute("SELECT * FROM card WHERE pan = ?", (pan,)).fetchone()
        return None if row is None else CardRecord(*row)

    def balance(self, pan: str) -> int:
        """What the card can still spend, in fen, below zero if it owes; LookupError for a card of no account here."""
        row = self._db.execute(
            "SELECT balance FROM card JOIN account ON account = account.id WHERE pan = ?", (pan,)
        ).fetchone()
        if row is None:
            raise LookupError("no such card")
        return int(row[0])

    def authorise(
        self, card: CardRecord | None, stripe: tuple[str, str], pin: str | None, amount: int, month: str
    ) -> Code:
        """May this card pay `amount` fen? Counts a wrong PIN against the card; moves no money.

        `stripe` is the (expiry, service code) that was read, `month` the current YYMM. The first reason found
        is the answer: the card, then its stripe, its PIN, its funds. A card without tries left is told so
        whatever PIN comes.
        """
        if card is None:
            return Code.NO_SUCH_CARD
        code = _check_card(card, stripe, month)
        if code is Code.APPROVED:
            code = self.verify_pin(card, pin)
        if code is Code.APPROVED and self.balance(card.pan) < amount:
            code = Code.INSUFFICIENT_FUNDS
        return code

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
        self._db.execute("UPDATE card SET pin_tries_left = ? WHERE pan = ?", (tries, pan))


def _check_card(card: CardRecord, stripe: tuple[str, str], month: str) -> Code:
    if card.status == "lost":
        return Code.LOST_CARD
    if card.expiry < month:
        return Code.EXPIRED_CARD
    return Code.APPROVED if stripe == (card.expiry, card.service_code) else Code.DO_NOT_HONOUR
