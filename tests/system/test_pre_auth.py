"""预授权 and what follows it: money is held on a card, and then taken, in part or with a little more, or let go."""

from __future__ import annotations

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.bench.shop import Shop
from tests.system.books import (
    ask_to_complete,
    ask_to_refund,
    audited,
    authorise,
    messages,
    name_hold,
    pre_authorise,
    print_totals,
    requests,
    sent,
    settle,
    settled_sums,
    vouchers,
)

COMPLETION, COMPLETION_VOID = ("completion", "CUP"), ("completion_void", "CUP")
ADVICE = ("completion_advice", "CUP")


def held(shop: Shop, card: str = "plain") -> int:
    """What the host keeps of the card's account."""
    record = shop.acquirer.bank.find(shop.cards[card].pan)
    assert record
    return shop.acquirer.holds.on(record.account, shop.bench.now())


def paid(shop: Shop, card: str = "plain") -> int:
    return shop.cards[card].balance - shop.acquirer.bank.balance(shop.cards[card].pan)


def ask_to_let_go(shop: Shop, code: str, card: str = "plain") -> None:
    """Void an authorisation that the terminal knows: up to where the host is asked."""
    bench = shop.bench
    bench.press("menu", "4", "4")
    authorise(shop)
    name_hold(shop, code)
    bench.expect("撤销这笔")
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards[card])
    bench.expect("请输入密码")
    bench.type(shop.cards[card].pin)
    bench.press("enter")


def ask_to_void_completion(shop: Shop, card: str = "plain") -> None:
    bench = shop.bench
    bench.press("menu", "4", "5")
    authorise(shop)
    bench.expect("原凭证号")
    bench.press("enter")
    bench.expect("撤销这笔")
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards[card])
    bench.expect("请输入密码")
    bench.type(shop.cards[card].pin)
    bench.press("enter")


def slip(shop: Shop) -> str:
    """The merchant's copy of the newest transaction."""
    return shop.bench.parts.printer.slips[-2].text


def test_a_guests_stay(shop: Shop) -> None:
    """Held, completed for a little more, the completion voided, completed again for less, and some of that refunded."""
    code = pre_authorise(shop, 100_00)
    assert "预授权" in slip(shop) and f"授权码: {code}" in slip(shop) and "RMB 100.00" in slip(shop)
    assert (held(shop), paid(shop)) == (100_00, 0)
    (asked,) = sent(shop, "0100")
    assert asked.keys() == {2, 3, 4, 11, 14, 22, 25, 26, 35, 41, 42, 49, 52, 53, 60, 64}
    assert (asked[3], asked[25], asked[60]) == ("030000", "06", "10000001000")

    ask_to_complete(shop, 115_00, code)
    shop.take_slips()
    assert (held(shop), paid(shop)) == (0, 115_00)
    completion = sent(shop, "0200")[-1]
    assert completion.keys() == {2, 3, 4, 11, 14, 22, 25, 26, 35, 38, 41, 42, 49, 52, 53, 60, 61, 64}
    assert (completion[25], completion[38], completion[60][:2], completion[61]) == ("06", code, "20", "0" * 12 + "1123")
    assert "完成请求" in slip(shop) and f"授权码: {code}" in slip(shop) and "原凭证号" not in slip(shop)

    shop.bench.press("menu", "4", "2")
    name_hold(shop, code)
    shop.bench.expect("已完成或撤销")
    shop.bench.press("enter")

    ask_to_void_completion(shop)
    shop.take_slips()
    void = sent(shop, "0200")[-1]
    assert void[61] == "000001" + completion[11] + "1123" and (void[25], void[60][:2]) == ("06", "21")
    assert "RMB -115.00" in slip(shop) and f"原凭证号: {completion[11]}" in slip(shop)
    assert (held(shop), paid(shop)) == (100_00, 0)

    ask_to_complete(shop, 80_00, code)
    shop.take_slips()
    assert (held(shop), paid(shop)) == (0, 80_00)
    ask_to_refund(shop, 30_00, vouchers(shop)[-1])
    shop.take_slips()
    assert settled_sums(shop) == {COMPLETION: (2, 195_00), COMPLETION_VOID: (1, 115_00), ("refund", "CUP"): (1, 30_00)}
    books = print_totals(shop)
    assert (books.count, books.amount) == (4, 50_00)
    assert audited(shop)
    assert shop.acquirer.ledger.check() == []
    assert "对账平" in settle(shop)


def test_what_is_held_cannot_be_spent_and_what_is_let_go_can(shop: Shop) -> None:
    with shop.acquirer._store.transaction():
        account = shop.acquirer.bank.find(shop.cards["plain"].pan).account  # type: ignore[union-attr]
        other = shop.acquirer.bank.find(shop.cards["long"].pan).account  # type: ignore[union-attr]
        shop.acquirer.ledger.transfer(account, other, shop.cards["plain"].balance - 101_00, shop.bench.now())
    code = pre_authorise(shop, 100_00)
    shop.ask_for(2_00, shop.cards["plain"])
    shop.bench.expect("余额不足")
    shop.bench.press("enter")
    ask_to_let_go(shop, code)
    shop.take_slips()
    void = sent(shop, "0100")[-1]
    assert void.keys() == {2, 3, 4, 11, 14, 22, 25, 26, 35, 38, 41, 42, 49, 52, 53, 60, 61, 64}
    assert (void[3], void[25], void[60][:2], void[38]) == ("200000", "06", "11", code)
    assert held(shop) == 0
    shop.ask_for(2_00, shop.cards["plain"])
    shop.take_slips()
    assert settled_sums(shop) == {("sale", "CUP"): (1, 2_00)}
    assert print_totals(shop).count == 1  # what moves no money is on the slip, and in no sum
    assert audited(shop)
    assert "预授权撤销 CUP" in shop.bench.parts.printer.slips[-1].text
    assert shop.acquirer.ledger.check() == []
    assert "对账平" in settle(shop)


