"""The contactless reader while a customer is asked for a card: what the Entry Point makes of a tap, and what is shown
and heard of it (EMV Contactless Book A, 9)."""

import asyncio

from micropython import const

from suanpan.cards.contactless import ContactlessReader
from suanpan.emv import outcome
from suanpan.emv.entry_point import EntryPoint
from suanpan.emv.tables import Stored
from suanpan.errors.nfc import CardLost, FelicaCard, MifareCard, NfcError, OneCardOnly
from suanpan.flows.tap_lights import dark_after
from suanpan.ledger.emv_tables import EmvTables
from suanpan.overlay import Overlay, passing
from suanpan.ui.money import yuan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.cards.contactless import ContactlessCard
    from suanpan.emv.outcome import Request
    from suanpan.emv.torn import TornLog
    from suanpan.flows.tapped import Tapped
    from suanpan.terminal import Terminal

_EAGER = const(150)  # looks one after the other, some ten seconds; then the reader sleeps between two
_LOOK_MS = const(10)
_REST_MS = const(100)
_TRIES = const(3)  # of a reader that does not answer
_TENTH_MS = const(100)
# What is in the field and has had its answer: nothing is asked of it again. Else an error's code.
_REFUSED = "-"
# What most cards want: it is imported before they come, and not while they are held still.
_LIKELY = ("combination", "transaction", "unionpay")
_HINTS = {
    outcome.MESSAGE_AGAIN: "tap_again",
    outcome.MESSAGE_SEE_PHONE: "see_phone",
    outcome.MESSAGE_OTHER_CARD: "other_card",
    outcome.MESSAGE_INSERT: "insert_card",
    outcome.MESSAGE_INSERT_OR_SWIPE: "card_or_chip",
}


def prepared(t: "Terminal", amount: int) -> "TapReader | None":
    """None where there is nothing to tap with, or this amount cannot be paid so."""
    store = EmvTables(t.emv_tables, checked=True)
    tables = Stored(store)
    with Overlay():
        from suanpan.flows.tap_limits import laid_down

        combinations, data = laid_down(t, amount, store, tables)
    reader = TapReader(t, amount)
    reader.point = EntryPoint(combinations, data, tables, t.random, reader.signal, reader.log)
    if reader.point.prepare():
        return None
    for name in _LIKELY:
        __import__("suanpan.emv." + name)
    return reader


class TapReader:
    """`found` and `take` for each card, `off` at the end. After `take`, or where `found` has found nothing of use,
    `hint` is what the customer is told, and `serves` whether the reader is of any more use."""

    point: EntryPoint

    def __init__(self, t: "Terminal", amount: int) -> None:
        self.hint = ""
        self.serves = True
        self._torn = t.torn
        self._t = t
        self._amount = amount
        self._reader = ContactlessReader(t.contactless_reader())
        self._card: "ContactlessCard | None" = None
        self._told = ""
        self._looks = 0
        self._failures = 0
        self._shown: "asyncio.Task[None] | None" = None

    async def found(self) -> None:
        """Wait, without limit, for a card to be spoken to, or for something that the customer is to be told of.

        The card is not its result, as the scheduler keeps results long after (overlay.passing).
        """
        while True:
            try:
                card = await self._reader.look()
                self._failures = 0
                if card is None:
                    self._told = ""
                elif self._told != _REFUSED:
                    self._told = ""
                    self._card = card
                    return
            except CardLost:  # half in, half out
                self._looks = 0
            except (OneCardOnly, MifareCard, FelicaCard) as problem:
                if self._told != problem.code:
                    self._told = problem.code
                    self._tell(outcome.collision(), self._t.screen.error(problem.code))
                    return
            except NfcError as problem:
                self._failures += 1
                if self._failures == _TRIES:
                    self.serves = False
                    self._t.screen.buzzer.error()
                    self.hint = self._t.screen.error(problem.code)
                    return
            await self._pause()

    async def take(self) -> "Tapped | None":
        """The last word of the card that was found; None where there is none yet."""
        card, self._card = self._card, None
        if card is None:
            return None
        try:
            result = await self.point.present(card)
        except NfcError as problem:
            result = outcome.try_again()
            hint = self._t.screen.error(problem.code)
        else:
            if result.transaction:
                from suanpan.flows.tap_data import last_word  # the kernel has left it room

                return last_word(self._t, self._amount, result, self._shown)
            hint = ""
        request = result.request
        assert request
        if self._shown:
            await self._shown
            self._shown = None
        self._tell(request, hint or self._t.screen.message(_HINTS[request.message]))
        self._told = "" if result.again else _REFUSED
        if result.result == outcome.TRY_ANOTHER_INTERFACE:
            self.serves = False
            await self.off()
        if result.field_off >= 0:
            screen = self._t.screen
            screen.show(screen.title("card"), yuan(self._amount), self.hint)
            await self._reader.off()
            await asyncio.sleep_ms(max(result.field_off, request.hold) * _TENTH_MS)
        return None

    def signal(self, request: "Request") -> None:
        """What a kernel has to say while the card is there."""
        screen = self._t.screen
        if request.message == outcome.MESSAGE_CARD_READ:
            self._show(request)
            self._shown = asyncio.create_task(passing(dark_after(screen.lights, outcome.SHOWN_MS)))
            screen.show_amount(screen.title("card_read"), yuan(self._amount), screen.message("take_card"))

    def log(self) -> "TornLog":
        """For the one kernel that keeps one."""
        if self._torn is None:
            from suanpan.emv.torn import TornLog

            self._torn = TornLog()
        return self._torn

    async def off(self) -> None:
        """The customer has decided: no carrier, and the chip asleep."""
        if self._torn and self._torn.any and self._t.torn is None:
            from suanpan.emv.torn import forget_later

            self._t.torn = self._torn
            asyncio.create_task(passing(forget_later(self._t)))  # noqa: RUF006 - the loop holds it
        try:
            await self._reader.off()
        except NfcError:
            return

    def _tell(self, request: "Request", hint: str) -> None:
        self._looks = 0
        self.hint = hint
        self._show(request)

    def _show(self, request: "Request") -> None:
        screen = self._t.screen
        screen.lights.show(request.lights)
        if request.tone == outcome.SUCCESS_TONE:
            screen.buzzer.success()
        elif request.tone == outcome.ALERT_TONE:
            screen.buzzer.alert()

    async def _pause(self) -> None:
        self._looks += 1
        if self._looks < _EAGER:
            await asyncio.sleep_ms(_LOOK_MS)
        else:
            await self._reader.rest(_REST_MS)
