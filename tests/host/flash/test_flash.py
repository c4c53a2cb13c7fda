"""A board flashed by esptool's Python interface; the chip is emulated, and checks each block's place and checksum."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from esptool.loader import ESPLoader  # type: ignore[import-untyped]

from host_tools.bench.parts.esp32_chips import ESP32, ESP32_S3, Chip
from host_tools.bench.rom_loader import RomLoader
from host_tools.flash import errors
from host_tools.flash.chip import opened
from host_tools.flash.plan import Piece, Plan, plan, rows
from host_tools.flash.register import Register, labels
from host_tools.flash.run import Job, Report, flash, flash_all
from host_tools.flash.stand_in import stand_in
from host_tools.flash.stock import parse
from tests.effort import EFFORT
from tests.host.flash.loaders import Commands, loader

SIZE = 4 * 1024 * 1024
TABLE_ROW = bytes.fromhex("aa50")
NO_RESET = ("no-reset", "no-reset")


def row(name: str, kind: int, subtype: int, offset: int, size: int) -> bytes:
    """A row of a partition table, as ESP-IDF's documentation has it."""
    places = offset.to_bytes(4, "little") + size.to_bytes(4, "little")
    return TABLE_ROW + bytes([kind, subtype]) + places + name.encode().ljust(16, b"\0") + bytes(4)


TABLE = (
    row("nvs", 1, 2, 0x9000, 0x6000)
    + row("factory", 0, 0, 0x10000, 0x1F0000)
    + row("journal", 1, 0x40, 0x300000, 0x80000)
    + row("data", 1, 0x82, 0x388000, 0x78000)
)


def whole(seed: int = 1) -> bytes:
    """A board's own image: a partition table, and something in two of its partitions."""
    image = bytearray(b"\xff" * SIZE)
    for at, content in (
        (0x8000, TABLE),
        (0x220000, Random(seed).randbytes(60_000)),
        (0x388000, Random(seed + 1).randbytes(9_000)),
    ):
        image[at : at + len(content)] = content
    return bytes(image)


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    """By chip; the stock image's application is a small one."""
    return {chip: plan(parse(stand_in(chip, program=40_000), chip), whole(), chip) for chip in ("esp32", "esp32s3")}


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    """A chip that has had another life."""
    path = tmp_path / "chip.bin"
    path.write_bytes(b"\x5a" * SIZE)
    return path


def job(plans: dict[str, Plan], register: Path, **how: object) -> Job:
    return Job(
        lambda found, _: plans[found.chip],
        Register(register),
        board="test",
        version="0.1.0",
        stock="none",
        reset_by=NO_RESET,
        self_test=False,
        **how,  # type: ignore[arg-type]
    )


def run(port: str, it: Job) -> Report:
    return flash(port, it, lambda *_: None)


@pytest.mark.parametrize("chip", [ESP32, ESP32_S3], ids=["esp32", "esp32s3"])
def test_what_was_planned_is_on_the_flash_and_nothing_else(
    chip: Chip, plans: dict[str, Plan], cells: Path, tmp_path: Path
) -> None:
    said: list[tuple[str, int, int]] = []
    name = chip.name.lower().replace("-", "")
    with loader(cells, chip) as port:
        report = flash(port, job(plans, tmp_path / "serials.csv"), lambda *heard: said.append(heard))
    assert (report.trouble, report.good) == ("", True)
    assert cells.read_bytes() == plans[name].whole()
    assert report.found is not None
    assert (report.found.chip, report.found.mac, report.found.flash) == (name, "24:a1:60:53:54:4d", SIZE)
    assert report.written == plans[name].bytes_written
    writing = [(done, of) for what, done, of in said if what == "writing"]
    assert writing == sorted(writing), "progress goes forwards only"
    assert writing[-1] == (report.written, report.written)
    assert said[-1][0] == "resetting"
    assert ("verifying", 1, 1) in said


def test_the_stock_image_lies_under_ours(plans: dict[str, Plan]) -> None:
    """Boot loader and application where each chip wants them, our partition table for the stock one."""
    for chip, start in (("esp32", 0x1000), ("esp32s3", 0)):
        image, stock = plans[chip].whole(), stand_in(chip, program=40_000)
        table = stock[: 0x8000 - start].rstrip(b"\xff")
        assert image[start : start + len(table)] == table
        assert image[0x10000 : 0x10000 + 40_000] == stock[0x10000 - start :][:40_000]
        assert rows(image[0x8000:0x8C00])["journal"] == (1, 0x300000, 0x80000)
        assert image[0x388000:] == whole()[0x388000:]


