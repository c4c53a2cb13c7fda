"""What the terminal has done already and tells: a refund or a sale without the host (0220), a sale that a chip card has
approved by itself (0200, as the dialect has it), and what became of an issuer's scripts (0620).

It tells so until it gets an answer, so a repeat is the rule: one that was done gets 94 and the reference (F37) of the
first answer, one that was refused gets the same code again, and nothing is done twice. Another advice under the same
STAN is no repeat: 64 if the amount differs, 22 otherwise, and neither is kept. One for a batch that is not open is
refused (77): a terminal settles when it has nothing left to tell.

- A refund names its original by batch, STAN, day, reference and, where it has it, authorisation code (25), with the
  same card (14). It may come on any day, in parts, to the original's amount in all (61); what was voided or reversed
  is not refunded (12).
- An offline sale was promised by the voice on the telephone: it is posted whatever the card's state, even below zero.
  Only a card that nobody has issued is refused (14).
- A sale that a card approved is posted like that if its cryptogram (TC) is the card's; if not, nobody has promised
  anything (05).
- A tip is added to a sale of the open batch, or to a completion, or (as an adjustment) to an offline sale: once, to no
  more than 10 % of it (61). F4 is the sum of both, F48 what is added; F4 without it must be the original's (64). 25: no
  such; 14: another card; 12: voided, refunded, reversed or added to before. What was added to is not voided any more.
- Results of scripts move nothing, and are kept as they came, also of a sale that was reversed or refused since. 25: no
  such request; 14: another card's; 30: there are none in F55.

All that moves money counts by the card's organisation on file, whatever F63 says: a terminal that thinks otherwise
finds its settlement unbalanced.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from host_tools.acquirer import chips
from host_tools.acquirer.asked import moment_of, require_money
from host_tools.acquirer.codes import Code, Refused, Verdict
from host_tools.acquirer.register import require_same
from host_tools.acquirer.wallets import information, is_scanned

if TYPE_CHECKING:
    from collections.abc import Callable

    from host_tools.acquirer.asked import Asked, Kind
    from host_tools.acquirer.bank import Bank, CardRecord
    from host_tools.acquirer.chips import Chips
    from host_tools.acquirer.ledger import Ledger
    from host_tools.acquirer.register import Register, Row
    from host_tools.acquirer.terminals import Terminal

TIP_PERCENT: Final = 10

_ADDED: Final = 12  # digits of F48 in an adjustment
_ADDED_TO: Final[dict[Kind, tuple[Kind, ...]]] = {
    "adjustment": ("offline_sale",),
    "tip": ("sale", "completion", "completion_advice"),
}
_A_DAY = timedelta(days=1)


class Advices:
    """All methods expect to be called inside `store.transaction()`, for a message whose MAC is good, and raise
    Refused for one that is not to be kept."""

    def __init__(self, bank: Bank, ledger: Ledger, register: Register, chips: Chips) -> None:
        self._bank = bank
        self._chips = chips
        self._ledger = ledger
        self._register = register

    def refund(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        def paid_back(card: CardRecord) -> int:
            return self._ledger.transfer(terminal.merchant_account, card.account, asked.amount, at)

        if is_scanned(asked):
            information(asked, terminal)
        return self.told(asked, terminal, rrn, at, lambda _: self._refundable(asked), paid_back)

    def offline_sale(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        moment, code = moment_of(asked), asked.fields[38]
        if not code.strip():
            raise Refused(Code.FORMAT)
        promised = self._promised(asked, terminal, at)
        return self.told(asked, terminal, rrn, at, _is_issued, promised, authorisation=code, happened=moment)

    def offline_chip(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        def proved(card: CardRecord | None) -> Code:
            if card is None:
                return Code.NO_SUCH_CARD
            return Code.APPROVED if self._chips.proved(asked).genuine else Code.DO_NOT_HONOUR

        moment, promised = moment_of(asked), self._promised(asked, terminal, at)
        return self.told(asked, terminal, rrn, at, proved, promised, happened=moment, chip=asked.fields[55])

    def adjustment(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        moment, fields = moment_of(asked), asked.fields
        if len(fields[48]) != _ADDED or int(fields[4]) < asked.amount:
            raise Refused(Code.FORMAT)
        promised = self._promised(asked, terminal, at)
        return self.told(asked, terminal, rrn, at, lambda _: self._adjustable(asked), promised, happened=moment)

    def script_result(self, asked: Asked, _: Terminal, rrn: str, at: datetime) -> Verdict:
        try:
            chips.results(asked.fields[55])
        except ValueError:
            raise Refused(Code.FORMAT) from None

        def of_the_card(_: CardRecord | None) -> Code:
            assert asked.original is not None
            found = self._register.find(asked.original)
            if any(row.pan != asked.pan for row in found.values()):
                return Code.NO_SUCH_CARD
            return Code.APPROVED if found else Code.ORIGINAL_NOT_FOUND

        return self.told(asked, None, rrn, at, of_the_card, chip=asked.fields[55])

    def told(
        self,
        asked: Asked,
        terminal: Terminal | None,
        rrn: str,
        at: datetime,
        judged: Callable[[CardRecord | None], Code],
        moved: Callable[[CardRecord], int] | None = None,
        *,
        authorisation: str | None = None,
        happened: str | None = None,
        chip: str | None = None,
    ) -> Verdict:
        """The answer to an advice, put on record: it is `judged` once, and what is good is `moved`, which gives the
        books' entry. Without a terminal it is not about money, and any batch may be told of it."""
        card = self._bank.find(asked.pan)
        repeated = self._repeated(asked, card)
        if repeated is not None:
            return repeated
        if terminal is not None:
            require_money(asked, terminal)
        code = judged(card)
        entry = None
        if moved is not None and card is not None and code is Code.APPROVED:
            entry = moved(card)
        self._register.keep(
            asked,
            code,
            rrn,
            at,
            entry=entry,
            organisation="" if card is None else card.scheme,
            authorisation=authorisation,
            happened=happened,
            chip=chip,
        )
        return Verdict(code, _of_card(card))

    def _promised(self, asked: Asked, terminal: Terminal, at: datetime) -> Callable[[CardRecord], int]:
        """Of money that somebody has promised: the card may go below zero."""
        return lambda card: self._ledger.transfer(
            card.account, terminal.merchant_account, asked.amount, at, promised=True
        )

    def _repeated(self, asked: Asked, card: CardRecord | None) -> Verdict | None:
        known = self._register.find(asked.key)
        row = known.get(asked.kind)
        if row is None:
            if known:
                raise Refused(Code.STATE_CONFLICT)
            return None
        require_same(asked, row)
        return Verdict(Code.DUPLICATE if row.code == Code.APPROVED else row.code, _of_card(card) | {37: row.rrn})

    def _adjustable(self, asked: Asked) -> Code:
        assert asked.original is not None
        original = asked.original
        found = self._register.original(original)
        if found is None or found.kind not in _ADDED_TO[asked.kind] or original.batch != asked.key.batch:
            return Code.ORIGINAL_NOT_FOUND
        if asked.pan != found.pan:
            return Code.NO_SUCH_CARD
        register = self._register
        if register.is_reversed(found) or any(register.taken_back(original)) or register.is_added_to(original):
            return Code.INVALID_TRANSACTION
        if int(asked.fields[4]) - asked.amount != found.amount:
            return Code.ORIGINAL_AMOUNT
        return Code.APPROVED if asked.amount * 100 <= found.amount * TIP_PERCENT else Code.EXCEEDS_ORIGINAL

    def _refundable(self, asked: Asked) -> Code:
        assert asked.original is not None
        original = asked.original
        found = self._register.original(original)
        if found is None or not _is_meant(asked, found):
            return Code.ORIGINAL_NOT_FOUND
        if asked.pan != found.pan:
            return Code.NO_SUCH_CARD
        voided, refunded = self._register.taken_back(original)
        if voided or self._register.is_reversed(found):
            return Code.INVALID_TRANSACTION
        return Code.APPROVED if refunded + asked.amount <= found.amount else Code.EXCEEDS_ORIGINAL


def _is_meant(asked: Asked, found: Row) -> bool:
    """Whether reference, authorisation code and day are those of `found`; two clocks may differ about midnight."""
    code = asked.fields.get(38, "").strip()
    if asked.fields[37] != found.rrn or (code and found.authorisation and code != found.authorisation):
        return False
    at = datetime.fromisoformat(found.at)
    days = {f"{day:%m%d}" for day in (at - _A_DAY, at, at + _A_DAY)}
    return asked.day in days | {(found.happened or "")[:4]}


def _is_issued(card: CardRecord | None) -> Code:
    return Code.NO_SUCH_CARD if card is None else Code.APPROVED


def _of_card(card: CardRecord | None) -> dict[int, str]:
    """What an answer tells of the card."""
    return {} if card is None else {44: card.issuer, 63: card.scheme}
