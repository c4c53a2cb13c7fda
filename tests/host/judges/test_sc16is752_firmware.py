"""Drivers for a UART on the virtual board, which has no UART for them but the expander on its I2C bus."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.parts.printer import Printer
from host_tools.bench.parts.sc16is752 import Sc16is752
from host_tools.bench.parts.scanner import Scanner
from host_tools.bench.parts.swipe_reader import SwipeReader
from tests.host.judges.part_stage import Stage

_IRQ = 33

SETUP = """
from suanpan.drivers.sc16is752 import Sc16is752
from suanpan.drivers.printer import Printer
from suanpan.drivers.scanner import Scanner
from suanpan.drivers.swipe_reader import SwipeReader
from suanpan.errors import SuanpanError
expander = Sc16is752(I2C(1, freq=400_000), Pin(33, Pin.IN, Pin.PULL_UP))
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path, monkeypatch)


def fit(chip: Sc16is752, bench: LockstepBench) -> None:
    bench.parts.on_i2c.append((1, chip))
    bench.parts.on_pins.append(chip.lines)


def test_a_printer_and_a_scanner_at_once(stage: Stage) -> None:
    printer, scanner = Printer(), Scanner()
    chip = Sc16is752((printer, scanner), _IRQ)
    lines = [f"line {n} of a slip that is long" for n in range(20)]
    printed = stage.run(
        SETUP
        + f"""
async def slip():
    printer = Printer(expander.uart(0, 115200))
    await printer.reset()
    for line in {lines}:
        await printer.text(line.encode())
    await printer.qr(b"https://example.com/" + b"q" * 200, 4)
    await printer.cut()
    print("printed")

async def program():
    task = asyncio.create_task(slip())
    scanner = Scanner(expander.uart(1, 9600))
    for _ in range(3):
        print(bytes(await scanner.scan()).decode())
        await asyncio.sleep(1)
    await task
""",
        lambda bench: fit(chip, bench),
        lambda bench: scanner.show(b"6221234567890123456"),
    )
    assert sorted(printed) == ["6221234567890123456"] * 3 + ["printed"]
    assert [line.text for line in printer.slips[0].lines if line.text] == lines
    assert "[QR https://example.com/qqq" in printer.slips[0].text
    assert chip.faults == printer.faults == scanner.faults == []


def test_a_swipe_and_the_idle_bus(stage: Stage) -> None:
    """As long as nobody swipes, no transaction is on the bus."""
    reader = SwipeReader()
    chip = Sc16is752((reader, Printer()), _IRQ)
    transactions: list[bytes] = []
    write = chip.write

    def counted(data: bytes) -> int:
        transactions.append(data)
        return write(data)

    chip.write = counted  # type: ignore[method-assign]

    def swipe() -> None:
        assert len(transactions) < 20  # to set it up
        reader.swipe("B6217000000000001234^ZHANG SAN^30122010000000000000", "6217000000000001234=30122010000000000")

    printed = stage.run(
        SETUP
        + """
async def program():
    reader = SwipeReader(expander.uart(0, 9600))
    await asyncio.sleep(1)
    swipe = await reader.swipe()
    print(bytes(swipe.track2).decode())
    print(len(swipe.track1))
""",
        lambda bench: fit(chip, bench),
        lambda bench: bench.clock.call_later(60_000_000, swipe),
    )
    assert printed == [";6217000000000001234=30122010000000000?<", "54"]
    assert chip.faults == []


def test_pulled_out_in_the_middle_of_a_slip(stage: Stage) -> None:
    printer = Printer()
    chip = Sc16is752((printer, Scanner()), _IRQ)
    printed = stage.run(
        SETUP
        + """
async def program():
    printer = Printer(expander.uart(0, 115200))
    try:
        for n in range(100):
            await printer.text(b"line %d" % n)
    except SuanpanError as error:
        print(error.code, expander.alive())
""",
        lambda bench: fit(chip, bench),
        lambda bench: bench.clock.call_later(2_000_000, chip.power_off),
    )
    assert printed == ["D06 False"]
