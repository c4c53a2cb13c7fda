"""The customer's card: swiped or put in, and checked as far as a terminal can."""

import asyncio

from micropython import const

from suanpan.cards.magstripe import read
from suanpan.errors import Cancelled, CardExpired, CodecError, ReaderError
from suanpan.flows.race import first
from suanpan.ui.money import yuan

_READY = const(0b0001)  # the first light: present a card
_LOOK_MS = const(100)  # between two looks into the slot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.drivers.swipe_reader import Swipe
    from suanpan.terminal import Terminal


async def present(t: "Terminal", amount: int, slot: bool, chip: bool) -> "Track2 | None":
    """A readable bank card that has not expired, or None: it is in the slot, which only counts if `slot` says so.

    A bad one is named and another asked for. Who swipes a card that has a chip is asked to put it in, if `chip`.
    """
    screen = t.screen
    hint = "card_or_chip" if slot else "customer_card"
    while True:
        screen.show_amount(screen.title("card"), yuan(amount), screen.message(hint))
        screen.lights.show(_READY)
        t.swipe_reader.flush()  # a swipe from before the question is not an answer to it
        try:
            source, result = await first(screen.key(), t.swipe_reader.swipe(), _inserted(t, slot))
            if source == 2:
                return None
            if source == 1:
                track = _checked(t, result)
                if not (chip and track.has_chip):
                    return track
                track.wipe()
                hint = "insert_card"
        except (CodecError, ReaderError, CardExpired) as problem:
            screen.buzzer.error()
            await screen.notice(screen.title("card"), screen.error(problem.code), 5)
            continue
        if result == "cancel":
            raise Cancelled
        screen.buzzer.error()


async def _inserted(t: "Terminal", slot: bool) -> None:
    while not (slot and t.chip_present()):
        await asyncio.sleep_ms(_LOOK_MS)


def _checked(t: "Terminal", swipe: "Swipe") -> "Track2":
    try:
        track = read(swipe)
    finally:
        swipe.wipe()
    if track.expiry < t.today()[:4]:
        track.wipe()
        raise CardExpired
    return track
