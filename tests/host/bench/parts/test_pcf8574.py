"""The pin expander with the keypad on it, and two drivers of others that take it for one."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from host_tools.bench.bus import Clock, Pins
from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.keypad import LEGEND, Keypad
from host_tools.bench.parts.pcf8574 import Pcf8574
from host_tools.micropython.library import Package, library_path
from tests.host.bench.parts.wires import Pins as Board
from tests.host.judges import adafruit

KEYPAD_DRIVER = Package(
    "micropython-keypad", "0.6.0", "cb27e28a0d818f3ebeface441807f88823af2205959de578f7755119282230d2"
)
IRQ = 33
ROWS, COLUMNS = (0, 1, 2, 3), (4, 5, 6, 7)


class Switches:
    """Eight wires from outside: 0, 1, or None where nobody drives."""

    pins: tuple[int, ...] = ROWS + COLUMNS

    def __init__(self) -> None:
        self.levels: dict[int, int] = {}
        self.wires: Pins | None = None

    def attach(self, pins: Pins, clock: Clock) -> None:
        self.wires = pins

    def power_off(self) -> None:
        self.wires = None

    def level(self, pin: int) -> int | None:
        return self.levels.get(pin)

    def driven(self, pin: int) -> None: ...

    def set(self, pin: int, level: int) -> None:
        self.levels[pin] = level
        assert self.wires
        self.wires.changed(pin)


class Rig:
    def __init__(self) -> None:
        self.switches = Switches()
        self.chip = Pcf8574(self.switches, IRQ)
        self.clock = VirtualClock()
        self.board = Board()
        self.chip.attach(self.clock)
        self.chip.lines.attach(self.board, self.clock)

    @property
    def interrupt(self) -> bool:
        return self.chip.lines.level(IRQ) == 0


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_pins_are_high_until_somebody_pulls_them_low(rig: Rig) -> None:
    assert rig.chip.read(2) == b"\xff\xff"
    rig.switches.set(3, 0)
    assert rig.chip.read(1) == b"\xf7"
    rig.chip.write(b"\x0f")
    assert rig.chip.read(1) == b"\x07"
    rig.chip.write(b"\xff")
    assert rig.chip.read(1) == b"\xf7"


def test_an_interrupt_lasts_until_the_port_is_looked_at_or_as_before(rig: Rig) -> None:
    rig.switches.set(5, 0)
    assert rig.interrupt
    assert rig.board.told == [IRQ]
    rig.switches.set(5, 1)
    assert not rig.interrupt
    rig.switches.set(5, 0)
    rig.chip.read(1)
    assert not rig.interrupt
    rig.switches.set(5, 1)
    assert rig.interrupt
    rig.chip.write(b"\xff")
    assert not rig.interrupt


def test_a_pin_that_it_holds_low_itself_does_not_interrupt(rig: Rig) -> None:
    rig.chip.write(b"\xdf")
    rig.switches.set(5, 0)
    assert not rig.interrupt


def test_without_power_nobody_answers(rig: Rig) -> None:
    rig.chip.write(b"\x00")
    rig.chip.power_off()
    assert rig.chip.write(b"\xff") == -1
    assert rig.chip.read(1) == b""
    assert not rig.interrupt
    rig.chip.attach(rig.clock)
    assert rig.chip.read(1) == b"\xff"


def test_a_key_wakes_the_board() -> None:
    keypad = Keypad(ROWS, COLUMNS, Random(1))
    chip, clock, board = Pcf8574(keypad, IRQ), VirtualClock(), Board()
    chip.attach(clock)
    chip.lines.attach(board, clock)
    chip.write(b"\xf0")
    board.told.clear()
    keypad.press("6")  # row 1, column 2
    clock.advance_to(clock.now_us + 20_000)
    assert chip.interrupt
    assert board.told
    assert chip.read(1) == b"\xb0"
    chip.write(b"\xfd")
    assert chip.read(1) == b"\xbd"
    chip.write(b"\xfe")
    assert chip.read(1) == b"\xfe"


# -- others' drivers --


def test_adafruits_driver(rig: Rig) -> None:
    with adafruit.driver(adafruit.PCF8574, "adafruit_pcf8574", rig.clock) as module:
        other = module.PCF8574(adafruit.BusIo(rig.chip, rig.clock))
        other.write_gpio(0xFF)
        led, button = other.get_pin(7), other.get_pin(0)
        led.switch_to_output(value=True)
        button.switch_to_input(pull="up")
        assert (led.value, button.value) == (True, True)
        rig.switches.set(0, 0)
        assert not button.value
        led.value = False
        assert other.read_gpio() == 0x7E


class I2C:
    """machine.I2C of MicroPython, with the chip on it."""

    def __init__(self, chip: Pcf8574) -> None:
        self._chip = chip

    def readfrom(self, address: int, count: int) -> bytes:
        assert address == self._chip.address
        return self._chip.read(count)

    def writeto(self, address: int, data: bytes) -> int:
        assert address == self._chip.address
        return self._chip.write(bytes(data))


@pytest.fixture
def keypad_module(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """micropython-keypad, which needs nothing of MicroPython but its clock."""
    monkeypatch.setattr(time, "ticks_ms", lambda: 0, raising=False)
    sys.path.insert(0, str(library_path(KEYPAD_DRIVER)))
    try:
        from keypad import i2ckeypad  # type: ignore[import-not-found]

        yield i2ckeypad
    finally:
        sys.path.remove(str(library_path(KEYPAD_DRIVER)))
        for name in [name for name in sys.modules if name.partition(".")[0] == "keypad"]:
            del sys.modules[name]


def test_micropython_keypad_reads_every_key(keypad_module: Any) -> None:
    keypad = Keypad(ROWS, COLUMNS, Random(1))
    chip, clock = Pcf8574(keypad, IRQ), VirtualClock()
    chip.attach(clock)
    other = keypad_module.I2CKeypad(I2C(chip), address=chip.address)
    assert other.get_key() is None
    for line, names in zip(("123A", "456B", "789C", "*0#D"), LEGEND, strict=True):
        for key, name in zip(line, names, strict=True):
            keypad.press(name)
            clock.advance_to(clock.now_us + 20_000)
            assert other.get_key() == key
            keypad.release(name)
            clock.advance_to(clock.now_us + 20_000)
            assert other.get_key() is None
