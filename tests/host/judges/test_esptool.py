"""esptool, which puts firmware into every ESP32 there is, against the emulated chip: by its stub, and without."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from anyio.from_thread import start_blocking_portal

from host_tools.bench.flash import SECTOR
from host_tools.bench.lockstep import BenchError
from host_tools.bench.parts.esp32_chips import ESP32, ESP32_S3, Chip
from host_tools.bench.rom_loader import rom_loader
from host_tools.bench.rom_loader_rfc2217 import rom_loader_rfc2217
from host_tools.bench.shop import Shop
from host_tools.flash.factory import FLASH_SIZE, partitions

PATIENCE_S = 120
CHIPS = pytest.mark.parametrize("chip", [ESP32, ESP32_S3], ids=["esp32", "esp32s3"])
STUB = pytest.mark.parametrize("stub", [(), ("--no-stub",)], ids=["stub", "rom"])
AT = 0x201000  # beyond the 2 MB that a ROM takes its flash for


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A chip that has something on it everywhere."""
    path = tmp_path / "chip.bin"
    path.write_bytes(b"\x5a" * FLASH_SIZE)
    return path


class Bench:
    """A chip on the bench, in a thread of its own."""

    def __init__(self, port: str, reset: Callable[[], None]) -> None:
        self.port = port
        self.reset = reset


@contextmanager
def chip_on_bench(image: Path, chip: Chip = ESP32_S3) -> Iterator[Bench]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(rom_loader(image, chip)) as loader:
        yield Bench(loader.path, lambda: portal.call(loader.reset))


