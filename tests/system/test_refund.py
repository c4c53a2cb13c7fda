"""退货: some or all of a sale is given back, of any batch, never more than it was."""

from __future__ import annotations

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.bench.shop import Shop
from tests.system.books import (
    ask_to_refund,
    ask_to_void,
    authorise,
    messages,
    print_totals,
    requests,
    sell,
    sell_offline,
    sent,
    settle,
    settled_sums,
    vouchers,
)

SALE, REFUND = ("sale", "CUP"), ("refund", "CUP")


def test_some_of_a_sale_is_given_back_at_once(shop: Shop) -> None:
    sell(shop, 12_34)
    (sale,) = vouchers(shop)
    ask_to_refund(shop, 2_34, sale)
    shop.bench.expect("交易成功", "2.34")
    shop.take_slips()
    slip = shop.bench.parts.printer.slips[-2].text
    assert "退货" in slip and "RMB -2.34" in slip and f"原凭证号: {sale}" in slip
    (advice,) = sent(shop, "0220")
    assert advice.keys() == {2, 3, 4, 11, 14, 22, 25, 35, 37, 41, 42, 49, 60, 61, 63, 64}
    assert (advice[3], advice[22], advice[60]) == ("200000", "022", "25000001000")
    assert (advice[61], advice[63]) == (f"000001{sale}1123", "CUP")
    assert settled_sums(shop) == {SALE: (1, 12_34), REFUND: (1, 2_34)}
    assert shop.acquirer.bank.balance(shop.cards["plain"].pan) == shop.cards["plain"].balance - 10_00
    assert print_totals(shop).amount == 10_00
    assert shop.acquirer.ledger.check() == []
    assert "对账平" in settle(shop)


def test_never_more_than_is_left(shop: Shop) -> None:
    sell(shop, 12_34)
    (sale,) = vouchers(shop)
    for fen in (2_34, 3_00):
        ask_to_refund(shop, fen, sale)
        shop.take_slips()
    shop.bench.press("menu", "3")
    authorise(shop)
    shop.bench.expect("原凭证号")
    shop.bench.type(sale)
    shop.bench.press("enter")
    shop.bench.expect("退这笔", "7.00")
    shop.bench.press("enter")
    shop.bench.expect("退货", "0.00")
    shop.bench.type("701")
    shop.bench.press("enter")
    shop.bench.expect("最多可退", "7.00")
    shop.bench.press("enter")
    shop.bench.expect("退货", "0.00")  # not the amount of before
    shop.bench.type("700")
    shop.bench.press("enter")
    shop.bench.expect("请刷卡")
    shop.swipe(shop.cards["plain"])
    shop.take_slips()
    shop.bench.press("menu", "3")
    authorise(shop)
    shop.bench.expect("原凭证号")
    shop.bench.type(sale)
    shop.bench.press("enter")
    shop.bench.expect("没有可退的金额")
    assert settled_sums(shop) == {SALE: (1, 12_34), REFUND: (3, 12_34)}


def test_of_a_batch_that_is_settled(shop: Shop) -> None:
    sell(shop, 12_34)
    (sale,) = vouchers(shop)
    settle(shop)
    shop.bench.expect("请输入金额")
    ask_to_refund(shop, 12_34, sale, "long")
    shop.bench.expect("不是原来那张卡")  # by the digits that are left of its number
    shop.bench.press("enter")
    shop.swipe(shop.cards["plain"])
    shop.take_slips()
    assert settled_sums(shop, 2) == {REFUND: (1, 12_34)}
    assert shop.acquirer.ledger.check() == []


