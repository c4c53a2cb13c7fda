"""What people do at a cash desk that several merchants share: steps for tests and the demo.

Merchants have the numbers that they have on the screen.
"""

from __future__ import annotations

from host_tools.bench.shop import Shop

IDLE = "按确认键收款"
LIST = "选择商户"


def choose(shop: Shop, merchant: int) -> None:
    shop.bench.expect(LIST)
    shop.bench.press(str(merchant))


def ask(shop: Shop, merchant: int, fen: int, card: str = "plain", pin: str | None = None) -> None:
    """Up to where the host is asked."""
    shop.bench.expect(IDLE)
    shop.bench.press("enter")
    choose(shop, merchant)
    shop.bench.expect("消费", "0.00")
    shop.ask_for(fen, shop.cards[card], pin)


def take_slips(shop: Shop) -> None:
    shop.bench.expect("撕单后按确认")
    shop.bench.press("enter")
    shop.bench.expect(IDLE)


def sell(shop: Shop, merchant: int, fen: int, card: str = "plain") -> None:
    ask(shop, merchant, fen, card)
    take_slips(shop)


def enter(shop: Shop, merchant: int, *keys: str) -> None:
    """An entry of the menu, for a merchant."""
    shop.bench.expect(IDLE)
    shop.bench.press("menu", *keys)
    choose(shop, merchant)


def settle(shop: Shop, merchant: int) -> str:
    """Settle, and give the slip."""
    bench = shop.bench
    slips = len(bench.parts.printer.slips)
    enter(shop, merchant, "7", "5")
    bench.expect("结算 请核对")
    bench.press("enter")
    bench.until(lambda: len(bench.parts.printer.slips) > slips, "slip of the settlement")
    bench.expect(IDLE)
    return bench.parts.printer.slips[-1].text
