"""What the cashier does besides selling: menu, corrections, reprints, log-out, and a host that will not reverse."""

from __future__ import annotations

from pathlib import Path

import pytest
from littlefs import LittleFS

from host_tools.acquirer.faults import Kind
from host_tools.acquirer.spec import Message, encode
from host_tools.bench.shop import Shop
from host_tools.flash.factory import SECTOR, partitions
from tests.system.books import agree, messages, sell


def test_menu_scrolls_and_knows_its_ends(shop: Shop) -> None:
    bench = shop.bench
    bench.press("menu")
    bench.expect("1 消费", "2 撤销", "3 退货")
    bench.press("up")
    bench.expect("1 消费")
    bench.press("down")
    bench.expect("4 预授权类", "5 离线结算", "6 打印")
    bench.press("down")
    bench.expect("7 管理", "8 其它")
    bench.press("down")
    bench.expect("7 管理")
    bench.press("up", "up")
    bench.expect("1 消费")
    bench.press("0", "clear")  # which are for nothing
    bench.expect("1 消费")
    bench.press("1")
    bench.expect("消费", "0.00")


def test_an_entry_is_chosen_by_number_though_it_is_not_on_screen(shop: Shop) -> None:
    shop.bench.press("menu", "7", "9")
    shop.bench.expect("柜员登录")
    assert messages(shop) == ["0800", "0810"]


def test_log_out_and_back_in(shop: Shop) -> None:
    sell(shop, 10_00)
    shop.bench.press("menu", "7", "9")
    shop.log_in()
    shop.bench.expect("请输入金额")
    agree(shop, 1, 10_00)


def test_nothing_to_reprint(shop: Shop) -> None:
    shop.bench.press("menu", "6", "1")
    shop.bench.expect("没有可打印的交易")
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")


def test_a_declined_sale_is_not_reprinted(shop: Shop) -> None:
    sell(shop, 10_00)
    shop.ask_for(20_00, shop.cards["empty"])
    shop.bench.expect("余额不足")
    shop.bench.press("enter", "menu", "6", "1")
    shop.take_slips()
    assert "RMB 10.00" in shop.bench.parts.printer.slips[-1].text


def test_digits_are_corrected_with_clear(shop: Shop) -> None:
    bench = shop.bench
    bench.press("menu", "7", "9")
    bench.expect("柜员号")
    bench.type("02")
    bench.press("clear", "1", "5", "up")  # a third digit and a key without meaning change nothing
    bench.expect("01")
    bench.press("enter")
    bench.expect("柜员密码")
    bench.press("cancel")
    bench.expect("柜员号")
    bench.type("1")
    bench.press("enter")
    bench.expect("1_")  # not yet two digits


def test_pin_is_corrected_with_clear(shop: Shop) -> None:
    bench = shop.bench
    bench.type("100")
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards["plain"])
    bench.expect("请输入密码")
    bench.type("12345")
    bench.press("clear", "clear", "up")
    bench.expect("***")
    bench.type("456")
    bench.press("enter")
    bench.expect("交易成功")


def test_the_second_copy_follows_without_a_key(shop: Shop) -> None:
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("撕单后按确认")
    shop.bench.run(6)
    shop.bench.expect("请输入金额")
    assert len(shop.bench.parts.printer.slips) == 2


def test_a_key_without_meaning_does_not_give_up_the_slip(shop: Shop) -> None:
    printer = shop.bench.parts.printer
    printer.paper_out()
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("打印机缺纸")
    shop.bench.press("5")
    shop.bench.expect("打印机缺纸")
    printer.load_paper()
    shop.bench.press("enter")
    shop.take_slips()


def test_large_amount_is_confirmed(shop: Shop) -> None:
    shop.bench.type("5000000")
    shop.bench.press("enter")
    shop.bench.expect("大额交易", "50000.00")
    shop.bench.press("enter")
    shop.bench.expect("请刷卡", "50000.00")


