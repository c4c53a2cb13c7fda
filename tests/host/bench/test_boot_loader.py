"""ESP-IDF's choice between two applications, through any power cut in its own writes and in those that ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from host_tools.bench.boot_loader import BootError, BootLoader
from host_tools.bench.clock import VirtualClock
from host_tools.bench.flash import NorFlash, PowerCut
from host_tools.build.partition_table import TABLE_AT, Partition, pack
from host_tools.flash.stand_in import stand_in
from host_tools.flash.stock import APPLICATION

TABLE = (
    Partition("otadata", 0xD000, 0x2000, "data", "ota"),
    Partition("ota_0", 0x10000, 0x10000, "app", "ota_0"),
    Partition("ota_1", 0x20000, 0x10000, "app", "ota_1"),
)


@pytest.fixture
def image() -> bytearray:
    image = bytearray(b"\xff" * 0x30000)
    table = pack(TABLE)
    image[TABLE_AT : TABLE_AT + len(table)] = table
    application = stand_in("esp32", program=1_000)[APPLICATION - 0x1000 :]
    for at in (0x10000, 0x20000):
        image[at : at + len(application)] = application
    return image


@contextmanager
def chip(path: Path, image: bytearray) -> Iterator[NorFlash]:
    path.write_bytes(image)
    flash = NorFlash(path)
    flash.attach(VirtualClock())
    try:
        yield flash
    finally:
        flash.close()


def test_a_new_one_is_tried_once_and_stays_if_it_says_so(tmp_path: Path, image: bytearray) -> None:
    with chip(tmp_path / "chip", image) as flash:
        assert BootLoader(flash).running == "ota_0"
        for turn, (now, other) in enumerate([("ota_0", "ota_1"), ("ota_1", "ota_0"), ("ota_0", "ota_1")]):
            assert BootLoader(flash).set_boot(other), turn
            assert BootLoader(flash).running == other
            assert [BootLoader(flash).running for _ in range(2)] == [now, now]  # it has not said so
            BootLoader(flash).set_boot(other)
            assert BootLoader(flash).mark_valid()
            assert [BootLoader(flash).running for _ in range(3)] == [other] * 3


def test_one_that_is_damaged_gives_way(tmp_path: Path, image: bytearray) -> None:
    with chip(tmp_path / "chip", image) as flash:
        loader = BootLoader(flash)
        flash.program(0x20030, b"\0")
        assert not loader.set_boot("ota_1")
        assert not loader.set_boot("slot_a")
        assert BootLoader(flash).running == "ota_0"
        flash.erase(0x10000)
        with pytest.raises(BootError):
            BootLoader(flash)


def test_a_power_cut_in_any_write(tmp_path: Path, image: bytearray) -> None:
    """What has once been valid is never out of reach, and what never was does not stay."""

    def chosen(flash: NorFlash) -> None:
        assert BootLoader(flash).set_boot("ota_1")

    def tried(flash: NorFlash) -> None:
        chosen(flash)
        BootLoader(flash)

    def kept(flash: NorFlash) -> None:
        chosen(flash)
        assert BootLoader(flash).mark_valid()

    def given_up(flash: NorFlash) -> None:
        tried(flash)
        BootLoader(flash)

    for steps in (chosen, tried, kept, given_up):
        over, cut = False, 0
        while not over:
            with chip(tmp_path / "chip", image) as flash:
                flash.cut_after(cut)
                try:
                    steps(flash)
                    over = True
                except PowerCut:
                    cut += 1
                flash.cut_after(None)
                first, *later = (BootLoader(flash).running for _ in range(4))
            assert first in ("ota_0", "ota_1")
            assert len(set(later)) == 1, (steps.__name__, cut)
            assert later[0] == "ota_0" or (steps is kept and over), (steps.__name__, cut)
        assert cut > 1
