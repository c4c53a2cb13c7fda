"""What is asked for online, the 0200: a sale, and the void that takes one back within its batch.

A repeated 0200, or one under a STAN that the batch has used, gets 94, whatever it says now: no money, no PIN try.
One that arrives after its own reversal gets 22 and moves nothing.

A void is of a sale that the host has approved: of the open batch, by its STAN, reference and authorisation code
(25), the same card (14), neither reversed nor voided nor refunded before (12), the whole amount (64). It moves the
money back by an entry of its own; the sale's stands, so both are in the batch's sums. What was sold without the host
is taken back by a refund.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from host_tools.acquirer.codes import Code, Refused, Verdict
from host_tools.acquirer.presented import pin, stripe
from host_tools.acquirer.suites import PinBlockError

if TYPE_CHECKING:
    from datetime import datetime

    from host_tools.acquirer.asked import Asked, Key
    from host_tools.acquirer.bank import Bank, CardRecord
    from host_tools.acquirer.chips import Chips
    from host_tools.acquirer.crypto import Random
    from host_tools.acquirer.ledger import Ledger
    from host_tools.acquirer.register import Register
    from host_tools.acquirer.terminals import Terminal


class Transactions:
    """Both methods expect to be called inside `store.transaction()`, for a message whose MAC is good, and raise
    Refused for one that is not to be kept."""

    def __init__(self, bank: Bank, ledger: Ledger, register: Register, random: Random, chips: Chips) -> None:
        self._bank = bank
        self._chips = chips
        self._ledger = ledger
        self._register = register
        self._random = random

    def sale(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        expiry_and_service = stripe(asked, terminal.suite.pin_field)
        self._require_new(asked, terminal)
        card = self._bank.find(asked.pan)
        chip = self._chips.heard(asked) if asked.by_chip else None
        try:
            entered = pin(asked, terminal)
            if chip is not None and not chip.genuine:
                code = Code.DO_NOT_HONOUR
            else:
                code = self._bank.authorise(card, expiry_and_service, entered, asked.amount, f"{at:%y%m}")
        except PinBlockError:
            code = Code.PIN_FORMAT
        entry = None
        if card is not None and code is Code.APPROVED:
            entry = self._ledger.transfer(card.account, terminal.merchant_account, asked.amount, at)
        verdict = self._decided(asked, card, code, entry, rrn, at)
        if chip is not None:
            verdict.fields.update(self._chips.answered(asked, chip, code))
        return verdict

    def void(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        expiry_and_service = stripe(asked, terminal.suite.pin_field)
        self._require_new(asked, terminal)
        assert asked.original is not None
        card = self._bank.find(asked.pan)
        entry, code = None, self._voidable(asked, asked.original)
        if code is Code.APPROVED and (card is None or expiry_and_service != (card.expiry, card.service_code)):
            code = Code.NO_SUCH_CARD
        if card is not None and code is Code.APPROVED and asked.pin_entered:
            try:
                code = self._bank.verify_pin(card, pin(asked, terminal))
            except PinBlockError:
                code = Code.PIN_FORMAT
        if card is not None and code is Code.APPROVED:
            entry = self._ledger.transfer(terminal.merchant_account, card.account, asked.amount, at)
        return self._decided(asked, card, code, entry, rrn, at)

    def _require_new(self, asked: Asked, terminal: Terminal) -> None:
        if int(asked.key.batch) != terminal.batch:
            raise Refused(Code.SIGN_IN)
        if asked.amount == 0:
            raise Refused(Code.INVALID_AMOUNT)
        known = self._register.find(asked.key)
        if known.keys() - {"reversal", "void_reversal"}:
            raise Refused(Code.DUPLICATE)
        if known:
            raise Refused(Code.STATE_CONFLICT)

    def _voidable(self, asked: Asked, original: Key) -> Code:
        found = self._register.original(original)
        named = (asked.fields[37], asked.fields[38])
        if (
            found is None
            or found.kind != "sale"
            or original.batch != asked.key.batch
            or named != (found.rrn, found.authorisation or named[1])
        ):
            return Code.ORIGINAL_NOT_FOUND
        if asked.pan != found.pan:
            return Code.NO_SUCH_CARD
        if self._register.is_reversed(found) or any(self._register.taken_back(original)):
            return Code.INVALID_TRANSACTION
        return Code.APPROVED if asked.amount == found.amount else Code.ORIGINAL_AMOUNT

    def _decided(
        self, asked: Asked, card: CardRecord | None, code: Code, entry: int | None, rrn: str, at: datetime
    ) -> Verdict:
        reply: dict[int, str] = {}
        if card is not None:
            reply = {44: card.issuer, 63: card.scheme}
            if code is Code.APPROVED:
                reply[38] = f"{int.from_bytes(self._random(4), 'big') % 1_000_000:06d}"
        self._register.keep(
            asked, code, rrn, at, entry=entry, organisation=reply.get(63, ""), authorisation=reply.get(38)
        )
        return Verdict(code, reply)
