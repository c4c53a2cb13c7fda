"""Tables for chip cards: looked at at power-on, fetched from the acquirer, put in force whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from littlefs import LittleFS

from host_tools.acquirer.chip_tables import ChipTables, exception
from host_tools.acquirer.downloads import Downloads
from host_tools.acquirer.faults import Kind
from host_tools.bench.shop import OPENING, Shop
from host_tools.cards.minting import Mint
from host_tools.flash.emv_tables import build
from host_tools.flash.factory import SECTOR, partitions
from host_tools.keys.authority import Authority
from tests.system.books import edit_files, sell, sent

NEW = "emv.bin.new"


@pytest.fixture(scope="module")
def mint(tmp_path_factory: pytest.TempPathFactory) -> Mint:
    return Mint(Authority(tmp_path_factory.mktemp("authority")).make(OPENING.date()))


@pytest.fixture
def shop(tmp_path: Path, mint: Mint) -> Iterator[Shop]:
    with Shop(tmp_path, mint=mint) as shop:
        yield shop


def files(shop: Shop) -> dict[str, bytes]:
    """What the terminal's flash has for chip cards."""
    data = partitions()["data"]
    fs = LittleFS(block_size=SECTOR, block_count=data.size // SECTOR, mount=False)
    fs.context.buffer = bytearray(shop.bench.flash.image()[data.offset : data.offset + data.size])
    fs.mount()
    found = {}
    for name in fs.listdir("/"):
        if name.startswith("emv"):
            with fs.open(name, "rb") as file:
                found[name] = file.read()
    return found


def items(file: bytes) -> list[bytes]:
    found = []
    while file:
        size = 3 + int.from_bytes(file[1:3], "big")
        found.append(file[:size])
        file = file[size:]
    return sorted(found)


def has(shop: Shop, tables: ChipTables | None) -> bool:
    assert tables
    return {name: items(file) for name, file in files(shop).items()} == {"emv.bin": items(build(tables))}


def others(shop: Shop) -> ChipTables:
    """Other tables than the workshop's: an application less, and more that is not taken than goes into a message."""
    assert shop.tables
    listed = tuple(exception(str(number)) for number in range(40))
    return replace(shop.tables, applications=shop.tables.applications[:4], exceptions=listed)


def networks(shop: Shop) -> list[str]:
    """F60.3 of the messages of downloads that reached the host, in order."""
    codes = []
    for record in shop.trace:
        code = next((field.value[8:11] for field in record.fields if field.number == 60), "")
        if record.direction == "in" and code[:1] == "3":
            codes.append(code)
    return codes


def ask(shop: Shop) -> None:
    shop.bench.expect("请输入金额")
    shop.bench.press("menu", "9", "2")


def refused(shop: Shop, *words: str) -> None:
    """What the screen says then, and that nothing has come of it."""
    shop.bench.expect(*words)
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")
    assert has(shop, shop.tables)


def chips_are_offered(shop: Shop) -> bool:
    bench = shop.bench
    bench.expect("请输入金额")
    bench.type("1234")
    bench.press("enter")
    bench.expect("请刷卡")
    offered = bench.shows("插卡")
    bench.press("cancel")
    bench.expect("请输入金额")
    return offered


def test_new_tables(shop: Shop) -> None:
    shop.open()
    assert has(shop, shop.tables)
    shop.bench.expect("请输入金额")
    shop.acquirer.downloads.renew(others(shop))
    ask(shop)
    shop.bench.expect("正在下载公钥", "1/6")
    shop.bench.expect("正在下载卡参数", "4/4")
    shop.bench.expect("下载完成", "公钥6", "应用4")
    shop.bench.expect("请输入金额")
    ends = ["371", "381", "391"]
    assert networks(shop) == ["372"] + 6 * ["370"] + ["382"] + 4 * ["380"] + 3 * ["390"] + ends
    assert has(shop, others(shop))
    assert chips_are_offered(shop)
    sell(shop, 12_34)


def test_the_host_says_that_there_are_new_ones(shop: Shop) -> None:
    """In the header of its answer to the sign-in, until they have been fetched."""
    shop.acquirer.downloads.renew(others(shop))
    shop.open()
    shop.bench.expect("签到成功")
    shop.bench.expect("下载完成")
    shop.bench.expect("请输入金额")
    assert has(shop, others(shop))
    asked = len(networks(shop))
    shop.bench.press("menu", "7", "1")
    shop.bench.expect("签到成功")
    shop.bench.expect("请输入金额")
    assert len(networks(shop)) == asked


def test_tables_that_contradict_themselves(shop: Shop) -> None:
    """One bit of a key, one application twice, one without its action codes: nothing is taken."""
    shop.open()
    good = others(shop)
    key, application = good.keys[5], good.applications[0]
    for bad in (
        replace(good, keys=(*good.keys[:5], key[:60] + bytes([key[60] ^ 1]) + key[61:])),
        replace(good, applications=(*good.applications, application)),
        replace(good, applications=(*good.applications[1:], application.replace(b"\xdf\x12", b"\xdf\x52"))),
        replace(good, revoked=(b"12345678",)),
    ):
        shop.acquirer.downloads.renew(bad)
        ask(shop)
        refused(shop, "主机参数有误", "E04")
    assert chips_are_offered(shop)


def test_a_host_that_has_none(shop: Shop) -> None:
    shop.open()
    assert shop.tables
    shop.acquirer.downloads.renew(replace(shop.tables, applications=()))
    ask(shop)
    refused(shop, "主机未下发参数", "A15")
    shop.acquirer.downloads = Downloads(None)
    ask(shop)
    refused(shop, "主机未下发参数", "A15")


def test_the_line_fails(shop: Shop) -> None:
    """At a list, at an item, at the end of everything: which does not matter any more."""
    shop.open()
    shop.bench.expect("请输入金额")
    shop.acquirer.downloads.renew(others(shop))
    for kind, mti, words in (
        (Kind.SILENT, "0820", "主机无应答"),
        (Kind.CLOSE, "0800", "主机无应答"),
        (Kind.GARBAGE, "0800", "主机应答错误"),
        (Kind.WRONG_MAC, "0800", "应答校验错误"),
    ):
        shop.disturb(kind, mti)
        ask(shop)
        refused(shop, words)
    ask(shop)
    shop.bench.expect("4/4")
    shop.bench.until(lambda: networks(shop)[-3:] == 3 * ["390"], "what is not taken")
    shop.disturb(Kind.WRONG_MAC, "0800")
    shop.bench.expect("下载完成")
    assert has(shop, others(shop))


def test_the_power_goes(shop: Shop) -> None:
    """The old ones stay until all is there and checked; then there are the new ones."""
    shop.open()
    shop.bench.expect("请输入金额")
    shop.acquirer.downloads = Downloads(others(shop))  # which it does not tell of
    for moment in ("372", "370", "380", "391"):
        ask(shop)
        shop.bench.until(lambda at=moment: networks(shop)[-1:] == [at], moment)  # type: ignore[misc]
        shop.bench.power_off()
        left = files(shop)
        assert (NEW in left) == (moment != "391")
        left.pop(NEW, None)
        tables = others(shop) if moment == "391" else shop.tables
        assert tables and items(left["emv.bin"]) == items(build(tables))
        shop.bench.power_on()
        shop.log_in()
        assert chips_are_offered(shop)
        assert has(shop, tables)


def test_damaged_tables(shop: Shop) -> None:
    """Said at power-on; the stripe serves, and a download heals."""
    assert shop.tables
    file = build(shop.tables)
    edit_files(shop, **{"emv.bin": file[:700] + bytes([file[700] ^ 0x10]) + file[701:]})
    shop.bench.power_on()
    shop.bench.expect("IC卡参数损坏", "只能刷卡")
    shop.bench.press("enter")
    shop.log_in()
    assert not chips_are_offered(shop)
    sell(shop, 12_34, "up-debit")
    assert sent(shop, "0200")[0][60].endswith("000")  # a terminal that reads no chips
    ask(shop)
    shop.bench.expect("下载完成", "公钥6", "应用5")
    assert has(shop, shop.tables)
    assert chips_are_offered(shop)


def test_the_administrator_fetches_them(shop: Shop) -> None:
    bench = shop.bench
    bench.power_on()
    bench.expect("柜员号")
    bench.type("99")
    bench.press("enter")
    bench.expect("管理员密码")
    bench.type("99999999")
    bench.press("enter")
    bench.expect("终端参数")
    bench.press("7")
    bench.expect("下载完成")
    bench.expect("终端参数")
    assert networks(shop)[-1] == "391"
    bench.press("cancel")
    shop.log_in()
    sell(shop, 12_34)
