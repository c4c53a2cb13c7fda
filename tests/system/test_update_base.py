"""MicroPython itself is updated where a board has OTA partitions: tried once by the chip's boot loader, and kept when
the self-test has been to its end. The emulated boot loader is ESP-IDF's (host_tools/bench/boot_loader.py)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from host_tools.bench.boot_loader import BootLoader, is_whole
from host_tools.bench.cable import Cable
from host_tools.bench.flash import PowerCut
from host_tools.bench.shop import Shop
from host_tools.build import partition_table
from host_tools.build.bundle import pack
from host_tools.build.partition_table import Partition
from host_tools.flash import factory
from host_tools.flash.stand_in import stand_in
from host_tools.flash.stock import parse
from host_tools.update import errors
from host_tools.update.line import send
from tests.effort import EFFORT
from tests.system.books import agree, sell
from tests.system.software import release, signer, software
from tests.system.updates import by_cable

OTHERS = (
    Partition("nvs", 0x9000, 0x4000, "data", "nvs"),
    Partition("otadata", 0xD000, 0x2000, "data", "ota"),
    Partition("phy_init", 0xF000, 0x1000, "data", "phy"),
    Partition("ota_0", 0x10000, 0xF0000, "app", "ota_0"),
    Partition("ota_1", 0x100000, 0xF0000, "app", "ota_1"),
)
NAME = "virtual/micropython"


@cache
def base(size: int) -> bytes:
    """In the form of a MicroPython; what the chip runs is the unix port, whatever lies there."""
    return parse(stand_in("esp32", program=size), "base").application


@cache
def bundle(image: bytes, number: int = 1_030_000, board: str = NAME) -> bytes:
    return pack(image, signer().sign, board=board, version="1.30.0", number=number, floor=0, schema=0)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The virtual board, with a table of two MicroPythons in the room of the one."""
    with Shop(tmp_path, software=software()) as shop:
        with_two(shop.flash_image)
        yield shop


def with_two(path: Path) -> None:
    kept = [row for name, row in factory.partitions().items() if name not in ("nvs", "phy_init", "factory")]
    image = bytearray(path.read_bytes())
    table = partition_table.pack([*OTHERS, *kept])
    image[partition_table.TABLE_AT : partition_table.TABLE_AT + len(table)] = table
    image[0x10000 : 0x10000 + len(base(30_000))] = base(30_000)
    path.write_bytes(image)


def running(shop: Shop) -> str:
    return BootLoader(shop.bench.flash).running if shop.bench._board is None else shop.bench._board._boot.running


def test_by_cable_tried_and_kept(shop: Shop) -> None:
    shop.bench.power_on()
    assert running(shop) == "ota_0"
    by_cable(shop)
    send(Cable(shop.bench), bundle(base(9_000)))
    shop.bench.expect("程序已更新", "MicroPython")
    shop.log_in()
    shop.bench.expect("请输入金额")
    sell(shop, 12_34)
    agree(shop, 1, 12_34)
    for _ in range(2):
        shop.bench.power_off()
        shop.bench.power_on()
        shop.bench.expect("柜员号")
        assert running(shop) == "ota_1"
        assert not shop.bench.shows("U06")
    assert shop.bench.console() == ""
    assert shop.bench.flash.image()[0x100000:][: len(base(9_000))] == base(9_000)


def test_one_whose_self_test_finds_something_is_left_at_once(shop: Shop) -> None:
    shop.bench.power_on()
    by_cable(shop)
    shop.bench.parts.printer.jam_cutter()
    send(Cable(shop.bench), bundle(base(9_000)))
    shop.bench.expect("打印机故障")
    shop.bench.press("enter")
    shop.bench.expect("U06")
    assert running(shop) == "ota_0"
    shop.bench.power_off()
    shop.bench.power_on()
    shop.bench.expect("打印机故障")
    shop.bench.press("enter")
    shop.bench.expect("柜员号")  # once is enough
    assert running(shop) == "ota_0"


def test_what_is_refused_touches_nothing(shop: Shop) -> None:
    shop.bench.power_on()
    by_cable(shop)
    before = shop.flash_image.read_bytes()
    good = bundle(base(9_000))
    for error, bad in {
        errors.NotNewer: bundle(base(9_000), 1_029_000),
        errors.OtherBoard: bundle(base(9_000), board="esp32s3_devkitc/micropython"),
        errors.NotSigned: good[:40] + bytes([good[40] ^ 1]) + good[41:],
        errors.TooLarge: bundle(bytes(0xF0001)),
    }.items():
        with pytest.raises(error):
            send(Cable(shop.bench), bad)
    assert shop.flash_image.read_bytes() == before
    with pytest.raises(errors.Damaged):
        send(Cable(shop.bench), good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(errors.Damaged):  # signed, and no image that a chip would start
        send(Cable(shop.bench), bundle(base(9_000)[:-1] + bytes([base(9_000)[-1] ^ 1])))
    before, slot = shop.flash_image.read_bytes(), factory.partitions()["slot_b"]
    with pytest.raises(errors.CutShort):
        send(Cable(shop.bench), release(11)[:13_000])
    after = shop.flash_image.read_bytes()
    assert after[: slot.offset] == before[: slot.offset]  # an application still goes where it belongs
    assert after[slot.offset : slot.end] != before[slot.offset : slot.end]
    shop.bench.press("cancel")
    shop.bench.expect("柜员号")
    assert running(shop) == "ota_0"


def test_a_board_with_one_micropython_refuses_another(tmp_path: Path) -> None:
    with Shop(tmp_path, software=software()) as shop:
        shop.bench.power_on()
        by_cable(shop)
        with pytest.raises(errors.OtherBoard):
            send(Cable(shop.bench), bundle(base(9_000)))


def test_a_power_cut_at_any_operation(shop: Shop) -> None:
    """Of the boot loader, too. It comes up with one of the two, and by the same cable it comes to the new one."""
    bench = shop.bench
    at_rest = shop.flash_image.read_bytes()
    new = bundle(base(9_000))
    for cut in count() if EFFORT > 1 else (9, 12):
        bench.flash._cells[:] = at_rest
        bench.nvs.clear()
        bench.power_on()
        by_cable(shop)
        bench.flash.cut_after(cut)
        with suppress(PowerCut):
            update(shop, new)
        last = bench.flash._left is not None
        bench.flash.cut_after(None)
        if last:
            bench.power_off()
        bench.power_on()
        bench.expect("柜员号")
        if running(shop) == "ota_0":
            by_cable(shop)
            update(shop, new)
        bench.power_off()
        bench.power_on()
        bench.expect("柜员号")
        assert running(shop) == "ota_1", cut
        bench.power_off()
        if last:
            break


def update(shop: Shop, new: bytes) -> None:
    send(Cable(shop.bench), new)
    shop.bench.expect("程序已更新", "MicroPython")


def test_an_image_is_known_by_its_checksum_and_its_hash() -> None:
    image = base(1_000)

    def whole(content: bytes) -> bool:
        return is_whole(lambda at, size: content[at : at + size])

    assert whole(image) and whole(image + b"\xff" * 100)
    for at in (0, 30, 500, len(image) - 33, len(image) - 1):
        assert not whole(image[:at] + bytes([image[at] ^ 1]) + image[at + 1 :]), at
        assert not whole(image[:at])
