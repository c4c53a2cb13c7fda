"""A shop under each cipher suite, and that neither host, workshop nor flash talks a terminal into another (S11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from random import Random

import pytest
from littlefs import LittleFS

from host_tools.acquirer import spec
from host_tools.acquirer.faults import Kind
from host_tools.acquirer.spec import Message
from host_tools.acquirer.suites import SUITES
from host_tools.bench.cable import Cable
from host_tools.bench.shop import Shop
from host_tools.demo.audit import Books
from host_tools.flash.factory import SECTOR, partitions
from host_tools.keys import errors
from host_tools.keys.components import Algorithm
from host_tools.keys.injection import Injection, Order, exchange
from host_tools.keys.master_keys import Key
from tests.system.books import messages, print_totals, sell

INJECTION_KEY = bytes(range(32))
every_pair = pytest.mark.parametrize(("suite", "other"), list(permutations(SUITES, 2)))


@pytest.fixture(params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def closed(tmp_path: Path, suite: str) -> Iterator[Shop]:
    """A shop whose terminal has not been switched on yet."""
    with Shop(tmp_path, suite=suite) as shop:
        yield shop


@pytest.fixture
def shop(closed: Shop) -> Shop:
    closed.open()
    closed.bench.expect("请输入金额")
    return closed


def agree(shop: Shop, count: int, amount: int) -> None:
    """The terminal's and the host's totals are both these, and the books balance."""
    totals = shop.acquirer.ledger.totals(shop.terminal.tid, 1)
    assert (totals.count, totals.amount) == (count, amount)
    assert print_totals(shop) == Books(count, amount)
    assert shop.acquirer.ledger.check() == []


def sent(shop: Shop, mti: str) -> dict[int, str]:
    """The last such message that reached the host, as its trace shows it."""
    record = [record for record in shop.trace if (record.direction, record.mti) == ("in", mti)][-1]
    return {field.number: field.value for field in record.fields}


def keys_file(shop: Shop) -> bytes:
    data = partitions()["data"]
    fs = LittleFS(block_size=SECTOR, block_count=data.size // SECTOR, mount=False)
    fs.context.buffer[:] = shop.bench.flash.image()[data.offset : data.offset + data.size]
    fs.mount()
    with fs.open("keys.bin", "rb") as file:
        return bytes(file.read())


# -- a day under each of them -----------------------------------------------------------------------------


def test_a_sale_from_power_on_to_slip(shop: Shop, suite: str) -> None:
    shop.ask_for(12_34, shop.cards["plain"])
    shop.bench.expect("交易成功", "12.34")
    shop.take_slips()
    assert all("RMB 12.34" in slip.text for slip in shop.bench.parts.printer.slips)
    assert messages(shop) == ["0800", "0810", "0200", "0210"]
    rules, asked = SUITES[suite], sent(shop, "0200")
    assert sent(shop, "0800")[60][8:] == rules.network_code
    assert asked.keys() & {26, 52, 53, 59} == {26, rules.pin_field, 53}
    assert asked[53] == rules.security.ljust(16, "0")
    assert shop.acquirer.bank.balance(shop.cards["plain"].pan) == shop.cards["plain"].balance - 12_34
    agree(shop, 1, 12_34)


@pytest.mark.parametrize("card", ["long", "short-pin", "named"])
def test_pins_and_pans_of_every_length(shop: Shop, card: str) -> None:
    sell(shop, 1, card)
    agree(shop, 1, 1)


def test_a_day(shop: Shop, suite: str) -> None:
    """A sale, a wrong PIN, none at all, a sale whose answer is lost, a power cycle, another sale."""
    bench = shop.bench
    sell(shop, 10_00)
    shop.ask_for(20_00, shop.cards["plain"], pin="111111")
    bench.expect("密码错误")
    bench.press("enter")
    shop.ask_for(30_00, shop.cards["foreign"], pin="")
    bench.expect("交易成功")
    shop.take_slips()
    assert not sent(shop, "0200").keys() & {26, 52, 53, 59}
    shop.disturb(Kind.SILENT, "0200")
    shop.ask_for(40_00, shop.cards["long"])
    bench.expect("已冲正", timeout=60)
    bench.press("enter")
    bench.power_off()
    bench.power_on()
    shop.log_in()
    bench.expect("请输入金额")
    sell(shop, 50_00)
    agree(shop, 3, 90_00)


def test_an_answer_with_a_flipped_bit_is_not_believed(shop: Shop) -> None:
    alter(shop, "0210", lambda frame: frame[:-1] + bytes([frame[-1] ^ 1]))
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("已冲正")
    assert messages(shop)[2:4] == ["0200", "0210"]
    assert "0400" in messages(shop)
    shop.bench.press("enter")
    sell(shop, 20_00)
    agree(shop, 1, 20_00)


# -- a host of another suite ------------------------------------------------------------------------------


def alter(shop: Shop, mti: str, change: Callable[[bytes], bytes]) -> None:
    """Let the host's next answer of that type be changed on its way."""
    honest = shop.acquirer.answer

    def answer(frame: bytes, forced: str | None = None) -> bytes | None:
        reply = honest(frame, forced)
        if reply is None or spec.decode(reply).mti != mti:
            return reply
        shop.acquirer.answer = honest  # type: ignore[method-assign]
        return change(reply)

    shop.acquirer.answer = answer  # type: ignore[method-assign]


