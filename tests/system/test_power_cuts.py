"""The plug is pulled at every moment of a transaction: afterwards it is good once, undone, or never happened."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from host_tools.bench.shop import Shop
from tests.system.books import agree, ask_to_refund, ask_to_void, sell, sell_offline, settle, vouchers


def _reopen(shop: Shop) -> None:
    """Power on again, and see everything through that is offered on the way."""
    bench = shop.bench
    bench.power_on()
    shop.log_in()
    bench.until(lambda: bench.shows("请输入金额") or bench.shows("未打完"), "idle or an unfinished slip")
    if bench.shows("未打完"):
        bench.press("enter")
        bench.until(lambda: bench.shows("请输入金额") or bench.shows("撕单"), "slips")
        if bench.shows("撕单"):
            bench.press("enter")
        bench.expect("请输入金额")


# Virtual milliseconds after the PIN was confirmed: connecting, request out, host at work, answer in, printing. One shop
# goes through several of them, a transaction after the other.
_SALE_MS = [*range(0, 200, 8), *range(200, 5000, 300)]
_OTHER_MS = [*range(0, 400, 25), *range(400, 4000, 600)]
_SHOPS = 4


def _paid(shop: Shop, card: str = "plain") -> int:
    """So far, in fen."""
    return shop.cards[card].balance - shop.acquirer.bank.balance(shop.cards[card].pan)


@pytest.mark.parametrize("number", range(_SHOPS))
def test_cut_at_any_moment_of_a_sale(shop: Shop, number: int) -> None:
    kept = 0
    for delay_ms in _SALE_MS[number::_SHOPS]:
        before = _paid(shop)
        slips = len(shop.bench.parts.printer.slips)
        shop.ask_for(10_00, shop.cards["plain"])
        shop.bench.run(delay_ms / 1000)
        shop.bench.power_off()
        shop.bench.run(5)
        _reopen(shop)
        paid = _paid(shop) - before
        assert paid in (0, 10_00), delay_ms
        kept += paid == 10_00
        # A sale that the host keeps has both slips on paper, once; one that it does not keep has none.
        printed = [slip.text for slip in shop.bench.parts.printer.slips[slips:]]
        assert sum("RMB 10.00" in slip for slip in printed) >= (2 if paid else 0), delay_ms
    sell(shop, 3_00, "long")
    agree(shop, kept + 1, 3_00 + kept * 10_00)


def _void(shop: Shop) -> None:
    ask_to_void(shop)


def _refund(shop: Shop) -> None:
    ask_to_refund(shop, 4_00, vouchers(shop)[-1])


def _deliver(shop: Shop) -> None:
    sell_offline(shop, 5_00)
    shop.bench.run(14.9)  # what waits is told of after a quarter of a minute


def _settle(shop: Shop) -> None:
    shop.bench.press("menu", "7", "5")
    shop.bench.expect("结算 请核对")
    shop.bench.press("enter")


MAY_BE_PAID: dict[Callable[[Shop], None], tuple[int, ...]] = {
    _void: (0, 10_00),
    _refund: (6_00, 10_00),
    _deliver: (15_00,),
    _settle: (10_00,),
}


@pytest.mark.parametrize("number", range(_SHOPS))
@pytest.mark.parametrize("act", MAY_BE_PAID, ids=lambda act: act.__name__[1:])
def test_cut_at_any_moment_of_what_follows_a_sale(shop: Shop, act: Callable[[Shop], None], number: int) -> None:
    for delay_ms in _OTHER_MS[number::_SHOPS]:
        before = _paid(shop)
        sell(shop, 10_00)
        act(shop)
        shop.bench.run(delay_ms / 1000)
        shop.bench.power_off()
        shop.bench.run(5)
        _reopen(shop)
        shop.bench.run(30)  # for what is told in idle time
        shop.bench.expect("按菜单键")
        sell(shop, 3_00, "long")
        assert "对账平" in settle(shop), delay_ms
        assert shop.acquirer.ledger.check() == []
        assert _paid(shop) - before in MAY_BE_PAID[act], delay_ms
        shop.bench.press("enter")
        shop.bench.expect("请输入金额")


def test_reversal_survives_one_power_cut_after_another(shop: Shop) -> None:
    bench = shop.bench
    shop.ask_for(10_00, shop.cards["plain"])
    bench.until(lambda: shop.trace[-1].mti == "0210", "answer on its way")
    for _ in range(3):
        bench.power_off()
        shop.host_up = False
        bench.power_on()
        bench.expect("柜员号")
    shop.host_up = True
    bench.power_off()
    bench.power_on()
    bench.expect("已冲正", "未扣款")
    shop.log_in()
    bench.expect("请输入金额")
    agree(shop, 0, 0)
