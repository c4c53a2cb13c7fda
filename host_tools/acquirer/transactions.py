"""Sales and reversals: the 0200 and the 0400, decided, entered in the books, and recognised when repeated.

A transaction is named by (terminal, batch, STAN) and kind. What comes of each:

- a repeated 0200 gets 94, whatever it says now: no money, no PIN try;
- a 0400 whose sale is known gets 00, and the sale's mirror entry if the sale had moved money;
- a 0400 whose sale is unknown gets 25: the request never came, or was refused before it counted. The reversal
  is kept all the same, so that a request still under way finds it: a 0200 that arrives after its reversal
  gets 22 and moves nothing. 25 rather than 00 because there was nothing to reverse ("no record found" in
  UnionPay's list); to the terminal both are an answer that closes its reversal;
- a repeated 0400 gets the code of the first, and nothing else happens;
- a 0400 that names a known sale with another amount (64) or another card (22) is refused and the sale stands.
  Neither code closes the reversal at the terminal: a contradiction is for people to resolve.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from host_tools.acquirer.codes import Code, Refused, Verdict
from host_tools.acquirer.suites import PIN_BLOCK_8, PIN_BLOCK_16, PinBlockError, PinFieldError

if TYPE_CHECKING:
    from datetime import datetime

    from host_tools.acquirer.bank import Bank
    from host_tools.acquirer.crypto import Random
    from host_tools.acquirer.ledger import Ledger
    from host_tools.acquirer.spec import Message
    from host_tools.acquirer.store import Store
    from host_tools.acquirer.terminals import Terminal

_SALE_FIELDS: Final = frozenset((2, 3, 4, 11, 14, 22, 25, 35, 41, 42, 49, 60))
_REVERSAL_FIELDS: Final = frozenset((2, 3, 4, 11, 14, 22, 25, 39, 41, 42, 49, 60))
_PIN_FIELDS: Final = frozenset((26, PIN_BLOCK_8, 53, PIN_BLOCK_16))

_PROCESSING_SALE: Final = "000000"
_CONDITION_NORMAL: Final = "00"
_TYPE_SALE: Final = "22"  # F60.1
_ENTRY_SWIPED: Final = "02"  # F22, first two digits
_PIN_ENTERED: Final = {"1": True, "2": False}  # F22, third digit
_CURRENCY_CNY: Final = "156"
_TYPE_BATCH_NETWORK: Final = 11  # digits of F60 up to the network code
_EXPIRY_AND_SERVICE: Final = 7  # digits of track 2 that must follow the separator

Kind = Literal["sale", "reversal"]


class _Key(NamedTuple):
    tid: str
    batch: str
    stan: str


class _Row(NamedTuple):
    pan: str
    amount: int
    code: str
    entry: int | None


class Transactions:
    """Both methods expect to be called inside `store.transaction()`, for a message whose MAC is good."""

    def __init__(self, store: Store, bank: Bank, ledger: Ledger, random: Random) -> None:
        self._db = store.db
        self._bank = bank
        self._ledger = ledger
        self._random = random

    def sale(self, request: Message, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        """Decide a 0200; raises Refused for one that is not to be kept."""
        fields = request.fields
        _require(request, _SALE_FIELDS)
        expiry_and_service = _stripe(fields, terminal.suite.pin_field)
        key = _Key(terminal.tid, fields[60][2:8], fields[11])
        amount = int(fields[4])
        if int(key.batch) != terminal.batch:
            raise Refused(Code.SIGN_IN)
        if amount == 0:
            raise Refused(Code.INVALID_AMOUNT)
        known = self._find(key)
        if "sale" in known:
            raise Refused(Code.DUPLICATE)
        if "reversal" in known:
            raise Refused(Code.STATE_CONFLICT)

        card = self._bank.find(fields[2])
        try:
            code = self._bank.authorise(card, expiry_and_service, _pin(fields, terminal), amount, f"{at:%y%m}")
        except PinBlockError:
            code = Code.PIN_FORMAT
        entry = None
        reply: dict[int, str] = {}
        if card is not None:
            reply = {44: card.issuer, 63: card.scheme}
            if code is Code.APPROVED:
                entry = self._ledger.transfer(card.account, terminal.merchant_account, amount, at)
                reply[38] = f"{int.from_bytes(self._random(4), 'big') % 1_000_000:06d}"
        self._keep(key, "sale", _Row(fields[2], amount, code, entry), rrn, at)
        return Verdict(code, reply)

    def reversal(self, request: Message, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        """Undo a sale, see above; F11 and the batch in F60 are those of the sale itself."""
        fields = request.fields
        _require(request, _REVERSAL_FIELDS)
        key = _Key(terminal.tid, fields[60][2:8], fields[11])
        pan, amount = fields[2], int(fields[4])
        known = self._find(key)
        for row in known.values():
            if amount != row.amount:
                raise Refused(Code.ORIGINAL_AMOUNT)
            if pan != row.pan:
                raise Refused(Code.STATE_CONFLICT)
        if "reversal" in known:
            return Verdict(known["reversal"].code)
        code, entry = Code.ORIGINAL_NOT_FOUND, None
        if "sale" in known:
            code, sold = Code.APPROVED, known["sale"].entry
            entry = None if sold is None else self._ledger.reverse(sold, at)
        self._keep(key, "reversal", _Row(pan, amount, code, entry), rrn, at)
        return Verdict(code)

    def _find(self, key: _Key) -> dict[Kind, _Row]:
        rows = self._db.execute(
            "SELECT kind, pan, amount, code, entry FROM txn WHERE tid = ? AND batch = ? AND stan = ?", key
        )
        return {kind: _Row(*row) for kind, *row in rows}

    def _keep(self, key: _Key, kind: Kind, row: _Row, rrn: str, at: datetime) -> None:
        self._db.execute(
            """INSERT INTO txn (tid, batch, stan, kind, pan, amount, code, entry, rrn, at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (*key, kind, *row, rrn, at.isoformat()),
        )


