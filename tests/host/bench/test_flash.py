"""The flash chip's plug, pulled at a chosen operation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.bench.clock import VirtualClock
from host_tools.bench.flash import SECTOR, NorFlash, PowerCut


@pytest.fixture
def flash(tmp_path: Path) -> Iterator[NorFlash]:
    image = tmp_path / "flash.bin"
    image.write_bytes(b"\x0f" * 2 * SECTOR)
    flash = NorFlash(image)
    flash.attach(VirtualClock())
    yield flash
    flash.close()


def test_the_operation_after_so_many_is_left_half_done(flash: NorFlash) -> None:
    flash.cut_after(1)
    assert flash.program(0, b"\x00\x00")
    with pytest.raises(PowerCut):
        flash.program(2, b"\x00\x00")
    assert flash.read(0, 5) == b"\x00\x00\x00\x0f\x0f"
    assert flash.program(3, b"\x00")  # after power-on everything works again


def test_half_an_erasure(flash: NorFlash) -> None:
    flash.cut_after(0)
    with pytest.raises(PowerCut):
        flash.erase(SECTOR)
    assert flash.read(SECTOR, SECTOR) == b"\x0f" * (SECTOR // 2) + b"\xff" * (SECTOR // 2)


def test_other_operations_count_too(flash: NorFlash) -> None:
    flash.cut_after(2)
    flash.use_power()
    assert flash.erase(0)
    with pytest.raises(PowerCut):
        flash.use_power()


def test_the_plug_stays_in(flash: NorFlash) -> None:
    flash.cut_after(0)
    flash.cut_after(None)
    assert flash.program(0, b"\x00")
