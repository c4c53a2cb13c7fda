"""消费: amount, card, PIN, the host's word, and the slip."""

from micropython import const

from suanpan.flows.overlay import Overlay
from suanpan.flows.transaction import transact
from suanpan.ledger.kinds import SALE
from suanpan.ui.money import yuan
from suanpan.ui.prompts import ask_amount, confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.terminal import Terminal

_FALLBACK = const("52")  # F60: a terminal that reads chips, and a chip that could not be read


async def sale(t: "Terminal", first_digit: str = "") -> None:
    screen = t.screen
    amount = await ask_amount(screen, screen.title("sale"), first_digit)
    if amount >= t.parameters.large_amount:
        await confirm(screen, yuan(amount), screen.message("large_amount"))
    chip = True  # it may still serve
    while True:
        track = await _presented(t, amount, chip)
        if track:
            if not chip and track.has_chip:
                track.reading = _FALLBACK
            await transact(t, SALE, amount, track)
            return
        way = await _by_chip(t, amount)
        if not way:
            return
        chip = chip and way != "stripe"


async def _presented(t: "Terminal", amount: int, chip: bool) -> "Track2 | None":
    with Overlay():
        from suanpan.flows.present_card import present

        return await present(t, amount, True, chip)


async def _by_chip(t: "Terminal", amount: int) -> str:
    with Overlay():
        from suanpan.flows.chip_sale import chip_sale

        return await chip_sale(t, amount)
