"""A shop's day at the counter, as a script: what the cashier, the customers, the host and the power do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from host_tools.acquirer.faults import Kind
from host_tools.bench.shop import Shop

# What the day must come to, in fen, by anybody's books.
APPROVED = {"plain": 12_34, "long": 88_00, "short-pin": 100_00}


@dataclass(frozen=True)
class Step:
    title: str
    act: Callable[[Shop], None]


def _open(shop: Shop) -> None:
    shop.open()
    shop.bench.expect("请输入金额")


def _approved(card: str) -> Callable[[Shop], None]:
    def act(shop: Shop) -> None:
        shop.ask_for(APPROVED[card], shop.cards[card])
        shop.take_slips()

    return act


def _wrong_pin(shop: Shop) -> None:
    shop.ask_for(20_00, shop.cards["plain"], pin="999999")
    shop.bench.expect("失败 未扣款", "密码错误")
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")


def _no_funds(shop: Shop) -> None:
    shop.ask_for(30_00, shop.cards["empty"])
    shop.bench.expect("失败 未扣款", "余额不足")
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")


def _host_silent(shop: Shop) -> None:
    """The host books the sale, its answer is lost: thirty seconds later the terminal takes it back."""
    shop.disturb(Kind.SILENT, "0200")
    shop.ask_for(66_00, shop.cards["plain"])
    shop.bench.expect("待确认", timeout=40)
    shop.bench.expect("已冲正", "未扣款")
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")


def _power_cut(shop: Shop) -> None:
    """The plug is pulled while the answer is on its way."""
    shop.ask_for(45_00, shop.cards["plain"])
    shop.bench.until(lambda: shop.trace[-1].mti == "0210", "answer on its way")
    shop.bench.power_off()
    shop.bench.power_on()
    shop.bench.expect("已冲正", "未扣款")
    shop.log_in()
    shop.bench.expect("请输入金额")


def _totals(shop: Shop) -> None:
    shop.bench.press("menu", "6", "4")
    slips = len(shop.bench.parts.printer.slips)
    shop.bench.until(lambda: len(shop.bench.parts.printer.slips) > slips, "slip with the totals")
    shop.bench.expect("请输入金额")


DAY = (
    Step("开机签到 power on, log in, sign in", _open),
    Step("消费 12.34 approved", _approved("plain")),
    Step("消费 88.00 approved (19-digit PAN)", _approved("long")),
    Step("消费 20.00 wrong PIN", _wrong_pin),
    Step("消费 30.00 insufficient funds", _no_funds),
    Step("消费 66.00 host silent, reversed", _host_silent),
    Step("消费 45.00 power cut, reversed after reboot", _power_cut),
    Step("消费 100.00 approved (4-digit PIN)", _approved("short-pin")),
    Step("打印汇总 print totals", _totals),
)
