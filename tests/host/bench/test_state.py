"""What an interactive terminal keeps over runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.acquirer.fixture import Enrolment, load
from host_tools.bench.panel.state import OtherLayout, StateInUse, keep
from host_tools.flash.factory import FLASH_SIZE, partitions


@pytest.fixture
def enrolment() -> Enrolment:
    return next(iter(load().terminals.values()))


def test_the_terminal_is_made_once(tmp_path: Path, enrolment: Enrolment) -> None:
    with keep(tmp_path / "state", enrolment) as first:
        image = first.flash.read_bytes()
        assert len(image) == FLASH_SIZE
        first.bank.write_bytes(b"books")
    with keep(tmp_path / "state", enrolment) as second:
        assert second.flash.read_bytes() == image
        assert second.nvs == {}
        assert second.bank.read_bytes() == b"books"


def test_starting_over_makes_another_terminal_and_forgets_the_books(tmp_path: Path, enrolment: Enrolment) -> None:
    with keep(tmp_path, enrolment) as first:
        image = first.flash.read_bytes()
        for name in ("bank.db", "bank.db-wal", "bank.db-shm"):
            (tmp_path / name).touch()
    with keep(tmp_path, enrolment, fresh=True) as second:
        at = partitions()["secrets"].offset
        assert second.flash.read_bytes()[at : at + 32] != image[at : at + 32]
        assert not list(tmp_path.glob("bank*"))


def test_chip_cards_are_kept_with_the_terminal_that_knows_them(tmp_path: Path, enrolment: Enrolment) -> None:
    """Made with it and by it alone; their counters go on, and are gone with the next one."""
    with keep(tmp_path, enrolment, chips=True) as first:
        assert first.chips
        tables = first.chips.tables
        first.chips.chip("up-offline").handler(bytes.fromhex("00A4040008A000000333010101"))
        (tmp_path / "cards" / "up-offline.json").write_text("{}")
    with keep(tmp_path, enrolment) as second:
        assert second.chips and second.chips.tables == tables
        assert (tmp_path / "cards" / "up-offline.json").exists()
    with keep(tmp_path, enrolment, fresh=True) as third:
        assert third.chips is None
        assert not (tmp_path / "cards").exists()
    with keep(tmp_path, enrolment, chips=True) as fourth:  # it has not been told of any
        assert fourth.chips is None


def test_a_terminal_of_a_version_with_other_partitions_is_left_alone(tmp_path: Path, enrolment: Enrolment) -> None:
    with keep(tmp_path, enrolment) as state:
        flash = state.flash
    image = flash.read_bytes()
    for other in (b"\xff" * FLASH_SIZE, image.replace(b"slot_a", b"slot_x")):
        flash.write_bytes(other)
        with pytest.raises(OtherLayout, match="--fresh"), keep(tmp_path, enrolment):
            pass
        assert flash.read_bytes() == other


def test_a_write_to_the_nvs_is_kept_at_once(tmp_path: Path, enrolment: Enrolment) -> None:
    with keep(tmp_path, enrolment) as state:
        state.nvs["suanpan/boots"] = b"\x00\x01"
        kept = (tmp_path / "nvs.json").read_bytes()
    with keep(tmp_path, enrolment) as state:
        assert state.nvs["suanpan/boots"] == b"\x00\x01"
        assert (tmp_path / "nvs.json").read_bytes() == kept


def test_a_terminal_is_on_one_bench_at_a_time(tmp_path: Path, enrolment: Enrolment) -> None:
    with keep(tmp_path, enrolment), pytest.raises(StateInUse), keep(tmp_path, enrolment):
        pytest.fail("two benches have the same terminal")
    with keep(tmp_path, enrolment) as state:
        assert state.flash.exists()
