"""交易查询 and what is printed from it: the right transactions, newest first, one to a page, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.bench.shop import Shop
from tests.system.books import ask_to_void, sell, sell_offline, vouchers


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with a void of its first sale, a decline, a sale that was taken back, and one that is not told yet."""
    with Shop(Path(tmp_path_factory.mktemp("shop"))) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        sell(shop, 1_00)
        sell(shop, 2_00, "long")
        ask_to_void(shop, voucher=vouchers(shop)[0])
        shop.take_slips()
        shop.ask_for(3_00, shop.cards["empty"])
        shop.bench.expect("余额不足")
        shop.bench.press("enter")
        shop.disturb(Kind.SILENT, "0200")
        shop.ask_for(4_00, shop.cards["plain"])
        shop.bench.expect("已冲正", timeout=60)
        shop.bench.press("enter")
        shop.bench.network(False)
        sell_offline(shop, 5_00)
        yield shop


def _look_up(shop: Shop, by: str, *keys: str) -> None:
    shop.bench.press("menu", "7", "3", by)
    shop.bench.press(*keys)


def _pages(shop: Shop) -> list[str]:
    """Amount and status of each, by going down to the oldest."""
    pages: list[str] = []
    shop.bench.run(0.2)
    while not pages or pages[-1] != shop.bench.screen()[1]:
        pages.append(shop.bench.screen()[1])
        shop.bench.press("down")
    return pages


def _leave(shop: Shop) -> None:
    shop.bench.press("cancel")
    shop.bench.expect("请输入金额")


def test_all_of_them_newest_first_with_what_became_of_each(traded: Shop) -> None:
    _look_up(traded, "6")
    assert _pages(traded) == [
        "5.00 待上送",
        "4.00 已冲正",
        "3.00 失败",
        "-1.00 成功",
        "2.00 成功",
        "1.00 已撤销",
    ]
    _leave(traded)


def test_a_page_says_which_one_whose_card_who_and_when(traded: Shop) -> None:
    _look_up(traded, "1", *vouchers(traded)[1], "enter")
    traded.bench.expect("消费", "2.00 成功", f"凭证{vouchers(traded)[1]} 0018", "11-23 09:0")
    assert _pages(traded) == ["2.00 成功"]
    _leave(traded)


@pytest.mark.parametrize(
    ("by", "keys", "found"),
    [
        ("2", "1123", 6),
        ("2", "1122", 0),
        ("3", "100", 2),
        ("3", "999", 0),
        ("4", "0013", 4),
        ("4", "0018", 1),
        ("5", "01", 6),
        ("5", "02", 0),
        ("1", "999999", 0),
    ],
)
def test_by_each_criterion(traded: Shop, by: str, keys: str, found: int) -> None:
    """Date, amount, the card's tail, operator, voucher."""
    _look_up(traded, by, *keys, "enter")
    if found:
        assert len(_pages(traded)) == found
    else:
        traded.bench.expect("没有找到")
    _leave(traded)


def test_up_goes_back_and_both_ends_hold(traded: Shop) -> None:
    _look_up(traded, "6", "up")
    traded.bench.expect("5.00 待上送")
    for amount in ("4.00", "3.00"):
        traded.bench.press("down")
        traded.bench.expect(amount)
    for amount in ("4.00", "5.00"):
        traded.bench.press("up")
        traded.bench.expect(amount)
    traded.bench.press(*["down"] * 8, "up")
    traded.bench.expect("2.00 成功")
    traded.bench.press("down")
    traded.bench.expect("1.00 已撤销")
    _leave(traded)


def test_enter_prints_the_slip_again_and_comes_back(traded: Shop) -> None:
    slips = len(traded.bench.parts.printer.slips)
    _look_up(traded, "1", *vouchers(traded)[1], "enter", "enter")
    traded.bench.expect("撕单后按确认")
    traded.bench.press("enter")
    traded.bench.expect("2.00 成功")
    printed = traded.bench.parts.printer.slips[slips:]
    assert len(printed) == 2 and all("重打印" in slip.text and "RMB 2.00" in slip.text for slip in printed)
    _leave(traded)


def test_a_decline_has_no_slip(traded: Shop) -> None:
    slips = len(traded.bench.parts.printer.slips)
    _look_up(traded, "3", "3", "0", "0", "enter", "enter")
    traded.bench.run(1)
    assert len(traded.bench.parts.printer.slips) == slips
    _leave(traded)


def test_any_slip_is_printed_by_its_number(traded: Shop) -> None:
    slips = len(traded.bench.parts.printer.slips)
    traded.bench.press("menu", "6", "2", *vouchers(traded)[0].lstrip("0"), "enter")
    traded.take_slips()
    printed = traded.bench.parts.printer.slips[slips:]
    assert all("重打印" in slip.text and "RMB 1.00" in slip.text for slip in printed)


def test_the_details_are_what_was_good_in_this_batch(traded: Shop) -> None:
    slips = len(traded.bench.parts.printer.slips)
    traded.bench.press("menu", "6", "3")
    traded.bench.until(lambda: len(traded.bench.parts.printer.slips) > slips, "the details")
    rows = [row for row in traded.bench.parts.printer.slips[-1].text.splitlines() if row[:6].isdigit()]
    assert [row.split()[1:] for row in rows] == [
        ["离线结算", "5.00"],
        ["撤销", "-1.00"],
        ["消费", "2.00"],
        ["消费", "1.00"],
    ]
    traded.bench.expect("请输入金额")


def test_twenty_of_them_take_no_more_memory_than_one(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        for _ in range(20):
            sell(shop, 1_00)
        shop.bench.power_off()
        shop.bench.measure_heap = True
        shop.open()
        shop.bench.expect("请输入金额")
        shop.bench.peak_heap = 0
        _look_up(shop, "6")
        shop.bench.run(0.2)
        one = shop.bench.peak_heap
        assert len(set(_ids(shop))) == 20
        assert shop.bench.peak_heap - one < 2_000  # twenty entries are 17 KB


def _ids(shop: Shop) -> list[str]:
    pages: list[str] = []
    shop.bench.run(0.2)
    while not pages or pages[-1] != shop.bench.screen()[2]:
        pages.append(shop.bench.screen()[2])
        shop.bench.press("down")
    return pages
