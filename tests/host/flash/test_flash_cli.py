"""`suanpan flash` as it is typed: an image of `suanpan build`'s, an emulated chip, and a board that is for another."""

from __future__ import annotations

import csv
import json
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from littlefs import LittleFS
from typer.testing import CliRunner

from host_tools.bench.boot_loader import BootLoader
from host_tools.bench.clock import VirtualClock
from host_tools.bench.flash import NorFlash
from host_tools.bench.parts.esp32_chips import ESP32, ESP32_S3
from host_tools.boards.data import Board, load
from host_tools.build.bundle import pack
from host_tools.build.flash_image import put, sealed
from host_tools.build.partition_table import of_board
from host_tools.cli import app
from host_tools.commission.errors import NotFlashed
from host_tools.commission.flashing import flashed
from host_tools.commission.order import Order
from host_tools.flash import errors, ports
from host_tools.flash.factory import blank
from host_tools.flash.stand_in import stand_in
from tests.host.flash.loaders import loader

BOARD = load("esp32_devkitc")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A stock image, and one of a board's flash; the application in it is none, and nobody has signed it."""
    return made(tmp_path, BOARD)


def made(folder: Path, board: Board) -> tuple[Path, Path]:
    stock, image = folder / f"{board.name}.stock.bin", folder / f"{board.name}.flash.bin"
    stock.write_bytes(stand_in(board.chip, program=30_000))
    table = of_board(board)
    flash = bytearray(blank(table, board.flash_size))
    bundle = pack(
        Random(1).randbytes(20_000),
        lambda _: bytes(384),
        board=board.name,
        version="1.2.3",
        number=1_002_003,
        floor=0,
        schema=1,
    )
    put(flash, table["slot_a"], bundle)
    image.write_bytes(sealed(bytes(flash)))
    return stock, image


