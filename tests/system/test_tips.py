"""结算调整: a guest adds a tip on the slip, and it is added to what the card was asked for."""

from __future__ import annotations

from host_tools.bench.shop import Shop
from tests.system.books import (
    add_tip,
    ask_to_complete,
    ask_to_refund,
    audited,
    authorise,
    messages,
    pre_authorise,
    print_totals,
    sell,
    sell_offline,
    sent,
    settle,
    settled_sums,
    vouchers,
)

SALE, TIP = ("sale", "CUP"), ("tip", "CUP")


def paid(shop: Shop, card: str = "plain") -> int:
    return shop.cards[card].balance - shop.acquirer.bank.balance(shop.cards[card].pan)


def refused(shop: Shop, voucher: str, words: str) -> None:
    shop.bench.press("menu", "8", "2")
    shop.bench.expect("原凭证号")
    shop.bench.type(voucher)
    shop.bench.press("enter")
    shop.bench.expect(words)
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")


def test_an_evening_in_a_restaurant(shop: Shop) -> None:
    bench = shop.bench
    sell(shop, 200_00)
    (sale,) = vouchers(shop)
    add_tip(shop, 20_00, sale)
    bench.expect("交易成功", "20.00")
    shop.take_slips()
    slip = bench.parts.printer.slips[-2].text
    for text in ("小费", "RMB 20.00", "原金额: RMB 200.00", "总计: RMB 220.00", f"原凭证号: {sale}"):
        assert text in slip
    (told,) = sent(shop, "0220")
    assert told.keys() == {2, 3, 4, 11, 12, 13, 14, 22, 25, 37, 38, 41, 42, 48, 49, 60, 61, 63, 64}
    assert (told[4], told[48], told[60][:2], told[61]) == ("000000022000", "000000002000", "34", "000001" + sale)
    assert paid(shop) == 220_00

    refused(shop, sale, "已加小费")
    refused(shop, "999999", "没有找到")
    bench.press("menu", "2")  # what was added to is refunded, each by its own slip
    authorise(shop)
    bench.expect("原凭证号")
    bench.type(sale)
    bench.press("enter")
    bench.expect("已加小费")
    bench.press("enter")
    ask_to_refund(shop, 20_00, told[11])
    shop.take_slips()
    assert paid(shop) == 200_00

    bench.network(False)  # an offline sale is adjusted, and both wait
    sell_offline(shop, 100_00, "long")
    offline = f"{int(told[11]) + 2:06}"
    add_tip(shop, 5_00, offline)
    bench.expect("已受理", timeout=30)
    shop.take_slips()
    bench.network(True)
    bench.until(lambda: messages(shop).count("0230") == 4, "advices", 300)
    bench.expect("按菜单键", timeout=60)
    assert [advice[60][:2] for advice in sent(shop, "0220")] == ["34", "25", "30", "32"]
    assert paid(shop, "long") == 105_00

    code = pre_authorise(shop, 100_00, "long")
    ask_to_complete(shop, 100_00, code, "long")
    shop.take_slips()
    bench.press("menu", "8", "2")
    bench.expect("原凭证号")
    bench.type(vouchers(shop)[-1])
    bench.press("enter")
    bench.expect("调整这笔")
    bench.press("enter")
    bench.expect("结算调整", "0.00")
    bench.type("1001")
    bench.press("enter")
    bench.expect("小费最多", "10.00")
    bench.press("enter")
    bench.expect("结算调整", "0.00")
    bench.type("1000")
    bench.press("enter")
    bench.expect("调整后总计", "110.00")
    bench.press("enter")
    shop.take_slips()
    assert paid(shop, "long") == 215_00
    assert settled_sums(shop) == {
        SALE: (1, 200_00),
        TIP: (2, 30_00),
        ("refund", "CUP"): (1, 20_00),
        ("offline_sale", "CUP"): (1, 100_00),
        ("adjustment", "CUP"): (1, 5_00),
        ("completion", "CUP"): (1, 100_00),
    }
    assert print_totals(shop).amount == 415_00
    assert shop.acquirer.ledger.check() == []
    assert "对账平" in settle(shop)
    bench.expect("请输入金额")
    refused(shop, sale, "已结算")
    assert audited(shop)