def pulls(plans: dict[str, Plan], cells: Path) -> Iterator[int]:
    """The commands at which the cable is pulled: every one, or some of those that write."""
    commands = Commands()

    def count(found: RomLoader) -> None:
        heard = found._loader.receive

        def receive(data: bytes) -> None:
            commands.hear(data)
            heard(data)

        found._loader.receive = receive  # type: ignore[method-assign]

    with loader(cells, ESP32, spoilt=count) as port, opened(port, before="no-reset") as board:
        before = commands.count
        board.write(plans["esp32"])
    every, last = EFFORT > 1, commands.count
    yield from range(1 if every else before + 1, last + 1, 1 if every else max(1, (last - before) // 6))


def test_a_cable_pulled_anywhere_is_mended_by_flashing_again(
    plans: dict[str, Plan], cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ESPLoader, "WRITE_FLASH_ATTEMPTS", 1)  # or esptool waits for the board to come back
    register = tmp_path / "serials.csv"
    for at in list(pulls(plans, cells)):
        with loader(cells, ESP32, pulled_at=at) as port:
            report = run(port, job(plans, register))
        assert not report.good, at
        assert report.trouble.startswith((errors.CableLost.says, errors.NoAnswer.says, errors.PortBusy.says)), at
        assert not register.exists(), "a board that was not flashed is in no register"
    with loader(cells, ESP32) as port:
        assert run(port, job(plans, register)).good
    assert cells.read_bytes() == plans["esp32"].whole()


def test_a_board_for_another_chip_is_refused_before_anything_is_written(
    plans: dict[str, Plan], cells: Path, tmp_path: Path
) -> None:
    wrong = {"esp32": plans["esp32s3"]}
    with loader(cells, ESP32) as port:
        assert run(port, job(wrong, tmp_path / "serials.csv")).trouble.startswith(errors.OtherChip.says)
    assert cells.read_bytes() == b"\x5a" * SIZE


def test_a_flash_that_is_too_small_is_refused_before_anything_is_written(cells: Path, tmp_path: Path) -> None:
    large = {"esp32": Plan("esp32", 2 * SIZE, (Piece(SIZE, b"abcd"),))}
    with loader(cells, ESP32) as port:
        report = run(port, job(large, tmp_path / "serials.csv"))
    assert report.trouble == f"{errors.FlashTooSmall.says} (4 MB, and 8 MB are needed)"
    assert cells.read_bytes() == b"\x5a" * SIZE


def test_a_flash_that_does_not_keep_a_bit_is_found(plans: dict[str, Plan], cells: Path, tmp_path: Path) -> None:
    def spoil(found: RomLoader) -> None:
        flash = found._loader._flash
        program = flash.program

        def worn(address: int, data: bytes) -> None:
            program(address, bytes([data[0] & 0xFE]) + data[1:])

        flash.program = worn  # type: ignore[method-assign]

    with loader(cells, ESP32, spoilt=spoil) as port:
        assert run(port, job(plans, tmp_path / "serials.csv")).trouble == errors.NotVerified.says


def test_what_was_not_to_be_written_is_compared_too(plans: dict[str, Plan], cells: Path, tmp_path: Path) -> None:
    """esptool itself looks only at what it wrote: a sector that did not erase would be taken for records."""

    def spoil(found: RomLoader) -> None:
        flash = found._loader._flash
        erase = flash.erase

        def worn(address: int, size: int) -> None:
            erase(address, size)
            if address == 0:
                flash.program(0x300000, b"\x00")

        flash.erase = worn  # type: ignore[method-assign]

    with loader(cells, ESP32, spoilt=spoil) as port:
        assert run(port, job(plans, tmp_path / "serials.csv")).trouble == errors.NotVerified.says


def test_a_board_with_transactions_is_left_alone_unless_told(
    plans: dict[str, Plan], cells: Path, tmp_path: Path
) -> None:
    used = bytearray(whole())
    used[0x300000:0x300004] = b"SPJ1"
    cells.write_bytes(used)
    with loader(cells) as port:
        assert run(port, job(plans, tmp_path / "serials.csv")).trouble == errors.InUse.says
        assert cells.read_bytes() == used
    with loader(cells) as port:
        assert run(port, job(plans, tmp_path / "serials.csv", destroy_records=True)).good
    assert cells.read_bytes() == plans["esp32s3"].whole()


def test_nothing_at_the_port(plans: dict[str, Plan], tmp_path: Path) -> None:
    report = run(str(tmp_path / "ttyUSB0"), job(plans, tmp_path / "serials.csv"))
    assert report.trouble.startswith(errors.PortBusy.says)


def test_several_boards_at_once_each_with_a_serial_number_of_its_own(plans: dict[str, Plan], tmp_path: Path) -> None:
    """All emulated chips have one MAC: to the register they are one board, unless they say otherwise."""
    boards = [tmp_path / "one.bin", tmp_path / "two.bin"]
    for board in boards:
        board.write_bytes(b"\xff" * SIZE)

    def other(found: RomLoader) -> None:
        found._loader._registers[0x3FF5A004] += 1

    said: dict[str, list[str]] = {}
    with loader(boards[0], ESP32) as one, loader(boards[1], ESP32, spoilt=other) as two:
        it = job(plans, tmp_path / "serials.csv")
        reports = flash_all([one, two], it, lambda port: lambda what, *_: said.setdefault(port, []).append(what))
    assert [report.trouble for report in reports] == ["", ""]
    assert {report.serial for report in reports} == {"SP-000001", "SP-000002"}
    assert all(board.read_bytes() == plans["esp32"].whole() for board in boards)
    assert all(said[port].count("connecting") == 1 and "writing" in said[port] for port in (one, two))
    with (tmp_path / "serials.csv").open() as file:
        table = {line["mac"]: line["serial"] for line in csv.DictReader(file)}
    assert table == {report.found.mac: report.serial for report in reports if report.found}
    again = Register(tmp_path / "serials.csv")
    assert [again.serial(mac) for mac in table] == list(table.values())
    assert again.serial("00:00:00:00:00:01") == "SP-000003"
    page = labels(again.rows)
    assert page.count("<svg") == 2
    assert all(serial in page for serial in table.values())


def test_a_register_that_cannot_be_right_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "serials.csv"
    head = "serial,mac,chip,board,version,stock,image,at\n"
    for text in (head + "A1,m,c,b,v,s,i,t\nA1,n,c,b,v,s,i,t\n", "serial,mac\nA1,m\n", head + "A1,m,c,b,v,s,i,t,more\n"):
        path.write_text(text)
        with pytest.raises(errors.BadRegister):
            Register(path)
    with pytest.raises(errors.BadSerial):
        Register(tmp_path / "other.csv", first="no digits")