def typed(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["flash", *map(str, arguments), "--no-self-test"], env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, re.sub(r"[\s│]+", " ", result.output)


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


def test_of_two_micropythons_the_boot_loader_takes_the_one_that_was_flashed(tmp_path: Path) -> None:
    board = load("esp32s3_devkitc")
    stock, image = made(tmp_path, board)
    chip = tmp_path / "chip.bin"
    chip.write_bytes(b"\xff" * board.flash_size)
    how = ("--image", image, "--before", "no-reset", "--after", "no-reset", "--register", tmp_path / "serials.csv")
    with loader(chip, ESP32_S3) as port:
        status, said = typed(stock, *how, "--port", port)
    assert (status, "8 MB" in said) == (0, True), said
    with closing(NorFlash(chip)) as flash:
        flash.attach(VirtualClock())
        assert BootLoader(flash).running == "ota_0"


def test_what_cannot_be_is_said_in_a_line(files: tuple[Path, Path], tmp_path: Path) -> None:
    stock, image = files
    other = tmp_path / "s3.bin"
    other.write_bytes(stand_in("esp32s3", program=30_000))
    empty = tmp_path / "empty.bin"
    empty.write_bytes(b"\xff" * 4096)
    content = image.read_bytes()
    spoilt = {}
    for name, at in (("table", 0x8041), ("stage", 0x201000), ("slot", 0x225000), ("data", 0x3FFFFF)):
        spoilt[name] = tmp_path / f"{name}.bin"
        spoilt[name].write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    spoilt["cut"] = tmp_path / "cut.bin"
    spoilt["cut"].write_bytes(content[:0x300000])
    cases: tuple[tuple[tuple[object, ...], type[errors.FlashError]], ...] = (
        ((other, "--image", image, "-p", "none"), errors.OtherChipsImage),
        ((image, "--image", image, "-p", "none"), errors.NotAnImage),
        ((stock, "--image", empty, "-p", "none"), errors.NoSoftware),
        *(((stock, "--image", path, "-p", "none"), errors.CorruptSoftware) for path in spoilt.values()),
        (("http://127.0.0.1:1/x.bin", "--image", image, "-p", "none"), errors.NoHash),
        (("http://127.0.0.1:1/x.bin", "--image", image, "-p", "none", "--sha256", "0" * 64), errors.Offline),
        ((tmp_path / "none.bin", "--image", image, "--all"), errors.NoImage),
        ((stock, "--image", image, "-p", tmp_path / "none"), errors.PortBusy),
    )
    for option in ("--labels", "--register"):
        status, said = typed(stock, "--image", image, option, tmp_path / "none" / "file")
        assert (status, "There is no folder" in said) == (1, True)
    for arguments, error in cases:
        status, said = typed(*arguments, "--register", tmp_path / "serials.csv")
        assert status == 1
        assert error.says in said, said


def test_a_port_that_is_none_says_why(tmp_path: Path) -> None:
    gone, file = tmp_path / "ttyUSB9", tmp_path / "file"
    file.write_bytes(b"")
    for command in (["doctor"], ["shell"], ["logs"], ["cp", ":a", "b"]):
        done = CliRunner().invoke(app, [*command, "-p", str(gone)], env={"COLUMNS": "400"})
        assert done.exit_code == 1
        assert f"there is no {gone}" in done.output, command
    done = CliRunner().invoke(app, ["doctor", "-p", str(file)], env={"COLUMNS": "400"})
    assert done.exit_code == 1
    assert "it is no serial port" in done.output
    done = CliRunner().invoke(app, ["cp", str(gone), ":b"], env={"COLUMNS": "400"})
    assert (done.exit_code, f"There is no {gone} here" in done.output) == (1, True)
    assert CliRunner().invoke(app, ["cp", str(file)]).exit_code == 2


def test_a_units_own_image_has_its_order_in_it_and_no_key_in_clear(files: tuple[Path, Path], tmp_path: Path) -> None:
    stock, image = files
    chip = tmp_path / "chip.bin"
    chip.write_bytes(b"\xff" * BOARD.flash_size)
    order = Order(
        board=BOARD.name,
        terminal="10000001",
        serial="SP-T-0001",
        merchant="898110257340001",
        name_zh="算盘",
        name_en="SUANPAN",
        account="merchant 898110257340001",
        place="Counter 7",
        host="acquirer.test",
        port=9000,
        wifi="shop",
    )
    key = Random(2).randbytes(32)
    how = {"reset_by": ("no-reset", "no-reset"), "self_test": False, "wifi_password": "abacus beads"}
    with loader(chip, ESP32) as port:
        told = flashed(order, key, port, stock, image.read_bytes(), BOARD, tmp_path / "serials.csv", **how)  # type: ignore[arg-type]
    assert (told["board"], told["version"], told["mac"]) == (BOARD.name, "1.2.3", "24:a1:60:53:54:4d")
    assert "abacus" not in str(told)
    data = of_board(BOARD)["data"]
    fs = LittleFS(block_size=4096, block_count=data.size // 4096, mount=False)
    fs.context.buffer = bytearray(chip.read_bytes()[data.offset : data.offset + data.size])
    fs.mount()
    found = {}
    for name in fs.listdir("/"):
        with fs.open(name, "rb") as file:
            found[name] = bytes(file.read())
    parameters = json.loads(found["params.json"])
    assert (parameters["serial"], parameters["terminal_id"], parameters["place"]) == (
        *("SP-T-0001", "10000001", "Counter 7"),
    )
    assert json.loads(found["wifi.json"]) == {"ssid": "shop", "password": "abacus beads"}
    assert key not in chip.read_bytes()
    other = replace(order, serial="SP-T-0002")
    with loader(chip, ESP32) as port, pytest.raises(NotFlashed, match="another serial number"):
        flashed(other, key, port, stock, image.read_bytes(), BOARD, tmp_path / "serials.csv", **how)  # type: ignore[arg-type]
    elsewhere = replace(order, board="esp32s3_devkitc")
    with pytest.raises(NotFlashed, match="the image is for esp32_devkitc"):
        flashed(elsewhere, key, "none", stock, image.read_bytes(), BOARD, tmp_path / "serials.csv")


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
