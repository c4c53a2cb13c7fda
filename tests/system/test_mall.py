"""Several merchants at one cash desk: each has its own numbers, keys, batch, vouchers, queue and totals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.bench.flash import PowerCut
from host_tools.bench.shop import Shop
from host_tools.flash.factory import SUPERVISOR, SUPERVISOR_PASSWORD, partitions, sealed_key
from tests.effort import EFFORT
from tests.system.books import authorise, edit_files, requests, sent
from tests.system.malls import (
    BOOKS,
    BOOKS_NAME,
    IDLE,
    LIST,
    TEA,
    TEA_NAME,
    administer,
    agree,
    ask,
    ask_to_void,
    audited,
    choose,
    enter,
    file_of,
    mall,
    open_mall,
    reopen,
    sell,
    sell_offline,
    settle,
    take_slips,
)
from tests.system.test_roles import log_in, power_cycle

TMK, TDES = 1, 1  # of the key store


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_mall(tmp_path) as shop:
        yield shop


def asked(shop: Shop, *mtis: str) -> list[tuple[str, str]]:
    """Type and terminal number of what reached the host."""
    return [
        (record.mti, fields[41])
        for record in shop.trace
        if record.direction == "in" and record.mti in mtis
        for fields in [{field.number: field.value for field in record.fields}]
    ]


def test_each_sells_and_settles_by_itself(shop: Shop) -> None:
    sell(shop, 1, 12_34)
    sell(shop, 2, 5_00, "long")
    sell(shop, 1, 1_00)
    tea, books, _ = (slip.text for slip in shop.bench.parts.printer.slips[1::2])
    assert TEA_NAME in tea and TEA in tea and "898110257340001" in tea and BOOKS not in tea
    assert BOOKS_NAME in books and BOOKS in books and "898110257340102" in books and TEA_NAME not in books
    assert [(fields[41], fields[42]) for fields in sent(shop, "0200")] == [
        (TEA, "898110257340001"),
        (BOOKS, "898110257340102"),
        (TEA, "898110257340001"),
    ]
    agree(shop, 1, 2, 13_34)
    agree(shop, 2, 1, 5_00)
    slip = settle(shop, 1)
    assert "对账平" in slip and "RMB 13.34" in slip and TEA_NAME in slip
    agree(shop, 1, 0, 0, batch=2)
    agree(shop, 2, 1, 5_00)
    sell(shop, 1, 2_00)
    slip = settle(shop, 2)
    assert "对账平" in slip and "RMB 5.00" in slip and BOOKS_NAME in slip
    agree(shop, 1, 1, 2_00, batch=2)
    agree(shop, 2, 0, 0, batch=2)
    assert audited(shop)


def test_the_one_who_sells_is_on_the_screen_and_the_last_one_is_proposed(shop: Shop) -> None:
    bench = shop.bench
    bench.press("7")  # what opens the list is no amount
    bench.expect(LIST, f"1>{TEA_NAME}", f"2 {BOOKS_NAME}")
    bench.press("3")
    bench.expect(LIST)
    bench.press("2")
    bench.expect(f"消费 {BOOKS_NAME}", "0.00")
    shop.bench.type("500")
    bench.press("enter")
    bench.expect(f"请刷卡 {BOOKS_NAME}", "5.00")
    bench.press("cancel")
    bench.expect(IDLE)
    bench.press("enter")
    bench.expect(f"2>{BOOKS_NAME}")
    bench.press("enter")
    bench.expect(f"消费 {BOOKS_NAME}", "0.00")
    bench.press("cancel")
    bench.expect(IDLE)
    bench.press("enter")
    bench.press("cancel")
    bench.expect(IDLE)
    assert not asked(shop, "0200")


def test_a_sale_is_taken_back_where_it_was_made(shop: Shop) -> None:
    sell(shop, 1, 12_34)
    voucher = sent(shop, "0200")[0][11]
    enter(shop, 2, "2")
    authorise(shop)
    shop.bench.expect("原凭证号")
    shop.bench.type(voucher)
    shop.bench.press("enter")
    shop.bench.expect("没有")
    shop.bench.press("enter")
    shop.bench.expect(IDLE)
    agree(shop, 1, 1, 12_34)
    ask_to_void(shop, 1, voucher)
    shop.bench.expect("请输入密码")
    shop.bench.type(shop.cards["plain"].pin)
    shop.bench.press("enter")
    take_slips(shop)
    agree(shop, 1, 2, 0)
    agree(shop, 2, 0, 0)
    assert audited(shop)


def test_one_whose_host_is_silent_keeps_nobody_else_from_selling(shop: Shop) -> None:
    sell(shop, 2, 1_00, "long")
    shop.disturb(Kind.SILENT, "0200")
    shop.disturb(Kind.SILENT, "0400")
    ask(shop, 1, 12_34)
    shop.bench.expect("待确认", timeout=60)
    shop.bench.expect("请勿", timeout=60)
    shop.bench.until(lambda: "0400" in requests(shop), "reversal", timeout=60)
    shop.bench.run(40)
    shop.bench.press("enter")
    sell(shop, 2, 5_00, "long")
    assert asked(shop, "0200", "0400")[-2:] == [("0400", TEA), ("0200", BOOKS)]
    shop.bench.until(lambda: asked(shop, "0400").count(("0400", TEA)) == 2, "reversal in idle time", timeout=90)
    shop.bench.run(5)
    shop.bench.press("enter")
    agree(shop, 1, 0, 0)
    agree(shop, 2, 2, 6_00)


@pytest.mark.parametrize("merchant", [1, 2] if EFFORT > 1 else [1])
def test_a_reversal_goes_first_at_power_on_whoever_was_chosen_last(shop: Shop, merchant: int) -> None:
    other = 3 - merchant
    ask(shop, merchant, 12_34)
    shop.bench.until(lambda: "0200" in requests(shop), "the request")
    shop.bench.power_off()
    shop.bench.network(False)
    shop.bench.run(2)
    shop.bench.power_on()
    shop.log_in()
    shop.bench.expect("网络不通", timeout=30)
    shop.bench.press("enter")
    shop.bench.expect(IDLE)
    shop.bench.press("enter")
    choose(shop, other)
    shop.bench.expect("消费", "0.00")
    shop.bench.power_off()
    shop.bench.network(True)
    told = len(asked(shop, "0400", "0200", "0800"))
    shop.bench.power_on()
    shop.bench.expect("柜员号", timeout=60)
    assert asked(shop, "0400", "0200", "0800")[told:] == [("0400", (TEA, BOOKS)[merchant - 1])]
    reopen(shop, power=False)
    sell(shop, other, 5_00, "long")
    agree(shop, merchant, 0, 0)
    agree(shop, other, 1, 5_00)


_SOME = (0, 5, 8, 13)  # operations of the flash: on the way to another merchant, and in its sale


def test_power_cuts_on_the_way_to_another_merchant_and_in_its_sale(shop: Shop) -> None:
    """Every operation of the flash with EFFORT: a sale is good once, or never happened, and at nobody else's."""
    sold, whole = {1: 0, 2: 0}, set()
    cards = {1: "plain", 2: "long"}

    def paid(merchant: int) -> int:
        card = shop.cards[cards[merchant]]
        return card.balance - shop.acquirer.bank.balance(card.pan)

    sell(shop, 1, 1)
    sold[1] += 1
    for operation in range(999) if EFFORT > 1 else _SOME:
        merchant = 2 - operation % 2
        shop.bench.press("enter")
        choose(shop, 3 - merchant)
        shop.bench.expect("消费")
        shop.bench.press("cancel")
        before = paid(1), paid(2)
        shop.bench.flash.cut_after(operation)
        try:
            sell(shop, merchant, 10_00, cards[merchant])
        except PowerCut:
            for key in (str(merchant), "enter"):  # whichever was down
                shop.bench.parts.keypad.release(key)
            shop.bench.run(5)
            reopen(shop)
        else:
            shop.bench.flash.cut_after(None)
            whole.add(merchant)
        after = paid(1), paid(2)
        assert after[2 - merchant] == before[2 - merchant]
        assert after[merchant - 1] - before[merchant - 1] in (0, 10_00), operation
        sold[merchant] += after[merchant - 1] != before[merchant - 1]
        if len(whole) == 2:
            break
    for merchant in (1, 2):
        agree(shop, merchant, sold[merchant], paid(merchant))
    assert audited(shop)
    print(operation, "operations")


