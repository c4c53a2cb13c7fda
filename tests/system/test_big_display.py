"""The same terminal on a 240x320 display: the same firmware, its drivers and layout chosen by the board's wiring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.bench.parts.st7789 import St7789
from host_tools.bench.process import PINS_ST7789
from host_tools.bench.screen_reader import ScreenLine, read
from host_tools.bench.shop import Shop
from tests.system.books import agree

# A strip, a band and the driver's code are on the heap beside all that a small display needs.
HEAP = "320k"
DARK = bytes(3 * 240 * 320)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path, heap=HEAP, pins=PINS_ST7789) as shop:
        yield shop


def glass(shop: Shop) -> St7789:
    display = shop.bench.parts.display
    assert isinstance(display, St7789)
    return display


def lines(shop: Shop) -> dict[str, ScreenLine]:
    return {line.text: line for line in read(glass(shop).pixels())}


def test_a_sale_from_power_on_to_slip(shop: Shop) -> None:
    bench = shop.bench
    assert glass(shop).pixels() == DARK
    bench.power_on()
    bench.expect("自检通过")
    shop.log_in()
    bench.expect("签到成功")
    bench.expect("请输入金额", "09:00")
    bench.type("1234")
    bench.expect("消费", "12.34", "确认键继续")
    bench.press("enter")
    bench.expect("请刷卡", "请刷磁条卡")
    shop.swipe(shop.cards["plain"])
    bench.expect("请输入密码", "输完按确认")
    bench.type(shop.cards["plain"].pin)
    bench.expect("******")
    bench.press("enter")
    bench.expect("交易成功", "12.34", "正在打印")
    shop.take_slips()
    assert len(bench.parts.printer.slips) == 2
    agree(shop, 1, 12_34)
    assert glass(shop).faults == []
    bench.power_off()
    assert glass(shop).pixels() == DARK


def test_it_is_dark_until_the_first_words_and_the_bench_waits_as_the_part_asks(shop: Shop) -> None:
    bench = shop.bench
    lit: list[list[str]] = []
    bench.on_screen.append(lambda bench: lit.append(bench.screen()))
    bench.power_on()
    bench.expect("自检通过")
    first = next(index for index, words in enumerate(lit) if words)
    assert all(not words for words in lit[:first])
    assert bench.clock.now_us > 240_000
    assert glass(shop).backlight.percent == 100


def test_amounts_are_as_large_as_the_glass_allows(shop: Shop) -> None:
    shop.open()
    shop.bench.expect("请输入金额")
    keyed = (("1", "0.01", 4), ("23456", "1234.56", 4), ("78", "123456.78", 3), ("9012", "1234567890.12", 2))
    for digits, shown, scale in keyed:
        shop.bench.type(digits)
        line = lines(shop)[shown]
        assert line.scale == scale
        assert line.x + len(shown) * 8 * scale <= 240 - 8 + scale
        assert 120 <= line.y < 200


def test_text_is_doubled_and_centred(shop: Shop) -> None:
    shop.bench.power_on()
    shop.bench.expect("自检通过")
    shown = lines(shop)
    assert shown["开机自检"] == ScreenLine(56, 4, 2, "开机自检")
    assert shown["自检通过"].x == 56


def test_seven_entries_of_the_menu_are_on_one_screen(shop: Shop) -> None:
    shop.open()
    shop.bench.expect("请输入金额")
    shop.bench.press("menu")
    shop.bench.expect("功能")
    assert [line[0] for line in shop.bench.screen()[1:8]] == list("1234567")
    shop.bench.press("down")
    shop.bench.expect("8 其它")


def test_a_key_sends_what_it_changes_and_no_more(shop: Shop) -> None:
    """A screen is 153,600 bytes."""
    shop.open()
    shop.bench.expect("请输入金额")
    sent = 0
    transfer = glass(shop).transfer

    def counted(data: bytes) -> bytes:
        nonlocal sent
        sent += len(data)
        return transfer(data)

    glass(shop).transfer = counted  # type: ignore[method-assign]
    shop.bench.type("1")  # the whole layout
    assert 40_000 < sent < 120_000
    sent = 0
    shop.bench.type("2")
    assert 0 < sent < 20_000  # four digits, four times as large
    sent = 0
    shop.bench.run(5)
    assert sent == 0


def test_in_english(tmp_path: Path) -> None:
    with Shop(tmp_path, language="en", heap=HEAP, pins=PINS_ST7789) as shop:
        bench = shop.bench
        bench.power_on()
        bench.expect("All in order")
        for prompt, answer in (("Operator no.", "01"), ("Password", "0000")):
            bench.expect(prompt)
            bench.type(answer)
            bench.press("enter")
        bench.expect("Key in amount")
        bench.type("10000000")
        bench.press("enter")
        bench.expect("100000.00", "Large amount.", "ENTER if", "right.")
        bench.press("enter")
        bench.expect("Present card", "Swipe card")


def test_each_ending_has_its_colour_and_its_mark(shop: Shop) -> None:
    """Green, red and amber, from the title down to the mark."""
    shop.open()
    bench = shop.bench
    bench.expect("请输入金额")
    shop.ask_for(12_34, shop.cards["plain"])
    bench.expect("交易成功", "✔")
    assert _colour(shop) == (16, 125, 66)
    shop.take_slips()
    shop.ask_for(100_00, shop.cards["empty"])
    bench.expect("失败", "✘", "余额不足")
    assert _colour(shop) == (198, 36, 41)
    bench.press("enter")
    shop.disturb(Kind.SILENT, "0200")
    shop.ask_for(100_00, shop.cards["plain"])
    bench.expect("待确认", "⚠", "请勿重复收款")
    assert _colour(shop) == (255, 195, 41)


def _colour(shop: Shop) -> tuple[int, ...]:
    """Of the paper in the upper left corner, which is that of the mark's rows too."""
    image = glass(shop).to_image(1)
    assert image.getpixel((0, 0)) == image.getpixel((239, 119)) != image.getpixel((0, 279))
    pixel = image.getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return pixel
