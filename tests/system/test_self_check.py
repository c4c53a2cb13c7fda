"""开机自检: what is wrong is said before the first customer comes; what cannot be trusted stops the terminal (R17)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import zxingcpp

from host_tools.bench.shop import Shop
from host_tools.flash.factory import SECTOR, partitions
from host_tools.screens.tour import LARGE, SIZES, SMALL
from tests.system.books import agree, sell


@pytest.fixture
def closed(tmp_path: Path) -> Shop:
    """A shop whose terminal has not been switched on yet."""
    return Shop(tmp_path)


def test_all_in_order(closed: Shop) -> None:
    with closed as shop:
        shop.bench.power_on()
        shop.bench.expect("自检通过")


@pytest.mark.parametrize(("trouble", "words"), [("paper_out", "打印机缺纸"), ("open_cover", "打印机盖未合")])
def test_printer(closed: Shop, trouble: str, words: str) -> None:
    with closed as shop:
        getattr(shop.bench.parts.printer, trouble)()
        shop.bench.power_on()
        shop.bench.expect("开机自检", words)
        shop.bench.press("enter")
        shop.bench.expect("柜员号")


def test_a_key_that_hangs(closed: Shop) -> None:
    with closed as shop:
        shop.bench.parts.keypad.press("5")
        shop.bench.power_on()
        shop.bench.expect("开机自检", "按键卡住", "5")
        shop.bench.run(11)
        shop.bench.parts.keypad.release("5")
        shop.bench.run(0.1)
        shop.log_in()
        shop.bench.expect("请输入金额")


@pytest.mark.parametrize("board", [SMALL, LARGE])
def test_a_code_of_what_is_wrong_is_on_the_screen_where_nothing_can_be_printed(tmp_path: Path, board: str) -> None:
    pins, heap = SIZES[board]
    with Shop(tmp_path, pins=pins, heap=heap) as shop:
        shop.open()
        bench, printer = shop.bench, shop.bench.parts.printer
        bench.expect("请输入金额")
        printer.paper_out()
        bench.press("menu", "6", "7")
        bench.expect("确认键", timeout=10)
        bench.run(1)
        (found,) = zxingcpp.read_barcodes(bench.parts.display.to_image().convert("L"))
        assert re.fullmatch(r"SP-VB-000001 0\.1\.0 26112309000\d 0/0/0 D04", found.text)
        bench.press("5", "enter")
        bench.expect("打印机缺纸")
        printer.load_paper()
        bench.press("enter")
        bench.expect("请输入金额")
        assert found.text in printer.slips[-1].text


def test_low_battery(closed: Shop) -> None:
    with closed as shop:
        shop.bench.parts.battery.millivolts = 3400
        shop.bench.power_on()
        shop.bench.expect("电量低")


def test_a_new_day_begins_with_a_self_check(shop: Shop) -> None:
    """Of a terminal that is never switched off: before its first sale, and once."""
    bench = shop.bench

    def left_alone(hours: int) -> None:
        bench.run(hours * 3600)
        bench.expect("已锁定")
        bench.press("enter")
        bench.expect("柜员密码")
        bench.press("0", "0", "0", "0", "enter")

    sell(shop, 10_00)
    bench.parts.battery.millivolts = 3400
    left_alone(hours=1)
    bench.expect("请输入金额")
    left_alone(hours=15)
    bench.expect("开机自检", "电量低")
    bench.press("enter")
    bench.expect("请输入金额")
    bench.parts.battery.millivolts = 3900
    bench.run(60)
    sell(shop, 20_00)
    left_alone(hours=1)
    bench.expect("请输入金额")
    agree(shop, 2, 30_00)


def _journal_offset() -> int:
    return partitions()["journal"].offset


def _damage(shop: Shop, at: int, size: int = 1) -> None:
    image = bytearray(shop.flash_image.read_bytes())
    for index in range(at, at + size):
        image[index] ^= 0xFF
    shop.flash_image.write_bytes(bytes(image))


def test_an_altered_journal_stops_the_terminal(shop: Shop) -> None:
    sell(shop, 10_00)
    shop.bench.power_off()
    _damage(shop, _journal_offset() + 16 + 11 + 16 + 5)  # in the first record, behind frame header and link
    shop.bench.power_on()
    shop.bench.expect("终端故障")
    shop.bench.press("1", "enter")
    assert shop.bench.shows("终端故障")


def test_an_old_record_is_checked_too(shop: Shop) -> None:
    """Mounting looks at the newest sector only; the self-check reads all of the open batch."""
    for _ in range(36):
        shop.ask_for(1, shop.cards["empty"])
        shop.bench.expect("余额不足")
        shop.bench.press("enter")
    image = shop.bench.flash.image()
    assert image[_journal_offset() + 4096 :][:4] == b"SPL1"  # a second sector has been begun
    shop.bench.power_off()
    _damage(shop, _journal_offset() + 16 + 11 + 16 + 5)
    shop.bench.power_on()
    shop.bench.expect("终端故障", "L04")


def test_another_devices_secrets_open_nothing(shop: Shop) -> None:
    sell(shop, 10_00)
    shop.bench.power_off()
    _damage(shop, partitions()["secrets"].offset + SECTOR)  # the journal's
    shop.bench.power_on()
    shop.bench.expect("终端故障")


def test_damaged_parameters_stop_the_terminal(closed: Shop) -> None:
    with closed as shop:
        image = shop.flash_image.read_bytes()
        at = image.index(b'"terminal_id"')
        shop.flash_image.write_bytes(image[:at] + b'"terminal_xx"' + image[at + 13 :])
        shop.bench.power_on()
        shop.bench.expect("终端故障", "L09")


def test_flash_untouched_by_the_self_check(shop: Shop) -> None:
    sell(shop, 10_00)
    shop.bench.power_off()
    before = shop.bench.flash.image()
    shop.bench.power_on()
    shop.bench.expect("柜员号")
    assert shop.bench.flash.image() == before
    shop.log_in()
    shop.bench.expect("请输入金额")
    agree(shop, 1, 10_00)
