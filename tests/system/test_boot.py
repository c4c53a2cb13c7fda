"""A board from its flash image: what a stock MicroPython would run, /boot.py first. Which application starts, and what
the board says when one does not."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from littlefs import LittleFS, LittleFSError

from host_tools.bench.flash import PowerCut
from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.process import FROM_FLASH, HEAP
from host_tools.bench.shop import OPENING, Shop
from host_tools.build.bundle import SIGNATURE
from host_tools.flash import factory
from host_tools.flash.factory import SECTOR, partitions
from tests.system.books import agree, sell
from tests.system.software import NUMBER, release, signer, software

_BLOB = "suanpan/boot"
_FORM = struct.Struct("<BBBBBII")  # firmware/suanpan/slots/state.py
_NONE = 255
_A, _B = 0, 1


def state(shop: Shop) -> dict[str, int]:
    names = ("version", "active", "pending", "tried", "last", "floor", "next_floor")
    return dict(zip(names, _FORM.unpack(shop.bench.nvs[_BLOB]), strict=True))


def pend(shop: Shop, slot: int, floor: int = 0, active: int = 1) -> None:
    """As an update leaves it: a bundle has been written into `slot`."""
    shop.bench.nvs[_BLOB] = _FORM.pack(1, active, slot, 0, 0, floor, 0)


@contextmanager
def a_shop(directory: Path, first: bytes | None = None, second: bytes = b"", heap: str = HEAP) -> Iterator[Shop]:
    with Shop(directory, software=software(first, second), heap=heap) as shop:
        yield shop


def test_it_sells_out_of_its_slot(tmp_path: Path) -> None:
    with a_shop(tmp_path, heap="256k") as shop:  # no more than from files
        shop.open()
        shop.bench.expect("请输入金额")
        shop.ask_for(12_34, shop.cards["plain"])
        shop.take_slips()
        agree(shop, 1, 12_34)
        assert shop.bench.console() == ""
        assert _BLOB not in shop.bench.nvs  # nothing to remember


def test_a_pending_application_starts_and_confirms_itself(tmp_path: Path) -> None:
    with a_shop(tmp_path, second=release(NUMBER + 1, floor=NUMBER + 1)) as shop:
        pend(shop, _B, active=_A)
        shop.open()
        shop.bench.expect("请输入金额")
        found = state(shop)
        assert (found["active"], found["pending"], found["tried"], found["floor"]) == (_B, _NONE, 0, NUMBER + 1)
        assert shop.bench.console() == ""
        # The one before it has a hole, as the floor says: it is not what starts even if the new one is gone.
        shop.bench.power_off()
        erase(shop, "slot_b")
        shop.bench.power_on()
        assert "slot b: no application\nslot a: older than this board may run\n" in shop.bench.console()


def erase(shop: Shop, name: str) -> None:
    found = partitions()[name]
    for at in range(found.offset, found.end, SECTOR):
        shop.bench.flash.erase(at)


def damaged(bundle: bytes, at: int) -> bytes:
    return bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1 :]


def signed_as(bundle: bytes, other: bytes) -> bytes:
    end = 10 + int.from_bytes(bundle[8:10], "little")
    return bundle[:end] + other[end : end + SIGNATURE] + bundle[end + SIGNATURE :]


def signed(manifest: bytes) -> bytes:
    head = b"SUANPAN1" + len(manifest).to_bytes(2, "little") + manifest
    return head + signer().sign(head)


# Made when they are wanted, not when tests are collected.
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "no application": (lambda: b"", "U01"),
    "cut off before its header was written": (lambda: b"\xff" * 4096 + release()[4096:], "U01"),
    "with the signature of another one": (lambda: signed_as(release(NUMBER + 1), release(NUMBER + 2)), "U02"),
    "its manifest altered": (lambda: damaged(release(NUMBER + 1), 40), "U02"),
    "another board's": (lambda: release(NUMBER + 1, board_name="esp32_devkitc"), "U03"),
    "older than the floor": (lambda: release(NUMBER - 1), "U04"),
    "cut short": (lambda: release(NUMBER + 1)[:-5000], "U05"),
    "signed, with a manifest that says nothing": (lambda: signed(b"{}"), "U05"),
    "signed, with a manifest that is none": (lambda: signed(b"{"), "U05"),
    "a bit of its image flipped": (lambda: damaged(release(NUMBER + 1), 200_000), "U05"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_update_leaves_the_old_one_running_and_says_so(tmp_path: Path, what: str) -> None:
    make, code = BAD[what]
    with a_shop(tmp_path, second=make()) as shop:
        pend(shop, _B, floor=NUMBER, active=_A)
        shop.bench.power_on()
        shop.bench.expect(code)
        shop.bench.expect("柜员号")
        assert shop.bench.console().startswith("slot b: ")
        assert (state(shop)["active"], state(shop)["pending"]) == (_A, _NONE)
        shop.bench.power_off()
        shop.bench.power_on()  # it has been told
        shop.bench.expect("柜员号")
        assert not shop.bench.shows(code)
        assert shop.bench.console() == ""


def test_a_full_file_system_keeps_no_update_from_coming_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor a sale from being made. What the new version makes of the parameters is on flash when there is room again."""
    usual = factory._parameters
    monkeypatch.setattr(factory, "_parameters", lambda profile: usual(profile) | {"schema": 4})
    with a_shop(tmp_path, second=release(NUMBER + 1)) as shop:
        with data_files(shop) as fs, suppress(LittleFSError):
            for number in range(1000):
                with fs.open(f"filler{number}", "wb") as file:
                    file.write(bytes(4000))
        pend(shop, _B, active=_A)
        shop.open()
        shop.bench.expect("请输入金额")
        assert (state(shop)["active"], state(shop)["last"]) == (_B, 0)
        sell(shop, 12_34)
        agree(shop, 1, 12_34)
        shop.bench.power_off()
        with data_files(shop) as fs:
            assert schema(fs) == 4
            for number in range(10):
                fs.remove(f"filler{number}")
        shop.bench.power_on()
        shop.bench.expect("柜员号")
        assert shop.bench.console() == ""
        shop.bench.power_off()
        with data_files(shop) as fs:
            assert schema(fs) == 5


