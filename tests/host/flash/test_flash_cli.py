"""`suanpan flash` as it is typed: an image of `suanpan build`'s, an emulated chip, and a board that is for another."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from host_tools.bench.parts.esp32_chips import ESP32
from host_tools.boards.data import load
from host_tools.build.bundle import pack
from host_tools.build.flash_image import put
from host_tools.build.partition_table import of_board
from host_tools.cli import app
from host_tools.flash import errors, ports
from host_tools.flash.factory import blank
from host_tools.flash.stand_in import stand_in
from tests.host.flash.loaders import loader

BOARD = load("esp32_devkitc")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A stock image, and one of a board's flash; the application in it is none, and nobody has signed it."""
    stock, image = tmp_path / "stock.bin", tmp_path / "board.flash.bin"
    stock.write_bytes(stand_in("esp32", program=30_000))
    table = of_board(BOARD)
    flash = bytearray(blank(table, BOARD.flash_size))
    bundle = pack(
        Random(1).randbytes(20_000),
        lambda _: bytes(384),
        board=BOARD.name,
        version="1.2.3",
        number=1_002_003,
        floor=0,
        schema=1,
    )
    put(flash, table["slot_a"], bundle)
    image.write_bytes(flash)
    return stock, image


def typed(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["flash", *map(str, arguments), "--no-self-test"], env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, re.sub(r"\s+", " ", result.output)


def test_a_board_is_flashed_and_is_in_the_register(files: tuple[Path, Path], tmp_path: Path) -> None:
    stock, image = files
    chip = tmp_path / "chip.bin"
    chip.write_bytes(b"\xff" * BOARD.flash_size)
    register, labels = tmp_path / "serials.csv", tmp_path / "labels.html"
    how = ("--image", image, "--before", "no-reset", "--after", "no-reset", "--register", register)
    with loader(chip, ESP32) as port:
        status, said = typed(stock, *how, "--port", port, "--first", "SP-T-0041", "--labels", labels)
    assert status == 0, said
    assert "ESP32-D0WD-V3 (revision v3.0), 24:a1:60:53:54:4d, 4 MB" in said
    assert "SP-T-0041" in said
    with register.open() as file:
        (row,) = csv.DictReader(file)
    assert (row["serial"], row["board"], row["version"]) == ("SP-T-0041", BOARD.name, "1.2.3")
    assert "SP-T-0041" in labels.read_text("utf-8")
    assert chip.read_bytes()[0x220000:0x290000] == image.read_bytes()[0x220000:0x290000]


def test_what_cannot_be_is_said_in_a_line(files: tuple[Path, Path], tmp_path: Path) -> None:
    stock, image = files
    other = tmp_path / "s3.bin"
    other.write_bytes(stand_in("esp32s3", program=30_000))
    empty = tmp_path / "empty.bin"
    empty.write_bytes(b"\xff" * 4096)
    cases: tuple[tuple[tuple[object, ...], type[errors.FlashError]], ...] = (
        ((other, "--image", image, "-p", "none"), errors.OtherChipsImage),
        ((image, "--image", image, "-p", "none"), errors.NotAnImage),
        ((stock, "--image", empty, "-p", "none"), errors.NoSoftware),
        (("http://127.0.0.1:1/x.bin", "--image", image, "-p", "none"), errors.NoHash),
        (("http://127.0.0.1:1/x.bin", "--image", image, "-p", "none", "--sha256", "0" * 64), errors.Offline),
        ((stock, "--image", image, "-p", tmp_path / "none"), errors.PortBusy),
    )
    for arguments, error in cases:
        status, said = typed(*arguments, "--register", tmp_path / "serials.csv")
        assert status == 1
        assert error.says in said, said


class Port:
    def __init__(self, device: str, vid: int | None) -> None:
        self.device, self.vid = device, vid


def test_the_port_is_found_where_there_is_one_board() -> None:
    mouse, serial = Port("/dev/ttyACM1", 0x046D), Port("/dev/ttyS0", None)
    one, two = Port("/dev/ttyUSB0", 0x10C4), Port("/dev/ttyACM0", 0x303A)
    assert ports.one("", lambda: [mouse, one, serial]) == "/dev/ttyUSB0"
    assert ports.one("COM7", list) == "COM7"
    assert ports.boards(lambda: [one, mouse, two]) == ["/dev/ttyACM0", "/dev/ttyUSB0"]
    with pytest.raises(errors.NoPort):
        ports.one("", lambda: [mouse, serial])
    with pytest.raises(errors.ManyPorts, match="/dev/ttyACM0, /dev/ttyUSB0"):
        ports.one("", lambda: [one, two])
