"""Old records are checked while nobody waits: what is wrong with them stops the terminal all the same (R4, R17)."""

from __future__ import annotations

import pytest

from host_tools.bench.shop import Shop
from host_tools.flash.factory import partitions
from tests.system.books import sell, settle


@pytest.fixture
def settled(shop: Shop) -> Shop:
    """A batch over several sectors that is settled, another that has begun, and the terminal off."""
    for _ in range(40):
        shop.ask_for(1, shop.cards["empty"])
        shop.bench.expect("余额不足")
        shop.bench.press("enter")
        shop.bench.expect("请输入金额")
    sell(shop, 10_00)
    settle(shop)
    for _ in range(8):
        shop.ask_for(1, shop.cards["empty"])
        shop.bench.expect("余额不足")
        shop.bench.press("enter")
        shop.bench.expect("请输入金额")
    shop.bench.power_off()
    return shop


def come_up(shop: Shop) -> None:
    shop.bench.power_on()
    shop.bench.expect("自检通过")
    shop.log_in()
    shop.bench.expect("请输入金额")


def test_an_old_record_that_was_altered(settled: Shop) -> None:
    """The self-check has passed, the shop has opened: then idle time comes to it."""
    image = bytearray(settled.flash_image.read_bytes())
    place = partitions()["journal"].offset + 16 + 11 + 16 + 5  # in the first record, behind frame header and link
    image[place] ^= 0xFF
    settled.flash_image.write_bytes(bytes(image))
    come_up(settled)
    settled.bench.expect("终端故障", timeout=180)
    settled.bench.press("1", "enter")
    assert settled.bench.shows("终端故障")


def test_nothing_is_wrong(settled: Shop) -> None:
    come_up(settled)
    settled.bench.run(180)
    assert settled.bench.shows("请输入金额")
    sell(settled, 1_00)
