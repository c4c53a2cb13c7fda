"""The cardholder during a chip sale, by screen and keypad: in memory until the card is asked for its first word."""

from suanpan.errors import Cancelled
from suanpan.errors.chip import CardGone
from suanpan.flows.race import first
from suanpan.ui.money import yuan
from suanpan.ui.prompts import ask_pin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from suanpan.crypto.secret import PinEntry
    from suanpan.drivers.chip_slot import ChipSlot
    from suanpan.terminal import Terminal


class Cardholder:
    """Whoever is asked may answer by pulling the card: CardGone."""

    def __init__(self, t: "Terminal", slot: "ChipSlot", amount: int, pin: "PinEntry") -> None:
        self._t = t
        self._slot = slot
        self._amount = amount
        self._pin = pin  # the one for the issuer
        self._asked = False

    async def choose(self, labels: "list[str]") -> int:
        from suanpan.ui.lists import choose  # most cards leave no choice

        screen = self._t.screen
        try:
            return int(await self._or_gone(choose(screen, screen.title("application"), labels)))
        except Cancelled:
            return -1

    async def offline_pin(self, pin: "PinEntry", tries: int) -> bool:
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

    def _entered(self, pin: "PinEntry") -> bool:
        screen = self._t.screen
        screen.show_amount(screen.title("reading_chip"), yuan(self._amount), screen.message("leave_card"))
        return len(pin) > 0

    async def _or_gone(self, question: "Coroutine[Any, Any, Any]") -> "Any":
        source, answer = await first(question, self._slot.removed())
        if source:
            raise CardGone
        return answer