def test_a_completion_by_advice_waits_for_the_host(shop: Shop) -> None:
    code = pre_authorise(shop, 50_00, "long")
    shop.bench.network(False)
    ask_to_complete(shop, 50_00, code, "long", advice=True)
    shop.bench.expect("已受理", timeout=30)
    shop.take_slips()
    assert held(shop, "long") == 50_00
    shop.bench.press("menu", "4", "3")
    name_hold(shop, code)
    shop.bench.expect("已完成或撤销")
    shop.bench.press("enter")
    shop.disturb(Kind.SILENT, "0220")
    shop.bench.network(True)
    shop.bench.until(lambda: requests(shop).count("0220") == 2, "the second advice", 300)
    shop.bench.expect("按菜单键", timeout=60)
    told = sent(shop, "0220")
    assert [advice[11] for advice in told] == [told[0][11]] * 2
    assert told[0].keys() == {2, 3, 4, 11, 12, 13, 14, 22, 25, 38, 41, 42, 49, 60, 61, 63, 64}
    assert (told[0][25], told[0][60][:2], told[0][38]) == ("06", "24", code)
    assert settled_sums(shop) == {ADVICE: (1, 50_00)}
    assert (held(shop, "long"), paid(shop, "long")) == (0, 50_00)
    assert "对账平" in settle(shop)


def test_more_than_the_limit_or_after_its_time_is_refused_here_and_by_the_host(shop: Shop) -> None:
    code = pre_authorise(shop, 100_00)
    shop.bench.press("menu", "4", "2")
    name_hold(shop, code)
    shop.bench.expect("完成请求", "0.00")
    shop.bench.type("11501")
    shop.bench.press("enter")
    shop.bench.expect("最多可完成", "115.00")
    for _ in range(3):
        shop.bench.press("cancel")
    shop.bench.expect("请输入金额")
    shop.bench.press("menu", "4", "2")
    name_hold(shop, code, "1020")
    shop.bench.expect("预授权已过期")
    shop.bench.press("enter")
    # What this terminal did not ask for is the host's to judge.
    for day, refusal in (("1121", "查不到原交易"), ("1122", "超出金额限制")):
        shop.bench.press("menu", "4", "2")
        name_hold(shop, code, day)
        shop.bench.expect("完成请求", "0.00")
        shop.bench.type("11501")
        shop.bench.press("enter")
        shop.bench.expect("请刷卡")
        shop.swipe(shop.cards["plain"])
        shop.bench.expect("请输入密码")
        shop.bench.type(shop.cards["plain"].pin)
        shop.bench.press("enter")
        shop.bench.expect("失败 未扣款", refusal)
        shop.bench.press("enter")
    assert (held(shop), paid(shop)) == (100_00, 0)


@pytest.mark.parametrize("kind", [Kind.LOST, Kind.SILENT])
def test_each_is_undone_where_nobody_knows_what_came_of_it(shop: Shop, kind: Kind) -> None:
    """The host has done it (SILENT), or has not heard of it (LOST): afterwards all is as it was before."""
    bench = shop.bench

    def taken_back(kind_of: str, words: str) -> None:
        bench.expect("待确认", timeout=60)
        bench.expect(words, timeout=60)
        bench.press("enter")
        bench.expect("请输入金额")
        assert sent(shop, "0400")[-1][60][:2] == kind_of
        assert shop.acquirer.ledger.check() == []

    shop.disturb(kind, "0100")
    bench.press("menu", "4", "1")
    bench.expect("预授权", "0.00")
    bench.type("10000")
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards["plain"])
    bench.expect("请输入密码")
    bench.type(shop.cards["plain"].pin)
    bench.press("enter")
    taken_back("10", "未冻结")
    assert held(shop) == 0

    code = pre_authorise(shop, 100_00)
    shop.disturb(kind, "0100")
    ask_to_let_go(shop, code)
    taken_back("11", "原预授权有效")
    assert held(shop) == 100_00

    shop.disturb(kind, "0200")
    ask_to_complete(shop, 90_00, code)
    taken_back("20", "已冲正")
    assert (held(shop), paid(shop)) == (100_00, 0)

    ask_to_complete(shop, 90_00, code)
    shop.take_slips()
    shop.disturb(kind, "0200")
    ask_to_void_completion(shop)
    taken_back("21", "原完成有效")
    assert (held(shop), paid(shop)) == (0, 90_00)
    assert settled_sums(shop) == {COMPLETION: (1, 90_00)}
    assert "对账平" in settle(shop)


def test_a_power_cut_undoes_a_completion_before_anybody_logs_in(shop: Shop) -> None:
    code = pre_authorise(shop, 100_00)
    ask_to_complete(shop, 90_00, code)
    shop.bench.until(lambda: messages(shop)[-1] == "0210", "answer")
    shop.bench.power_off()
    shop.bench.power_on()
    shop.bench.expect("已冲正")
    assert (held(shop), paid(shop)) == (100_00, 0)
    assert shop.acquirer.ledger.check() == []
