"""Three roles and their passwords: first log-ins, failures that cost time, then a lock, then the keys (S9, S24)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from littlefs import LittleFS

from host_tools.bench import shop as shop_module
from host_tools.bench.board import RealTimeClock
from host_tools.bench.flash import SECTOR, PowerCut
from host_tools.bench.process import PINS
from host_tools.bench.shop import Shop
from host_tools.flash.factory import (
    ADMINISTRATOR,
    ADMINISTRATOR_PASSWORD,
    FACTORY_OPERATOR,
    FACTORY_PASSWORD,
    SUPERVISOR,
    SUPERVISOR_PASSWORD,
    build_image,
    partitions,
)
from tests.journal import records
from tests.system.books import agree, messages, sell, settle
from tests.system.test_zeroise import _with_element, assert_gone, opened, what_is_left

PROMPTS = {SUPERVISOR: "主管密码", ADMINISTRATOR: "管理员密码"}
WRONG = {SUPERVISOR: "000001", ADMINISTRATOR: "00000001"}
ADMINISTRATOR_TRIES = 10


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A terminal that nobody has logged in to yet."""
    monkeypatch.setattr(shop_module, "build_image", partial(build_image, new_passwords=True))
    with Shop(tmp_path) as shop:
        shop.bench.power_on()
        yield shop


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Shop]:
    """At the first question; all passwords have been changed before."""
    with Shop(tmp_path) as shop:
        shop.bench.power_on()
        yield shop


def log_in(shop: Shop, number: str, password: str) -> None:
    """Up to whatever comes of it; the wait for earlier failures is served."""
    bench = shop.bench
    bench.expect("柜员登录", "柜员号")
    bench.type(number)
    bench.press("enter")
    bench.expect(PROMPTS.get(number, "柜员密码"), timeout=300)
    bench.type(password)
    bench.press("enter")


def fail(shop: Shop, number: str, times: int) -> None:
    for _ in range(times):
        log_in(shop, number, WRONG.get(number, "0001"))
        shop.bench.expect("柜员号或密码错误")
        shop.bench.press("enter")


def key_twice(shop: Shop, password: str, again: str = "") -> None:
    for prompt, digits in (("新密码", password), ("再输一遍", again or password)):
        shop.bench.expect(prompt)
        shop.bench.type(digits)
        shop.bench.press("enter")


def power_cycle(shop: Shop) -> None:
    shop.bench.power_off()
    shop.bench.power_on()


# -- the first day ----------------------------------------------------------------------------------------


def test_nobody_sells_before_every_factory_password_is_gone(new: Shop) -> None:
    bench = new.bench
    log_in(new, FACTORY_OPERATOR, FACTORY_PASSWORD)
    bench.expect("主管和管理员", "须先修改密码")
    bench.press("enter")
    log_in(new, ADMINISTRATOR, ADMINISTRATOR_PASSWORD)
    bench.expect("初始密码", "请先修改")
    bench.press("enter")
    key_twice(new, "86420975")
    bench.expect("密码已修改")
    bench.expect("管理员", "1 终端参数")
    bench.press("cancel")
    log_in(new, FACTORY_OPERATOR, FACTORY_PASSWORD)
    bench.expect("须先修改密码")
    bench.press("enter")
    log_in(new, SUPERVISOR, SUPERVISOR_PASSWORD)
    bench.expect("初始密码", "请先修改")
    bench.press("enter")
    key_twice(new, "135790")
    bench.expect("主管", "1 增加柜员")
    bench.press("cancel")
    log_in(new, FACTORY_OPERATOR, FACTORY_PASSWORD)
    bench.expect("初始密码", "请先修改")
    assert messages(new) == []
    bench.press("enter")
    key_twice(new, "2580")
    bench.expect("签到成功")
    bench.expect("请输入金额")
    sell(new, 10_00)
    agree(new, 1, 10_00)
    power_cycle(new)
    for number, old in (
        (FACTORY_OPERATOR, FACTORY_PASSWORD),
        (SUPERVISOR, SUPERVISOR_PASSWORD),
        (ADMINISTRATOR, ADMINISTRATOR_PASSWORD),
    ):
        log_in(new, number, old)
        bench.expect("柜员号或密码错误")
        bench.press("enter")
    log_in(new, FACTORY_OPERATOR, "2580")
    bench.expect("请输入金额")


