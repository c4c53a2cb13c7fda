"""撤销: what a void takes back, what it refuses, and that it ends like a sale: 成功, 失败 or 待确认."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.bench.shop import Shop
from tests.system.books import (
    ask_to_refund,
    ask_to_void,
    authorise,
    messages,
    print_totals,
    sell,
    sell_offline,
    sent,
    settle,
    settled_sums,
    vouchers,
)

SALE, VOID = ("sale", "CUP"), ("void", "CUP")


def test_the_last_sale_is_taken_back_whole(shop: Shop) -> None:
    sell(shop, 12_34)
    ask_to_void(shop)
    shop.bench.expect("交易成功", "12.34")
    shop.take_slips()
    slip = shop.bench.parts.printer.slips[-2].text
    assert "撤销" in slip and "RMB -12.34" in slip and f"原凭证号: {vouchers(shop)[0]}" in slip
    sale, void = sent(shop, "0200")
    assert void.keys() == {2, 3, 4, 11, 14, 22, 25, 26, 35, 37, 38, 41, 42, 49, 52, 53, 60, 61, 64}
    assert (void[3], void[25], void[60], void[61]) == ("200000", "00", "23000001000", "000001" + sale[11])
    assert settled_sums(shop) == {SALE: (1, 12_34), VOID: (1, 12_34)}
    assert shop.acquirer.bank.balance(shop.cards["plain"].pan) == shop.cards["plain"].balance
    books = print_totals(shop)
    assert (books.count, books.amount) == (2, 0)
    assert shop.acquirer.ledger.check() == []
    assert "对账平" in settle(shop)


def test_an_earlier_one_by_its_voucher_number_without_its_zeros(shop: Shop) -> None:
    sell(shop, 12_34)
    sell(shop, 5_00, "long")
    shop.bench.press("menu", "2")
    authorise(shop)
    shop.bench.expect("原凭证号")
    shop.bench.type(vouchers(shop)[0].lstrip("0"))
    shop.bench.press("enter")
    shop.bench.expect("撤销这笔", "12.34", "0013 11-23 09:0")


def test_another_card_is_named_and_the_right_one_asked_for(shop: Shop) -> None:
    sell(shop, 12_34)
    shop.bench.press("menu", "2")
    authorise(shop)
    shop.bench.expect("原凭证号")
    shop.bench.press("enter")
    shop.bench.expect("撤销这笔")
    shop.bench.press("enter")
    shop.bench.expect("请刷卡")
    shop.swipe(shop.cards["long"])
    shop.bench.expect("不是原来那张卡")
    shop.bench.press("enter")
    shop.swipe(shop.cards["plain"])
    shop.bench.expect("请输入密码")


@pytest.mark.parametrize("kind", [Kind.LOST, Kind.SILENT, Kind.CLOSE, Kind.GARBAGE, Kind.WRONG_MAC, Kind.DUPLICATE])
def test_without_a_believable_answer_it_is_undone_and_the_sale_stands(shop: Shop, kind: Kind) -> None:
    sell(shop, 12_34)
    shop.disturb(kind, "0200")
    ask_to_void(shop)
    if kind == Kind.DUPLICATE:
        shop.take_slips()
        return
    shop.bench.expect("待确认", "请勿重复撤销", timeout=60)
    shop.bench.expect("失败 未撤销", "原消费有效", timeout=60)
    shop.bench.press("enter")
    (reversal,) = sent(shop, "0400")
    assert (reversal[3], reversal[60][:2], reversal[61]) == ("200000", "23", "000001" + vouchers(shop)[0])
    assert settled_sums(shop) == {SALE: (1, 12_34)}
    assert print_totals(shop).amount == 12_34
    ask_to_void(shop)  # it can be tried again
    shop.bench.expect("交易成功")
    shop.take_slips()
    assert settled_sums(shop) == {SALE: (1, 12_34), VOID: (1, 12_34)}


def test_a_power_cut_undoes_it_before_anybody_logs_in(shop: Shop) -> None:
    sell(shop, 12_34)
    ask_to_void(shop)
    shop.bench.until(lambda: messages(shop)[-2:] == ["0200", "0210"] and len(sent(shop, "0200")) == 2, "answer")
    shop.bench.power_off()
    shop.bench.power_on()
    shop.bench.expect("撤销已冲正", "原消费有效")
    assert settled_sums(shop) == {SALE: (1, 12_34)}


def test_a_refusal_is_in_plain_words(shop: Shop) -> None:
    sell(shop, 12_34)
    shop.disturb(Kind.ANSWER, "0200", code="25")
    ask_to_void(shop)
    shop.bench.expect("失败 未撤销", "查不到原交易", "[25]")
    shop.bench.press("enter")
    assert print_totals(shop).amount == 12_34


def _refused(shop: Shop, voucher: str, words: str) -> None:
    shop.bench.press("menu", "2")
    authorise(shop)
    shop.bench.expect("原凭证号")
    shop.bench.type(voucher)
    shop.bench.press("enter")
    shop.bench.expect(words)
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")


def test_what_cannot_be_voided_is_named_before_anything_is_sent(shop: Shop) -> None:
    _refused(shop, "", "没有这笔消费")
    _refused(shop, "999999", "没有这笔消费")
    sell(shop, 12_34)
    ask_to_void(shop)
    shop.take_slips()
    sale, void = vouchers(shop)
    _refused(shop, sale, "这笔已撤销")
    _refused(shop, void, "没有这笔消费")
    _refused(shop, "", "没有这笔消费")
    shop.ask_for(1_00, shop.cards["empty"])
    shop.bench.expect("余额不足")
    shop.bench.press("enter")
    _refused(shop, vouchers(shop)[-1], "没有这笔消费")
    assert len(sent(shop, "0200")) == 3


def test_a_sale_that_was_refunded_is_not_voided_too(shop: Shop) -> None:
    sell(shop, 12_34)
    (sale,) = vouchers(shop)
    ask_to_refund(shop, 1_00, sale)
    shop.take_slips()
    _refused(shop, sale, "已退过货")


def test_a_settled_sale_is_refunded_and_not_voided(shop: Shop) -> None:
    sell(shop, 12_34)
    (sale,) = vouchers(shop)
    settle(shop)
    shop.bench.expect("请输入金额")
    _refused(shop, sale, "请用退货")


def test_an_offline_sale_is_not_voided(shop: Shop) -> None:
    sell_offline(shop, 12_34)
    shop.bench.until(lambda: "0230" in messages(shop), "advice", 60)
    _refused(shop, vouchers(shop, "0220")[0], "没有这笔消费")


def test_a_wrong_supervisors_password_ends_it(shop: Shop) -> None:
    sell(shop, 12_34)
    shop.bench.press("menu", "2")
    shop.bench.expect("主管密码")
    shop.bench.type("654321")
    shop.bench.press("enter")
    shop.bench.run(1)
    assert not shop.bench.shows("原凭证号")
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")
    assert len(sent(shop, "0200")) == 1


def test_it_can_be_cancelled_at_every_prompt(shop: Shop) -> None:
    sell(shop, 12_34)
    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        ("主管密码", lambda: shop.bench.press(*"123456", "enter")),
        ("原凭证号", lambda: shop.bench.press("enter")),
        ("撤销这笔", lambda: shop.bench.press("enter")),
        ("请刷卡", lambda: shop.swipe(shop.cards["plain"])),
        ("请输入密码", lambda: None),
    )
    for last in range(len(steps)):
        shop.bench.press("menu", "2")
        for number, (prompt, act) in enumerate(steps[: last + 1]):
            shop.bench.expect(prompt)
            if number < last:
                act()
        shop.bench.press("cancel")
        shop.bench.expect("请输入金额")
    assert len(sent(shop, "0200")) == 1
