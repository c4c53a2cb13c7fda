"""The end of a batch and of a day: nothing is closed over what the host has not been told, and nothing is lost."""

from __future__ import annotations

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.bench.shop import TERMINAL, Shop
from tests.system.books import (
    agree,
    audited,
    messages,
    print_totals,
    requests,
    sell,
    sell_offline,
    sent,
    settle,
    settled_sums,
)


def test_a_batch_is_closed_on_both_sides_and_the_next_one_begins(shop: Shop) -> None:
    sell(shop, 12_34)
    sell(shop, 5_00, "foreign")
    slip = settle(shop)
    assert "结算总计单" in slip and "对账平" in slip and "批次号: 000001" in slip
    assert "RMB 17.34" in slip and all(len(row.encode("gb18030")) <= 32 for row in slip.splitlines())
    shop.bench.expect("请输入金额")
    assert messages(shop)[-4:] == ["0500", "0510", "0800", "0810"]
    (asked,) = [record for record in shop.trace if record.mti == "0500"]
    sent = {field.number: field.value for field in asked.fields}
    assert sent.keys() == {11, 41, 42, 48, 49, 60, 63}
    assert sent[48] == f"{12_34:012}001{0:015}0{5_00:012}001{0:015}0"
    assert sent[60] == "00000001201"
    assert print_totals(shop).count == 0
    sell(shop, 7_00)
    assert settled_sums(shop, 2) == {("sale", "CUP"): (1, 7_00)}
    assert settled_sums(shop, 1) == {("sale", "CUP"): (1, 12_34), ("sale", "VIS"): (1, 5_00)}


def test_what_waits_in_the_queue_goes_first(shop: Shop) -> None:
    sell_offline(shop, 3_00)
    settle(shop)
    assert [mti for mti in requests(shop) if mti in ("0220", "0500")] == ["0220", "0500"]
    assert settled_sums(shop) == {("offline_sale", "CUP"): (1, 3_00)}


def test_it_is_refused_while_anything_is_unsent(shop: Shop) -> None:
    sell_offline(shop, 3_00)
    shop.disturb(Kind.SILENT, "0220")
    shop.bench.press("menu", "7", "5")
    shop.bench.expect("主机无应答", timeout=60)
    assert "0500" not in messages(shop)


def test_without_a_network_nothing_is_closed(shop: Shop) -> None:
    sell(shop, 3_00)
    shop.bench.network(False)
    shop.bench.press("menu", "7", "5")
    shop.bench.expect("网络不通")
    shop.bench.network(True)
    shop.bench.press("enter")
    agree(shop, 1, 3_00)


def test_an_empty_batch_is_not_settled(shop: Shop) -> None:
    shop.bench.press("menu", "7", "5")
    shop.bench.expect("没有交易")
    assert "0500" not in messages(shop)


def test_the_cashier_may_think_again(shop: Shop) -> None:
    sell(shop, 12_34)
    shop.bench.press("menu", "7", "5")
    shop.bench.expect("结算 请核对", "借记 1 12.34", "贷记 0 0.00")
    shop.bench.press("cancel")
    shop.bench.expect("请输入金额")
    assert "0500" not in messages(shop)
    agree(shop, 1, 12_34)


@pytest.mark.parametrize("kind", [Kind.SILENT, Kind.LOST, Kind.CLOSE, Kind.GARBAGE], ids=lambda kind: kind.name)
def test_without_an_answer_it_is_asked_again_before_anything_new(shop: Shop, kind: Kind) -> None:
    sell(shop, 12_34)
    shop.disturb(kind, "0500")
    shop.bench.press("menu", "7", "5")
    shop.bench.expect("结算 请核对")
    shop.bench.press("enter")
    shop.bench.expect("结算未完成", timeout=60)
    shop.bench.press("enter")
    sell(shop, 5_00, "long")
    asked = [
        {field.number: field.value for field in record.fields}
        for record in shop.trace
        if record.mti == "0500" and record.direction == "in"
    ]
    assert len({(fields[11], fields[48]) for fields in asked}) == 1
    assert requests(shop)[-3:] == ["0500", "0800", "0200"]
    assert settled_sums(shop, 1) == {("sale", "CUP"): (1, 12_34)}
    assert settled_sums(shop, 2) == {("sale", "CUP"): (1, 5_00)}


def test_it_goes_on_after_a_power_cut_and_the_slip_is_printed(shop: Shop) -> None:
    sell(shop, 12_34)
    shop.bench.press("menu", "7", "5")
    shop.bench.expect("结算 请核对")
    shop.bench.press("enter")
    shop.bench.until(lambda: messages(shop)[-1] == "0510", "answer on its way")
    shop.bench.power_off()
    shop.bench.power_on()
    slips = len(shop.bench.parts.printer.slips)
    shop.log_in()
    shop.bench.until(lambda: len(shop.bench.parts.printer.slips) > slips, "slip of the settlement")
    assert "对账平" in shop.bench.parts.printer.slips[-1].text
    shop.bench.expect("请输入金额")
    sell(shop, 5_00, "long")
    assert settled_sums(shop, 2) == {("sale", "CUP"): (1, 5_00)}