def test_a_first_password_is_neither_kept_nor_replaced_by_a_simple_one(new: Shop) -> None:
    bench = new.bench
    log_in(new, SUPERVISOR, SUPERVISOR_PASSWORD)
    bench.expect("请先修改")
    bench.press("enter")
    for simple in (SUPERVISOR_PASSWORD, "888888", "345678", "210987"):
        bench.expect("修改密码", "新密码")
        bench.type(simple)
        bench.press("enter")
        bench.expect("太简单或未更改")
        bench.press("enter")
    key_twice(new, "135790", "135791")
    bench.expect("两次输入不同")
    bench.press("enter")
    bench.expect("新密码")
    bench.press("cancel")  # which leads back, and leaves the factory's
    log_in(new, SUPERVISOR, SUPERVISOR_PASSWORD)
    bench.expect("请先修改")


# -- the supervisor ---------------------------------------------------------------------------------------


def test_the_supervisor_decides_who_may_sell(closed: Shop) -> None:
    bench = closed.bench
    log_in(closed, SUPERVISOR, SUPERVISOR_PASSWORD)
    bench.expect("1 增加柜员")
    for number, answer in (("02", "已增加"), ("01", "柜员已存在"), ("00", "柜员已存在")):
        bench.press("1")
        bench.expect("柜员号")
        bench.type(number)
        bench.press("enter")
        bench.expect("增加柜员", answer)
        bench.press("enter")
    bench.press("3")
    bench.expect("01 正常", "02 初始密码")
    bench.press("cancel")
    bench.expect("1 增加柜员")
    bench.press("cancel")
    log_in(closed, "02", "0000")
    bench.expect("请先修改")
    bench.press("enter")
    key_twice(closed, "2580")
    bench.expect("请输入金额", " 02 ")
    power_cycle(closed)
    fail(closed, "02", 4)
    log_in(closed, "02", "0001")
    bench.expect("柜员已锁定", "请主管解锁")
    bench.press("enter")
    bench.expect("柜员号")
    bench.type("02")
    bench.press("enter")
    bench.expect("柜员已锁定")  # without being asked
    bench.press("enter")
    log_in(closed, SUPERVISOR, SUPERVISOR_PASSWORD)
    bench.press("3")
    bench.expect("01 正常", "02 已锁定")
    bench.press("cancel", "5")
    bench.expect("解锁柜员", "柜员号")
    bench.press("0", "2", "enter")
    bench.expect("已解锁")
    bench.press("enter", "cancel")
    log_in(closed, "02", "2580")
    bench.expect("请输入金额", " 02 ")
    power_cycle(closed)
    log_in(closed, SUPERVISOR, SUPERVISOR_PASSWORD)
    bench.press("2")
    bench.expect("删除柜员", "柜员号")
    bench.press("0", "2", "enter")
    bench.expect("删除柜员 02", "确认键删除")
    bench.press("enter")
    bench.expect("已删除")
    bench.press("enter", "cancel")
    log_in(closed, "02", "2580")
    bench.expect("柜员号或密码错误")


@pytest.mark.parametrize("number", ["00", "99", "07"])
def test_the_supervisor_removes_and_unlocks_operators_alone(closed: Shop, number: str) -> None:
    log_in(closed, SUPERVISOR, SUPERVISOR_PASSWORD)
    for entry in ("2", "5"):
        closed.bench.expect("1 增加柜员")
        closed.bench.press(entry)
        closed.bench.expect("柜员号")
        closed.bench.type(number)
        closed.bench.press("enter")
        closed.bench.expect("无此柜员")
        closed.bench.press("enter")


def test_the_supervisor_does_not_sell(closed: Shop) -> None:
    log_in(closed, SUPERVISOR, SUPERVISOR_PASSWORD)
    closed.bench.expect("1 增加柜员")
    closed.bench.press("0", "menu", "9", "cancel")
    closed.bench.expect("柜员登录", "柜员号")
    closed.bench.run(70)
    closed.bench.expect("柜员登录", "柜员号")
    assert messages(closed) == []


