"""What people do at a counter in a day, beside the sale that Shop itself can do: steps for tests and the demo.

A step whose name begins with `ask_to` goes up to where the host is asked, as anything may come of that; others go to
the second slip.
"""

from __future__ import annotations

from host_tools.bench.shop import Shop
from host_tools.flash.factory import ADMINISTRATOR, ADMINISTRATOR_PASSWORD


def messages(shop: Shop) -> list[str]:
    """The MTIs that reached the host and its answers, in order."""
    return [record.mti for record in shop.trace if record.direction in ("in", "out")]


def requests(shop: Shop) -> list[str]:
    """The MTIs that reached the host, in order."""
    return [record.mti for record in shop.trace if record.direction == "in"]


def sent(shop: Shop, mti: str, direction: str = "in") -> list[dict[int, str]]:
    """The fields of each such message that reached the host, or that it sent ("out")."""
    return [
        {field.number: field.value for field in record.fields}
        for record in shop.trace
        if record.mti == mti and record.direction == direction
    ]


def vouchers(shop: Shop, mti: str = "0200") -> list[str]:
    """F11 of each such message that reached the host."""
    return [fields[11] for fields in sent(shop, mti)]


def sell(shop: Shop, fen: int, card: str = "plain") -> None:
    """An ordinary sale, to its second slip."""
    shop.ask_for(fen, shop.cards[card])
    shop.take_slips()


def sell_offline(shop: Shop, fen: int, card: str = "plain", code: str = "654321") -> None:
    """A sale that the bank has agreed to over the telephone, to its second slip."""
    bench = shop.bench
    bench.press("menu", "5")
    bench.expect("离线结算")
    bench.type(str(fen))
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards[card])
    bench.expect("电话授权码")
    bench.type(code)
    bench.press("enter")
    shop.take_slips()


def authorise(shop: Shop) -> None:
    """The supervisor's password."""
    shop.bench.expect("主管密码")
    shop.bench.type("123456")
    shop.bench.press("enter")


def identify_administrator(shop: Shop) -> None:
    """From the log-in, by the number and password that the factory gives, to what comes behind it."""
    bench = shop.bench
    bench.expect("柜员号")
    bench.type(ADMINISTRATOR)
    bench.press("enter")
    bench.expect("管理员密码")
    bench.type(ADMINISTRATOR_PASSWORD)
    bench.press("enter")


def ask_to_void(shop: Shop, card: str = "plain", voucher: str = "") -> None:
    """Up to where the host is asked."""
    bench = shop.bench
    bench.press("menu", "2")
    authorise(shop)
    bench.expect("原凭证号")
    bench.type(voucher)
    bench.press("enter")
    bench.expect("撤销这笔")
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards[card])
    bench.expect("请输入密码")
    bench.type(shop.cards[card].pin)
    bench.press("enter")


def ask_to_refund(shop: Shop, fen: int, voucher: str, card: str = "plain") -> None:
    """Up to where the host is asked, for a sale that the terminal knows."""
    bench = shop.bench
    bench.press("menu", "3")
    authorise(shop)
    bench.expect("原凭证号")
    bench.type(voucher)
    bench.press("enter")
    bench.expect("退这笔")
    bench.press("enter")
    bench.expect("退货", "0.00")
    bench.type(str(fen))
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards[card])


def pre_authorise(shop: Shop, fen: int, card: str = "plain") -> str:
    """Hold money on a card, to the second slip; the authorisation's code."""
    bench = shop.bench
    bench.press("menu", "4", "1")
    bench.expect("预授权", "0.00")
    bench.type(str(fen))
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards[card])
    bench.expect("请输入密码")
    bench.type(shop.cards[card].pin)
    bench.press("enter")
    shop.take_slips()
    return sent(shop, "0110", "out")[-1][38]


def name_hold(shop: Shop, code: str, day: str = "1123") -> None:
    """Key in what an authorisation's slip has."""
    for prompt, digits in (("原授权码", code), ("日期", day)):
        shop.bench.expect(prompt)
        shop.bench.type(digits)
        shop.bench.press("enter")


def ask_to_complete(shop: Shop, fen: int, code: str, card: str = "plain", *, advice: bool = False) -> None:
    """Take some of what is held: up to where the host is asked, or told."""
    bench = shop.bench
    bench.press("menu", "4", "3" if advice else "2")
    name_hold(shop, code)
    bench.expect("完成", "0.00")
    bench.type(str(fen))
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards[card])
    if not advice:
        bench.expect("请输入密码")
        bench.type(shop.cards[card].pin)
        bench.press("enter")


def add_tip(shop: Shop, fen: int, voucher: str) -> None:
    """Add to what was paid: to where the host is told."""
    bench = shop.bench
    bench.press("menu", "8", "2")
    bench.expect("原凭证号")
    bench.type(voucher)
    bench.press("enter")
    bench.expect("调整这笔")
    bench.press("enter")
    bench.expect("结算调整", "0.00")
    bench.type(str(fen))
    bench.press("enter")
    bench.expect("调整后总计")
    bench.press("enter")


def settle(shop: Shop) -> str:
    """Settle, and give the slip."""
    bench = shop.bench
    slips = len(bench.parts.printer.slips)
    bench.press("menu", "7", "5")
    bench.expect("结算 请核对")
    bench.press("enter")
    bench.until(lambda: len(bench.parts.printer.slips) > slips, "slip of the settlement")
    return bench.parts.printer.slips[-1].text
