"""The end of the keys (S9): whatever is done to the terminal meanwhile, afterwards nothing opens what was sealed."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from host_tools.acquirer.fixture import load
from host_tools.bench.clock import VirtualClock
from host_tools.bench.flash import PowerCut
from host_tools.bench.parts.atecc608 import Atecc608, frame
from host_tools.bench.process import PINS
from host_tools.bench.shop import TERMINAL, Shop
from host_tools.flash.factory import Secrets, partitions
from tests.journal import records
from tests.system.books import messages, sell

_SLOTS = range(1, 9)
_ALGORITHMS = range(4)
_LABEL = b"suanpan-key"
_ELEMENT = '"secure_element": {"i2c": 1, "scl": 47, "sda": 48, "frequency": 100_000, "address": 0x60},\n}\n'


@pytest.fixture(params=["flash", "element"])
def wiring(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The board as it is, and with a secure element on its second I2C bus."""
    return PINS if request.param == "flash" else _with_element(tmp_path)


def _with_element(directory: Path) -> Path:
    table = directory / "pins.py"
    table.write_text(PINS.read_text("utf-8").removesuffix("}\n") + "    " + _ELEMENT, "utf-8")
    return table


needs_element = pytest.mark.parametrize("wiring", ["element"], indirect=True)


@pytest.fixture
def closed(tmp_path: Path, wiring: Path) -> Iterator[Shop]:
    with Shop(tmp_path, pins=wiring) as shop:
        yield shop


@pytest.fixture
def shop(closed: Shop) -> Shop:
    """A shop that has sold something and signed in twice: sealed keys are in old blocks of the file system too."""
    closed.open()
    closed.bench.expect("请输入金额")
    sell(closed, 10_00)
    closed.bench.press("menu", "7", "1")
    closed.bench.expect("签到成功")
    closed.bench.expect("请输入金额")
    return closed


# -- what an attacker may try -----------------------------------------------------------------------------


