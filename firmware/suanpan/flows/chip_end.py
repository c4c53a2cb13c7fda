"""How a chip sale ends for the people at the counter: on the screen, with the card out of the slot, and on paper."""

from micropython import const

from suanpan.emv.fallback import CHIP, STRIPE, after_chip
from suanpan.errors import Cancelled, TimedOut
from suanpan.flows.printing import print_slips
from suanpan.flows.race import first
from suanpan.flows.transaction import failed
from suanpan.ledger.kinds import SALE
from suanpan.ledger.record import STORED
from suanpan.ui.canvas import BAD, BAR, GOOD
from suanpan.ui.money import yuan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.drivers.chip_slot import ChipSlot
    from suanpan.flows.chip_sale import Ended
    from suanpan.terminal import Terminal

_CARD_MAY_GO = const(0b1111)
_REMIND_S = const(5)

# What is left to try.
_NOTHING = const("")
_WAYS = {CHIP: "chip", STRIPE: "stripe"}


async def end(t: "Terminal", slot: "ChipSlot", amount: int, ended: "Ended", asked: bool) -> str:
    """What is left to try; `asked`: whether the card was asked for a cryptogram. Raises Cancelled and TimedOut, where
    it was that."""
    screen = t.screen
    entry, problem = ended.entry, ended.problem
    if entry:
        if entry.approved:
            screen.buzzer.success()
            title = screen.title("stored" if entry.status == STORED else "approved")
            await _removed(t, slot, title, amount, GOOD)
            await print_slips(t, entry)
            return _NOTHING
        if t.ledger.state.due:
            from suanpan.flows.unknown import unknown

            await unknown(t, SALE)
        else:
            await failed(t, SALE, screen.response(entry.response))
    elif isinstance(problem, (Cancelled, TimedOut)):
        await _removed(t, slot, screen.title("sale"), amount)
        raise problem
    elif problem:
        screen.buzzer.error()
        way = _WAYS.get(after_chip(problem, asked), _NOTHING)
        await screen.notice(
            screen.title("card" if way else "failed"), screen.error(problem.code), 5, BAR if way else BAD
        )
        await _removed(t, slot, screen.title("card"), amount)
        return way
    elif ended.unreached:
        await failed(t, SALE, screen.error(ended.unreached.code))
    else:
        await failed(t, SALE, screen.message("card_not_here" if ended.not_accepted else "card_declined"))
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