def test_signing_off_is_for_all_and_refused_while_one_has_something_unsent(shop: Shop) -> None:
    sell(shop, 1, 12_34)
    shop.bench.network(False)
    enter(shop, 2, "5")
    sell_offline(shop, 3_00)
    shop.bench.press("enter")
    choose(shop, 1)
    shop.bench.press("cancel")
    shop.bench.expect(IDLE)
    shop.bench.press("menu", "7", "2")
    shop.bench.expect("网络不通")
    shop.bench.press("enter")
    shop.bench.expect(IDLE)
    shop.bench.network(True)
    shop.bench.press("menu", "7", "2")
    shop.bench.expect("签退成功")
    shop.bench.expect("柜员号")
    assert asked(shop, "0220", "0820") == [("0220", BOOKS), ("0820", TEA), ("0820", BOOKS)]
    reopen(shop, power=False)
    sell(shop, 2, 2_00)
    agree(shop, 1, 1, 12_34)
    agree(shop, 2, 2, 5_00)


def test_what_a_batch_hangs_on_stays_while_anybodys_is_open(shop: Shop) -> None:
    sell(shop, 2, 5_00)
    shop.bench.press("menu", "7", "9")
    administer(shop, 1)
    for entry in ("5", "8 4"):
        shop.bench.expect("管理员")
        shop.bench.press(*entry.split())
        shop.bench.expect("请先结算")
        shop.bench.press("enter")
    shop.bench.run(70)
    reopen(shop, power=False)
    agree(shop, 2, 1, 5_00)