def test_what_the_terminal_does_not_know_is_keyed_from_the_slip(shop: Shop) -> None:
    """Another terminal's sale, or one of long ago: it is the host that knows whether there was any."""
    bench = shop.bench
    bench.press("menu", "3")
    authorise(shop)
    bench.expect("原凭证号")
    bench.type("4711")
    bench.press("enter")
    for prompt, digits in (("原批次号", "000001"), ("原参考号", "632709000042"), ("日期", "1122")):
        bench.expect(prompt)
        bench.type(digits)
        bench.press("enter")
    bench.expect("退货", "0.00")
    bench.type("10000001")
    bench.press("enter")
    bench.expect("最多可退", "100000.00")
    bench.press("enter")
    bench.type("100")
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards["plain"])
    bench.expect("失败 未退货", "查不到原交易")
    (advice,) = sent(shop, "0220")
    assert (advice[37], advice[61]) == ("632709000042", "0000010047111122")
    bench.press("enter")
    assert print_totals(shop).count == 0


def test_without_a_network_it_is_stored_and_told_later(shop: Shop) -> None:
    sell(shop, 12_34)
    (sale,) = vouchers(shop)
    shop.bench.network(False)
    ask_to_refund(shop, 12_34, sale)
    shop.bench.expect("已受理 待上送", timeout=30)
    shop.take_slips()
    shop.bench.expect("未上送1")
    shop.bench.network(True)
    shop.bench.until(lambda: "0230" in messages(shop), "advice", 120)
    (advice,) = sent(shop, "0220")
    assert 35 not in advice  # no track is kept
    assert settled_sums(shop) == {SALE: (1, 12_34), REFUND: (1, 12_34)}


@pytest.mark.parametrize("kind", [Kind.SILENT, Kind.LOST, Kind.WRONG_MAC, Kind.GARBAGE], ids=lambda kind: kind.name)
def test_an_answer_that_is_lost_gives_nothing_back_twice(shop: Shop, kind: Kind) -> None:
    sell(shop, 12_34)
    (sale,) = vouchers(shop)
    shop.disturb(kind, "0220")
    ask_to_refund(shop, 2_34, sale)
    shop.bench.until(lambda: shop.bench.shows("撕单"), "slip", 60)
    shop.take_slips()
    shop.bench.expect("按菜单键", timeout=120)
    assert settled_sums(shop) == {SALE: (1, 12_34), REFUND: (1, 2_34)}
    assert shop.acquirer.bank.balance(shop.cards["plain"].pan) == shop.cards["plain"].balance - 10_00


def test_what_waits_goes_before_it(shop: Shop) -> None:
    sell(shop, 12_34)
    (sale,) = vouchers(shop)
    sell_offline(shop, 1_00)
    ask_to_refund(shop, 2_34, sale)
    shop.take_slips()
    assert [(advice[60][:2], 35 in advice) for advice in sent(shop, "0220")] == [("30", False), ("25", True)]


def test_a_voided_sale_is_not_refunded_too(shop: Shop) -> None:
    sell(shop, 12_34)
    (sale,) = vouchers(shop)
    ask_to_void(shop)
    shop.take_slips()
    shop.bench.press("menu", "3")
    authorise(shop)
    shop.bench.expect("原凭证号")
    shop.bench.type(sale)
    shop.bench.press("enter")
    shop.bench.expect("没有可退的金额")


def test_an_offline_sale_that_the_host_knows(shop: Shop) -> None:
    sell_offline(shop, 5_00, "long")
    shop.bench.until(lambda: "0230" in messages(shop), "advice", 60)
    shop.bench.expect("按菜单键")
    (sale,) = vouchers(shop, "0220")
    ask_to_refund(shop, 5_00, sale, "long")
    shop.take_slips()
    assert requests(shop) == ["0800", "0220", "0220"]
    assert settled_sums(shop) == {("offline_sale", "CUP"): (1, 5_00), REFUND: (1, 5_00)}


def test_without_an_open_batch_there_is_nothing_to_count_it_in(shop: Shop) -> None:
    sell(shop, 12_34)
    shop.disturb(Kind.LOST, "0800")
    settle(shop)
    shop.bench.network(False)
    for digit in ("3", "5"):
        shop.bench.press("menu", digit)
        shop.bench.expect("签到未成功", timeout=60)
        shop.bench.press("enter")
        shop.bench.expect("请输入金额")
