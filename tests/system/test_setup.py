"""系统设置: what the administrator changes is in force at once and after the next power-on, and within its bounds."""

from __future__ import annotations

import pytest

from host_tools.bench.shop import HOST, PORT, Shop
from host_tools.flash.factory import ADMINISTRATOR, ADMINISTRATOR_PASSWORD
from tests.system.books import agree, messages, sell, settle
from tests.system.test_roles import log_in, power_cycle


def administer(shop: Shop) -> None:
    """From the counter to the administrator's settings."""
    shop.bench.press("menu", "7", "9")
    log_in(shop, ADMINISTRATOR, ADMINISTRATOR_PASSWORD)
    shop.bench.expect("1 终端参数")
    shop.bench.press("8")
    shop.bench.expect("系统设置", "1 业务参数")


def back(shop: Shop) -> None:
    """From any menu of the administrator's to the counter."""
    shop.bench.press("cancel", "cancel", "cancel")
    shop.log_in()
    shop.bench.expect("请输入金额")


def change(shop: Shop, key: str, old: str, new: str, answer: str = "已修改") -> None:
    bench = shop.bench
    bench.press(key)
    bench.expect(old, "确认键修改")
    bench.press("enter", *new, "enter")
    bench.expect(answer)
    bench.press("enter")


def test_values_are_changed_within_their_bounds_and_stay(shop: Shop) -> None:
    bench = shop.bench
    administer(shop)
    bench.press("1")
    change(shop, "1", "2", "4", "超出范围")
    change(shop, "1", "2", "1")
    change(shop, "2", "50000.00", "100")
    change(shop, "8", "10", "101", "超出范围")
    change(shop, "8", "10", "20")
    bench.press("8")
    bench.expect("小费比例", "20")
    bench.press("cancel", "9", "enter", "enter")  # no number is no change
    bench.expect("业务参数", "1 打印联数")
    back(shop)
    for _ in range(2):
        slips = len(bench.parts.printer.slips)
        bench.press("1", "0", "0", "enter")
        bench.expect("大额交易")
        bench.press("enter")
        bench.expect("请刷卡")
        shop.swipe(shop.cards["plain"])
        bench.expect("请输入密码")
        bench.type(shop.cards["plain"].pin)
        bench.press("enter")
        bench.expect("请输入金额")
        assert len(bench.parts.printer.slips) == slips + 1
        power_cycle(shop)
        shop.log_in()
        bench.expect("请输入金额")


def test_what_is_switched_off_is_not_in_the_menu_any_more_than_in_the_host(shop: Shop) -> None:
    bench = shop.bench
    sell(shop, 10_00)
    administer(shop)
    bench.press("3")
    bench.expect("1√撤销", "2√退货")
    bench.press("1", "3", "7")
    bench.expect("1✘撤销")
    bench.press("down", "down")
    bench.expect("7√邮购电话订购")
    back(shop)
    asked = messages(shop)
    for key, name in (("2", "撤销"), ("4", "预授权类")):
        bench.press("menu", key)
        bench.expect(name, "未开通")
        bench.press("enter")
        bench.expect("请输入金额")
    bench.press("menu", "8", "5")
    bench.expect("邮购电话订购", "0.00")
    bench.press("cancel", "menu", "3")
    bench.expect("主管密码")
    bench.press("cancel")
    assert messages(shop) == asked
    administer(shop)
    bench.press("3", "1")
    bench.expect("1√撤销")
    back(shop)
    bench.press("menu", "2")
    bench.expect("主管密码")
    bench.press("cancel")
    agree(shop, 1, 10_00)


def test_another_host_is_called(shop: Shop) -> None:
    bench = shop.bench
    bench._world._hosts["10.0.0.7:9001"] = bench._world._hosts[f"{HOST}:{PORT}"]
    administer(shop)
    bench.press("2")
    bench.expect("1 主机地址")
    change(shop, "1", HOST, "010000000007")
    change(shop, "2", str(PORT), "0", "超出范围")
    change(shop, "2", str(PORT), "9001")
    change(shop, "1", "10.0.0.7", "300000000000", "超出范围")
    shop.host_up = True
    back(shop)
    sell(shop, 10_00)
    agree(shop, 1, 10_00)


@pytest.mark.parametrize("key", ["4", "5"])
def test_what_a_batch_hangs_on_waits_for_its_settlement(shop: Shop, key: str) -> None:
    bench = shop.bench
    sell(shop, 10_00)
    administer(shop)
    bench.press(key)
    bench.expect("有未结算的交易", "请先结算")
    bench.press("enter")
    bench.expect("1 终端参数")
    bench.press("cancel")
    shop.log_in()
    bench.expect("请输入金额")
    settle(shop)
    bench.expect("请输入金额")
    administer(shop)
    bench.press(key)
    if key == "4":
        bench.expect("1 终端编号")
        change(shop, "1", shop.terminal.tid, "10000009")
        bench.press("cancel", "1")
        bench.expect("终端编号", "10000009")
        return
    bench.press("2")
    bench.expect("清除柜员", "确认键清除")
    bench.press("enter")
    bench.expect("已清除")
    bench.press("enter", "cancel", "cancel")
    log_in(shop, "01", "0000")
    bench.expect("初始密码", "请先修改")


def test_the_administrator_sees_check_values_and_no_key(shop: Shop) -> None:
    bench = shop.bench
    bench.press("menu", "7", "9")
    log_in(shop, ADMINISTRATOR, ADMINISTRATOR_PASSWORD)
    bench.expect("1 终端参数")
    bench.press("9")
    terminal = shop.acquirer._terminals.find(shop.terminal.tid)
    assert terminal
    bench.expect("密钥", "TDES")
    shown = bench.screen()
    bench.press("down")
    shown = shown + bench.screen()
    for name, key in (("TMK", terminal.tmk), ("PIK", terminal.pik), ("MAK", terminal.mak)):
        assert key
        assert any(line.startswith(f"{name} ") for line in shown), shown
        assert f"{name} {_check_value(key)}" in shown, shown


def _check_value(key: bytes) -> str:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    encryptor = Cipher(TripleDES(key * 3 if len(key) == 8 else key + key[:8]), modes.ECB()).encryptor()
    return encryptor.update(bytes(8))[:3].hex().upper()
