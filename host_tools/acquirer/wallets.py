"""Codes on customers' telephones: who shows which, what they pay, and what became of it.

A code is a card number that serves once, of an account of its owner's. What is asked under F22 03x names it in F2 and
repeats it in F59, tag A3 (a whole EMVCo code there), with what the terminal says of itself in tag A5; such fields are
unconfirmed. A sale may wait for the PIN on the telephone: it is on record as under way (09), and paid, refused or
reversed later. A query names it in F61; F62 of the answer is F39 of what it asks for, as that stands now.
"""

from __future__ import annotations

from binascii import crc_hqx
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update

from host_tools.acquirer.asked import BY_CODE, CURRENCY, SHOWN, Key
from host_tools.acquirer.bank import CardRecord
from host_tools.acquirer.codes import Code, Refused, Verdict
from host_tools.acquirer.tables import card, given, merchant, txn
from host_tools.acquirer.tables import terminal as terminal_row

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from host_tools.acquirer.asked import Asked
    from host_tools.acquirer.bank import Bank
    from host_tools.acquirer.crypto import Random
    from host_tools.acquirer.ledger import Ledger
    from host_tools.acquirer.register import Register, Row
    from host_tools.acquirer.store import Store
    from host_tools.acquirer.terminals import Terminal

EXPIRY: Final = "9912"  # of a code: none
_SERVICE: Final = "001"
_ISSUER: Final = "95000000"
_SCHEME: Final = "CUP"
_CODE: Final = "A3"
_TERMINAL: Final = "A5"
_TAKEN_BACK: Final = {"reversal", "void_reversal"}
_PROVEN: Final = ("01", "02", "03", "04", "05")

_SHOWN: Final = insert(card).values({column.name: given(column.name) for column in card.columns})
_USED: Final = select(txn.c.stan).where(
    txn.c.pan == given("pan"), txn.c.kind == "sale", txn.c.code.in_((Code.APPROVED, Code.UNDER_WAY))
)
_WAITING: Final = (
    select(txn.c.tid, txn.c.batch, txn.c.stan, txn.c.amount, merchant.c.account)
    .join(terminal_row, terminal_row.c.tid == txn.c.tid)
    .join(merchant, merchant.c.mid == terminal_row.c.mid)
    .where(txn.c.pan == given("pan"), txn.c.kind == "sale", txn.c.code == Code.UNDER_WAY)
)
_ENDED: Final = (
    update(txn)
    .where(
        txn.c.tid == given("tid_"), txn.c.batch == given("batch_"), txn.c.stan == given("stan_"), txn.c.kind == "sale"
    )
    .values(code=given("code"), entry=given("entry"), authorisation=given("authorisation"))
)


