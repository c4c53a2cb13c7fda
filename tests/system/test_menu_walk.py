"""Every path through every menu, walked: each key at each screen, and always back to idle with nothing left behind.

`EFFORT=4` presses every key everywhere; without it, keys that seldom matter are pressed at some of the screens.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from host_tools.bench.shop import Shop
from tests.effort import EFFORT
from tests.system.books import sell, set_parameters
from tests.system.menu_walk import DIGITS, PIN, TIMEOUT, Place, Walk

WHOLE = 4
SHARE = 1 if EFFORT >= WHOLE else 0.005  # of the keys that seldom matter
NOISE = 1000  # bytes: what the collector takes for alive, and the batch of the sales on the way; a module is more
# Bytes: MicroPython keeps every name that it has met, in a table that doubles.
NAMES = 30_000 if EFFORT >= WHOLE else 15_000


def _at_the_counter(lines: tuple[str, ...]) -> bool:
    return "请输入金额" in lines and "按菜单键选功能" in lines


def _back_to_the_counter(shop: Shop, idle: str = "请输入金额", english: str = "Key in amount") -> None:
    bench = shop.bench
    if bench.shows(english):
        bench.press("menu", "7", "8")
    elif bench.shows("确认键解锁"):
        bench.press("enter")
        bench.expect("柜员密码", timeout=300)
        bench.press("0", "0", "0", "0", "enter")
    elif bench.shows("柜员登录"):
        shop.log_in()
    bench.expect(idle, timeout=70)


def _other_worlds(place: Place, step: str) -> bool:
    """What would take back or settle what the walk lives on; and what the other walk begins with."""
    enters = step.endswith("enter")
    return (
        place.shows("柜员登录")
        or (SHARE < 1 and place.entry == "1")  # a sale, which a digit begins too
        or place.shows("Key in amount")
        or (place.shows("请输入密码") and enters and place.entry not in ("digits", "1", "41", "81"))
        or (place.shows("请输入密码", "*") and step == PIN)  # a wrong one: the card would be closed in the end
        or (place.shows("电话授权码") and enters)
        or (place.shows("调整后总计") and enters)
        or (place.shows("结算 请核对") and enters)
        or (place.entry == "86" and enters)  # a code that somebody may pay, for as long as it is asked about
        or (place.shows("串口输出") and enters)
        or (place.shows("请按每个键") and step != TIMEOUT)
        or (place.entry in ("3", "43") and step in ("swipe plain", "swipe empty"))
    )


def _prove_at_the_counter(shop: Shop, wrong: Place) -> None:
    bench = shop.bench
    if wrong.shows("主管密码"):
        bench.press("menu", "2")
        bench.expect("主管密码", timeout=600)
        bench.type("123456")
        bench.press("enter")
        bench.expect("原凭证号")
    else:
        bench.press("menu", "7", "4", "2")
        bench.expect("柜员密码", timeout=600)
        bench.type("0000")
        bench.press("enter")
        bench.expect("新密码")
    bench.press("cancel")
    bench.expect("请输入金额")


# Entries of the menus, by their digits: those that ask or show something.
ENTRIES = frozenset(
    re.findall(
        r"\d+",
        "1 2 3 41 42 43 44 45 5 61 62 65 71 72 731 732 733 734 735 736 742 75 76 77 78 79 81 82 85 88 91 92 93 94 "
        "961 962 963 964 965 966 967 968 98",
    )
)


def test_every_path_from_the_counter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Shop(tmp_path, moto=True) as shop:
        walk = _walk_from_the_counter(shop)
        count = walk.run()
    with capsys.disabled():
        print(f"\nfrom the counter: {count}")
    assert {place.entry for place in walk.paths} >= ENTRIES
    with Shop(tmp_path, moto=True, measure_heap=True) as shop:
        again = _walk_from_the_counter(shop)
        fresh = shop.bench.heap_now
        visited = list(walk.paths.items())[:: 1 if EFFORT >= WHOLE else 24]
        # In the first round names are new, which stay for ever.
        rounds = [[again.visit(place, path, "取消") for place, path in visited] for _ in range(3)]
    assert max(abs(now - before) for before, now in zip(*rounds[1:], strict=True)) <= NOISE, rounds
    assert max(rounds[-1]) <= fresh + NAMES, (fresh, rounds)
    with capsys.disabled():
        print(f"{len(visited)} of them three times: at most {max(rounds[-1])} bytes alive at idle, {fresh} before")


def _walk_from_the_counter(shop: Shop) -> Walk:
    set_parameters(shop, moto=1)
    shop.open()
    shop.bench.expect("请输入金额")
    sell(shop, 10_00)
    return Walk(shop, _at_the_counter, _back_to_the_counter, _prove_at_the_counter, _other_worlds, SHARE)


# -- the log-in, and the menus behind it ------------------------------------------------------------------


def _at_the_log_in(lines: tuple[str, ...]) -> bool:
    return lines == ("柜员登录", "柜员号", "_")


def _back_to_the_log_in(shop: Shop) -> None:
    if shop.bench.shows("请输入金额"):
        shop.bench.press("menu", "7", "9")
    shop.bench.expect("柜员登录", "柜员号")


def _prove_at_the_log_in(shop: Shop, wrong: Place) -> None:
    bench = shop.bench
    for number, password, beyond in (
        ("01", "0000", "请输入金额"),
        ("00", "123456", "1 增加柜员"),
        ("99", "99999999", "1 终端参数"),
    ):
        if wrong.shows({"01": "柜员密码", "00": "主管密码", "99": "管理员密码"}[number]):
            bench.press(*number, "enter")
            bench.expect("密码", timeout=600)
            bench.press(*password, "enter")
            bench.expect(beyond)
            bench.press(*(("menu", "7", "9") if number == "01" else ("cancel",)))
            bench.expect("柜员登录", "柜员号")


def _for_good(place: Place, step: str) -> bool:
    """What would change who may do what, or end the terminal; and what the other walk begins with."""
    enters = step.endswith("enter")
    return (
        place.shows("请输入金额")
        or (place.shows("增加柜员", "柜员号") and enters and (step != "0 1 enter" or "_" not in place.lines))
        or (place.shows("确认键删除") and enters)
        or (place.shows("确认键清除") and enters)
        or (step in DIGITS and place.headed("交易功能"))
        # One setting is asked for as another is: without all the time, one of them will do.
        or (SHARE < 1 and step in DIGITS and place.headed("业务参数", "系统设置") and step not in "13")
        or (place.shows("恢复初始密码") and enters)
        or (place.shows("不可恢复") and enters)
        or (place.shows("进入培训") and enters)
        or (place.shows("维护接口") and enters)
    )


BEHIND = frozenset({"0 1 enter", "7 7 enter"}).union(
    (f"0 0 enter{digit}" for digit in "123456"), (f"9 9 enter{digit}" for digit in "123456789")
)


def test_every_path_from_the_log_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Shop(tmp_path) as shop:
        shop.bench.power_on()
        shop.bench.expect("柜员号")
        walk = Walk(shop, _at_the_log_in, _back_to_the_log_in, _prove_at_the_log_in, _for_good, SHARE)
        count = walk.run()
    with capsys.disabled():
        print(f"\nfrom the log-in: {count}")
    assert {place.entry for place in walk.paths} >= BEHIND
