"""消费: amount, card, PIN, the host's word, and the slip."""

import gc
import sys

from micropython import const

from suanpan.flows.transaction import transact
from suanpan.ledger.kinds import SALE
from suanpan.overlay import Overlay
from suanpan.ui.money import yuan
from suanpan.ui.prompts import ask_amount, confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.terminal import Terminal

# What a sale by the chip takes beside the terminal: 87 KB on a 64-bit port. An ESP32's words are half as long.
_ROOM = 100_000 if sys.maxsize >> 32 else 50_000
_FALLBACK = const("52")  # F60: a terminal that reads chips, and a chip that could not be read


async def sale(t: "Terminal", first_digit: str = "") -> None:
    screen = t.screen
    amount = await ask_amount(screen, screen.title("sale"), first_digit)
    if amount >= t.parameters.large_amount:
        await confirm(screen, yuan(amount), screen.message("large_amount"))
    slot = chip = _has_room()  # a board without is a terminal without a slot
    while True:
        track = await _presented(t, amount, slot, chip)
        if track:
            if slot and not chip and track.has_chip:
                track.reading = _FALLBACK
            await transact(t, SALE, amount, track)
            return
        way = await _by_chip(t, amount)
        if not way:
            return
        chip = chip and way != "stripe"


def _has_room() -> bool:
    gc.collect()
    return gc.mem_free() >= _ROOM


async def _presented(t: "Terminal", amount: int, slot: bool, chip: bool) -> "Track2 | None":
    with Overlay():
        from suanpan.flows.present_card import present

        return await present(t, amount, slot, chip)


async def _by_chip(t: "Terminal", amount: int) -> str:
    """What is left to try: "chip", "stripe" or nothing."""
    with Overlay():
        from suanpan.flows.chip_sale import chip_sale

        return await chip_sale(t, amount)