def with_field(number: int, change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    def changed(frame: bytes) -> bytes:
        reply = spec.decode(frame)
        fields = reply.fields | {number: change(reply.fields[number])}
        return spec.encode(Message(reply.mti, fields, reply.tpdu, reply.header))

    return changed


def refused_at_sign_in(shop: Shop, *words: str) -> None:
    """It says so, keeps the keys that it had, and sells once the host is honest again."""
    shop.bench.power_on()
    before = keys_file(shop)
    shop.log_in()
    shop.bench.expect(*words)
    assert keys_file(shop) == before
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")
    assert messages(shop) == ["0800", "0810"]
    sell(shop, 10_00)
    assert messages(shop)[2:] == ["0800", "0810", "0200", "0210"]
    assert keys_file(shop) != before
    agree(shop, 1, 10_00)


@every_pair
def test_a_sign_in_answered_for_another_suite(closed: Shop, suite: str, other: str) -> None:
    alter(closed, "0810", with_field(60, lambda text: text[:8] + SUITES[other].network_code))
    refused_at_sign_in(closed, "主机加密方式不符")


@pytest.mark.parametrize("code", ["001", "004", ""])
def test_a_sign_in_answered_for_no_suite(closed: Shop, suite: str, code: str) -> None:
    alter(closed, "0810", with_field(60, lambda text: text[:8] + code))
    refused_at_sign_in(closed, "主机加密方式不符")


@every_pair
def test_keys_wrapped_by_another_suite(closed: Shop, suite: str, other: str) -> None:
    rules, tmk = SUITES[other], closed.terminal.tmk
    pik, mak = rules.new_working_keys(Random(1).randbytes)
    alter(closed, "0810", with_field(62, lambda _: rules.wrap_working_keys(tmk, pik, mak).hex().upper()))
    refused_at_sign_in(closed, "密钥校验失败")


@pytest.mark.parametrize("size", [24, 39, 41, 48, 60])
def test_keys_of_another_length(closed: Shop, suite: str, size: int) -> None:
    alter(closed, "0810", with_field(62, lambda text: (text + text)[: 2 * size]))
    refused_at_sign_in(closed, "主机应答错误")


@every_pair
def test_a_host_that_has_enrolled_it_with_another_suite(closed: Shop, suite: str, other: str) -> None:
    shop, found = closed, closed.acquirer._terminals.find
    shop.acquirer._terminals.find = lambda tid: (  # type: ignore[method-assign]
        (terminal := found(tid)) and replace(terminal, suite=SUITES[other])
    )
    shop.bench.power_on()
    before = keys_file(shop)
    shop.log_in()
    shop.bench.expect("签到被拒绝")
    shop.bench.press("enter")
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("失败 未扣款", "签到未成功")
    assert keys_file(shop) == before
    assert set(messages(shop)) == {"0800", "0810"}


# -- an altered parameter ---------------------------------------------------------------------------------


@every_pair
def test_an_altered_parameter_makes_it_refuse_to_work(shop: Shop, suite: str, other: str) -> None:
    """The key store says under seal what the keys are for: the terminal says K01, and nothing reaches the host."""
    sell(shop, 10_00)
    shop.bench.power_off()
    image = shop.flash_image.read_bytes()
    assert image.count(parameter(suite)) == 1
    shop.flash_image.write_bytes(image.replace(parameter(suite), parameter(other)))
    before = len(shop.trace)
    shop.bench.power_on()
    shop.log_in()
    shop.bench.expect("请联系维护", "K01")
    shop.bench.press("enter")
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("请联系维护", "K01")
    assert len(shop.trace) == before


def parameter(suite: str) -> bytes:
    """What the file says of it, as long for one suite as for another: JSON does not mind blanks."""
    return f'"suite": "{suite}",'.ljust(16).encode()


def test_no_suite_at_all_stops_the_terminal(closed: Shop, suite: str) -> None:
    image = closed.flash_image.read_bytes()
    closed.flash_image.write_bytes(image.replace(b'"suite": "' + suite.encode(), b'"suite": "' + b"x" * len(suite)))
    closed.bench.power_on()
    closed.bench.expect("终端故障", "L09")


# -- a master key from the workshop -----------------------------------------------------------------------


@pytest.fixture
def unkeyed(tmp_path: Path, suite: str) -> Iterator[Shop]:
    with Shop(tmp_path, suite=suite, injection_key=INJECTION_KEY) as shop:
        shop.bench.power_on()
        shop.bench.expect("未装主密钥")
        yield shop


def inject(shop: Shop, algorithm: Algorithm) -> None:
    terminal = shop.terminal
    order = Order(terminal.tid, terminal.serial, INJECTION_KEY, Key(algorithm, terminal.tmk))
    exchange(Injection(order, Random(3).randbytes), Cable(shop.bench))


def test_from_no_key_to_the_first_sale(unkeyed: Shop, suite: str) -> None:
    inject(unkeyed, Algorithm(suite))
    unkeyed.log_in()
    unkeyed.bench.expect("请输入金额")
    sell(unkeyed, 10_00)
    agree(unkeyed, 1, 10_00)


@every_pair
def test_a_master_key_of_another_suite_is_not_taken(unkeyed: Shop, suite: str, other: str) -> None:
    with pytest.raises(errors.DeviceBadBlock):
        inject(unkeyed, Algorithm(other))
    inject(unkeyed, Algorithm(suite))
