"""The same terminal on a board with few pins: keypad, printer and scanner behind expanders, a stripe reader without a
decoder, a calendar and a battery gauge of their own; all chosen by the board's wiring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from host_tools.acquirer.cards import Card, tracks
from host_tools.bench.other_parts import OtherParts
from host_tools.bench.process import BOARD
from host_tools.bench.shop import OPENING, Shop
from tests.system.books import agree

# The drivers of these parts are on the heap beside those of the usual ones.
HEAP = "320k"
_Part = TypeVar("_Part")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path, heap=HEAP, pins=BOARD / "pins_other_parts.py") as shop:
        fitted(parts(shop).calendar).workshop_time = OPENING
        yield shop


def parts(shop: Shop) -> OtherParts:
    return shop.bench.parts.other


def fitted(part: _Part | None) -> _Part:
    assert part
    return part


def swipe(shop: Shop, card: Card, backwards: bool = False) -> None:
    track1, track2 = (track[1:-2] for track in tracks(card))
    fitted(parts(shop).stripe_reader).swipe(track1, track2, backwards=backwards)


def sell(shop: Shop, fen: int, backwards: bool = False) -> None:
    bench, card = shop.bench, shop.cards["plain"]
    bench.type(str(fen))
    bench.press("enter")
    bench.expect("请刷卡")
    swipe(shop, card, backwards)
    bench.expect("请输入密码")
    bench.type(card.pin)
    bench.press("enter")
    bench.expect("交易成功")
    shop.take_slips()


def test_a_day_at_the_counter(shop: Shop) -> None:
    bench = shop.bench
    bench.power_on()
    bench.expect("自检通过")
    shop.log_in()
    bench.expect("请输入金额", "09:00")
    sell(shop, 12_34)
    sell(shop, 66_00, backwards=True)
    assert [slip.text.count("620000******0013 /S") for slip in bench.parts.printer.slips] == [1] * 4
    agree(shop, 2, 78_34)
    assert (
        fitted(parts(shop).uart_expander).faults
        == bench.parts.printer.faults
        == fitted(parts(shop).calendar).faults
        == []
    )


def test_what_the_self_check_says_of_them(shop: Shop) -> None:
    fitted(parts(shop).gauge).percent = 9
    shop.bench.parts.keypad.press("0")
    shop.bench.parts.printer.paper_out()
    shop.bench.power_on()
    shop.bench.expect("按键卡住 0")
    shop.bench.parts.keypad.release("0")
    shop.bench.press("enter")
    shop.bench.expect("打印机缺纸")
    shop.bench.press("enter")
    shop.bench.expect("电量低")


def test_the_calendar_goes_on_without_power(shop: Shop) -> None:
    shop.open()
    shop.bench.expect("请输入金额")
    shop.bench.power_off()
    shop.bench.run(3600)
    shop.open()
    shop.bench.expect("请输入金额", "10:0")


def test_a_dead_gauge_is_no_reason_to_sell_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = shop.bench
    monkeypatch.setattr(fitted(parts(shop).gauge), "write", lambda _: -1)  # does not acknowledge its address
    bench.power_on()
    bench.expect("电量计故障")
    bench.press("enter")
    shop.log_in()
    bench.expect("请输入金额", "--%")
    sell(shop, 12_34)
    agree(shop, 1, 12_34)


def test_a_calendar_that_was_never_set_is_right_after_sign_in(tmp_path: Path) -> None:
    with Shop(tmp_path, heap=HEAP, pins=BOARD / "pins_other_parts.py") as shop:
        shop.bench.power_on()
        shop.bench.expect("自检通过")
        shop.log_in()
        shop.bench.expect("请输入金额", "09:00")
        sell(shop, 12_34)
        assert "2026/11/23" in shop.bench.parts.printer.slips[-1].text
        agree(shop, 1, 12_34)
