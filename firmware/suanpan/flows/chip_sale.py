"""消费 by the chip: the card and its issuer settle it between them, and the terminal carries what each has to say.

Modules come and go with the part of it that needs them: the kernel's phases, who is asked, what is recorded, the end.
"""

from micropython import const

from suanpan.cards.contact import ContactCard
from suanpan.crypto.secret import PinEntry
from suanpan.errors import Cancelled, TimedOut
from suanpan.errors.chip import CardError
from suanpan.errors.emv import EmvError
from suanpan.overlay import Overlay
from suanpan.ui.money import yuan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable

    from suanpan.drivers.chip_slot import ChipSlot
    from suanpan.emv.transaction import Outcome
    from suanpan.errors import SuanpanError
    from suanpan.flows.chip_issuer import Issuer
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

_GENERATE_AC = const(0xAE)


class Ended:
    """How it has ended between card, terminal and host."""

    entry: "Entry | None" = None  # if anything was recorded
    problem: "SuanpanError | None" = None  # what has ended it before its time
    unreached: "SuanpanError | None" = None  # why the host has not said anything
    not_accepted = False  # the card's word: not here


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
    ended = await _dealt(t, slot, amount, card, watched)
    with Overlay():
        from suanpan.flows.chip_end import end

        return await end(t, slot, amount, ended, watched.asked)


async def _dealt(t: "Terminal", slot: "ChipSlot", amount: int, card: ContactCard, watched: _Watched) -> Ended:
    ended = Ended()
    with Overlay(), PinEntry() as pin:
        from suanpan.flows.chip_issuer import Issuer

        issuer = Issuer(t, amount, pin)
        try:
            t.screen.lights.show(0)
            t.screen.show_amount(t.screen.title("reading_chip"), yuan(amount), t.screen.message("leave_card"))
            await card.activate()
            outcome = await _kernel(t, slot, amount, watched, issuer, pin)
            ended.not_accepted = outcome.not_accepted
            issuer.conclude(outcome)
        except (CardError, EmvError, Cancelled, TimedOut) as error:
            ended.problem = error
        finally:
            card.deactivate()
            await issuer.leave()
            ended.entry, ended.unreached = issuer.entry, issuer.problem
    return ended


def _kernel(
    t: "Terminal", slot: "ChipSlot", amount: int, card: _Watched, issuer: "Issuer", pin: PinEntry
) -> "Awaitable[Outcome]":
    """The transaction about to begin: nobody but itself holds on to what it is given."""
    from suanpan.emv.contact import transact

    with Overlay():
        from suanpan.emv.tables import Stored
        from suanpan.flows.chip_data import terminal_data
        from suanpan.flows.chip_holder import Cardholder
        from suanpan.ledger.emv_tables import EmvTables

        return transact(
            card,
            terminal_data(t, amount),
            Stored(EmvTables(t.emv_tables, checked=True)),
            Cardholder(t, slot, amount, pin),
            issuer,
            t.random,
            spent=lambda pan: _spent(t, pan),
            keeps=lambda: _may_keep(t, amount),
        )


def _spent(t: "Terminal", pan: str) -> int:
    if not t.ledger.state.queued:
        return 0
    with Overlay():
        from suanpan.flows.chip_offline import spent

        return spent(t, pan)


def _may_keep(t: "Terminal", amount: int) -> bool:
    with Overlay():
        from suanpan.flows.chip_offline import may_keep

        return may_keep(t, amount)
