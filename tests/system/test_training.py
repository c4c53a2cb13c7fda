"""培训: everything works, and nothing of it reaches a batch, a queue, flash or a host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.audit.records import Event
from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.shop import OPENING, Shop
from host_tools.cards.minting import Mint
from host_tools.demo.audit import found_in, pins, secrets
from host_tools.flash.factory import (
    ADMINISTRATOR,
    ADMINISTRATOR_PASSWORD,
    SUPERVISOR,
    SUPERVISOR_PASSWORD,
    partitions,
)
from host_tools.keys.authority import Authority
from tests.journal import records
from tests.system.books import (
    add_tip,
    agree,
    ask_to_complete,
    ask_to_refund,
    ask_to_void,
    audited,
    messages,
    sell,
    sell_offline,
    settle,
    settled_sums,
)
from tests.system.test_chip_sale import ask, finish, key_pin
from tests.system.test_roles import log_in, power_cycle


class Watched(LockstepBench):
    """All bytes that have crossed the network, either way, and connections that were asked for."""

    crossed = 0

    def _record(self, now_us: int, wire: str, direction: str, data: bytes) -> None:
        super()._record(now_us, wire, direction, data)
        self.crossed += wire.startswith("tcp")


@pytest.fixture(scope="module")
def mint(tmp_path_factory: pytest.TempPathFactory) -> Mint:
    return Mint(Authority(tmp_path_factory.mktemp("authority")).make(OPENING.date()))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path, bench=Watched) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        yield shop


def journal(shop: Shop) -> bytes:
    place = partitions()["journal"]
    return shop.bench.flash.read(place.offset, place.size)


def administer(shop: Shop) -> None:
    shop.bench.press("menu", "7", "9")
    log_in(shop, ADMINISTRATOR, ADMINISTRATOR_PASSWORD)
    shop.bench.expect("1 终端参数")


def practise(shop: Shop, *, words: str = "已设为培训") -> None:
    """From the counter into the training, or out of it, by the supervisor; and back."""
    bench = shop.bench
    bench.press("menu", "7", "9")
    log_in(shop, SUPERVISOR, SUPERVISOR_PASSWORD)
    bench.expect("1 增加柜员")
    bench.press("6")
    bench.expect("培训", "确认键")
    bench.press("enter")
    bench.expect(words, "请关机再开机")
    bench.press("enter", "cancel", "menu")
    bench.expect(words)
    power_cycle(shop)
    shop.log_in()
    bench.expect("请输入金额")


def test_a_day_that_nobody_hears_of(shop: Shop) -> None:
    bench = shop.bench
    assert isinstance(bench, Watched)
    sell(shop, 10_00)
    practise(shop)
    assert bench.shows("培训 请输入金额")
    bench.run(1)
    before, asked, crossed = journal(shop), messages(shop), bench.crossed
    secret = secrets(shop.cards.values()) | pins(shop.cards.values())
    assert crossed

    sell(shop, 20_00)
    assert "测试 凭证无效" in bench.parts.printer.slips[-1].text
    assert "990001" in bench.parts.printer.slips[-1].text
    shop.ask_for(51, shop.cards["plain"])
    bench.expect("培训 失败", "余额不足")
    bench.press("enter")
    shop.ask_for(98, shop.cards["plain"])
    bench.expect("培训 待确认", timeout=60)
    bench.expect("已冲正", timeout=60)
    bench.press("enter")
    ask_to_void(shop)
    shop.take_slips()
    sell(shop, 30_00)
    ask_to_refund(shop, 5_00, "6")
    shop.take_slips()
    sell_offline(shop, 40_00)
    bench.run(20)
    add_tip(shop, 2_00, "8")
    shop.take_slips()
    for keys, words in (
        (("8", "1"), "请刷卡"),
        (("9", "1"), "主机应答正常"),
        (("9", "2"), "主机未下发参数"),
        (("8", "3", "5", "0", "0", "enter", *"130000000000000001", "enter"), "撕单"),
        (("8", "6", "9", "enter"), "撕单"),  # paid at the next look
    ):
        bench.press("menu", *keys)
        bench.expect(words)
        if words == "撕单":
            shop.take_slips()
        elif words == "请刷卡":
            shop.swipe(shop.cards["plain"])
            bench.expect("请输入密码")
            bench.press("1", "2", "3", "4", "enter")
            bench.expect("余额查询", "1000.00")
            bench.press("enter")
        else:
            bench.press("enter")
        bench.expect("请输入金额")
    bench.press("menu", "4", "1")
    bench.expect("预授权", "0.00")
    shop.ask_for(100_00, shop.cards["plain"])
    shop.take_slips()
    code = re.search(r"授权码: (\d+)", bench.parts.printer.slips[-1].text)
    assert code
    ask_to_complete(shop, 100_00, code[1])
    shop.take_slips()
    power_cycle(shop)
    shop.log_in()
    bench.expect("培训 请输入金额")
    sell(shop, 60_00)
    assert "对账平" in settle(shop)
    bench.expect("请输入金额")
    sell(shop, 70_00)
    assert "990002" in bench.parts.printer.slips[-1].text

    assert bench.crossed == crossed
    assert messages(shop) == asked
    assert journal(shop) == before
    assert found_in(bench.flash.image(), secret) == []
    practise(shop, words="培训结束")
    assert not bench.shows("培训")
    sell(shop, 1_00)
    assert "测试" not in bench.parts.printer.slips[-1].text
    agree(shop, 2, 11_00)
    assert audited(shop)
    assert settled_sums(shop) == {("sale", "CUP"): (2, 11_00)}


def test_nobody_practises_while_the_host_must_still_be_told(shop: Shop) -> None:
    bench = shop.bench
    bench.network(False)
    sell_offline(shop, 10_00)
    before = journal(shop)
    bench.press("menu", "7", "9")
    bench.expect("会保留")
    bench.press("enter")
    log_in(shop, ADMINISTRATOR, ADMINISTRATOR_PASSWORD)
    bench.expect("1 终端参数")
    bench.press("8", "6")
    bench.expect("培训", "有未上送交易")
    bench.press("enter", "cancel", "cancel")
    bench.network(True)
    shop.log_in()
    bench.expect("请输入金额", timeout=120)
    bench.until(lambda: "0230" in messages(shop), "advice", 120)
    assert journal(shop) != before
    assert settled_sums(shop) == {("offline_sale", "CUP"): (1, 10_00)}


def test_what_a_batch_hangs_on_stays_as_it_is(shop: Shop) -> None:
    bench = shop.bench
    sell(shop, 10_00)
    practise(shop)
    administer(shop)
    for keys, words in ((("5",), "终端退役"), (("8", "4"), "商户终端"), (("8", "5"), "清除")):
        bench.press(*keys)
        bench.expect(words, "请先退出培训")
        bench.press("enter")
        bench.expect("1 终端参数")
    bench.press("cancel")
    shop.log_in()
    bench.expect("培训 请输入金额")
    for _ in range(2):  # a trace is begun, and ended: it leaves no trace itself
        bench.press("menu", "9", "5")
        bench.expect("运行跟踪", "确认键")
        bench.press("enter")
        bench.expect("请输入金额")
        sell(shop, 20_00)
    practise(shop, words="培训结束")
    agree(shop, 1, 10_00)
    recorded = records(bench.flash.image(), shop.secrets.journal_key)
    assert Event.WATCHED not in [data[0] for data in recorded]  # no record of the trace outlives the training, either


def test_the_longest_keys_need_no_more_memory_in_a_training(tmp_path: Path, mint: Mint) -> None:
    with Shop(tmp_path, mint=mint, heap="288k", bench=Watched) as shop:
        shop.open()
        bench = shop.bench
        assert isinstance(bench, Watched)
        bench.expect("请输入金额")
        practise(shop)
        crossed = bench.crossed
        for _ in range(3):
            ask(shop, "up-heavy")
            key_pin(shop)
            finish(shop)
            bench.expect("请输入金额")
        assert bench.crossed == crossed