def esptool(bench: Bench, *arguments: str, good: bool = True) -> str:
    """All that it printed. A chip behind a pseudo-terminal cannot be reset by the lines that a serial port has."""
    command = [sys.executable, "-m", "esptool", "--port", bench.port, "--before", "no-reset", "--after", "no-reset"]
    result = subprocess.run(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (result.returncode == 0) is good, result.stdout
    return result.stdout


@CHIPS
@STUB
def test_it_knows_the_chip_and_its_flash(chip: Chip, stub: tuple[str, ...], image: Path) -> None:
    with chip_on_bench(image, chip) as bench:
        said = esptool(bench, *stub, "flash-id")
    model = {"ESP32": "ESP32-D0WD-V3 (revision v3.0)", "ESP32-S3": "ESP32-S3 (QFN56) (revision v0.2)"}[chip.name]
    assert f"Detecting chip type... {chip.name}\n" in said
    assert model in said
    assert "40MHz" in said
    assert "24:a1:60:53:54:4d" in said
    assert "Manufacturer: ef\nDevice: 4016\nDetected flash size: 4MB" in said
    assert ("Stub flasher running." in said) == (not stub)


@CHIPS
@STUB
def test_it_writes_verifies_reads_and_erases(chip: Chip, stub: tuple[str, ...], image: Path, tmp_path: Path) -> None:
    firmware, copy = tmp_path / "firmware.bin", tmp_path / "copy.bin"
    content = Random(1).randbytes(3000) + b"\xc0\xdb" * 3000 + bytes(7) + Random(2).randbytes(1234)
    firmware.write_bytes(content)
    sectors = -(-len(content) // SECTOR)
    with chip_on_bench(image, chip) as bench:
        for how, at in (("--compress", AT), ("--no-compress", AT + 16 * SECTOR)):
            said = esptool(bench, *stub, "--baud", "460800", "write-flash", how, hex(at), str(firmware))
            assert "Hash of data verified." in said
            bench.reset()
        assert "Verification successful" in esptool(bench, *stub, "verify-flash", hex(AT), str(firmware))
        esptool(bench, *stub, "read-flash", hex(AT), str(len(content)), str(copy))
        assert copy.read_bytes() == content
        esptool(bench, *stub, "erase-region", hex(AT + SECTOR), hex(SECTOR))
        assert "Verification failed" in esptool(bench, *stub, "verify-flash", hex(AT), str(firmware), good=False)

    cells = image.read_bytes()
    written = content + b"\xff" * (sectors * SECTOR - len(content))
    assert cells[:AT] == b"\x5a" * AT
    assert cells[AT + SECTOR : AT + 2 * SECTOR] == b"\xff" * SECTOR
    assert cells[AT : AT + SECTOR] + cells[AT + 2 * SECTOR : AT + sectors * SECTOR] == (
        written[:SECTOR] + written[2 * SECTOR :]
    )
    plain = AT + 16 * SECTOR
    assert cells[plain : plain + sectors * SECTOR] == written
    assert cells[plain + sectors * SECTOR :] == b"\x5a" * (FLASH_SIZE - plain - sectors * SECTOR)


@CHIPS
def test_it_erases_the_whole_chip_by_its_stub(chip: Chip, image: Path) -> None:
    with chip_on_bench(image, chip) as bench:
        assert "erased successfully" in esptool(bench, "erase-flash")
        assert "does not support" in esptool(bench, "--no-stub", "erase-flash", good=False)
    assert image.read_bytes() == b"\xff" * FLASH_SIZE


def test_a_stub_that_is_left_running_is_found_again(image: Path) -> None:
    with chip_on_bench(image) as bench:
        esptool(bench, "--after", "no-reset-stub", "flash-id")
        assert "Stub flasher is already running" in esptool(bench, "flash-id")
        assert "Uploading stub flasher" in esptool(bench, "flash-id")  # the last one went back to the ROM


def test_it_resets_the_chip_by_dtr_and_rts(image: Path) -> None:
    """Into download mode, and out of it again: for this esptool needs a port with the two lines."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(rom_loader_rfc2217(image)) as chip:
        boots = chip.boots
        said = esptool(
            Bench(chip.url, lambda: None),
            *("--before", "default-reset", "--after", "hard-reset", "--chip", "esp32s3", "--no-stub", "read-mac"),
        )
        assert "24:a1:60:53:54:4d" in said
        assert "NOT reset" not in said
        portal.call(chip.settle)
        assert chip.boots > boots
        assert not chip.loader.running


def test_the_command_that_puts_a_kept_terminal_there(tmp_path: Path) -> None:
    suanpan = [sys.executable, "-c", "from host_tools.cli import app; app()"]
    command = [*suanpan, "bench", "flash", "--state", str(tmp_path), "--chip", "esp32"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        port = process.stderr.readline().split()[0]
        esptool(Bench(port, lambda: None), "read-flash", "0x200000", "0x1000", str(tmp_path / "read.bin"))
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE_S) == 0
    assert (tmp_path / "read.bin").read_bytes() == (tmp_path / "flash.bin").read_bytes()[0x200000:0x201000]


def test_a_board_so_flashed_boots_and_sells(tmp_path: Path) -> None:
    """A terminal's whole image, onto an empty chip; and later its data partition alone, while its journal stays."""
    with Shop(tmp_path) as shop:
        fresh, data = tmp_path / "terminal.bin", tmp_path / "data.bin"
        where = partitions()["data"]
        fresh.write_bytes(shop.bench.flash.image())
        data.write_bytes(shop.bench.flash.read(where.offset, where.size))
        with chip_on_bench(shop.flash_image) as bench:
            esptool(bench, "erase-flash")
            with pytest.raises(BenchError, match="the firmware has stopped"):
                shop.bench.power_on()
            esptool(bench, "--baud", "921600", "write-flash", "0x0", str(fresh))
        sell(shop, 12_34)
        shop.bench.power_off()
        journal = partitions()["journal"]
        before = shop.bench.flash.read(journal.offset, journal.size)

        with chip_on_bench(shop.flash_image, ESP32) as bench:
            esptool(bench, "--no-stub", "write-flash", "--compress", hex(where.offset), str(data))
        assert shop.bench.flash.read(journal.offset, journal.size) == before
        sell(shop, 56_78)
        totals = shop.acquirer.ledger.totals(shop.terminal.tid, 1)
        assert (totals.count, totals.amount) == (2, 69_12)


def sell(shop: Shop, fen: int) -> None:
    shop.open()
    shop.bench.expect("请输入金额")
    shop.ask_for(fen, shop.cards["plain"])
    shop.take_slips()
