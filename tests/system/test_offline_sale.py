"""Sales without the host: they wait in the queue, are told of in idle time, and are never lost or told twice."""

from __future__ import annotations

import re

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.bench.shop import Shop
from host_tools.demo.audit import found_in, pins, secrets
from tests.system.books import (
    ask_to_refund,
    messages,
    print_totals,
    requests,
    sell,
    sell_offline,
    sent,
    settle,
    settled_sums,
    vouchers,
)

OFFLINE = ("offline_sale", "CUP")


def test_it_is_good_at_once_and_told_in_idle_time(shop: Shop) -> None:
    shop.bench.network(False)
    sell_offline(shop, 12_34)
    slip = shop.bench.parts.printer.slips[0].text
    assert "离线结算" in slip and "RMB 12.34" in slip and "授权码: 654321" in slip and "参考号" not in slip
    shop.bench.expect("未上送1")
    shop.bench.network(True)
    shop.bench.until(lambda: "0230" in messages(shop), "advice", 120)
    shop.bench.expect("按菜单键")
    (advice,) = sent(shop, "0220")
    assert (advice[3], advice[25], advice[60][:2], advice[38]) == ("000000", "00", "30", "654321")
    assert advice.keys() == {2, 3, 4, 11, 12, 13, 14, 22, 25, 38, 41, 42, 49, 60, 63, 64}
    assert settled_sums(shop) == {OFFLINE: (1, 12_34)}
    assert shop.acquirer.bank.balance(shop.cards["plain"].pan) == shop.cards["plain"].balance - 12_34


def test_the_oldest_goes_first_and_one_at_a_time(shop: Shop) -> None:
    shop.bench.network(False)
    for fen in (1_00, 2_00, 3_00):
        sell_offline(shop, fen)
    shop.bench.expect("未上送3")
    shop.bench.network(True)
    shop.bench.until(lambda: messages(shop).count("0230") == 3, "advices", 120)
    assert messages(shop)[2:] == ["0220", "0230"] * 3
    assert [int(advice[4]) for advice in sent(shop, "0220")] == [1_00, 2_00, 3_00]
    assert settled_sums(shop) == {OFFLINE: (3, 6_00)}


def test_an_advice_without_an_answer_is_told_again_and_counts_once(shop: Shop) -> None:
    shop.disturb(Kind.SILENT, "0220")
    sell_offline(shop, 5_00)
    shop.bench.expect("主机无应答", timeout=120)
    shop.bench.until(lambda: messages(shop).count("0230") == 1, "the second advice", 120)
    shop.bench.expect("按菜单键")
    assert requests(shop).count("0220") == 2
    assert settled_sums(shop) == {OFFLINE: (1, 5_00)}


@pytest.mark.parametrize("code", ["91", "96", "98", "06"])
def test_the_hosts_own_trouble_is_no_refusal(shop: Shop, code: str) -> None:
    shop.disturb(Kind.ANSWER, "0220", code=code)
    sell_offline(shop, 5_00)
    shop.bench.until(lambda: messages(shop).count("0230") == 2, "the second advice", 120)
    assert settled_sums(shop) == {OFFLINE: (1, 5_00)}


@pytest.mark.parametrize("code", ["A0", "99", "77"])
def test_keys_in_doubt_are_renewed_and_it_goes_on(shop: Shop, code: str) -> None:
    shop.disturb(Kind.ANSWER, "0220", code=code)
    sell_offline(shop, 5_00)
    shop.bench.until(lambda: messages(shop).count("0230") == 2, "the second advice", 120)
    assert requests(shop) == ["0800", "0220", "0800", "0220"]
    assert settled_sums(shop) == {OFFLINE: (1, 5_00)}