def test_the_parts_are_the_terminals_whoever_sold(shop: Shop) -> None:
    sell(shop, 1, 1_00)
    sell(shop, 2, 2_00)
    sell(shop, 2, 3_00)
    for swiped in (3, 4):
        shop.bench.press("menu", "9", "8")
        shop.bench.expect(f"{swiped}/{swiped}")
        shop.bench.press("cancel")
        sell(shop, 1, 1_00)


def test_a_training_is_the_first_merchants_and_moves_nobodys_money(shop: Shop) -> None:
    sell(shop, 2, 5_00)
    for words, marked in (("已设为培训", True), ("培训结束", False)):
        shop.bench.press("menu", "7", "9")
        log_in(shop, SUPERVISOR, SUPERVISOR_PASSWORD)
        shop.bench.expect("1 增加柜员")
        shop.bench.press("6")
        shop.bench.expect("培训", "确认键")
        shop.bench.press("enter")
        shop.bench.expect(words, "请关机再开机")
        power_cycle(shop)
        asked_before = len(shop.trace)
        reopen(shop, power=False)
        sell(shop, 2, 1_00)
        assert ("测试" in shop.bench.parts.printer.slips[-1].text) is marked
        assert (len(shop.trace) == asked_before) is marked
    agree(shop, 1, 0, 0)
    agree(shop, 2, 2, 6_00)


def test_a_merchant_with_anothers_master_key_sells_nothing(tmp_path: Path) -> None:
    """The host gives keys under the one that it has for that terminal number; nobody else's opens them."""
    with mall(tmp_path) as shop:
        key = shop.secrets.key_store_key_of(2)
        edit_files(shop, **{"keys.bin2": sealed_key(key, TMK, TDES, shop.terminal.tmk)})
        shop.open()
        for _ in range(2):
            shop.bench.until(lambda: shop.bench.shows(IDLE) or shop.bench.shows("请重新签到"), "idle or a refusal")
            if not shop.bench.shows(IDLE):
                shop.bench.press("enter")
        ask(shop, 2, 5_00)
        shop.bench.expect("失败", "签到未成功")
        shop.bench.press("enter")
        sell(shop, 1, 12_34)
        assert asked(shop, "0200") == [("0200", TEA)]


def test_neither_keys_nor_records_of_one_are_any_good_as_anothers(tmp_path: Path) -> None:
    """Written over each other, they do not open; and what the host has of one is not what signs in for the other."""
    with open_mall(tmp_path) as shop:
        sell(shop, 1, 12_34)
        sell(shop, 2, 5_00)
        shop.bench.power_off()
        good = shop.flash_image.read_bytes()
        edit_files(shop, **{"keys.bin2": file_of(shop, "keys.bin")})
        reopen(shop)
        ask(shop, 2, 5_00)
        shop.bench.expect("密钥损坏", timeout=20)
        shop.bench.power_off()
        journal = partitions()["journal"]
        bad = bytearray(good)
        half = journal.size // 2
        bad[journal.offset + half : journal.offset + 2 * half] = good[journal.offset : journal.offset + half]
        shop.flash_image.write_bytes(bytes(bad))
        shop.bench.power_on()
        shop.bench.expect("交易记录被改动", timeout=20)
        shop.bench.power_off()
