"""The firmware's drivers of the small parts on I2C, on the virtual board, against those that the bench emulates.

Other people's drivers have taken the same emulators for the parts (tests/host/bench/parts).
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.parts.ds3231 import Ds3231
from host_tools.bench.parts.keypad import LEGEND, Keypad
from host_tools.bench.parts.max17048 import Max17048
from host_tools.bench.parts.pcf8574 import Pcf8574
from tests.host.judges.part_stage import Stage

_IRQ = 34


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path, monkeypatch)


# -- DS3231 --

CALENDAR = """
from suanpan.drivers.ds3231 import Ds3231
from suanpan.errors import SuanpanError
clock = Ds3231(I2C(1, freq=400_000))
"""


def test_the_calendar(stage: Stage) -> None:
    chip = Ds3231()
    printed = stage.run(
        CALENDAR
        + """
async def program():
    print(clock.lost())
    clock.datetime((2028, 2, 28, 0, 23, 59, 58, 0))
    print(clock.lost())
    for _ in range(3):
        await asyncio.sleep(1)
        print(clock.datetime())
""",
        lambda bench: bench.parts.on_i2c.append((1, chip)),
    )
    assert printed == [
        "True",
        "False",
        "(2028, 2, 28, 0, 23, 59, 59, 0)",
        "(2028, 2, 29, 1, 0, 0, 0, 0)",
        "(2028, 2, 29, 1, 0, 0, 1, 0)",
    ]


def test_the_calendar_over_a_night_without_power_and_without_its_cell(stage: Stage) -> None:
    chip = Ds3231()
    setting = "async def program():\n    clock.datetime((2026, 11, 23, 0, 9, 0, 0, 0))\n"
    reading = "async def program():\n    print(clock.lost(), clock.datetime())\n"

    def night(bench: LockstepBench) -> None:
        bench.parts.on_i2c.append((1, chip))
        clock = chip._clock
        if clock:  # the stage has a bench, and so a clock, of its own each time: the chip's has gone on since
            chip._epoch_us += bench.clock.now_us - clock.now_us - 12 * 3_600_000_000

    stage.run(CALENDAR + setting, night)
    (line,) = stage.run(CALENDAR + reading, night)
    assert line.startswith("False (2026, 11, 23, 0, 21, 0, ")
    chip.remove_cell()
    (line,) = stage.run(CALENDAR + reading, night)
    assert line.startswith("True (2000, 1, 1, 5, ")


def test_the_calendar_is_gone(stage: Stage) -> None:
    assert stage.run(
        CALENDAR
        + """
async def program():
    try:
        clock.datetime()
    except SuanpanError as error:
        print(error.code)
""",
        lambda bench: None,
    ) == ["D31"]


# -- MAX17048 --

GAUGE = """
from suanpan.drivers.max17048 import Max17048
from suanpan.errors import SuanpanError
gauge = Max17048(I2C(1, freq=400_000))
"""


def test_the_gauge(stage: Stage) -> None:
    chip = Max17048(3850, 80)
    chip.rate = -20.8
    printed = stage.run(
        GAUGE
        + """
async def program():
    print(gauge.found(), gauge.millivolts(), gauge.percent(), gauge.percent_per_hour())
    await asyncio.sleep(3600)
    print(gauge.percent())
    while True:
        try:
            gauge.millivolts()
        except SuanpanError as error:
            print(error.code)
            break
        await asyncio.sleep_ms(10)
    await asyncio.sleep(1)
    print(gauge.millivolts(), gauge.percent())
""",
        lambda bench: bench.parts.on_i2c.append((1, chip)),
        lambda bench: bench.clock.call_later(3_700_000_000, lambda: chip.insert_cell(4200, 100)),
        seconds=5000,
    )
    assert printed == ["True 3850 80 -20", "59", "D32", "4200 100"]


# -- PCF8574 --

KEYS = """
from suanpan.drivers.pcf8574_keypad import Pcf8574Keypad
LEGEND = ("1", "2", "3", "cancel", "4", "5", "6", "clear", "7", "8", "9", "menu", "up", "0", "down", "enter")
noise = bytearray((7,))
def random(count):
    noise[0] = noise[0] * 5 + 3 & 0xFF
    return bytes((noise[0] * (i + 1) >> 2) & 0xFF for i in range(count))
keypad = Pcf8574Keypad(I2C(1, freq=400_000), Pin(34, Pin.IN, Pin.PULL_UP), LEGEND, random)
"""


def press(keypad: Keypad, bench: LockstepBench, *keys: str) -> None:
    for at, key in enumerate(keys):
        bench.clock.call_later(1_000_000 + at * 200_000, lambda key=key: keypad.press(key))  # type: ignore[misc]
        bench.clock.call_later(1_080_000 + at * 200_000, lambda key=key: keypad.release(key))  # type: ignore[misc]


@pytest.mark.parametrize("scrambled", [False, True])
def test_the_keypad_behind_an_expander(stage: Stage, scrambled: bool) -> None:
    keypad = Keypad(range(4), range(4, 8), Random(1))
    chip = Pcf8574(keypad, _IRQ)
    names = [name for line in LEGEND for name in line]

    def fit(bench: LockstepBench) -> None:
        bench.parts.on_i2c.append((1, chip))
        bench.parts.on_pins.append(chip.lines)

    printed = stage.run(
        KEYS
        + f"""
async def program():
    keypad.scrambled = {scrambled}
    asyncio.create_task(keypad.run())
    for _ in range(16):
        print(await keypad.key())
    print(keypad.stuck(), keypad.answers())
""",
        fit,
        lambda bench: press(keypad, bench, *names),
    )
    assert printed == [*names, "('enter',) True"]
