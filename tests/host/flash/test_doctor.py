"""`suanpan doctor` at the virtual board's REPL, with its parts unplugged, and with some of them wired wrongly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest
from anyio.from_thread import start_blocking_portal

from host_tools.acquirer.fixture import load
from host_tools.bench.bus import Clock, Pins
from host_tools.bench.network import LiveWorld
from host_tools.bench.parts.pn532_spi import Pn532Spi
from host_tools.bench.process import PINS
from host_tools.bench.repl import Repl
from host_tools.bench.shop import profile
from host_tools.bench.wiring import Parts
from host_tools.flash.diagnosis import Finding, Verdict, diagnose
from host_tools.flash.doctor import examine
from host_tools.flash.factory import build_image

SCL, SDA, CASE = 41, 40, 14


class Lines:
    """An I2C bus at rest: pulled up by the modules on it, or held, or nothing."""

    def __init__(self, levels: dict[int, int]) -> None:
        self.pins = tuple(levels)
        self._levels = levels

    def attach(self, pins: Pins, clock: Clock) -> None:
        """It never changes."""

    def level(self, pin: int) -> int | None:
        return self._levels[pin]

    def driven(self, pin: int) -> None:
        """Nor does it mind."""

    def power_off(self) -> None:
        """It keeps nothing."""


@asynccontextmanager
async def desk(flash: Path, rewire: Callable[[Parts], None], pins: Path = PINS) -> AsyncIterator[str]:
    board = Repl(flash, {}, LiveWorld({}), pins=pins)
    rewire(board.bench.parts)
    try:
        await board.boot("import boot")
        yield board.path
    finally:
        await board.close()


@pytest.fixture(scope="module")
def flash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    image, _ = build_image(profile(next(iter(load().terminals.values()))), Random(1).randbytes)
    path = tmp_path_factory.mktemp("doctor") / "flash.bin"
    path.write_bytes(image)
    return path


def found(flash: Path, rewire: Callable[[Parts], None], pins: Path = PINS) -> dict[str, Finding]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(desk(flash, rewire, pins)) as port:
        told: list[Finding] = []
        findings = examine(port, told.append)
    assert findings == told
    return {finding.part: finding for finding in findings}


def test_a_board_with_all_its_parts(flash: Path) -> None:
    parts = found(flash, lambda _: None)
    asked = {"board", "display", "contactless", "printer", "battery", "tamper"}
    assert {name for name, finding in parts.items() if finding.verdict is Verdict.FOUND} == asked
    assert {finding.verdict for finding in parts.values()} == {Verdict.FOUND, Verdict.UNKNOWN}
    assert "0x3C" in parts["display"].says


def test_a_board_with_none_of_them(flash: Path) -> None:
    def strip(parts: Parts) -> None:
        parts.on_i2c.clear()
        parts.on_spi.clear()
        parts.on_pins[:] = [Lines({SCL: 1, SDA: 1, CASE: 1})]
        parts.printer.receive = lambda data: None  # type: ignore[method-assign]
        parts.battery.microvolts = lambda: 40_000  # type: ignore[method-assign]

    parts = found(flash, strip)
    assert {name for name, each in parts.items() if each.verdict is Verdict.MISSING} == {
        *("display", "contactless", "printer", "battery")
    }
    assert parts["tamper"].verdict is Verdict.FAULTY
    assert "nothing answers at 0x3C (SCL GPIO41, SDA GPIO40): SDA and SCL swapped?" in parts["display"].says
    assert "SPI (first switch off, second on)" in parts["contactless"].says
    assert "MISO GPIO20" in parts["contactless"].says
    assert "TX (GPIO38) and RX (GPIO39) swapped?" in parts["printer"].says
    assert "no cell" in parts["battery"].says
    assert "GPIO14" in parts["tamper"].says


def test_parts_that_are_wired_wrongly(flash: Path) -> None:
    def rewire(parts: Parts) -> None:
        parts.on_i2c.clear()
        parts.on_pins.append(Lines({SCL: 1, SDA: 0}))
        reader = next(part for _, part in parts.on_spi if isinstance(part, Pn532Spi))
        transfer = reader.transfer
        reader.transfer = lambda data: bytes(octet >> 1 | 0x80 for octet in transfer(data))  # type: ignore[method-assign]
        parts.battery.microvolts = lambda: 2_400_000  # type: ignore[method-assign]
        parts.keypad.press("5")

    parts = found(flash, rewire)
    assert "GPIO40 is held low" in parts["display"].says
    assert "GPIO41" not in parts["display"].says.split(":")[1]
    assert parts["contactless"].verdict is Verdict.FAULTY
    assert "4.80 V: more than a cell has" in parts["battery"].says
    assert "row GPIO5 and column GPIO16" in parts["keypad"].says


OTHER = PINS.with_name("pins_other_parts.py")
CHIPS = {"keypad": 0x20, "uart_expander": 0x4D, "calendar": 0x68, "gauge": 0x36}


@pytest.mark.parametrize("gone", [None, *CHIPS])
def test_each_chip_of_a_shared_bus(gone: str | None, flash: Path) -> None:
    def unplug(parts: Parts) -> None:
        parts.on_i2c[:] = [(bus, part) for bus, part in parts.on_i2c if part.address != CHIPS.get(gone or "")]

    parts = found(flash, unplug, OTHER)
    assert {name for name, each in parts.items() if each.verdict is Verdict.MISSING} == ({gone} - {None})
    assert all(parts[name].verdict is Verdict.FOUND for name in CHIPS if name != gone)
    assert "application" not in parts
    if gone:
        assert f"nothing answers at 0x{CHIPS[gone]:02X} (SCL GPIO4, SDA GPIO5), though" in parts[gone].says
    assert "behind the UART expander" in parts["printer"].says


def i2c(**answer: object) -> Finding:
    bare = {"part": "display", "bus": "i2c", "address": 0x3C, "scl": SCL, "sda": SDA}
    return diagnose(bare | {"found": [], "swapped": [], "up": [1, 1], "down": [1, 1]} | answer)


@pytest.mark.parametrize(
    ("answer", "verdict", "says"),
    [
        ({"found": [0x3C]}, Verdict.FOUND, "answers at 0x3C"),
        ({"found": [0x3D]}, Verdict.MISSING, "though 0x3D does on the same bus: another address jumper"),
        ({"swapped": [0x3C]}, Verdict.MISSING, "SCL and SDA are swapped"),
        ({"up": [0, 1]}, Verdict.MISSING, "GPIO41 is held low"),
        ({"up": [0, 0]}, Verdict.MISSING, "GPIO41 and GPIO40 is held low"),
        ({"down": [0, 0]}, Verdict.MISSING, "nothing pulls the lines up. No 3.3 V or no ground"),
        ({}, Verdict.MISSING, "SDA and SCL swapped? another address?"),
    ],
)
def test_what_a_bus_says_of_its_wires(answer: dict[str, object], verdict: Verdict, says: str) -> None:
    finding = i2c(**answer)
    assert (finding.verdict, says in finding.says) == (verdict, True), finding


def test_a_part_on_a_line_of_another_speed() -> None:
    wiring = {"part": "printer", "bus": "uart", "baudrate": 115200, "tx": 38, "rx": 39}
    finding = diagnose(wiring | {"rate": 9600})
    assert (finding.verdict, "answers at 9600 baud and not at 115200" in finding.says) == (Verdict.FAULTY, True)
    assert diagnose(wiring | {"rate": 115200}).verdict is Verdict.FOUND