def test_a_refused_settlement_leaves_the_batch_open(shop: Shop) -> None:
    sell(shop, 12_34)
    for _ in range(2):  # a refusal that comes once may be a bit that turned on the way
        shop.disturb(Kind.ANSWER, "0500", code="40")
    shop.bench.press("menu", "7", "5")
    shop.bench.expect("结算 请核对")
    shop.bench.press("enter")
    shop.bench.expect("不支持此交易")
    shop.bench.press("enter")
    sell(shop, 1_00)
    assert "对账平" in settle(shop)
    assert settled_sums(shop, 1) == {("sale", "CUP"): (2, 13_34)}


def test_sums_that_differ_are_said_aloud_and_the_batch_is_told_one_by_one(shop: Shop) -> None:
    for fen in range(1_00, 10_00, 1_00):
        sell(shop, fen)
    with shop.acquirer._store.transaction():
        shop.acquirer._store.db.execute("UPDATE txn SET organisation = 'VIS' WHERE stan = '000003'")
    bench = shop.bench
    bench.press("menu", "7", "5")
    bench.expect("结算 请核对")
    bench.press("enter")
    # The power goes when the host has had eight of nine.
    bench.until(lambda: messages(shop).count("0320") == 2, "the second message")
    bench.power_off()
    shop.disturb(Kind.SILENT, "0320")
    bench.power_on()
    shop.log_in()
    bench.expect("结算未完成", timeout=60)
    bench.press("enter")
    bench.expect("上批已结算", timeout=60)  # it goes on in idle time
    bench.press("enter")
    slips = len(bench.parts.printer.slips)
    bench.press("menu", "6", "5")
    bench.until(lambda: len(bench.parts.printer.slips) > slips, "slip of the settlement")
    assert "对账不平" in bench.parts.printer.slips[-1].text
    bench.expect("对账不平")
    bench.press("enter")
    told = sent(shop, "0320")
    eight, one = "(322 characters not shown)", "(42 characters not shown)"
    assert [message[48] for message in told] == [eight, one, one, one, "0009"]
    assert [message[60][8:] for message in told] == ["201"] * 4 + ["202"]
    assert told[0].keys() == {11, 41, 42, 48, 60}
    assert shop.acquirer.settlement.differences(TERMINAL, "000001") == ["000003: domestic to one, foreign to the other"]
    bench.expect("请输入金额")
    sell(shop, 5_00, "long")
    assert settled_sums(shop, 2) == {("sale", "CUP"): (1, 5_00)}
    assert audited(shop)


def test_a_host_that_wants_no_upload_goes_without(shop: Shop) -> None:
    sell(shop, 12_34)
    with shop.acquirer._store.transaction():
        shop.acquirer._store.db.execute("UPDATE txn SET organisation = 'VIS'")
    for _ in range(2):
        shop.disturb(Kind.ANSWER, "0320", code="40")
    assert "对账不平" in settle(shop)
    assert len(sent(shop, "0320")) == 2
    assert shop.acquirer.settlement.differences(TERMINAL, "000001") is None


def test_the_last_settlement_can_be_printed_again(shop: Shop) -> None:
    sell(shop, 12_34)
    slip = settle(shop)
    shop.bench.expect("请输入金额")
    slips = len(shop.bench.parts.printer.slips)
    shop.bench.press("menu", "6", "5")
    shop.bench.until(lambda: len(shop.bench.parts.printer.slips) > slips, "the slip again")
    assert shop.bench.parts.printer.slips[-1].text == slip


def test_sign_off_tells_everything_first_and_logs_out(shop: Shop) -> None:
    sell_offline(shop, 3_00)
    shop.bench.press("menu", "7", "2")
    shop.bench.expect("签退成功")
    assert requests(shop) == ["0800", "0220", "0820"]
    shop.log_in()
    shop.bench.expect("请输入金额")
    sell(shop, 5_00)
    assert settled_sums(shop) == {("offline_sale", "CUP"): (1, 3_00), ("sale", "CUP"): (1, 5_00)}


def test_sign_off_is_refused_while_anything_is_unsent(shop: Shop) -> None:
    sell_offline(shop, 3_00)
    shop.bench.network(False)
    shop.bench.press("menu", "7", "2")
    shop.bench.expect("网络不通")
    shop.bench.press("enter")
    shop.bench.expect("未上送1")


def test_no_card_number_is_left_once_the_batch_is_settled(shop: Shop) -> None:
    sell(shop, 12_34)
    settle(shop)
    shop.bench.expect("请输入金额")
    shop.bench.press("menu", "6", "1")
    shop.take_slips()
    assert "有效期" not in shop.bench.parts.printer.slips[-1].text
