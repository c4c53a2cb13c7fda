"""其它: what is seldom: the balance, whether the host is there, and a card that has less than the sale."""

from __future__ import annotations

from pathlib import Path

from host_tools.acquirer.faults import Kind
from host_tools.bench.shop import Shop
from tests.system.books import (
    ask_to_void,
    audited,
    authorise,
    pre_authorise,
    print_totals,
    sent,
    set_parameters,
    settle,
    settled_sums,
)


def ask_balance(shop: Shop, card: str, pin: str | None = None) -> None:
    shop.bench.press("menu", "8", "1")
    shop.bench.expect("请刷卡")
    shop.swipe(shop.cards[card])
    shop.bench.expect("请输入密码")
    shop.bench.type(shop.cards[card].pin if pin is None else pin)
    shop.bench.press("enter")


def test_a_balance_is_for_the_customers_eyes(shop: Shop) -> None:
    pre_authorise(shop, 30_00, "long")
    slips = len(shop.bench.parts.printer.slips)
    ask_balance(shop, "long")
    shop.bench.expect("余额查询", "49970.00", "顾客看")  # what is held cannot be spent
    shop.bench.run(16)
    shop.bench.expect("请输入金额")
    (asked,) = sent(shop, "0200")
    assert asked.keys() == {2, 3, 11, 14, 22, 25, 26, 35, 41, 42, 49, 52, 53, 60, 64}
    assert (asked[3], asked[60][:2]) == ("310000", "01")
    (answer,) = sent(shop, "0210", "out")
    assert answer[54] == "(20 characters not shown)"
    ask_balance(shop, "long", "111111")
    shop.bench.expect("查询失败", "密码错误")
    shop.bench.press("enter")
    for kind, words in ((Kind.SILENT, "主机无应答"), (Kind.WRONG_MAC, "应答校验错误"), (Kind.LOST, "主机无应答")):
        shop.disturb(kind, "0200")
        ask_balance(shop, "long")
        shop.bench.expect("查询失败", words, timeout=60)
        shop.bench.press("enter")
        shop.bench.expect("请输入金额")
    assert "0400" not in [record.mti for record in shop.trace]  # there is nothing to take back
    assert print_totals(shop).count == 0
    assert len(shop.bench.parts.printer.slips) == slips + 1  # the totals


def test_the_host_answers_an_echo_and_takes_a_status_report(shop: Shop) -> None:
    for key, network in (("1", "301"), ("3", "362")):
        shop.bench.press("menu", "9", key)
        shop.bench.expect("主机应答正常")
        shop.bench.press("enter")
        shop.bench.expect("请输入金额")
        assert sent(shop, "0820")[-1][60] == f"00000001{network}"
    assert sent(shop, "0820")[-1][62] == "011021031041051123019102720"
    shop.bench.network(False)
    shop.bench.press("menu", "9", "1")
    shop.bench.expect("网络不通")


def test_a_card_that_has_less_pays_what_it_has_if_people_agree(tmp_path: Path) -> None:
    """With a terminal that may take less: the rest is for another card; nobody agreeing, nothing is taken."""
    with Shop(tmp_path) as shop:
        set_parameters(shop, partial_approval=1)
        shop.open()
        bench, card = shop.bench, shop.cards["named"]
        bench.expect("请输入金额")
        _leave(shop, 30_00)
        for key in ("cancel", "enter"):
            shop.ask_for(100_00, card)
            bench.expect("只批准了", "30.00", "同意按确认")
            bench.press(key)
            if key == "cancel":
                bench.expect("失败 未扣款", "已冲正", timeout=60)
                bench.press("enter")
                assert shop.acquirer.bank.balance(card.pan) == 30_00
                (reversal,) = sent(shop, "0400")
                assert (reversal[4], reversal[39]) == ("000000010000", "06")
        bench.expect("交易成功", "30.00")
        shop.take_slips()
        assert "RMB 30.00" in bench.parts.printer.slips[-2].text
        assert [request[60] for request in sent(shop, "0200")] == ["22000001000001"] * 2
        assert shop.acquirer.bank.balance(card.pan) == 0
        shop.ask_for(1_00, card)
        bench.expect("余额不足")
        bench.press("enter")
        ask_to_void(shop, "named")
        shop.take_slips()
        assert shop.acquirer.bank.balance(card.pan) == 30_00
        assert settled_sums(shop)["void", "CUP"] == (1, 30_00)
        assert shop.acquirer.ledger.check() == []
        assert "对账平" in settle(shop)
        assert audited(shop)