@contextmanager
def data_files(shop: Shop) -> Iterator[LittleFS]:
    """What is in `data`, to be changed while the power is off."""
    image, place = bytearray(shop.flash_image.read_bytes()), partitions()["data"]
    fs = LittleFS(block_size=SECTOR, block_count=place.size // SECTOR, mount=False)
    fs.context.buffer = image[place.offset : place.end]
    fs.mount()
    yield fs
    fs.unmount()
    image[place.offset : place.end] = fs.context.buffer
    shop.flash_image.write_bytes(bytes(image))


def schema(fs: LittleFS) -> int:
    with fs.open("params.json", "rb") as file:
        return int(json.loads(file.read())["schema"])


def test_one_that_does_not_come_up_is_not_tried_again(tmp_path: Path) -> None:
    with a_shop(tmp_path, second=release(NUMBER + 1, floor=NUMBER + 1)) as shop:
        pend(shop, _B, active=_A)
        shop.bench.parts.printer.jam_cutter()
        shop.bench.power_on()  # it starts anew by itself
        shop.bench.expect("打印机故障")
        shop.bench.press("enter")
        shop.bench.expect("U06")
        shop.bench.expect("柜员号")
        assert shop.bench.console() == "slot b: did not come up\n"
        assert (state(shop)["active"], state(shop)["floor"]) == (_A, 0)


def test_a_damaged_application_gives_way_to_the_other(tmp_path: Path) -> None:
    with a_shop(tmp_path, first=damaged(release(), 100_000), second=release(NUMBER - 1)) as shop:
        shop.bench.power_on()
        shop.bench.expect("U05")
        shop.bench.expect("柜员号")
        assert shop.bench.console() == "slot a: damaged\n"
        assert state(shop)["active"] == _B


def test_without_any_application_the_lights_say_so(tmp_path: Path) -> None:
    with a_shop(tmp_path, first=damaged(release(), 100_000), second=damaged(release(), 300)) as shop:
        shop.bench.power_on()
        assert shop.bench.console() == (
            "slot a: damaged\nslot b: bad signature\nno application to start: write one with suanpan flash\n"
        )
        assert shop.bench.parts.lights.lit == (True,) * 4
        assert shop.bench.screen() == []


def test_a_board_that_nobody_has_commissioned_says_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "flash.bin").write_bytes(software())
    flash = tmp_path / "flash.bin"
    with LockstepBench(flash, seed=1, start=OPENING, nvs={}, hosts={}, program=FROM_FLASH) as bench:
        bench.power_on()
        bench.expect("L09")
        assert bench.console() == ""


@pytest.mark.parametrize("good", [True, False], ids=["good", "bad"])
def test_the_power_goes_at_any_operation_of_an_update_that_starts(tmp_path: Path, good: bool) -> None:
    """It comes up with one of the two, and what the old one lacks is never remembered."""
    new = release(NUMBER + 1, floor=NUMBER + 1)
    cuts = 0
    with a_shop(tmp_path, second=new if good else damaged(new, 5000)) as shop:
        fresh = shop.flash_image.read_bytes()
        while True:
            shop.bench.nvs.clear()
            shop.flash_image.write_bytes(fresh)
            pend(shop, _B, active=_A)
            shop.bench.flash.cut_after(cuts)
            try:
                shop.bench.power_on()
                shop.bench.expect("柜员号")
            except PowerCut:
                cuts += 1
                shop.bench.power_on()
                shop.bench.expect("柜员号")
                runs = state(shop)
                assert (runs["pending"], runs["tried"]) == (_NONE, 0)
                assert (runs["active"], runs["floor"]) in [(_A, 0), (_B, NUMBER + 1)][: 1 + good]
                shop.bench.power_off()
            else:
                shop.bench.flash.cut_after(None)
                break
    assert cuts >= 2
