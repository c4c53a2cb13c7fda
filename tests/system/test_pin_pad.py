"""A PIN keyed by where its digits are on the screen: in a new order for each PIN, on both displays."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from host_tools.bench.process import PINS, PINS_ST7789
from host_tools.bench.shop import Shop
from tests.system.books import agree, set_parameters

KEYS = "1234567890"


def pad(shop: Shop) -> str:
    """The ten digits, as they stand on the screen."""
    rows = (re.match(r"(\d {0,3}\d {0,3}\d|\d)(?: |$)", line) for line in shop.bench.screen())
    digits = "".join(row[1].replace(" ", "") for row in rows if row)
    assert sorted(digits) == list("0123456789"), shop.bench.screen()
    return digits


@pytest.mark.parametrize(("pins", "heap"), [(PINS, "320k"), (PINS_ST7789, "384k")], ids=["128x64", "240x320"])
def test_what_is_keyed_is_what_stands_there(tmp_path: Path, pins: Path, heap: str) -> None:
    with Shop(tmp_path, pins=pins, heap=heap) as shop:
        set_parameters(shop, scrambles_pins=1)
        shop.open()
        bench = shop.bench
        bench.expect("请输入金额")
        card = shop.cards["plain"]
        orders = []
        for _ in range(3):
            bench.type("1234")
            bench.press("enter")
            bench.expect("请刷卡")
            shop.swipe(card)
            bench.expect("请输入密码", "12.34")
            orders.append(pad(shop))
            bench.press(KEYS[orders[-1].index("7")], "clear")  # a slip of the finger
            for count, digit in enumerate(card.pin, 1):
                bench.press(KEYS[orders[-1].index(digit)])
                bench.expect("*" * count, "12.34")
                assert pad(shop) == orders[-1]
            bench.press("enter")
            bench.expect("交易成功", "12.34")
            shop.take_slips()
        assert len(set(orders)) == 3
        agree(shop, 3, 3 * 12_34)