def test_a_menu_that_is_left_alone_is_left(closed: Shop) -> None:
    for number, password in ((SUPERVISOR, SUPERVISOR_PASSWORD), (ADMINISTRATOR, ADMINISTRATOR_PASSWORD)):
        log_in(closed, number, password)
        closed.bench.expect("1 ")
        closed.bench.run(61)
        closed.bench.expect("柜员登录", "柜员号")


def test_a_void_is_the_supervisors(shop: Shop) -> None:
    bench = shop.bench
    sell(shop, 10_00)
    for password in ("000001", "999999"):
        bench.press("menu", "2")
        bench.expect("主管密码")
        bench.type(password)
        bench.press("enter")
        bench.expect("未获主管授权")
        bench.press("enter")
        bench.expect("请输入金额")
    bench.press("menu", "2")
    bench.expect("请等待", "2")
    bench.expect("主管密码")
    bench.press("cancel")
    bench.expect("请输入金额")
    agree(shop, 1, 10_00)


# -- failures ---------------------------------------------------------------------------------------------


def test_neither_keys_nor_the_plug_nor_a_clock_shorten_the_wait(closed: Shop) -> None:
    bench = closed.bench

    def wait_begins() -> None:
        bench.expect("柜员登录", "柜员号")
        bench.press("0", "1", "enter")
        bench.expect("请等待", "8")

    fail(closed, FACTORY_OPERATOR, 4)
    wait_begins()
    bench.press(*"12345678")
    bench.run(6.9)
    assert bench.shows("请等待")
    power_cycle(closed)
    wait_begins()
    bench.run(4)
    for days in (400, -400):
        bench.rtc = RealTimeClock(datetime(2026, 11, 23) + timedelta(days=days))
        power_cycle(closed)
        wait_begins()
        bench.run(6.5)
        assert bench.shows("请等待")
    bench.expect("柜员密码", timeout=2)
    bench.type(FACTORY_PASSWORD)
    bench.press("enter")
    bench.expect("请输入金额")


def test_a_wait_can_be_given_up_for_another_operator(closed: Shop) -> None:
    fail(closed, ADMINISTRATOR, 5)
    closed.bench.press(*ADMINISTRATOR, "enter")
    closed.bench.expect("请等待", "16")
    closed.bench.press("cancel")
    log_in(closed, FACTORY_OPERATOR, FACTORY_PASSWORD)
    closed.bench.expect("请输入金额")


def test_a_locked_operator_stays_locked_whatever_day_it_is(closed: Shop) -> None:
    fail(closed, FACTORY_OPERATOR, 4)
    log_in(closed, FACTORY_OPERATOR, "0001")
    closed.bench.expect("柜员已锁定")
    for days in (1, 400, -400):
        closed.bench.rtc = RealTimeClock(datetime(2026, 11, 23) + timedelta(days=days))
        power_cycle(closed)
        closed.bench.expect("柜员号")
        closed.bench.press("0", "1", "enter")
        closed.bench.expect("柜员已锁定")
    assert messages(closed) == []


def test_the_administrator_lets_the_supervisor_in_again(closed: Shop) -> None:
    bench = closed.bench
    fail(closed, SUPERVISOR, 9)
    log_in(closed, SUPERVISOR, WRONG[SUPERVISOR])
    bench.expect("主管已锁定", "请管理员解锁")
    bench.press("enter")
    log_in(closed, ADMINISTRATOR, ADMINISTRATOR_PASSWORD)
    bench.expect("管理员", "1 终端参数")
    bench.press("3")
    bench.expect("解锁主管", "已解锁")
    bench.press("enter", "cancel")
    log_in(closed, SUPERVISOR, SUPERVISOR_PASSWORD)
    bench.expect("1 增加柜员")
    bench.press("4")
    key_twice(closed, "135790")
    bench.expect("1 增加柜员")
    bench.press("cancel")
    log_in(closed, ADMINISTRATOR, ADMINISTRATOR_PASSWORD)
    bench.press("4")
    bench.expect("重置主管密码", "恢复初始密码")
    bench.press("enter")
    bench.expect("已重置")
    bench.press("enter", "cancel")
    log_in(closed, FACTORY_OPERATOR, FACTORY_PASSWORD)
    bench.expect("须先修改密码")
    bench.press("enter")
    log_in(closed, SUPERVISOR, SUPERVISOR_PASSWORD)
    bench.expect("请先修改")
    bench.press("enter")
    key_twice(closed, "246813")
    bench.expect("1 增加柜员")
    bench.press("cancel")
    log_in(closed, FACTORY_OPERATOR, FACTORY_PASSWORD)
    bench.expect("请输入金额")