def test_a_refusal_is_told_to_the_cashier_counted_nowhere_and_kept(shop: Shop) -> None:
    shop.disturb(Kind.ANSWER, "0220", code="14")
    sell_offline(shop, 5_00)
    stan = sent(shop, "0800")[0][11]
    shop.bench.expect("上送", f"{int(stan) + 1:06}", "无此卡号", timeout=60)
    shop.bench.press("enter")
    shop.bench.expect("按菜单键")
    assert print_totals(shop).count == 0
    shop.bench.press("menu", "9", "4")
    shop.bench.expect("离线结算", "5.00", "被拒")


def test_a_key_interrupts_the_telling_and_the_customer_does_not_wait(shop: Shop) -> None:
    shop.disturb(Kind.SILENT, "0220")
    sell_offline(shop, 5_00)
    shop.bench.until(lambda: "0220" in messages(shop), "advice", 60)
    began = shop.bench.clock.now_us
    sell(shop, 7_00, "long")
    assert shop.bench.clock.now_us - began < 20_000_000
    shop.bench.until(lambda: messages(shop).count("0230") == 1, "the second advice", 120)
    assert settled_sums(shop) == {OFFLINE: (1, 5_00), ("sale", "CUP"): (1, 7_00)}


def test_the_fifth_goes_without_waiting(shop: Shop) -> None:
    for _ in range(5):
        sell_offline(shop, 1_00)
    began = shop.bench.clock.now_us
    shop.bench.until(lambda: messages(shop).count("0230") == 5, "advices", 60)
    assert shop.bench.clock.now_us - began < 5_000_000


def test_each_pause_is_longer_than_the_last_and_none_is_the_same(shop: Shop) -> None:
    shop.host_up = False
    sell_offline(shop, 1_00)
    pauses = []
    for _ in range(5):
        shop.bench.expect("主机连不上", timeout=600)
        line = next(line for line in shop.bench.screen() if "未上送" in line)
        found = re.search(r"(\d+):(\d\d)", line)
        assert found
        pauses.append(int(found[1]) * 60 + int(found[2]))
        shop.bench.run(pauses[-1] + 1)
    for number, pause in enumerate(pauses):
        assert 14 <= pause / 2**number <= 19
    assert len({pause * 2 ** (5 - number) for number, pause in enumerate(pauses)}) > 1


def test_more_than_may_be_at_risk_is_refused_in_words(shop: Shop) -> None:
    shop.bench.press("menu", "5")
    shop.bench.type("100001")
    shop.bench.press("enter")
    shop.bench.expect("超过离线限额")
    shop.bench.press("enter")
    shop.bench.expect("按菜单键")


def test_a_sale_by_a_foreign_card_is_of_its_own_organisation(shop: Shop) -> None:
    sell_offline(shop, 5_00, "foreign")
    shop.bench.until(lambda: "0230" in messages(shop), "advice", 60)
    assert settled_sums(shop) == {("offline_sale", "VIS"): (1, 5_00)}


def test_no_card_number_track_or_pin_is_in_flash_while_it_waits_nor_afterwards(shop: Shop) -> None:
    planted = secrets(shop.cards.values()) | pins(shop.cards.values())
    sell(shop, 1_00)
    shop.bench.network(False)
    sell_offline(shop, 5_00, "long")
    ask_to_refund(shop, 1_00, vouchers(shop)[0])
    shop.bench.expect("已受理", timeout=30)
    shop.take_slips()
    assert found_in(shop.bench.flash.image(), planted) == []
    shop.bench.network(True)
    shop.bench.until(lambda: messages(shop).count("0230") == 2, "advices", 120)
    settle(shop)
    assert found_in(shop.bench.flash.image(), planted) == []


def test_it_survives_the_power(shop: Shop) -> None:
    shop.bench.network(False)
    sell_offline(shop, 5_00)
    shop.bench.power_off()
    shop.bench.network(True)
    shop.bench.power_on()
    shop.log_in()
    shop.bench.expect("签到成功")
    shop.bench.until(lambda: "0230" in messages(shop), "advice", 5)  # at sign-in, without waiting
    assert settled_sums(shop) == {OFFLINE: (1, 5_00)}
