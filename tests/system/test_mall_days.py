"""Days at a cash desk of three merchants, by chance: whatever goes wrong, each one's sums are its host's at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.audit.image import FlashImage
from host_tools.audit.verify import judge
from host_tools.bench.flash import PowerCut
from host_tools.bench.parts.keypad import LEGEND
from host_tools.bench.shop import TERMINAL, Shop
from host_tools.bench.tenants import tenants
from tests.effort import EFFORT
from tests.system.books import sent
from tests.system.malls import IDLE, LIST, books_of, print_totals, sell

MERCHANTS = (TERMINAL, *(tenant.tid for tenant in tenants(2)))
CARDS = ("plain", "long", "foreign", "named")
_STEPS = 50
_KINDS = (Kind.SILENT, Kind.LOST, Kind.CLOSE, Kind.GARBAGE, Kind.WRONG_MAC)
_WAITS = (0.05, 0.2, 1, 5, 45)  # seconds until something else is done
# What a person does when the terminal is not at its idle screen.
_ANSWERS = {"柜员号": "01", "柜员密码": "0000", "未打完": "", "撕单": ""}


class Day:
    def __init__(self, shop: Shop, seed: int) -> None:
        self._shop = shop
        self._bench = shop.bench
        self._random = Random(seed)

    def come_home(self) -> None:
        bench = self._bench
        for number in range(200):
            asked = next((words for words in _ANSWERS if bench.shows(words)), "")
            if bench.shows(IDLE):
                return
            assert not bench.shows("终端故障"), bench.screen()
            if asked:
                bench.type(_ANSWERS[asked])
                bench.press("enter")
            else:
                bench.run(2)
                if not bench.shows(IDLE):
                    bench.press("enter" if number % 2 else "cancel")
            bench.run(1)
        pytest.fail(f"{bench.screen()}")

    def go_on(self) -> None:
        """One thing that people do, and often one that goes wrong with it."""
        bench, chance = self._bench, self._random.random()
        if chance < 0.10:
            mti = self._random.choice(("0200", "0400", "0220", "0500", "0800"))
            self._shop.disturb(self._random.choice(_KINDS), mti)
        elif chance < 0.17:
            bench.network(False)
        elif chance < 0.30:
            bench.flash.cut_after(self._random.randrange(41))
        try:
            for _ in self._doing(self._random.choice("ssssvbofi")):
                bench.run(0.5)
            bench.run(self._random.choice(_WAITS))
            if self._random.random() < 0.2:
                bench.power_off()
                self._switch_on()
        except PowerCut:
            self._switch_on()
        bench.flash.cut_after(None)
        bench.network(True)
        self.come_home()

    def _doing(self, what: str) -> Iterator[None]:
        bench, merchant = self._bench, str(self._random.randrange(len(MERCHANTS)) + 1)
        card = self._shop.cards[self._random.choice(CARDS)]
        match what:
            case "i":
                bench.run(self._random.choice((20, 200)))
                return
            case "f":
                bench.press("menu", "7", "2")
                return
            case "b":
                bench.press("menu", "7", "5", merchant)
                yield
                bench.press("enter")
                return
            case "v":
                bench.press("menu", "2", merchant)
                yield
                bench.type("123456")
                bench.press("enter")
                yield
                bench.press("enter")
                yield
                bench.press("enter")
            case "s":
                bench.press("enter")
            case "o":
                bench.press("menu", "5")
        if bench.shows(LIST):
            bench.press(merchant)
            yield
            bench.type(str(self._random.randrange(1, 9999)))
            bench.press("enter")
        yield
        self._shop.swipe(card)
        yield
        bench.type("654321" if what == "o" else card.pin)
        bench.press("enter")

    def _switch_on(self) -> None:
        bench = self._bench
        for key in (key for row in LEGEND for key in row):  # one may have been down
            bench.parts.keypad.release(key)
        bench.flash.cut_after(None)
        bench.run(3)
        bench.power_on()


@pytest.mark.skipif(EFFORT <= 1, reason="takes a quarter of a minute for each")
@pytest.mark.parametrize("seed", range(round(2 * EFFORT)))
def test_a_day_by_chance(tmp_path: Path, seed: int) -> None:
    with Shop(tmp_path, others=tenants(2), seed=seed) as shop:
        shop.bench.power_on()
        day = Day(shop, seed)
        day.come_home()
        for _ in range(_STEPS):
            day.go_on()
        for _ in range(20):  # until everything has been told
            shop.bench.run(120)
            day.come_home()
        for merchant, terminal in enumerate(MERCHANTS, 1):
            sell(shop, merchant, 1)
            batch = int(sent(shop, "0200")[-1][60][2:8])
            assert print_totals(shop, merchant) == books_of(shop, terminal, batch)
        assert shop.acquirer.ledger.check() == []
        for merchant in range(1, len(MERCHANTS) + 1):
            image = FlashImage(shop.bench.flash.image(), merchant=merchant)
            report = judge(image.reading(image.key()))
            assert report.good
            assert all(line.agrees for line in report.lines)