def _require(request: Message, numbers: frozenset[int]) -> None:
    """Refuse what lacks a field (30), or asks for something other than a sale by stripe (40)."""
    fields = request.fields
    if not fields.keys() >= numbers or len(fields[60]) < _TYPE_BATCH_NETWORK or fields[49] != _CURRENCY_CNY:
        raise Refused(Code.FORMAT)
    asked = (fields[3], fields[25], fields[60][:2], fields[22][:2])
    if asked != (_PROCESSING_SALE, _CONDITION_NORMAL, _TYPE_SALE, _ENTRY_SWIPED):
        raise Refused(Code.NOT_SUPPORTED)


def _stripe(fields: dict[int, str], pin_field: int) -> tuple[str, str]:
    """Expiry and service code from track 2; what the message says of card and PIN must agree (30).

    With a PIN there are F26, F53 and the suite's own field for the block, without one none of them; never another's.
    """
    pin_entered = _PIN_ENTERED.get(fields[22][2])
    expected = {26, pin_field, 53} if pin_entered else set()
    if pin_entered is None or fields.keys() & _PIN_FIELDS != expected:
        raise Refused(Code.FORMAT)
    pan, _, tail = fields[35].partition("D")
    if pan != fields[2] or len(tail) < _EXPIRY_AND_SERVICE or tail[:4] != fields[14]:
        raise Refused(Code.FORMAT)
    return tail[:4], tail[4:7]


def _pin(fields: dict[int, str], terminal: Terminal) -> str | None:
    """The PIN, None if none was entered; raises PinBlockError, or Refused (30) for a field that holds no block."""
    suite = terminal.suite
    if suite.pin_field not in fields:
        return None
    if terminal.pik is None or fields[53][:2] != suite.security:
        raise PinBlockError
    try:
        return suite.decipher_pin(terminal.pik, bytes.fromhex(fields[suite.pin_field]), fields[2])
    except PinFieldError:
        raise Refused(Code.FORMAT) from None