# -- the end of the keys ----------------------------------------------------------------------------------


@pytest.mark.parametrize("wiring", ["flash", "element"])
def test_bad_administrator_log_ins_until_the_keys_are_gone(tmp_path: Path, wiring: str) -> None:
    with Shop(tmp_path, pins=PINS if wiring == "flash" else _with_element(tmp_path)) as shop:
        bench = shop.bench
        shop.open()
        bench.expect("请输入金额")
        sell(shop, 10_00)
        power_cycle(shop)
        fail(shop, ADMINISTRATOR, ADMINISTRATOR_TRIES - 2)
        log_in(shop, ADMINISTRATOR, ADMINISTRATOR_PASSWORD)  # a good one forgives
        bench.expect("1 终端参数")
        bench.press("cancel")
        fail(shop, ADMINISTRATOR, ADMINISTRATOR_TRIES - 1)
        sold = records(bench.flash.image(), shop.secrets.journal_key)
        bench.power_off()
        assert opened(bench.flash.image(), what_is_left(shop)) != set()
        bench.power_on()
        log_in(shop, ADMINISTRATOR, WRONG[ADMINISTRATOR])
        bench.expect("终端故障", "密钥已销毁")
        bench.press("enter", "cancel", "1")
        bench.run(60)
        assert bench.shows("终端故障")
        assert records(bench.flash.image(), shop.secrets.journal_key) == sold
        assert_gone(shop)
        bench.power_on()
        bench.expect("未装主密钥")
        bench.press("enter")
        bench.expect("柜员号")
        bench.press(*ADMINISTRATOR, "enter")
        bench.expect("管理员已锁定", "请联系维护")


def test_a_power_cut_anywhere_in_the_last_bad_log_in(tmp_path: Path) -> None:
    """Either it counts and the keys go at the next power-on, or one more does it."""
    with Shop(tmp_path) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        power_cycle(shop)
        fail(shop, ADMINISTRATOR, ADMINISTRATOR_TRIES - 1)
        shop.bench.power_off()
        before = shop.bench.flash.image()
        kept = dict(shop.bench.nvs)
    counted: list[bool] = []
    while (outcome := _last_try_counted(tmp_path, before, kept, len(counted))) is not None:
        counted.append(outcome)
    assert counted == sorted(counted)
    assert counted.count(False) >= 1
    assert counted.count(True) >= 3


def _last_try_counted(directory: Path, before: bytes, kept: dict[str, bytes], operation: int) -> bool | None:
    """Whether it did, with the power cut in that operation on flash; None if there are not so many."""
    with Shop(directory) as shop:
        bench = shop.bench
        shop.flash_image.write_bytes(before)
        bench.nvs.update(kept)
        bench.power_on()
        bench.flash.cut_after(operation)
        try:
            log_in(shop, ADMINISTRATOR, WRONG[ADMINISTRATOR])
            bench.expect("密钥已销毁")
        except PowerCut:
            bench.parts.keypad.release("enter")
        else:
            return None
        bench.power_on()
        bench.until(lambda: bench.shows("柜员号") or bench.shows("密钥"), "an outcome")
        counted = not bench.shows("柜员号")
        if not counted:
            log_in(shop, ADMINISTRATOR, WRONG[ADMINISTRATOR])
        if not bench.shows("未装主密钥"):
            bench.expect("密钥已销毁")
        bench.power_off()
        assert opened(bench.flash.image(), what_is_left(shop)) == set()
        return counted


def test_a_terminal_that_waits_for_its_first_key_loses_what_it_would_come_in_under(tmp_path: Path) -> None:
    with Shop(tmp_path, injection_key=bytes(range(32))) as shop:
        shop.bench.power_on()
        shop.bench.expect("未装主密钥")
        shop.bench.press("enter")
        fail(shop, ADMINISTRATOR, ADMINISTRATOR_TRIES - 1)
        assert opened(shop.bench.flash.image(), what_is_left(shop)) == {bytes(range(32))}
        log_in(shop, ADMINISTRATOR, WRONG[ADMINISTRATOR])
        shop.bench.expect("终端故障", "密钥已销毁")
        assert opened(shop.bench.flash.image(), what_is_left(shop)) == set()