def test_slips_cut_short_by_the_power_are_offered(shop: Shop) -> None:
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("撕单后按确认")
    shop.bench.power_off()
    shop.bench.power_on()
    shop.log_in()
    shop.bench.expect("签购单未打完")
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")
    assert sum("持卡人存根" in slip.text for slip in shop.bench.parts.printer.slips) == 1
    agree(shop, 1, 10_00)


def test_a_host_that_will_not_reverse_is_asked_again(shop: Shop) -> None:
    shop.disturb(Kind.SILENT, "0200")
    shop.disturb(Kind.ANSWER, "0400", code="96")
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("待确认", timeout=40)
    shop.bench.run(15)
    shop.bench.expect("请输入金额")
    sell(shop, 3_00, "long")
    assert [mti for mti in messages(shop) if mti == "0400"] == ["0400"] * 2
    agree(shop, 1, 3_00)


def test_sign_in_sends_what_is_still_to_be_reversed(shop: Shop) -> None:
    shop.disturb(Kind.SILENT, "0200")
    shop.disturb(Kind.CLOSE, "0400")
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("待确认", timeout=40)
    shop.bench.run(15)
    shop.bench.press("menu", "7", "1")
    shop.bench.expect("签到成功")
    assert messages(shop)[-4:] == ["0800", "0810", "0400", "0410"]
    shop.bench.expect("请输入金额")
    agree(shop, 0, 0)


@pytest.mark.parametrize("kind", [Kind.WRONG_STAN, Kind.WRONG_TID], ids=lambda kind: kind.name)
def test_sign_in_takes_no_answer_to_another(shop: Shop, kind: Kind) -> None:
    shop.disturb(kind, "0800")
    shop.bench.press("menu", "7", "1")
    shop.bench.expect("主机无应答", timeout=40)
    shop.bench.press("enter")
    sell(shop, 10_00)  # which signs in anew first, as the host has replaced the keys
    assert [mti for mti in messages(shop) if mti[2] == "0"] == ["0800", "0800", "0800", "0200"]
    agree(shop, 1, 10_00)


def test_a_host_with_other_keys_is_signed_in_to_again(shop: Shop) -> None:
    """Its answers come under a MAC key that is not ours: the sale is taken back under fresh keys."""
    shop.acquirer.answer(_sign_in_by_somebody_else(shop))
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("待确认")
    shop.bench.expect("已冲正", "未扣款")
    shop.bench.press("enter")
    sell(shop, 10_00)
    agree(shop, 1, 10_00)


def _sign_in_by_somebody_else(shop: Shop) -> bytes:
    """The terminal's own sign-in once more, from elsewhere: the host gives new keys to whoever that is."""
    terminal = b"Sequence No12SP-VB-000001".hex().upper()
    fields = {11: "000099", 41: "10000001", 42: "898110257340001", 60: "00000001003", 62: terminal, 63: "01 "}
    return encode(Message("0800", fields, bytes.fromhex("6000030000"), bytes.fromhex("603100311003")))


def test_without_a_master_key_it_says_so_and_sells_nothing(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        data = partitions()["data"]
        image = bytearray(shop.flash_image.read_bytes())
        fs = LittleFS(block_size=SECTOR, block_count=data.size // SECTOR, mount=False)
        fs.context.buffer = image[data.offset : data.offset + data.size]
        fs.mount()
        fs.remove("keys.bin")
        image[data.offset : data.offset + data.size] = fs.context.buffer
        shop.flash_image.write_bytes(bytes(image))
        shop.bench.power_on()
        shop.bench.expect("未装主密钥")
        shop.bench.press("enter")
        shop.log_in()
        shop.bench.expect("缺少密钥")
        shop.bench.press("enter")
        shop.ask_for(10_00, shop.cards["plain"])
        shop.bench.expect("缺少密钥")
        assert "0200" not in messages(shop)
