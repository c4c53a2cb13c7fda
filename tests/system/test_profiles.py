"""行业: the same terminal in a shop, a restaurant and a hotel, switched by the administrator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.bench.shop import OPENING, Shop
from host_tools.cards.minting import Mint
from host_tools.keys.authority import Authority
from tests.system.books import agree, audited, sell, sent, settle, settled_sums
from tests.system.test_chip_sale import key_pin, take_card
from tests.system.test_setup import administer, back

RETAIL, RESTAURANT, HOTEL = "1", "2", "3"


@pytest.fixture(scope="module")
def mint(tmp_path_factory: pytest.TempPathFactory) -> Mint:
    return Mint(Authority(tmp_path_factory.mktemp("authority")).make(OPENING.date()))


@pytest.fixture
def shop(tmp_path: Path, mint: Mint) -> Iterator[Shop]:
    with Shop(tmp_path, mint=mint) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        yield shop


def become(shop: Shop, kind: str) -> None:
    administer(shop)
    shop.bench.press("7")
    shop.bench.expect("行业", "1 零售")
    shop.bench.press(kind)
    shop.bench.expect("已修改")
    shop.bench.press("enter")
    shop.bench.press("cancel")
    shop.log_in()
    shop.bench.expect("请输入金额")


def ask_for(shop: Shop, fen: str, *way: str) -> None:
    """Up to the total, by that line of the list of tips and what is keyed then."""
    bench = shop.bench
    bench.type(fen)
    bench.press("enter")
    bench.expect("小费", "1 10%")
    for keys in way:
        bench.press(*keys.split())


def pay(shop: Shop, total: str) -> None:
    """By the stripe, to the second slip."""
    bench = shop.bench
    bench.expect("请刷卡", total)
    shop.swipe(shop.cards["plain"])
    bench.expect("请输入密码")
    bench.type(shop.cards["plain"].pin)
    bench.press("enter")
    shop.take_slips()


def slip(shop: Shop) -> str:
    """The merchant's copy."""
    return shop.bench.parts.printer.slips[-2].text


def test_an_evening_of_tips(shop: Shop) -> None:
    bench = shop.bench
    become(shop, RESTAURANT)
    ask_for(shop, "20000", "1")  # what is usual
    bench.expect("含小费总计", "220.00")
    bench.press("enter")
    pay(shop, "220.00")
    (asked,) = sent(shop, "0200")
    assert (asked[4], asked[48], asked[60][:2]) == ("000000022000", "000000002000", "22")
    rows = slip(shop)
    assert "RMB 200.00" in rows and "小费: RMB 20.00" in rows and "RMB 220.00" in rows
    tipped = asked[11]

    ask_for(shop, "10000", "down", "3", "1 0 0 1 enter")  # an amount, and too much
    bench.expect("小费最多", "10.00")
    bench.press("enter")
    bench.expect("1 10%")
    bench.press("3", "7", "0", "0", "enter")
    bench.expect("107.00")
    bench.press("enter")
    pay(shop, "107.00")

    ask_for(shop, "10000", "4", "5 enter")  # a percentage
    bench.expect("105.00")
    bench.press("enter")
    bench.expect("请刷卡")
    shop.insert("up-debit")  # by the chip
    key_pin(shop)
    bench.expect("交易成功", "105.00")
    take_card(shop)
    shop.take_slips()
    assert sent(shop, "0200")[-1][48] == "000000000500"
    assert "小费: RMB 5.00" in slip(shop)

    ask_for(shop, "5000", "2")  # on paper, and keyed later
    pay(shop, "50.00")
    assert 48 not in sent(shop, "0200")[-1]
    assert "小费: ____" in slip(shop) and "总计: ____" in slip(shop)
    for voucher, words in ((tipped, "已加小费"), (sent(shop, "0200")[-1][11], "调整这笔")):
        bench.press("menu", "8", "2")
        bench.expect("原凭证号")
        bench.type(voucher)
        bench.press("enter")
        bench.expect(words)
        bench.press("enter")
    bench.expect("结算调整")
    bench.press(*"500", "enter")
    bench.expect("55.00")
    bench.press("enter")
    shop.take_slips()

    bench.press("menu", "6", "2", *tipped.lstrip("0"), "enter")  # printed again
    shop.take_slips()
    assert "小费: RMB 20.00" in slip(shop)

    ask_for(shop, "3000", "1")  # given up: the next sale knows nothing of it
    bench.expect("33.00")
    bench.press("cancel")
    bench.expect("请输入金额")
    become(shop, RETAIL)
    sell(shop, 1_00)
    assert 48 not in sent(shop, "0200")[-1]
    assert "小费" not in slip(shop)
    assert settled_sums(shop) == {("sale", "CUP"): (5, 483_00), ("tip", "CUP"): (1, 5_00)}
    assert "对账平" in settle(shop)
    assert audited(shop)


def test_the_host_has_its_own_mind_on_tips(shop: Shop) -> None:
    bench = shop.bench
    become(shop, RESTAURANT)
    administer(shop)
    bench.press("1", "8")
    bench.expect("小费比例", "10")
    bench.press("enter", "2", "0", "enter")
    bench.expect("已修改")
    bench.press("enter")
    back(shop)
    ask_for(shop, "10000", "4", "1 5 enter")
    bench.expect("115.00")
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards["plain"])
    bench.expect("请输入密码")
    bench.type(shop.cards["plain"].pin)
    bench.press("enter")
    bench.expect("失败", "[61]")
    bench.press("enter")
    agree(shop, 0, 0)


def test_a_hotel_holds_money_first(shop: Shop) -> None:
    bench = shop.bench
    become(shop, HOTEL)
    bench.press("5")
    bench.expect("预授权", "0.05")
    bench.press("0", "0", "0", "0", "enter")
    bench.expect("请刷卡", "500.00")
    shop.swipe(shop.cards["plain"])
    bench.expect("请输入密码")
    bench.type(shop.cards["plain"].pin)
    bench.press("enter")
    shop.take_slips()
    (held,) = sent(shop, "0100")
    assert held[4] == "000000050000"
    bench.press("menu", "1")  # a sale is in the menu
    bench.expect("消费", "0.00")
    bench.type("1000")
    bench.press("enter")
    pay(shop, "10.00")
    assert settled_sums(shop) == {("sale", "CUP"): (1, 10_00)}
    assert audited(shop)
