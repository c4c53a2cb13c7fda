"""What is asked for online, the 0200: a sale, and the void that takes one back within its batch.

A repeated 0200, or one under a STAN that the batch has used, gets 94, whatever it says now: no money, no PIN try.
One that arrives after its own reversal gets 22 and moves nothing.

A void is of a sale that the host has approved: of the open batch, by its STAN, reference and authorisation code
(25), the same card (14), neither reversed nor voided nor refunded before (12), the whole amount (64). It moves the
money back by an entry of its own; the sale's stands, so both are in the batch's sums. What was sold without the host
is taken back by a refund.

A sale may say in F48 how much of it is a tip: more than is added to one later gets 61, and is not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host_tools.acquirer.advices import TIP_PERCENT
from host_tools.acquirer.asked import CURRENCY, require_money, require_open
from host_tools.acquirer.codes import Code, Refused, Verdict
from host_tools.acquirer.presented import pin, stripe
from host_tools.acquirer.suites import PinBlockError
from host_tools.acquirer.wallets import information, is_scanned

if TYPE_CHECKING:
    from collections.abc import Container
    from datetime import datetime

    from host_tools.acquirer.asked import Asked, Key, Kind
    from host_tools.acquirer.bank import Bank, CardRecord
    from host_tools.acquirer.chips import Chips
    from host_tools.acquirer.crypto import Random
    from host_tools.acquirer.holds import Holds
    from host_tools.acquirer.ledger import Ledger
    from host_tools.acquirer.register import Register
    from host_tools.acquirer.terminals import Terminal
    from host_tools.acquirer.wallets import Wallets

_VOIDED: Final[dict[Kind, Kind]] = {"void": "sale", "completion_void": "completion"}
_AVAILABLE: Final = "1002"  # F54: savings account, what can be spent
_TIP, _TIP_DIGITS = 48, 12
_GOOD: Final = (Code.APPROVED, Code.PARTIAL)


class Transactions:
    """All methods expect to be called inside `store.transaction()`, for a message whose MAC is good, and raise
    Refused for one that is not to be kept."""

    def __init__(
        self,
        bank: Bank,
        ledger: Ledger,
        register: Register,
        random: Random,
        chips: Chips,
        holds: Holds,
        moto: Container[str],
        wallets: Wallets,
    ) -> None:
        self._wallets = wallets
        self._moto = moto
        self._bank = bank
        self._holds = holds
        self._chips = chips
        self._ledger = ledger
        self._register = register
        self._random = random

    def sale(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        _require_bearable(asked)
        if is_scanned(asked):
            return self._wallets.sale(asked, terminal, rrn, at, self._require_new)
        read, card = self.presented(asked, terminal)
        chip = self._chips.heard(asked) if asked.by_chip else None
        code = self.allowed(asked, terminal, card, read, at, genuine=chip is None or chip.genuine)
        entry, amount = None, asked.amount
        if card is not None and chip is None and code is Code.INSUFFICIENT_FUNDS and asked.takes_less:
            free = self._bank.balance(card.pan) - self._holds.on(card.account, at)
            if free > 0:
                code, amount = Code.PARTIAL, free
        if card is not None and code in _GOOD:
            entry = self._ledger.transfer(card.account, terminal.merchant_account, amount, at)
        verdict = self.decided(asked, card, code, entry, rrn, at, approved=amount)
        if chip is not None:
            verdict.fields.update(self._chips.answered(asked, chip, code))
        return verdict

    def void(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        if is_scanned(asked):
            information(asked, terminal)
        read, card = self.presented(asked, terminal)
        assert asked.original is not None
        entry, code = None, self._voidable(asked, asked.original)
        if code is Code.APPROVED:
            code = self.same_card(asked, terminal, card, read)
        if card is not None and code is Code.APPROVED:
            entry = self._ledger.transfer(terminal.merchant_account, card.account, asked.amount, at)
        return self.decided(asked, card, code, entry, rrn, at)

    def presented(self, asked: Asked, terminal: Terminal) -> tuple[tuple[str, str], CardRecord | None]:
        """Expiry and service code as they were read, and whose card it is, of what is asked for the first time."""
        read = stripe(asked, terminal.suite.pin_field)
        self._require_new(asked, terminal)
        return read, self._bank.find(asked.pan)

    def same_card(self, asked: Asked, terminal: Terminal, card: CardRecord | None, read: tuple[str, str]) -> Code:
        """Whether it is the card that somebody paid with. A PIN is not needed; one that comes must be right."""
        if card is None or read != (card.expiry, card.service_code):
            return Code.NO_SUCH_CARD
        try:
            return self._bank.verify_pin(card, pin(asked, terminal)) if asked.pin_entered else Code.APPROVED
        except PinBlockError:
            return Code.PIN_FORMAT

    def allowed(
        self,
        asked: Asked,
        terminal: Terminal,
        card: CardRecord | None,
        read: tuple[str, str],
        at: datetime,
        *,
        genuine: bool = True,
    ) -> Code:
        """Whether this card may pay: what its issuer says of the stripe, the PIN, and what is not held of the money."""
        try:
            entered = pin(asked, terminal)
        except PinBlockError:
            return Code.PIN_FORMAT
        if not genuine:
            return Code.DO_NOT_HONOUR
        held = 0 if card is None else self._holds.on(card.account, at)
        return self._bank.authorise(card, read, entered, asked.amount, f"{at:%y%m}", held)

    def moto(self, asked: Asked, terminal: Terminal, rrn: str, at: datetime) -> Verdict:
        """Ordered by mail or telephone: there is neither stripe nor PIN, only the number and its expiry (F14)."""
        if terminal.tid not in self._moto or asked.pin_entered:
            raise Refused(Code.TERMINAL_NOT_PERMITTED)
        self._require_new(asked, terminal)
        card = self._bank.find(asked.pan)
        held = 0 if card is None else self._holds.on(card.account, at)
        code = self._bank.unseen(card, asked.fields[14], asked.amount, f"{at:%y%m}", held)
        entry = None
        if card is not None and code is Code.APPROVED:
            entry = self._ledger.transfer(card.account, terminal.merchant_account, asked.amount, at)
        return self.decided(asked, card, code, entry, rrn, at)

    def balance(self, asked: Asked, terminal: Terminal, _: str, at: datetime) -> Verdict:
        """What is on the account and not held. Nothing of it is kept: asked twice, it is told twice."""
        expiry_and_service = stripe(asked, terminal.suite.pin_field)
        require_open(asked, terminal)
        card = self._bank.find(asked.pan)
        try:
            code = self._bank.accept(card, expiry_and_service, pin(asked, terminal), f"{at:%y%m}")
        except PinBlockError:
            code = Code.PIN_FORMAT
        if card is None or code is not Code.APPROVED:
            return Verdict(code)
        free = self._bank.balance(card.pan) - self._holds.on(card.account, at)
        amount = f"{_AVAILABLE}{CURRENCY}{'C' if free >= 0 else 'D'}{abs(free):012d}"
        return Verdict(code, {44: card.issuer, 54: amount, 63: card.scheme})

    def _require_new(self, asked: Asked, terminal: Terminal) -> None:
        require_money(asked, terminal)
        known = self._register.find(asked.key)
        if any(not kind.endswith("reversal") for kind in known):
            raise Refused(Code.DUPLICATE)
        if known:
            raise Refused(Code.STATE_CONFLICT)

    def _voidable(self, asked: Asked, original: Key) -> Code:
        found = self._register.original(original)
        named = (asked.fields[37], asked.fields[38])
        if (
            found is None
            or found.kind != _VOIDED[asked.kind]
            or original.batch != asked.key.batch
            or named != (found.rrn, found.authorisation or named[1])
        ):
            return Code.ORIGINAL_NOT_FOUND
        if asked.pan != found.pan:
            return Code.NO_SUCH_CARD
        register = self._register
        if register.is_reversed(found) or any(register.taken_back(original)) or register.is_added_to(original):
            return Code.INVALID_TRANSACTION
        return Code.APPROVED if asked.amount == found.amount else Code.ORIGINAL_AMOUNT

    def decided(
        self,
        asked: Asked,
        card: CardRecord | None,
        code: Code,
        entry: int | None,
        rrn: str,
        at: datetime,
        authorisation: str = "",
        approved: int | None = None,
    ) -> Verdict:
        """The answer, put on record; what is approved gets a new code, or keeps the one that it goes by. `approved` is
        how much of it was, of a part."""
        reply: dict[int, str] = {}
        if card is not None:
            reply = {44: card.issuer, 63: card.scheme}
            if code in _GOOD:
                reply[38] = authorisation or f"{int.from_bytes(self._random(4), 'big') % 1_000_000:06d}"
            if code is Code.PARTIAL:
                reply[4] = f"{approved:012d}"
        self._register.keep(
            asked,
            code,
            rrn,
            at,
            entry=entry,
            organisation=reply.get(63, ""),
            authorisation=reply.get(38),
            approved=approved if code is Code.PARTIAL else None,
        )
        return Verdict(code, reply)


def _require_bearable(asked: Asked) -> None:
    """Refused: 30 for a tip that is none, 61 for one of more than people may add."""
    text = asked.fields.get(_TIP, "0" * _TIP_DIGITS)
    if len(text) != _TIP_DIGITS:
        raise Refused(Code.FORMAT)
    tip = int(text)
    if tip * 100 > (asked.amount - tip) * TIP_PERCENT:
        raise Refused(Code.EXCEEDS_ORIGINAL)
