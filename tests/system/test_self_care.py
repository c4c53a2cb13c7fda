"""保养: a battery that may not last sells nothing, keys are locked to be wiped, parts are counted, tested, and due."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from littlefs import LittleFS

from host_tools.bench.shop import Shop
from host_tools.flash.factory import SECTOR, partitions
from tests.system.books import agree, edit_files, messages, sell, sell_offline, settled_sums
from tests.system.test_roles import power_cycle

FLAT, HALF = 3400, 3840  # millivolts


def kept(shop: Shop) -> list[int]:
    """The terminal's file of counts."""
    data = partitions()["data"]
    fs = LittleFS(block_size=SECTOR, block_count=data.size // SECTOR, mount=False)
    fs.context.buffer = bytearray(shop.bench.flash.image()[data.offset : data.offset + data.size])
    fs.mount()
    with fs.open("counters.json", "r") as file:
        counts: list[int] = json.load(file)
    return counts


def look_at_counters(shop: Shop) -> list[str]:
    bench = shop.bench
    bench.press("menu", "9", "8")
    bench.expect("保养计数", "1 刷卡")
    seen = bench.screen()
    bench.press("down")
    seen = seen + bench.screen()
    bench.press("cancel")
    bench.expect("请输入金额")
    return seen


# -- the battery ------------------------------------------------------------------------------------------


def test_a_battery_that_may_not_last_begins_no_sale_and_loses_none(shop: Shop) -> None:
    bench = shop.bench
    shop.ask_for(10_00, shop.cards["plain"])
    bench.parts.battery.millivolts = FLAT  # in the middle of one, which goes on to its end
    shop.take_slips()
    bench.expect("请输入金额")
    asked = messages(shop)
    for keys in (("1",), ("menu", "1"), ("menu", "2"), ("menu", "4"), ("menu", "5"), ("menu", "7", "5")):
        bench.press(*keys)
        bench.expect("电量过低", "请先充电再收款")
        bench.press("enter")
        bench.expect("请输入金额")
    assert messages(shop) == asked
    bench.press("menu", "6", "1")  # what moves nothing is done
    bench.expect("重打印")
    shop.take_slips()
    bench.parts.battery.millivolts = HALF
    bench.run(61)
    sell(shop, 5_00)
    agree(shop, 2, 15_00)


def test_what_waits_for_the_host_is_told_with_a_low_battery(shop: Shop) -> None:
    bench = shop.bench
    bench.network(False)
    sell_offline(shop, 10_00)
    bench.parts.battery.millivolts = FLAT
    bench.network(True)
    bench.until(lambda: "0230" in messages(shop), "advice", 120)
    bench.run(1)
    assert settled_sums(shop) == {("offline_sale", "CUP"): (1, 10_00)}


# -- cleaning ---------------------------------------------------------------------------------------------


def test_keys_do_nothing_while_they_are_wiped(shop: Shop) -> None:
    bench = shop.bench
    bench.press("menu", "9", "7")
    bench.expect("清洁模式", "按键无效", "29")
    bench.press(*"123456", "enter", "menu", "cancel", "7", "9", "enter")
    assert bench.shows("按键无效")
    bench.run(20)
    assert bench.shows("按键无效")
    bench.press("5")
    bench.run(8)
    bench.expect("请输入金额", timeout=5)
    bench.run(5)
    assert bench.shows("请输入金额")  # nothing that was pressed is done now
    assert messages(shop) == ["0800", "0810"]


# -- counters ---------------------------------------------------------------------------------------------


def test_counts_are_what_the_journal_says_and_are_never_done_twice(shop: Shop) -> None:
    bench = shop.bench
    for _ in range(3):
        sell(shop, 1_00)
    shop.ask_for(50_00, shop.cards["empty"])
    bench.expect("余额不足")
    bench.press("enter")
    assert {"1 刷卡 4/4", "2 插卡 0/0", "4 打印 6/6"} <= set(look_at_counters(shop))
    bench.press("menu", "9", "8", "4")
    bench.expect("打印", "已保养", "确认键清零")
    bench.press("cancel")
    bench.expect("1 刷卡 4/4")
    bench.press("4", "enter")
    bench.run(0.2)
    bench.press("cancel")
    assert {"1 刷卡 4/4", "4 打印 0/6"} <= set(look_at_counters(shop))
    sell(shop, 1_00)
    assert {"1 刷卡 5/5", "4 打印 2/8"} <= set(look_at_counters(shop))
    power_cycle(shop)
    shop.log_in()
    bench.expect("请输入金额")
    assert {"1 刷卡 5/5", "4 打印 2/8"} <= set(look_at_counters(shop))


def log_out(shop: Shop) -> None:
    shop.bench.press("menu", "7", "9")


def test_parts_that_are_due_are_named_when_somebody_logs_out(tmp_path: Path) -> None:
    counts = [0, 63, 5000, 1000, 10, 999, 9999, 9999, 0, 0, 50_100, 50_000]
    with Shop(tmp_path) as shop:
        edit_files(shop, **{"counters.json": json.dumps(counts).encode()})
        shop.open()
        shop.bench.expect("请输入金额")
        log_out(shop)
        shop.bench.expect("保养提醒", "请清洁刷卡槽", "菜单9-8")
        shop.bench.press("enter")
        shop.bench.expect("保养提醒", "请更换电池")
        shop.bench.press("enter")
        shop.log_in()
        shop.bench.expect("请输入金额")
        shop.bench.press("menu", "9", "8", "1")
        shop.bench.expect("已保养")
        shop.bench.press("enter")
        shop.bench.expect("1 刷卡 0/5000")
        shop.bench.press("down", "5", "cancel", "cancel")
        power_cycle(shop)
        shop.log_in()
        shop.bench.expect("请输入金额")
        shop.bench.press("menu", "7", "2")
        shop.bench.expect("签退成功")
        shop.bench.expect("请更换电池")
        shop.bench.press("enter")
        shop.bench.expect("柜员号")


@pytest.mark.parametrize("damaged", [b"", b"{", b'{"number": 7}', b"[1]", b'[0,0,0,0,0,0,0,0,0,0,0,"x"]', b"7"])
def test_a_damaged_file_of_counts_stops_nothing(tmp_path: Path, damaged: bytes) -> None:
    with Shop(tmp_path) as shop:
        edit_files(shop, **{"counters.json": damaged})
        shop.open()
        shop.bench.expect("请输入金额")
        assert "1 刷卡 0/0" in look_at_counters(shop)


def test_what_the_battery_has_given_is_counted_in_charges(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        edit_files(shop, **{"counters.json": json.dumps([0, 93, *[0] * 8, 250, 150]).encode()})
        shop.open()
        shop.bench.expect("请输入金额")
        log_out(shop)  # at 63 %
        shop.bench.expect("柜员号")
        assert kept(shop) == [0, 63, *[0] * 8, 280, 180]
        shop.bench.parts.battery.millivolts = 4200  # charged over night
        shop.log_in()
        shop.bench.expect("请输入金额")
        log_out(shop)
        shop.bench.expect("柜员号")
        assert kept(shop) == [0, 100, *[0] * 8, 280, 180]


# -- each part --------------------------------------------------------------------------------------------


def test_every_part_has_a_screen_of_its_own(shop: Shop) -> None:
    bench = shop.bench
    asked = messages(shop)
    bench.press("menu", "9", "6")
    bench.expect("部件检测", "1 显示屏")
    bench.press("1", "up", "up")
    bench.expect("显示屏", "正确按确认")
    bench.press("enter")
    bench.expect("1 显示屏")
    bench.press("2")
    bench.expect("键盘", "0/16")
    keys = [*"0123456789", "clear", "up", "down", "menu", "enter", "cancel"]
    bench.press(*keys[:-1], "1")
    bench.expect("15/16")
    bench.press(keys[-1])
    bench.expect("键盘", "正常")
    bench.press("enter", "3")
    bench.expect("刷卡器", "请刷任意卡")
    shop.swipe(shop.cards["plain"])
    bench.expect("刷卡器", "正常")
    bench.press("enter", "3")
    bench.expect("请刷任意卡")
    shop.swipe(shop.cards["plain"], bad=(1, 2))
    bench.expect("读卡失败")
    bench.press("enter", "4")
    bench.expect("插卡槽", "请插卡按确认")
    bench.press("enter")
    bench.expect("没有卡")
    bench.press("enter", "5")
    bench.expect("感应器", "正常")
    slips = len(bench.parts.printer.slips)
    bench.press("enter", "6")
    bench.expect("打印机", "正确按确认")
    assert "0123456789" in bench.parts.printer.slips[slips].text
    bench.press("enter", "7")
    bench.expect("时钟电量", "2026-11-23", "63%")
    bench.press("enter", "8")
    bench.expect("交易记录", "正常")
    bench.press("enter", "cancel")
    bench.expect("请输入金额")
    assert messages(shop) == asked
    sell(shop, 10_00)
    agree(shop, 1, 10_00)