class Wallets:
    """`sale` and `query` are as those of Transactions; `show`, `confirm` and `refuse` are what a customer does."""

    def __init__(self, store: Store, bank: Bank, ledger: Ledger, register: Register, random: Random) -> None:
        self._store = store
        self._bank = bank
        self._ledger = ledger
        self._register = register
        self._random = random
        self._asking: set[str] = set()  # codes whose owner keys a PIN first

    def open(self, owner: str, balance: int) -> int:
        """An account with so many fen."""
        with self._store.transaction():
            return self._ledger.open_account(f"wallet {owner}", balance)

    def show(self, account: int, code: str, *, asks: bool = False) -> None:
        """A new code of that account; with `asks` its owner has to confirm what is to be paid."""
        record = CardRecord(code, account, EXPIRY, _SERVICE, "good", _SCHEME, _ISSUER, "", 0)
        with self._store.transaction():
            self._store.run(_SHOWN, **record._asdict())
        if asks:
            self.ask(code)

    def ask(self, code: str) -> None:
        """From now on its owner has to confirm."""
        self._asking.add(code)

    def sale(
        self,
        asked: Asked,
        terminal: Terminal,
        rrn: str,
        at: datetime,
        require_new: Callable[[Asked, Terminal], None],
    ) -> Verdict:
        information(asked, terminal)
        require_new(asked, terminal)
        found = self._bank.find(asked.pan)
        code = self._payable(asked, found)
        entry, approved = None, None
        if found is not None and code is Code.APPROVED:
            entry = self._ledger.transfer(found.account, terminal.merchant_account, asked.amount, at)
            approved = self._authorisation()
        self._register.keep(
            asked,
            code,
            rrn,
            at,
            entry=entry,
            organisation=_SCHEME if found or code is Code.UNDER_WAY else "",
            authorisation=approved,
        )
        return Verdict(code, _told(found, approved))

    def query(self, asked: Asked, terminal: Terminal, _: str, __: datetime) -> Verdict:
        """What became of a sale or a void; 25 if nothing is known of it, or it was taken back."""
        information(asked, terminal)
        assert asked.original is not None
        row = self._asked_for(asked.original)
        if row is None or row.pan != asked.pan or row.amount != asked.amount:
            raise Refused(Code.ORIGINAL_NOT_FOUND)
        told = _told(self._bank.find(row.pan), row.authorisation)
        return Verdict(Code.APPROVED, told | {37: row.rrn, 62: row.code.encode().hex().upper()})

    def pay(self, text: str, account: int, at: datetime) -> bool:
        """Scan a merchant's code, and pay what it says from that account; whether anything was paid."""
        told, more = _objects(text), _objects(_objects(text)["62"])
        body, check = text[:-4], text[-4:]
        if crc_hqx(body.encode(), 0xFFFF) != int(check, 16) or (told["00"], told["01"], told["53"]) != (
            "01",
            "12",
            CURRENCY,
        ):
            raise ValueError("not a merchant's code of one payment")
        order = more["05"]
        with self._store.transaction():
            waiting = self._store.one(_WAITING, pan=order)
        if waiting is None or waiting[0] != more["07"] or told["54"] != f"{waiting[3] // 100}.{waiting[3] % 100:02d}":
            return False
        self.show(account, order)
        return self.confirm(order, at)

    def confirm(self, code: str, at: datetime) -> bool:
        """The owner has keyed the PIN; whether anything was paid."""
        with self._store.transaction():
            waiting = self._store.one(_WAITING, pan=code)
            found = self._bank.find(code)
            if waiting is None or found is None or "reversal" in self._register.find(_key(waiting)):
                return False
            if self._bank.balance(code) < waiting[3]:
                self._end(waiting, Code.INSUFFICIENT_FUNDS)
                return False
            entry = self._ledger.transfer(found.account, waiting[4], waiting[3], at)
            self._end(waiting, Code.APPROVED, entry, self._authorisation())
            return True

    def refuse(self, code: str) -> None:
        """The owner does not want to pay."""
        with self._store.transaction():
            waiting = self._store.one(_WAITING, pan=code)
            if waiting is not None:
                self._end(waiting, Code.DO_NOT_HONOUR)

    def _payable(self, asked: Asked, found: CardRecord | None) -> Code:
        if asked.fields[22][:2] == SHOWN:
            free = found is None and self._store.one(_USED, pan=asked.pan) is None
            return Code.UNDER_WAY if free else Code.DO_NOT_HONOUR
        if found is None or found.issuer != _ISSUER:
            return Code.NO_SUCH_CARD
        if self._store.one(_USED, pan=asked.pan) is not None:
            return Code.DO_NOT_HONOUR
        if self._bank.balance(asked.pan) < asked.amount:
            return Code.INSUFFICIENT_FUNDS
        return Code.UNDER_WAY if asked.pan in self._asking else Code.APPROVED

    def _asked_for(self, key: Key) -> Row | None:
        rows = self._register.find(key)
        return None if _TAKEN_BACK & rows.keys() else rows.get("sale") or rows.get("void")

    def _end(
        self,
        waiting: tuple[str, str, str, int, int],
        code: Code,
        entry: int | None = None,
        authorisation: str | None = None,
    ) -> None:
        tid, batch, stan, _, _ = waiting
        self._store.run(_ENDED, tid_=tid, batch_=batch, stan_=stan, code=code, entry=entry, authorisation=authorisation)

    def _authorisation(self) -> str:
        return f"{int.from_bytes(self._random(4), 'big') % 1_000_000:06d}"


def is_scanned(asked: Asked) -> bool:
    return asked.fields[22][:2] in BY_CODE


def information(asked: Asked, terminal: Terminal) -> dict[str, str]:
    """What a terminal says of itself, by tag. Refused: 30 without it, 58 if another device says so."""
    try:
        parts = _parts(bytes.fromhex(asked.fields[59]).decode("ascii"))
        told = _parts(parts[_TERMINAL])
        code = parts[_CODE]
        serial, factor, proof = told["02"], told["03"], told["04"]
    except (KeyError, ValueError):
        raise Refused(Code.FORMAT) from None
    if not told.keys() >= set(_PROVEN) or code[-6:] != factor or (code.isdecimal() and code != asked.pan):
        raise Refused(Code.FORMAT)
    assert terminal.mak is not None
    if serial != terminal.serial or terminal.suite.mac(terminal.mak, (serial + factor).encode()).hex().upper() != proof:
        raise Refused(Code.TERMINAL_NOT_PERMITTED)
    return told


def _parts(text: str) -> dict[str, str]:
    """Tag 2, length 3 digits, value, and so on; ValueError for what is cut short."""
    parts = {}
    while text:
        size = int(text[2:5])
        if len(text) < 5 + size:
            raise ValueError
        parts[text[:2]], text = text[5 : 5 + size], text[5 + size :]
    return parts


def _objects(text: str) -> dict[str, str]:
    """EMVCo's: name 2, length 2 digits, value; ValueError for what is cut short."""
    found = {}
    while text:
        size = int(text[2:4])
        if len(text) < 4 + size:
            raise ValueError
        found[text[:2]], text = text[4 : 4 + size], text[4 + size :]
    return found


def _told(found: CardRecord | None, authorisation: str | None) -> dict[int, str]:
    told = {} if found is None else {44: found.issuer, 63: found.scheme}
    return told if authorisation is None else told | {38: authorisation}


def _key(waiting: tuple[str, str, str, int, int]) -> Key:
    return Key(*waiting[:3])
