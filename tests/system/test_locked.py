"""锁定: nobody sells behind the cashier's back, and what the host must be told is told all the same."""

from __future__ import annotations

from pathlib import Path

from host_tools.bench.shop import Shop
from host_tools.flash.factory import FACTORY_OPERATOR, FACTORY_PASSWORD
from tests.system.books import agree, messages, requests, sell, sell_offline, set_parameters, settled_sums


def unlock(shop: Shop, password: str = FACTORY_PASSWORD) -> None:
    shop.bench.expect("已锁定 01", "确认键解锁")
    shop.bench.press("enter")
    shop.bench.expect("已锁定 01", "柜员密码", timeout=60)
    shop.bench.type(password)
    shop.bench.press("enter")


def test_a_locked_terminal_takes_no_key_but_the_operators_password(shop: Shop) -> None:
    bench = shop.bench
    sell(shop, 10_00)
    asked = messages(shop)
    bench.press("menu", "7", "6")
    bench.expect("已锁定 01", "确认键解锁", "菜单键换柜员")
    bench.press(*"0123456789", "clear", "cancel", "up", "down")
    shop.swipe(shop.cards["plain"])
    bench.expect("已锁定 01", "确认键解锁")
    unlock(shop, "0001")
    bench.expect("柜员号或密码错误")
    bench.press("enter")
    bench.expect("确认键解锁")
    bench.press("enter")
    bench.expect("请等待")
    bench.expect("柜员密码")
    bench.press("cancel")
    bench.expect("确认键解锁")
    bench.press("enter")
    bench.expect("柜员密码")
    bench.run(61)  # nobody keys it
    bench.expect("确认键解锁")
    bench.run(3600)  # nor comes
    unlock(shop)
    bench.expect("请输入金额", " 01 ")
    assert messages(shop) == asked
    agree(shop, 1, 10_00)


def test_another_operator_takes_over_a_locked_terminal(shop: Shop) -> None:
    bench = shop.bench
    bench.press("menu", "7", "6")
    bench.expect("菜单键换柜员")
    bench.press("menu")
    bench.expect("柜员退出", "换柜员")
    bench.press("cancel")
    bench.expect("已锁定 01")
    bench.press("menu")
    bench.expect("换柜员")
    bench.press("enter")
    shop.log_in()
    bench.expect("请输入金额")


def test_bad_passwords_at_a_locked_terminal_count_as_at_the_log_in(shop: Shop) -> None:
    shop.bench.press("menu", "7", "6")
    for answer in ["柜员号或密码错误"] * 4 + ["柜员已锁定"]:
        unlock(shop, "0001")
        shop.bench.expect(answer)
        shop.bench.press("enter")
    shop.bench.expect("柜员登录", "柜员号")
    shop.bench.type(FACTORY_OPERATOR)
    shop.bench.press("enter")
    shop.bench.expect("柜员已锁定", "请主管解锁")


def test_what_waits_for_the_host_is_told_by_a_locked_terminal(shop: Shop) -> None:
    bench = shop.bench
    bench.network(False)
    sell_offline(shop, 10_00)
    bench.press("menu", "7", "6")
    bench.expect("已锁定 01", "未上送1笔")
    bench.network(True)
    bench.until(lambda: "0220" in requests(shop), "advice", timeout=120)
    bench.expect("确认键解锁")
    bench.until(lambda: not bench.shows("未上送"), "an empty queue")
    unlock(shop)
    bench.expect("请输入金额")
    assert settled_sums(shop) == {("offline_sale", "CUP"): (1, 10_00)}


def test_a_terminal_that_is_left_alone_locks_itself(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        bench = shop.bench
        shop.open()
        bench.expect("请输入金额")
        bench.run(20 * 60)
        bench.press("menu", "cancel")  # somebody is there
        bench.run(28 * 60)
        bench.expect("请输入金额", timeout=0)
        bench.run(3 * 60)
        unlock(shop)
        bench.expect("请输入金额")
        bench.power_off()
        set_parameters(shop, lock_minutes=0)
        shop.open()
        bench.expect("请输入金额")
        bench.run(24 * 3600)
        bench.expect("请输入金额", timeout=0)
