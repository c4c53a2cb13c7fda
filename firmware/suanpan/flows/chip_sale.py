"""消费 by the chip: the card and its issuer settle it between them, and the terminal carries what each has to say."""

from micropython import const

from suanpan.cards.contact import ContactCard
from suanpan.crypto.secret import PinEntry
from suanpan.emv.contact import transact
from suanpan.emv.fallback import CHIP, STRIPE, after_chip
from suanpan.emv.tables import Stored
from suanpan.errors import Cancelled, TimedOut
from suanpan.errors.chip import CardError
from suanpan.errors.emv import EmvError
from suanpan.flows.chip_data import terminal_data
from suanpan.flows.chip_people import Cardholder, Issuer
from suanpan.flows.printing import print_slips
from suanpan.flows.race import first
from suanpan.flows.transaction import failed
from suanpan.flows.unknown import unknown
from suanpan.ledger.emv_tables import EmvTables
from suanpan.ledger.kinds import SALE
from suanpan.ui.canvas import BAR, GOOD
from suanpan.ui.money import yuan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.drivers.chip_slot import ChipSlot
    from suanpan.errors import SuanpanError
    from suanpan.terminal import Terminal

_GENERATE_AC = const(0xAE)
_CARD_MAY_GO = const(0b1111)
_REMIND_S = const(5)

# What is left to try.
_NOTHING = const("")
_WAYS = {CHIP: "chip", STRIPE: "stripe"}


class _Watched:
    """A card of which it is known whether it has been asked for a cryptogram."""

    def __init__(self, card: ContactCard) -> None:
        self._card = card
        self.asked = False

    async def exchange(self, command: bytes) -> "tuple[bytearray, int]":
        if command[1] == _GENERATE_AC:
            self.asked = True
        return await self._card.exchange(command)


async def chip_sale(t: "Terminal", amount: int) -> str:
    """The card in the slot, to the end on the screen and on paper, until it is out again. "", whatever came of it;
    "chip" or "stripe" where the chip has not served, and may be put in again, or the stripe swiped."""
    slot = t.chip_slot()
    card = ContactCard(slot)
    watched = _Watched(card)
    problem: "SuanpanError | None" = None
    with PinEntry() as pin:
        issuer = Issuer(t, amount, pin)
        try:
            t.screen.lights.show(0)
            t.screen.show_amount(t.screen.title("reading_chip"), yuan(amount), t.screen.message("leave_card"))
            await card.activate()
            issuer.conclude(
                await transact(
                    watched,
                    terminal_data(t, amount),
                    Stored(EmvTables(t.emv_tables)),
                    Cardholder(t, slot, amount, pin),
                    issuer,
                    t.random,
                )
            )
        except (CardError, EmvError, Cancelled, TimedOut) as error:
            problem = error
        finally:
            card.deactivate()
            await issuer.leave()
    return await _end(t, slot, amount, issuer, problem, watched.asked)


async def _end(
    t: "Terminal", slot: "ChipSlot", amount: int, issuer: Issuer, problem: "SuanpanError | None", asked: bool
) -> str:
    screen = t.screen
    entry = issuer.entry
    if entry:
        if entry.approved:
            screen.buzzer.success()
            await _removed(t, slot, screen.title("approved"), amount, GOOD)
            await print_slips(t, entry)
            return _NOTHING
        if t.ledger.state.due:
            await unknown(t, SALE)
        else:
            await failed(t, SALE, screen.response(entry.response))
    elif isinstance(problem, (Cancelled, TimedOut)):
        await _removed(t, slot, screen.title("sale"), amount)
        raise problem
    elif problem:
        screen.buzzer.error()
        way = _WAYS.get(after_chip(problem, asked), _NOTHING)
        await screen.notice(screen.title("card" if way else "failed"), screen.error(problem.code), 5)
        await _removed(t, slot, screen.title("card"), amount)
        return way
    else:
        why = issuer.problem
        await failed(t, SALE, screen.error(why.code) if why else screen.message("card_declined"))
    await _removed(t, slot, screen.title("sale"), amount)
    return _NOTHING


async def _removed(t: "Terminal", slot: "ChipSlot", title: str, amount: int, style: int = BAR) -> None:
    """Wait until the card is out: the next customer must not pay with it. Who knows better presses cancel."""
    screen = t.screen
    screen.lights.show(_CARD_MAY_GO)
    while slot.present():
        screen.show_amount(title, yuan(amount), screen.message("remove_card"), style)
        try:
            source, key = await first(screen.key(_REMIND_S), slot.removed())
        except TimedOut:
            screen.buzzer.alert()
            continue
        if source == 0 and key == "cancel":
            return
