"""Every path through every menu of a terminal that two merchants share, back to idle with nothing left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.audit.image import FlashImage
from host_tools.bench.shop import Shop
from tests.effort import EFFORT
from tests.system import test_menu_walk as alone
from tests.system.malls import IDLE, LIST, choose, mall, sell
from tests.system.menu_walk import DIGITS, Place, Walk


class MallWalk(Walk):
    """Merchants are asked for, and are no menu: whatever follows is the entry's."""

    def _is_menu(self, place: Place) -> bool:
        return super()._is_menu(place) and not place.shows(LIST)

    def _steps(self, place: Place) -> Iterator[str]:
        if place.shows(LIST):
            yield "1"
        yield from super()._steps(place)

    def _records(self) -> int:
        content = self.shop.bench.flash.image()
        images = (FlashImage(content, merchant=number) for number in (1, 2))
        return sum(len(image.reading(image.key()).records) for image in images)


def _at_the_counter(lines: tuple[str, ...]) -> bool:
    return IDLE in lines and "按菜单键选功能" in lines


def _back_to_the_counter(shop: Shop) -> None:
    alone._back_to_the_counter(shop, IDLE, "ENTER to sell")


def _other_worlds(place: Place, step: str) -> bool:
    """As at any terminal's; and another merchant would be the one that is proposed the next time."""
    return (
        (place.shows(LIST) and step in DIGITS and step != "1")
        or place.shows("ENTER to sell")
        or alone._other_worlds(place, step)
    )


def _prove_at_the_counter(shop: Shop, wrong: Place) -> None:
    bench = shop.bench
    supervisor = wrong.shows("主管密码")
    bench.press("menu", *("2" if supervisor else "742"))
    if supervisor:
        choose(shop, 1)
    bench.expect("主管密码" if supervisor else "柜员密码", timeout=600)
    bench.type("123456" if supervisor else "0000")
    bench.press("enter")
    bench.expect("原凭证号" if supervisor else "新密码")
    bench.press("cancel")
    bench.expect(IDLE)


@pytest.mark.skipif(EFFORT <= 1, reason="the same menus as any terminal's, behind a list")
def test_every_path_from_the_counter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with mall(tmp_path, moto=True) as shop:
        shop.open()
        shop.bench.expect(IDLE)
        sell(shop, 1, 10_00)
        walk = MallWalk(shop, _at_the_counter, _back_to_the_counter, _prove_at_the_counter, _other_worlds, alone.SHARE)
        count = walk.run()
    with capsys.disabled():
        print(f"\nfrom a mall's counter: {count}")
    assert {place.entry for place in walk.paths} >= alone.ENTRIES
