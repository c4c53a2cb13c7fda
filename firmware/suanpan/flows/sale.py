"""消费: amount, card, PIN, the host's word, and the slip."""

from micropython import const

from suanpan.ledger.kinds import SALE
from suanpan.overlay import Overlay
from suanpan.ui.money import yuan
from suanpan.ui.prompts import ask_amount, confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from suanpan.terminal import Terminal

_NO_CHIP = const("00")  # F60: a terminal that reads none, or does not for this card
_PARTIAL = const("1")  # the host may approve less than was asked for
_FALLBACK = const("52")  # F60: a terminal that reads chips, and a chip that could not be read


async def sale(t: "Terminal", first_digit: str = "") -> None:
    try:
        if t.parameters.seldom("shop_profile", 0):
            # 0 where it was no sale, and is over.
            amount = await _seldom("suanpan.flows.shop_profile", "asked_amount", t, first_digit)
        else:
            amount = await ask_amount(t.screen, t.screen.title("sale"), first_digit)
        if amount:
            await _to_its_end(t, amount)
    finally:
        t.ledger.tip = 0


async def _seldom(module: str, name: str, *what: object) -> "Any":
    """What `name` comes to: what stood here in an import would stay in memory for ever, by its names."""
    with Overlay():
        return await getattr(__import__(module, None, None, (name,)), name)(*what)


async def _to_its_end(t: "Terminal", amount: int) -> None:
    screen = t.screen
    if amount >= t.parameters.large_amount:
        await confirm(screen, yuan(amount), screen.message("large_amount"))
    # Slot and reader, where there are tables for them; else the stripe of a card that has a chip, too.
    ways = {"chip", "tap", "scan"} if t.tables_checked else {"stripe", "scan"}
    while True:
        way, card = await _presented(t, amount, ways)
        if way == "stripe":
            if "chip" in ways and card.has_chip:
                card.reading = _FALLBACK
            if t.parameters.seldom("partial_approval", 0):
                card.reading = (card.reading or _NO_CHIP) + _PARTIAL
            with Overlay():
                from suanpan.flows.transaction import transact

                await transact(t, SALE, amount, card)
            return
        left = await _paid(t, amount, way, card)
        if not left:
            return
        ways.add(left)


async def _presented(t: "Terminal", amount: int, ways: "set[str]") -> "tuple[str, Any]":
    with Overlay():
        from suanpan.flows.present_card import present

        return await present(t, amount, ways)


async def _paid(t: "Terminal", amount: int, way: str, card: "Any") -> str:
    """By what is not a stripe. What is left to try: "chip", "stripe", "scan" or nothing."""
    if way == "scan":
        left: str = await _seldom("suanpan.flows.scan_sale", "code_presented", t, amount, card)
        return left
    with Overlay():
        if way == "tap":
            from suanpan.flows.tap_sale import tap_sale

            return await tap_sale(t, amount, card)
        from suanpan.flows.chip_sale import chip_sale

        return await chip_sale(t, amount)
