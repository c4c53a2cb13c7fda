"""The customer's card, swiped, put in or tapped, or a code on a telephone: whichever comes first. A card is checked as
far as a terminal can."""

import asyncio

from micropython import const

from suanpan.cards.magstripe import read
from suanpan.errors import Cancelled, CardExpired, CodecError, DriverError, ReaderError
from suanpan.flows.race import first
from suanpan.ui.canvas import CUSTOMER, wrap
from suanpan.ui.money import yuan

_READY = const(0b0001)  # the first light: present a card
_LOOK_MS = const(100)  # between two looks into the slot

# Ways to pay, and what `first` calls them.
STRIPE = "stripe"
CHIP = "chip"
TAP = "tap"
SCAN = "scan"
_KEY = const(0)
_SWIPED = const(1)
_TAPPED = const(3)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.drivers.scanner import Scanner
    from suanpan.drivers.swipe_reader import Swipe
    from suanpan.flows.tap_reader import TapReader
    from suanpan.flows.tapped import Tapped
    from suanpan.terminal import Terminal


async def present(t: "Terminal", amount: int, ways: "set[str]") -> "tuple[str, Track2 | Tapped | bytes | None]":
    """The way that was taken, and a readable bank card that has not expired (STRIPE), None for one in the slot (CHIP),
    a tapped card's last word (TAP), or what was scanned (SCAN).

    `ways` says what serves beside a swipe: CHIP the slot, TAP the reader, as far as the tables and this amount allow,
    STRIPE that of a card which has a chip too, SCAN the scanner. A reader that does not serve after all is taken out of
    it. A bad card is named and another asked for.
    """
    if TAP not in ways:
        return await _present(t, amount, ways, None)
    from suanpan.flows.tap_reader import prepared  # else not needed

    reader = prepared(t, amount)
    if not reader:
        ways.discard(TAP)
        return await _present(t, amount, ways, None)
    try:
        return await _present(t, amount, ways, reader)
    finally:
        await reader.off()


async def _present(
    t: "Terminal", amount: int, ways: "set[str]", reader: "TapReader | None"
) -> "tuple[str, Track2 | Tapped | bytes | None]":
    screen = t.screen
    scanner = t.scanner() if t.scanner and SCAN in ways else None
    name = "any_card" if reader else "card_or_chip" if CHIP in ways else "customer_card"
    hint = screen.message(name + "_or_by_code" if scanner else name)
    while True:
        if len(wrap(hint, screen.canvas.columns)) < screen.canvas.rows // 2:
            screen.show_amount(screen.title("card"), yuan(amount), hint, CUSTOMER)
        else:  # it would cover the large digits
            screen.show(screen.title("card"), yuan(amount), hint, style=CUSTOMER)
        screen.lights.show(_READY)
        t.swipe_reader.flush()  # a swipe from before the question is not an answer to it
        waits = [screen.key(), t.swipe_reader.swipe(), _inserted(t, CHIP in ways)]
        if reader:
            waits.append(reader.found())
        if scanner:
            waits.append(scanner.scan())
        try:
            source, result = await first(*waits)
            if source == _KEY:
                if result == "cancel":
                    raise Cancelled
                screen.buzzer.error()
            elif scanner and source == len(waits) - 1:
                return SCAN, _taken(scanner, result)
            elif source == _SWIPED:
                track = _checked(t, result)
                if not track.has_chip or STRIPE in ways:
                    return STRIPE, track
                track.wipe()
                hint = screen.message("insert_card")
                screen.buzzer.error()
            elif source != _TAPPED:
                return CHIP, None
            elif reader:
                tapped = await reader.take()
                if tapped:
                    return TAP, tapped
                hint = reader.hint
                if not reader.serves:
                    reader = None
                    ways.discard(TAP)
        except (CodecError, DriverError, CardExpired) as problem:
            screen.buzzer.error()
            await screen.notice(screen.title("card"), screen.error(problem.code), 5)
            if isinstance(problem, DriverError) and not isinstance(problem, ReaderError):
                scanner = None  # it does not answer
                hint = screen.message(name)


def _taken(scanner: "Scanner", code: "memoryview") -> bytes:
    text = bytes(code)
    scanner.wipe()
    return text


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
