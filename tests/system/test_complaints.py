"""What users of payment terminals complain of, each as a test of this one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.bench.shop import Shop
from tests.system.books import (
    agree,
    ask_to_void,
    messages,
    print_totals,
    requests,
    sell,
    sell_offline,
    sent,
    set_parameters,
    settled_sums,
    vouchers,
)

QUEUED = {("offline_sale", "CUP"): (1, 5_00)}


def _queue_one(shop: Shop) -> None:
    shop.bench.network(False)
    sell_offline(shop, 5_00)
    shop.bench.expect("未上送1")


# -- queued payments survive --


def test_queued_payments_survive_a_log_out_and_say_so(shop: Shop) -> None:
    _queue_one(shop)
    shop.bench.press("menu", "7", "9")
    shop.bench.expect("有未上送交易", "会保留")
    shop.bench.press("enter")
    shop.bench.network(True)
    shop.log_in()
    shop.bench.until(lambda: "0230" in messages(shop), "advice", 60)
    assert settled_sums(shop) == QUEUED


def test_queued_payments_are_not_signed_off(shop: Shop) -> None:
    _queue_one(shop)
    shop.bench.press("menu", "7", "2")
    shop.bench.expect("网络不通", timeout=30)
    shop.bench.press("enter")
    shop.bench.expect("未上送1")
    shop.bench.network(True)
    shop.bench.press("menu", "7", "2")
    shop.bench.expect("签退成功", timeout=30)
    assert requests(shop) == ["0800", "0220", "0820"]
    assert settled_sums(shop) == QUEUED


def test_queued_payments_survive_a_reset(shop: Shop) -> None:
    _queue_one(shop)
    for _ in range(3):
        shop.bench.power_off()
        shop.bench.power_on()
        shop.log_in()
        shop.bench.expect("网络不通", timeout=30)
        shop.bench.press("enter")
        shop.bench.run(1)
    shop.bench.press("cancel")
    shop.bench.expect("未上送1")
    shop.bench.network(True)
    shop.bench.until(lambda: "0230" in messages(shop), "advice", 120)
    assert settled_sums(shop) == QUEUED


# -- what the idle screen says --


def test_the_countdown_to_the_next_try_is_shown(shop: Shop) -> None:
    _queue_one(shop)
    seen = []
    for _ in range(5):
        line = next(line for line in shop.bench.screen() if "未上送" in line)
        found = re.fullmatch(r"未上送1笔 (\d+):(\d\d)", line)
        assert found
        seen.append(int(found[1]) * 60 + int(found[2]))
        shop.bench.run(1)
    assert seen == list(range(seen[0], seen[0] - 5, -1))


def test_a_network_without_the_host_is_told_apart_from_no_network(shop: Shop) -> None:
    shop.host_up = False
    sell_offline(shop, 5_00)
    shop.bench.expect("主机连不上", timeout=60)
    assert not shop.bench.shows("网络不通")
    shop.host_up = True
    shop.bench.network(False)
    shop.bench.expect("网络不通", timeout=120)
    assert not shop.bench.shows("主机连不上")
    shop.bench.network(True)
    shop.disturb(Kind.SILENT, "0220")
    shop.bench.expect("主机无应答", timeout=240)
    shop.bench.expect("按菜单键", timeout=400)
    assert settled_sums(shop) == QUEUED


def test_in_english_too(tmp_path: Path) -> None:
    with Shop(tmp_path, language="en") as shop:
        bench = shop.bench
        bench.power_on()
        for prompt, answer in (("Operator no.", "01"), ("Password", "0000")):
            bench.expect(prompt)
            bench.type(answer)
            bench.press("enter")
        bench.expect("Key in amount")
        bench.network(False)
        bench.press("menu", "5")
        bench.expect("Offline sale")
        bench.type("500")
        bench.press("enter")
        bench.expect("Swipe card")
        shop.swipe(shop.cards["plain"])
        bench.expect("Voice auth code")
        bench.type("654321")
        bench.press("enter")
        bench.expect("Stored, to send")
        bench.expect("Unsent 1 0:")
        bench.expect("No connection", timeout=60)


# -- no answer in time --


def test_an_answer_that_comes_too_late_cannot_turn_a_failure_into_charged_money(shop: Shop) -> None:
    shop.disturb(Kind.LATE, "0200", ms=39_000)  # nine seconds after the terminal has given up
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("待确认", timeout=40)
    shop.bench.expect("失败 未扣款", timeout=40)
    shop.bench.run(30)
    assert shop.acquirer.bank.balance(shop.cards["plain"].pan) == shop.cards["plain"].balance
    assert shop.bench.parts.printer.slips == []
    agree(shop, 0, 0)


def test_a_voucher_that_timed_out_is_resolved_and_the_sale_can_be_tried_again(shop: Shop) -> None:
    shop.disturb(Kind.SILENT, "0200")
    shop.disturb(Kind.SILENT, "0400")
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("待确认", timeout=40)
    shop.bench.until(lambda: "0400" in messages(shop), "reversal", 40)
    shop.bench.expect("未上送1", timeout=60)  # nobody has to do anything
    shop.bench.expect("已冲正", timeout=120)
    shop.bench.press("enter")
    shop.bench.press("menu", "7", "3", "1", *vouchers(shop)[0], "enter")
    shop.bench.expect("10.00 已冲正")
    shop.bench.press("cancel")
    sell(shop, 10_00)
    assert len(set(vouchers(shop))) == 2
    agree(shop, 1, 10_00)


@pytest.mark.parametrize("kind", [Kind.LOST, Kind.SILENT, Kind.CLOSE], ids=lambda kind: kind.name)
def test_no_customer_pays_twice_when_the_line_comes_back(shop: Shop, kind: Kind) -> None:
    shop.disturb(kind, "0200")
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.until(lambda: "0200" in messages(shop) or kind == Kind.LOST, "request", 10)
    shop.bench.network(False)
    shop.bench.expect("待确认", timeout=60)
    shop.bench.run(20)
    shop.bench.network(True)
    sell(shop, 10_00)  # the cashier swipes again
    assert shop.acquirer.bank.balance(shop.cards["plain"].pan) == shop.cards["plain"].balance - 10_00
    agree(shop, 1, 10_00)


def test_an_advice_is_counted_once_however_often_the_line_drops(shop: Shop) -> None:
    for _ in range(3):
        shop.disturb(Kind.CLOSE, "0220")
    sell_offline(shop, 5_00)
    shop.bench.until(lambda: len(sent(shop, "0220")) == 4, "the fourth advice", 400)
    shop.bench.expect("按菜单键")
    assert settled_sums(shop) == QUEUED
    assert shop.acquirer.bank.balance(shop.cards["plain"].pan) == shop.cards["plain"].balance - 5_00


# -- at the counter --


def test_cancel_works_at_every_prompt(shop: Shop) -> None:
    """From the amount to the PIN, in every menu and at every question of the flows in it."""
    sell(shop, 1_00)
    bench = shop.bench

    def swipe() -> None:
        bench.expect("请刷卡")
        shop.swipe(shop.cards["plain"])
        bench.run(0.5)

    flows: tuple[tuple[list[str], list[Callable[[], None]]], ...] = (
        (["1"], [lambda: bench.press("enter"), swipe]),
        (["menu", "3"], [lambda: bench.press(*"123456", "enter"), lambda: bench.press(*vouchers(shop)[0], "enter"),
                         lambda: bench.press("enter"), lambda: bench.press("1", "enter")]),
        (["menu", "3"], [lambda: bench.press(*"123456", "enter"), lambda: bench.press(*"999999", "enter"),
                         lambda: bench.press(*"000001", "enter"), lambda: bench.press(*"123456789012", "enter")]),
        (["menu", "5"], [lambda: bench.press("1", "enter"), swipe]),
        (["menu", "6"], []),
        (["menu", "6", "2"], []),
        (["menu", "7"], []),
        (["menu", "7", "3"], [lambda: bench.press("3"), lambda: bench.press(*"100", "enter")]),
        (["menu", "7", "5"], []),
    )  # fmt: skip
    for keys, answers in flows:
        for depth in range(len(answers) + 1):
            bench.press(*keys)
            bench.run(1)
            for answer in answers[:depth]:
                answer()
                bench.run(1)
            assert not bench.shows("按菜单键")
            bench.press("cancel")
            bench.expect("按菜单键")
    assert vouchers(shop) == vouchers(shop)[:1]
    agree(shop, 1, 1_00)


def test_the_last_customers_amount_is_never_shown_again(shop: Shop) -> None:
    bench = shop.bench
    seen: list[str] = []

    def watch(_: object) -> None:
        seen.extend(line for line in bench.screen() if "88.88" in line)

    sell(shop, 88_88)
    bench.on_screen.append(watch)
    bench.run(65)
    bench.type("1")
    bench.expect("消费", "0.01")
    bench.press("cancel")
    bench.press("menu", "1")
    bench.expect("消费", "0.00")
    bench.press("cancel")
    bench.press("menu", "5")
    bench.expect("离线结算", "0.00")
    bench.press("cancel")
    bench.expect("按菜单键")
    assert seen == []


def test_a_full_batch_refuses_before_anything_is_sent_and_names_the_way_out(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        set_parameters(shop, batch_limit=2)
        shop.open()
        shop.bench.expect("请输入金额")
        sell(shop, 1_00)
        sell(shop, 2_00)
        before = messages(shop)
        shop.ask_for(3_00, shop.cards["plain"])
        shop.bench.expect("失败 未扣款", "交易笔数已满", "请先结算")
        assert messages(shop) == before
        shop.bench.press("enter")
        agree(shop, 2, 3_00)


def test_a_receipt_that_did_not_come_is_offered_before_anybody_swipes_again(shop: Shop) -> None:
    shop.bench.parts.printer.paper_out()
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("打印机缺纸", "交易已成功")
    shop.bench.power_off()
    shop.bench.parts.printer.load_paper()
    shop.bench.power_on()
    shop.log_in()
    shop.bench.expect("交易成功", "签购单未打完")
    shop.bench.press("enter")
    shop.take_slips()
    assert "RMB 10.00" in shop.bench.parts.printer.slips[-1].text
    agree(shop, 1, 10_00)


def test_a_void_in_doubt_leaves_the_sale_as_it_was(shop: Shop) -> None:
    sell(shop, 10_00)
    shop.disturb(Kind.SILENT, "0200")
    shop.disturb(Kind.SILENT, "0400")
    ask_to_void(shop)
    shop.bench.expect("待确认", "请勿重复撤销", timeout=60)
    shop.bench.expect("未上送1", timeout=60)
    shop.bench.expect("原消费有效", timeout=120)
    shop.bench.press("enter")
    assert print_totals(shop).amount == 10_00
    assert shop.acquirer.bank.balance(shop.cards["plain"].pan) == shop.cards["plain"].balance - 10_00