def sealed_keys(image: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Everything in the flash image that may be a record of the key store, whatever block it is in."""
    data = partitions()["data"]
    area = image[data.offset : data.offset + data.size]
    for at in range(len(area) - 3):
        slot, algorithm, size = area[at], area[at + 1], area[at + 2]
        if slot in _SLOTS and algorithm in _ALGORITHMS and 24 <= size <= 48:
            yield slot, algorithm, area[at + 3 : at + 3 + size]


def opened(image: bytes, keys: set[bytes]) -> set[bytes]:
    found = set()
    for slot, algorithm, sealed in set(sealed_keys(image)):
        for key in keys:
            try:
                found.add(AESSIV(key).decrypt(sealed, [_LABEL, bytes([slot, algorithm])]))
            except InvalidTag:
                continue
    return found


def what_is_left(shop: Shop) -> set[bytes]:
    """Every key that can be had from the chips now: what lies there, and all that can be derived from it."""
    image = shop.bench.flash.image()
    area = partitions()["secrets"]
    plain = image[area.offset : area.offset + area.size]
    secrets = {plain[at : at + 32] for at in range(0, len(plain), 32)} | {bytes(32), b"\xff" * 32}
    secrets |= {value.ljust(32, b"\0")[:32] for value in shop.bench.nvs.values()}
    labels = (b"suanpan-keys", b"suanpan-journal")
    keys = secrets | {hmac.digest(secret, label, "sha256") for secret in secrets for label in labels}
    if shop.bench.parts.secure_element:
        keys |= {ask(shop.bench.parts.secure_element, slot, label) for slot in range(16) for label in labels}
    return keys


def ask(element: Atecc608, slot: int, label: bytes) -> bytes:
    """What an element that has been unsoldered says: the HMAC of a label under the secret of a slot."""
    clock = VirtualClock()
    element.attach(clock)
    element.sda_low(80)
    for mode, number, data in ((4, slot, b""), (0xC2, len(label), label)):
        clock.busy(50_000)
        element.write(b"\x03" + frame(bytes([0x47, mode]) + number.to_bytes(2, "little") + data))
    clock.busy(50_000)
    answer = element.read(35)
    element.power_off()
    return answer[1:33]


def test_the_attack_works_on_a_terminal_that_is_whole(shop: Shop) -> None:
    """Else the tests below would show nothing: with the terminal's own key every key is found, old ones too."""
    found = opened(shop.bench.flash.image(), {shop.secrets.key_store_key})
    assert load().terminals[TERMINAL].tmk in found
    assert len(found) >= 5  # and PIN and MAC keys of two sign-ins
    shop.bench.power_off()
    assert opened(shop.bench.flash.image(), what_is_left(shop)) == found


# -- zeroising --------------------------------------------------------------------------------------------


def assert_gone(shop: Shop) -> None:
    """No key can be had from what is there; the journal can be read; nothing is sold, now and after a power cut."""
    bench = shop.bench
    bench.power_off()
    assert opened(bench.flash.image(), what_is_left(shop)) == set()
    assert opened(bench.flash.image(), {shop.secrets.key_store_key}) != set()  # the sealed keys are still there
    assert len(records(bench.flash.image(), shop.secrets.journal_key)) >= 2
    for _ in range(2):
        bench.power_on()
        bench.expect("未装主密钥")
        bench.press("enter")
        sent = len(shop.trace)
        shop.log_in()
        bench.expect("缺少密钥")
        bench.press("enter")
        shop.ask_for(10_00, shop.cards["plain"])
        bench.expect("失败", "缺少密钥")
        bench.press("enter")
        bench.expect("请输入金额")
        assert messages(shop)[sent:] == []
        bench.power_off()


def test_the_case_is_opened(shop: Shop) -> None:
    shop.bench.parts.tamper_switch.open_case()
    shop.bench.expect("终端故障", "机壳已打开", timeout=1)
    shop.bench.press("1", "enter")
    assert shop.bench.shows("终端故障")
    shop.bench.parts.tamper_switch.close_case()
    shop.bench.run(1)
    assert shop.bench.shows("终端故障")
    assert_gone(shop)


def test_the_case_is_opened_for_a_moment(shop: Shop) -> None:
    shop.bench.parts.tamper_switch.open_case()
    shop.bench.parts.tamper_switch.close_case()
    shop.bench.expect("终端故障", "机壳已打开", timeout=1)
    assert_gone(shop)


def test_the_case_is_opened_without_power(shop: Shop) -> None:
    shop.bench.power_off()
    shop.bench.parts.tamper_switch.open_case()
    shop.bench.power_on()
    shop.bench.expect("终端故障", "机壳已打开")
    shop.bench.parts.tamper_switch.close_case()
    assert_gone(shop)


def test_the_case_is_opened_of_a_terminal_that_is_out_of_order(shop: Shop) -> None:
    shop.bench.power_off()
    journal = partitions()["journal"].offset
    whole = shop.bench.flash.image()
    shop.bench.flash.program(journal + 48, b"\0")
    shop.bench.power_on()
    shop.bench.expect("终端故障", "L0")
    shop.bench.parts.tamper_switch.open_case()
    shop.bench.expect("机壳已打开", timeout=1)
    shop.bench.power_off()
    assert opened(whole, what_is_left(shop)) == set()


def test_the_case_is_opened_while_the_host_is_at_work(shop: Shop) -> None:
    """The sale's reversal stays armed in the journal, for when there are keys again."""
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.parts.tamper_switch.open_case()
    shop.bench.expect("终端故障", "机壳已打开", timeout=1)
    shop.bench.parts.tamper_switch.close_case()
    shop.bench.power_off()
    assert opened(shop.bench.flash.image(), what_is_left(shop)) == set()
    shop.bench.power_on()
    shop.bench.expect("未装主密钥")
    before = len(records(shop.bench.flash.image(), shop.secrets.journal_key))
    shop.bench.power_off()
    assert before >= 4


def test_a_power_cut_in_any_operation_on_flash(tmp_path: Path, wiring: Path) -> None:
    """The case is closed again before the power comes back, so that only the mark tells what was under way."""
    cuts = 0
    while _cut_in_operation(tmp_path, wiring, cuts):
        cuts += 1
    assert cuts == (5 if wiring == PINS else 3)  # mark, file, mark; in flash the secret goes in two operations more


def _cut_in_operation(directory: Path, wiring: Path, operation: int) -> bool:
    with Shop(directory, pins=wiring) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        shop.bench.flash.cut_after(operation)
        shop.bench.parts.tamper_switch.open_case()
        try:
            shop.bench.expect("终端故障", "机壳已打开", timeout=1)
        except PowerCut:
            marked = operation > 0
        else:
            return False
        if marked:
            shop.bench.parts.tamper_switch.close_case()
            shop.bench.power_on()
            shop.bench.expect("未装主密钥")
        else:  # nothing had been done yet: the open case is seen at the next power-on
            shop.bench.power_on()
            shop.bench.expect("终端故障", "机壳已打开")
            shop.bench.parts.tamper_switch.close_case()
        assert_gone(shop)
        return True


def test_a_power_cut_at_any_moment_of_the_elements_work(tmp_path: Path) -> None:
    """In flash nothing is waited for, so that there the operations of the chip are all the moments there are."""
    for delay_us in range(100, 50_000, 4_700):
        with Shop(tmp_path, pins=_with_element(tmp_path)) as shop:
            shop.open()
            shop.bench.expect("请输入金额")
            shop.bench.parts.tamper_switch.open_case()
            shop.bench.run(delay_us / 1e6)
            shop.bench.power_off()
            shop.bench.parts.tamper_switch.close_case()
            shop.bench.power_on()
            shop.bench.expect("未装主密钥")
            assert_gone(shop)


# -- two secrets, and what each is good for ---------------------------------------------------------------


def test_an_element_does_as_well_as_flash(shop: Shop) -> None:
    """And neither holds what the other does: with the element there is no secret in the flash image."""
    image = shop.bench.flash.image()
    in_flash = [secret in image for secret in (shop.secrets.keys, shop.secrets.journal)]
    assert in_flash == [shop.bench.parts.secure_element is None] * 2


def test_the_journals_secret_opens_no_key(shop: Shop) -> None:
    secrets: Secrets = shop.secrets
    assert opened(shop.bench.flash.image(), {secrets.journal_key, secrets.journal, secrets.keys}) == set()


@needs_element
def test_an_element_that_is_not_locked_keeps_the_terminal_shut(closed: Shop) -> None:
    element = closed.bench.parts.secure_element
    assert element
    element.config[87] = 0x55
    closed.bench.power_on()
    closed.bench.expect("终端故障")


@needs_element
def test_an_element_that_has_been_taken_off(closed: Shop) -> None:
    """Its keys went with it; the file goes when the case is seen to be open, and the mark stays."""
    element = closed.bench.parts.secure_element
    assert element
    closed.open()
    closed.bench.expect("请输入金额")
    element.power_off()
    closed.bench.parts.tamper_switch.open_case()
    closed.bench.expect("终端故障", "密码芯片", timeout=1)
    assert closed.bench.nvs["suanpan/zeroising"]
    closed.bench.power_off()
    closed.bench.power_on()
    closed.bench.expect("机壳已打开")
    closed.bench.parts.tamper_switch.close_case()
    assert_gone(closed)


@needs_element
def test_another_terminals_element(closed: Shop) -> None:
    element = closed.bench.parts.secure_element
    assert element
    element.secrets[0][:] = bytes(32)
    closed.bench.power_on()
    closed.log_in()
    closed.bench.expect("密钥损坏")


def test_the_same_bytes_twice(tmp_path: Path, wiring: Path) -> None:
    def digest() -> Any:
        with Shop(tmp_path, pins=wiring) as shop:
            shop.open()
            shop.bench.expect("请输入金额")
            shop.bench.parts.tamper_switch.open_case()
            shop.bench.expect("终端故障")
            return shop.bench.digest.hexdigest()

    assert digest() == digest()
