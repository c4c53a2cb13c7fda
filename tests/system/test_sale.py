"""Power on, log in, sign in, amount, card, PIN, done (R16), and what may go differently on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.bench.shop import Shop
from tests.system.books import agree, messages, sell


def test_a_sale_from_power_on_to_slip(shop: Shop) -> None:
    shop.ask_for(12_34, shop.cards["plain"])
    shop.bench.expect("交易成功", "12.34")
    shop.take_slips()

    merchant, customer = shop.bench.parts.printer.slips
    assert "商户存根" in merchant.text and "持卡人签名" in merchant.text
    assert "持卡人存根" in customer.text and "持卡人签名" not in customer.text
    for slip in (merchant, customer):
        assert "RMB 12.34" in slip.text
        assert "620000******0013 /S" in slip.text
        assert shop.cards["plain"].pan not in slip.text
        assert all(len(line.encode("gb18030")) <= 32 for line in slip.text.splitlines())
    assert shop.acquirer.bank.balance(shop.cards["plain"].pan) == shop.cards["plain"].balance - 12_34
    assert messages(shop) == ["0800", "0810", "0200", "0210"]
    agree(shop, 1, 12_34)


def test_a_sale_needs_no_more_than_256_kb_of_heap(tmp_path: Path) -> None:
    with Shop(tmp_path, heap="256k") as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        for card in ("plain", "long"):
            sell(shop, 12_34, card)


def test_neither_sales_nor_lost_connections_stay_in_memory(tmp_path: Path) -> None:
    with Shop(tmp_path, measure_heap=True) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        alive = []
        for _ in range(6):
            sell(shop, 1_00)
            shop.host_up = False
            shop.ask_for(1_00, shop.cards["plain"])
            shop.bench.expect("主机连不上")
            shop.host_up = True
            shop.bench.press("enter")
            shop.bench.expect("按菜单键")
            alive.append(shop.bench.heap_now)
        # What a word that lies about happens to point at stays too, but is another thing each time.
        assert min(alive[3:]) <= max(alive[:3])


def test_slip_repeats_what_the_host_said(shop: Shop) -> None:
    sell(shop, 55_00)
    reply = {field.number: field.value for field in shop.trace[-1].fields}
    text = shop.bench.parts.printer.slips[0].text
    assert shop.trace[-1].mti == "0210"
    for number in (37, 38, 42):  # reference, authorisation code, merchant
        assert reply[number] in text
    assert reply[11] in text  # the voucher number is the STAN


@pytest.mark.parametrize("card", ["long", "short-pin", "foreign", "named"])
def test_every_kind_of_card_pays(shop: Shop, card: str) -> None:
    sell(shop, 1, card)
    agree(shop, 1, 1)


def test_three_actions_make_a_sale(shop: Shop) -> None:
    """Amount, 确认, card (and the customer's PIN): no menu in between (R7)."""
    shop.bench.type("1")
    shop.bench.expect("消费", "0.01")
    shop.bench.press("enter")
    shop.bench.expect("请刷卡")


def test_card_without_pin(shop: Shop) -> None:
    shop.ask_for(10_00, shop.cards["foreign"], pin="")
    shop.bench.expect("交易成功")
    numbers = {field.number for record in shop.trace if record.mti == "0200" for field in record.fields}
    assert 35 in numbers and not numbers & {26, 52, 53}


def test_in_english(tmp_path: Path) -> None:
    with Shop(tmp_path, language="en") as shop:
        bench = shop.bench
        bench.power_on()
        bench.expect("Operator no.")
        bench.type("01")
        bench.press("enter")
        bench.expect("Password")
        bench.type("0000")
        bench.press("enter")
        bench.expect("Key in amount")
        bench.type("500")
        bench.press("enter")
        bench.expect("Swipe card")
        shop.swipe(shop.cards["plain"])
        bench.expect("Enter PIN")
        bench.type("123456")
        bench.press("enter")
        bench.expect("Approved")
        bench.expect("Tear, then ENTER")
        bench.press("enter")
        bench.expect("Key in amount")
        assert "SUANPAN TEA HOUSE" in bench.parts.printer.slips[0].text
        assert "CARDHOLDER COPY" in bench.parts.printer.slips[1].text


def test_reprint_says_that_it_is_one(shop: Shop) -> None:
    sell(shop, 77_00)
    shop.bench.press("menu", "6", "1")
    shop.take_slips()
    original, _, reprinted, _ = (slip.text for slip in shop.bench.parts.printer.slips)
    assert "****重打印****" in reprinted and "****重打印****" not in original
    assert [line for line in reprinted.splitlines() if "重打印" not in line] == original.splitlines()


def test_the_language_chosen_stays_after_a_power_cut(shop: Shop) -> None:
    bench = shop.bench
    bench.press("menu", "7", "8")
    bench.expect("Key in amount")
    bench.power_off()
    bench.power_on()
    bench.expect("Operator no.")


def test_voucher_numbers_go_on_after_a_power_cut(shop: Shop) -> None:
    sell(shop, 1_00)
    shop.bench.power_off()
    shop.bench.power_on()
    shop.log_in()
    shop.bench.expect("请输入金额")
    sell(shop, 2_00)
    stans = [
        field.value
        for record in shop.trace
        if record.direction == "in" and record.mti in ("0200", "0800")
        for field in record.fields
        if field.number == 11
    ]
    assert stans == sorted(set(stans))
    agree(shop, 2, 3_00)