def _key_in(shop: Shop, card: str, expiry: str = "1235") -> None:
    for prompt, digits in (("卡号", shop.cards[card].pan), ("有效期", expiry)):
        shop.bench.expect(prompt)
        shop.bench.type(digits)
        if prompt == "卡号":
            assert not shop.bench.shows(digits[-6:])
        shop.bench.press("enter")


def test_an_order_by_telephone_where_that_is_allowed(tmp_path: Path) -> None:
    with Shop(tmp_path, moto=True) as shop:
        set_parameters(shop, moto=1)
        shop.open()
        bench = shop.bench
        bench.expect("请输入金额")
        plain = shop.cards["plain"]
        bench.press("menu", "8", "5")
        bench.expect("邮购电话订购", "0.00")
        bench.press("5", "0", "0", "0", "enter")
        bench.expect("卡号")
        bench.type("6200000000000014")
        bench.press("enter")
        bench.expect("有效期")
        bench.press("1", "2", "3", "5", "enter")
        bench.expect("不是银行卡")  # the check digit
        bench.press("enter")
        _key_in(shop, "plain")
        bench.expect("交易成功", "50.00")
        shop.take_slips()
        slip = bench.parts.printer.slips[-2].text
        assert "邮购电话订购" in slip and "0013 /M" in slip
        (asked,) = sent(shop, "0200")
        assert asked.keys() == {2, 3, 4, 11, 14, 22, 25, 41, 42, 49, 60, 64}
        assert (asked[14], asked[22], asked[25], asked[60]) == ("3512", "012", "08", "22000001000")
        assert shop.acquirer.bank.balance(plain.pan) == plain.balance - 50_00

        shop.disturb(Kind.SILENT, "0200")
        bench.press("menu", "8", "5")
        bench.expect("邮购电话订购", "0.00")
        bench.press("7", "0", "0", "enter")
        _key_in(shop, "plain")
        bench.expect("失败 未扣款", "已冲正", timeout=90)
        bench.press("enter")

        bench.press("menu", "3")
        authorise(shop)
        bench.expect("原凭证号")
        bench.type(asked[11])
        bench.press("enter")
        bench.expect("退这笔")
        bench.press("enter")
        bench.expect("退货", "0.00")
        bench.press("2", "0", "0", "0", "enter")
        _key_in(shop, "long", "0634")
        bench.expect("不是原来那张卡")
        bench.press("enter")
        _key_in(shop, "plain")
        shop.take_slips()
        assert settled_sums(shop) == {("moto", "CUP"): (1, 50_00), ("refund", "CUP"): (1, 20_00)}
        assert shop.acquirer.ledger.check() == []
        assert "对账平" in settle(shop)
        assert audited(shop)


def test_an_order_by_telephone_is_off_by_default_on_both_sides(shop: Shop) -> None:
    shop.bench.press("menu", "8", "5")
    shop.bench.expect("未开通")


def _leave(shop: Shop, fen: int, name: str = "named") -> None:
    """No more than this on the card's account."""
    bank, ledger = shop.acquirer.bank, shop.acquirer.ledger
    card, other = bank.find(shop.cards[name].pan), bank.find(shop.cards["plain"].pan)
    assert card
    assert other
    with shop.acquirer._store.transaction():
        ledger.transfer(card.account, other.account, bank.balance(card.pan) - fen, shop.bench.now())
