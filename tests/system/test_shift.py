"""交班: each operator's part of a batch, which together are the batch; a password of one's own; the version."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from host_tools.bench.shop import Shop
from host_tools.demo.audit import terminal_books
from tests.system.books import agree, ask_to_refund, ask_to_void, messages, print_totals, sell, sell_offline, vouchers
from tests.system.test_roles import key_twice, log_in

ROOT = Path(__file__).parents[2]


def change_operator(shop: Shop, number: str, password: str) -> None:
    shop.bench.press("menu", "7", "9")
    log_in(shop, number, password)
    shop.bench.expect("请输入金额", f" {number} ")


def shift_report(shop: Shop) -> str:
    bench = shop.bench
    slips = len(bench.parts.printer.slips)
    bench.press("menu", "7", "4", "1")
    bench.until(lambda: len(bench.parts.printer.slips) > slips, "slip of the shift")
    bench.expect("请输入金额")
    return bench.parts.printer.slips[-1].text


def test_shifts_add_up_to_the_batch(shop: Shop) -> None:
    bench = shop.bench
    bench.press("menu", "7", "4", "1")
    bench.expect("交班单", "没有可打印的交易")
    bench.press("enter", "menu", "7", "9")
    log_in(shop, "00", "123456")
    bench.expect("1 增加柜员")
    bench.press("1", "0", "2", "enter")
    bench.expect("已增加")
    bench.press("enter", "cancel")
    log_in(shop, "02", "0000")
    bench.expect("请先修改")
    bench.press("enter")
    key_twice(shop, "2580")
    bench.expect("请输入金额", " 02 ")
    sell(shop, 10_00)
    sell(shop, 20_00, "long")
    change_operator(shop, "01", "0000")
    sell(shop, 40_00)
    shop.ask_for(50_00, shop.cards["empty"])
    bench.expect("余额不足")
    bench.press("enter")
    sell_offline(shop, 7_00)
    ask_to_void(shop, voucher=vouchers(shop)[0][-6:].lstrip("0"))
    shop.take_slips()
    ask_to_refund(shop, 5_00, vouchers(shop)[1].lstrip("0"), "long")
    shop.take_slips()
    first = shift_report(shop)
    assert "操作员号: 01" in first
    assert re.search(r"消费 CUP +1 +40.00", first)
    assert re.search(r"撤销 CUP +1 +10.00", first)
    again = shift_report(shop)
    assert terminal_books(again) == terminal_books(first)
    change_operator(shop, "02", "2580")
    second = shift_report(shop)
    assert re.search(r"消费 CUP +2 +30.00", second)
    mine, theirs, both = terminal_books(first), terminal_books(second), print_totals(shop)
    assert (mine.count + theirs.count, mine.amount + theirs.amount) == (both.count, both.amount)
    bench.power_off()
    shop.bench.power_on()
    shop.log_in("02", "2580")
    bench.expect("请输入金额")
    assert terminal_books(shift_report(shop)) == theirs


def test_an_operator_changes_the_password(shop: Shop) -> None:
    bench = shop.bench
    asked = messages(shop)
    bench.press("menu", "7", "4", "2")
    bench.expect("柜员改密", "柜员密码")
    bench.type("0001")
    bench.press("enter")
    bench.expect("柜员号或密码错误")
    bench.press("enter")
    bench.expect("请输入金额")
    bench.press("menu", "7", "4", "2")
    bench.expect("柜员改密", "柜员密码")
    bench.type("0000")
    bench.press("enter")
    key_twice(shop, "1379")
    bench.expect("密码已修改")
    bench.expect("请输入金额")
    change_operator(shop, "01", "1379")
    assert messages(shop)[len(asked) :] == ["0800", "0810"]
    agree(shop, 0, 0)


def test_the_version_is_the_packages(shop: Shop) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    shop.bench.press("menu", "7", "7")
    shop.bench.expect("版本", f"Suanpan {version}", shop.terminal.tid)
    shop.bench.press("down")
    shop.bench.expect("无IC卡参数")
    shop.bench.press("down", "up", "up", "cancel")
    shop.bench.expect("请输入金额")
