"""While the host is waited for: the seconds pass on the screen, and who has waited enough may stop, safely."""

from __future__ import annotations

from pathlib import Path

from host_tools.acquirer.faults import Kind
from host_tools.bench.network import Answer
from host_tools.bench.shop import Shop
from tests.system.books import agree, messages, sell


class Silent:
    """A line on which nobody ever speaks."""

    def feed(self, data: bytes) -> list[tuple[int, Answer]]:
        return []


def test_seconds_are_counted_and_stopping_takes_the_sale_back(shop: Shop) -> None:
    bench = shop.bench
    shop.disturb(Kind.SILENT, "0200")
    shop.ask_for(12_34, shop.cards["plain"])
    bench.expect("请稍候 1秒", "12.34")
    bench.press("cancel", "enter")
    bench.expect("请稍候 3秒", "12.34")
    bench.expect("取消键停止 5秒", "12.34")
    bench.press("enter")
    bench.expect("取消键停止 6秒")
    before = bench.clock.now_us
    bench.press("cancel")
    bench.expect("待确认", "请勿重复收款")
    bench.expect("失败 未扣款", "已冲正")
    assert bench.clock.now_us - before < 5_000_000
    assert messages(shop)[-4:] == ["0200", "0210", "0400", "0410"]
    bench.press("enter")
    sell(shop, 5_00)
    agree(shop, 1, 5_00)


def test_an_answer_that_comes_while_people_wait_is_taken(shop: Shop) -> None:
    shop.disturb(Kind.LATE, "0200", ms=8_000)
    shop.ask_for(12_34, shop.cards["plain"])
    shop.bench.expect("取消键停止 7秒")
    shop.bench.expect("交易成功", "12.34")
    shop.take_slips()
    agree(shop, 1, 12_34)


def test_before_anything_is_sent_cancel_ends_it_at_once(tmp_path: Path) -> None:
    with Shop(tmp_path, tls=True) as shop:
        shop.open()
        bench = shop.bench
        bench.expect("请输入金额")
        answering = shop.exchange
        shop.exchange = lambda connection: Silent()
        bench.power_off()
        bench.power_on()
        shop.log_in()
        bench.expect("提示")
        bench.press("enter")
        bench.expect("请输入金额")
        before = messages(shop)
        shop.ask_for(12_34, shop.cards["plain"])
        bench.expect("取消键停止 2秒", "12.34")
        bench.press("cancel")
        bench.expect("请输入金额")
        assert messages(shop) == before
        shop.exchange = answering
        sell(shop, 5_00)
        agree(shop, 1, 5_00)
