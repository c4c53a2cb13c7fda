"""The customer's card: swiped, and checked as far as a terminal can."""

from micropython import const

from suanpan.cards.magstripe import read
from suanpan.errors import Cancelled, CardExpired, CodecError, ReaderError
from suanpan.flows.race import first
from suanpan.ui.money import yuan

_READY = const(0b0001)  # the first light: present a card

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.drivers.swipe_reader import Swipe
    from suanpan.terminal import Terminal


async def present_card(t: "Terminal", amount: int) -> "Track2":
    """A readable bank card that has not expired. A bad one is named and another asked for."""
    screen = t.screen
    while True:
        screen.show_amount(screen.title("card"), yuan(amount), screen.message("customer_card"))
        screen.lights.show(_READY)
        t.swipe_reader.flush()  # a swipe from before the question is not an answer to it
        try:
            source, result = await first(screen.key(), t.swipe_reader.swipe())
            if source == 1:
                return _checked(t, result)
        except (CodecError, ReaderError, CardExpired) as problem:
            screen.buzzer.error()
            await screen.notice(screen.title("card"), screen.error(problem.code), 5)
            continue
        if result == "cancel":
            raise Cancelled
        screen.buzzer.error()


def _checked(t: "Terminal", swipe: "Swipe") -> "Track2":
    try:
        track = read(swipe)
    finally:
        swipe.wipe()
    if track.expiry < t.today()[:4]:
        track.wipe()
        raise CardExpired
    return track