def test_a_terminal_is_settled_and_retired(shop: Shop) -> None:
    bench = shop.bench
    sell(shop, 10_00)
    settle(shop)
    bench.expect("请输入金额")
    power_cycle(shop)
    log_in(shop, ADMINISTRATOR, ADMINISTRATOR_PASSWORD)
    for steps in (0, 1):
        bench.expect("1 终端参数")
        bench.press("5")
        bench.expect("终端退役", "将销毁全部密钥")
        bench.press(*["enter"] * steps, "cancel")
    bench.expect("1 终端参数")
    assert opened(bench.flash.image(), what_is_left(shop)) != set()
    bench.press("5")
    bench.expect("将销毁全部密钥")
    bench.press("enter")
    bench.expect("不可恢复")
    bench.press("enter")
    bench.expect("终端故障", "密钥已销毁")
    assert_gone(shop)


def test_a_terminal_with_an_open_batch_is_not_retired(shop: Shop) -> None:
    sell(shop, 10_00)
    power_cycle(shop)
    log_in(shop, ADMINISTRATOR, ADMINISTRATOR_PASSWORD)
    shop.bench.expect("1 终端参数")
    shop.bench.press("5")
    shop.bench.expect("有未结算的交易", "请先结算")
    shop.bench.press("enter", "enter", "enter")
    assert opened(shop.bench.flash.image(), what_is_left(shop)) != set()


def test_the_administrator_reads_the_settings(closed: Shop) -> None:
    log_in(closed, ADMINISTRATOR, ADMINISTRATOR_PASSWORD)
    closed.bench.press("1")
    closed.bench.expect("终端参数", "终端编号", closed.terminal.tid)
    seen = closed.bench.screen()
    for _ in range(5):
        closed.bench.press("down")
        seen += closed.bench.screen()
    for value in (closed.terminal.mid, closed.terminal.serial, "tdes", "acquirer.test:90"):
        assert any(value in line for line in seen)
    closed.bench.press("cancel")
    closed.bench.expect("1 终端参数")


# -- what is kept of a password ---------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_password_is_neither_in_memory_nor_on_flash(new: Shop) -> None:
    from tests.system.test_memory import _memory

    bench = new.bench
    log_in(new, ADMINISTRATOR, ADMINISTRATOR_PASSWORD)
    bench.expect("请先修改")
    bench.press("enter")
    key_twice(new, "86420975")
    bench.expect("1 终端参数")
    assert b"86420975" not in _memory(bench.pid)
    bench.press("cancel")
    log_in(new, ADMINISTRATOR, "86420975")
    bench.expect("1 终端参数")
    assert b"86420975" not in _memory(bench.pid)
    assert b"86420975" not in bench.flash.image()


@pytest.mark.parametrize("name", ["operators.bin", "tries.bin"])
def test_altered_password_files_keep_the_terminal_shut(closed: Shop, name: str) -> None:
    closed.bench.expect("柜员号")
    closed.bench.power_off()
    data = partitions()["data"]
    fs = LittleFS(block_size=SECTOR, block_count=data.size // SECTOR, mount=False)
    fs.context.buffer = bytearray(closed.bench.flash.image()[data.offset : data.offset + data.size])
    fs.mount()
    with fs.open(name, "rb") as file:
        content = file.read()
    altered = content[:-1] + bytes([content[-1] ^ 1])
    with fs.open(name, "wb") as file:
        file.write(altered)
    _put_back(closed, data.offset, bytes(fs.context.buffer))
    closed.bench.power_on()
    closed.bench.expect("终端故障", "密码文件损坏")
    assert messages(closed) == []


def _put_back(shop: Shop, offset: int, content: bytes) -> None:
    for at in range(0, len(content), SECTOR):
        sector = content[at : at + SECTOR]
        if sector != shop.bench.flash.read(offset + at, SECTOR):
            shop.bench.flash.erase(offset + at)
            shop.bench.flash.program(offset + at, sector)
