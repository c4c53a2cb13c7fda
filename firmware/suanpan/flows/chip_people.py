"""Whom the kernel asks during a chip sale: the cardholder, by screen and keypad, and the issuer, by the host."""

from micropython import const

from suanpan.acquirer.responses import APPROVED, RESPONSE, SIGN_IN_FIRST
from suanpan.codec.tlv import find
from suanpan.crypto.secret import PinEntry
from suanpan.emv import f55
from suanpan.emv.transaction import IssuerAnswer
from suanpan.errors import AcquirerError, Cancelled, JournalBroken, LedgerError
from suanpan.errors.chip import CardGone
from suanpan.errors.emv import TlvError
from suanpan.flows.chip_data import cryptogram, expiry, remarks, sequence, track_2
from suanpan.flows.online import make_ready
from suanpan.flows.race import first
from suanpan.flows.transaction import answered
from suanpan.ledger.entry import BAD_REPLY
from suanpan.ledger.kinds import SALE
from suanpan.ledger.record import OPENED
from suanpan.ui.lists import choose
from suanpan.ui.money import yuan
from suanpan.ui.prompts import ask_pin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from suanpan.acquirer.answer import Answer
    from suanpan.acquirer.session import Session
    from suanpan.codec.track import Track2
    from suanpan.drivers.chip_slot import ChipSlot
    from suanpan.emv.transaction import Outcome, Transaction
    from suanpan.errors import SuanpanError
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

# F22, and what F60 ends with: a terminal that reads chips has read one.
_CHIP_WITH_PIN = const("05150")
_CHIP = const("05250")
_AUTHENTICATION_DATA = const(0x91)
_CARDS_DOING = BAD_REPLY  # F39 of a reversal for any other cause than silence or a wrong MAC


class Cardholder:
    """Whoever is asked may answer by pulling the card: CardGone."""

    def __init__(self, t: "Terminal", slot: "ChipSlot", amount: int, pin: PinEntry) -> None:
        self._t = t
        self._slot = slot
        self._amount = amount
        self._pin = pin  # the one for the issuer
        self._asked = False

    async def choose(self, labels: "list[str]") -> int:
        screen = self._t.screen
        try:
            return int(await self._or_gone(choose(screen, screen.title("application"), labels)))
        except Cancelled:
            return -1

    async def offline_pin(self, pin: PinEntry, tries: int) -> bool:
        screen = self._t.screen
        if self._asked:
            screen.buzzer.error()
            words = screen.message("last_pin" if tries == 1 else "wrong_pin")
            await self._or_gone(screen.notice(screen.title("pin"), words, 5))
        self._asked = True
        await self._or_gone(ask_pin(screen, self._amount, pin))
        return self._entered(pin)

    async def online_pin(self) -> bool:
        await self._or_gone(ask_pin(self._t.screen, self._amount, self._pin))
        return self._entered(self._pin)

    def _entered(self, pin: PinEntry) -> bool:
        screen = self._t.screen
        screen.show_amount(screen.title("reading_chip"), yuan(self._amount), screen.message("leave_card"))
        return len(pin) > 0

    async def _or_gone(self, question: "Coroutine[Any, Any, Any]") -> "Any":
        source, answer = await first(question, self._slot.removed())
        if source:
            raise CardGone
        return answer


class Issuer:
    """Behind the host. `entry` is the ledger's, once it has been asked, and open until `conclude` or `give_up`."""

    def __init__(self, t: "Terminal", amount: int, pin: PinEntry) -> None:
        self.entry: "Entry | None" = None
        self.problem: "SuanpanError | None" = None  # why there is no answer
        self._t = t
        self._amount = amount
        self._pin = pin
        self._host: "Session | None" = None
        self._answer: "Answer | None" = None
        self._emv: "Transaction | None" = None
        self._arqc = ""

    async def authorise(self, emv: "Transaction") -> "IssuerAnswer | None":
        """Connect, write, send. None, and `problem`, where there is no answer."""
        self._emv = emv
        self._arqc = cryptogram(emv)
        track = track_2(emv)
        try:
            answer = self._answer = await self._ask(emv, track)
        except JournalBroken:
            raise
        except (AcquirerError, LedgerError) as problem:
            self.problem = problem
            return None
        finally:
            if track:
                track.wipe()
        code = answer.text(RESPONSE)
        back = answer.data(55)
        return IssuerAnswer(code, code == APPROVED, _authentication(back), back)

    async def _ask(self, emv: "Transaction", track: "Track2 | None") -> "Answer":
        t = self._t
        screen = t.screen
        screen.show(screen.title("sending"), screen.message("please_wait"))
        self._host = host = await t.acquirer.connect()
        await make_ready(t, host)
        screen.show_amount(screen.title("sending"), yuan(self._amount), screen.message("please_wait"))
        self.entry = entry = t.ledger.pending(
            SALE,
            self._amount,
            chip=f55.reversal(emv),
            pan=emv.pan,
            expiry=expiry(emv),
            entry_mode=_CHIP_WITH_PIN if len(self._pin) else _CHIP,
            operator=t.operator,
            date=t.today(),
            time=t.time(),
            sequence=sequence(emv),
        )
        entry.__enter__()
        armed, entry.chip = entry.chip, f55.request(emv)
        try:
            return await answered(t, host, entry, track, self._pin, None)
        finally:
            entry.chip = armed

    def conclude(self, outcome: "Outcome") -> None:
        """The card has had its last word, too."""
        if self._open and outcome.approved and self._answer:
            assert self.entry
            self.entry.approve(
                auth_code=self._answer.text(38),
                reference=self._answer.text(37),
                date=self._answer.text(13),
                time=self._answer.text(12),
                parties=self._answer.text(44),
                org=self._answer.organisation(),
                remarks=remarks(outcome.transaction, self._arqc),
            )

    async def leave(self) -> None:
        """However it has ended. What the host has approved and the card has not is to be taken back."""
        entry = self.entry
        try:
            if self._open:
                assert entry
                if self._answer and self._answer.text(RESPONSE) != APPROVED:
                    entry.decline(self._answer.text(RESPONSE))
                    if entry.response == SIGN_IN_FIRST:
                        self._t.signed_in = False
                elif self._emv:
                    entry.unanswered(_CARDS_DOING, f55.reversal(self._emv))
        finally:
            if entry:
                entry.__exit__()
            if self._host:
                await self._host.__aexit__()

    @property
    def _open(self) -> bool:
        return self.entry is not None and self.entry.status == OPENED


def _authentication(back: bytes) -> bytes:
    """What the issuer has for the card, 91; none in what cannot be read."""
    try:
        return find(back, _AUTHENTICATION_DATA) or b""
    except TlvError:
        return b""
