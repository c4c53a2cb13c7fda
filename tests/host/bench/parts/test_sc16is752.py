"""The UART expander, register by register; and another's driver, of the SC16IS750, which takes it for one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from host_tools.bench.bus import Clock, UartLine
from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.sc16is752 import Sc16is752
from host_tools.bench.parts.sc16is752_channel import Register
from host_tools.micropython.library import Package, library_path
from tests.host.bench.parts.wires import Pins

DRIVER = Package("SC16IS750", "0.1.8", "67c14bceec6ea58ca77e6a153eec862f750589b8b62c73115b844e95103944a5")
IRQ = 33
CHARACTER_US = 1_000_000 * 10 // 9600


class Device:
    """What hangs on a channel: it keeps what it is sent."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.line: UartLine | None = None

    def attach(self, line: UartLine, clock: Clock) -> None:
        self.line = line

    def power_off(self) -> None:
        self.line = None

    def receive(self, data: bytes) -> None:
        self.heard += data

    def send(self, data: bytes) -> None:
        assert self.line
        self.line.send(data)


class Master:
    def __init__(self) -> None:
        self.devices = (Device(), Device())
        self.chip = Sc16is752(self.devices, IRQ)
        self.clock = VirtualClock()
        self.pins = Pins()
        self.chip.attach(self.clock)
        self.chip.lines.attach(self.pins, self.clock)

    def set(self, register: int, *values: int, channel: int = 0) -> int:
        return self.chip.write(bytes((register << 3 | channel << 1, *values)))

    def get(self, register: int, channel: int = 0) -> int:
        assert self.set(register, channel=channel) == 1
        return self.chip.read(1)[0]

    def open(self, channel: int = 0, divisor: int = 96) -> None:
        for register, value in ((Register.LCR, 0x80), (0, divisor), (1, 0), (Register.LCR, 0x03), (Register.FCR, 0x07)):
            self.set(register, value, channel=channel)

    def run(self, characters: float) -> None:
        self.clock.advance_to(self.clock.now_us + round(characters * CHARACTER_US))

    @property
    def interrupt(self) -> bool:
        return self.chip.lines.level(IRQ) == 0


@pytest.fixture
def master() -> Master:
    return Master()


def test_values_after_a_reset(master: Master) -> None:
    """Data sheet, table 7."""
    for channel in (0, 1):
        values = {register: master.get(register, channel) for register in Register if register != Register.DATA}
        assert {register.name: value for register, value in values.items() if value} == {
            "FCR": 0x01, "LCR": 0x1D, "LSR": 0x60, "MSR": 0x10, "SPR": 0xFF, "TXLVL": 1, "IO_STATE": 0xFF,
        }  # fmt: skip
    master.open()
    assert master.get(Register.TXLVL) == 64
    assert not master.interrupt


def test_a_sub_address_stays_and_the_channels_are_two(master: Master) -> None:
    master.set(Register.SPR, 0x12)
    master.set(Register.SPR, 0x34, channel=1)
    assert master.get(Register.SPR) == 0x12
    assert master.chip.read(3) == b"\x12\x12\x12"
    assert master.get(Register.SPR, 1) == 0x34


def test_registers_behind_others(master: Master) -> None:
    master.set(Register.LCR, 0x83)
    master.set(0, 0x08)
    master.set(1, 0x01)
    assert (master.get(0), master.get(1)) == (0x08, 0x01)
    master.set(Register.LCR, 0x03)
    assert master.get(Register.IER) == 0
    master.set(Register.MCR, 0x84)  # its three upper bits are not to be had
    assert master.get(Register.MCR) == 0x04
    master.set(Register.LCR, 0xBF)
    master.set(2, 0x10)
    master.set(4, 0x11)
    assert (master.get(2), master.get(4)) == (0x10, 0x11)
    master.set(Register.LCR, 0x03)
    master.set(Register.MCR, 0x84)
    assert master.get(Register.MCR) == 0x84
    master.set(7, 0x42)
    assert master.get(7) == 0x42  # TLR
    master.set(Register.MCR, 0)
    assert master.get(Register.SPR) == 0xFF


def test_sending_takes_its_time(master: Master) -> None:
    master.open()
    master.set(Register.DATA, *b"abcdef")
    assert master.get(Register.TXLVL) == 64 - 5  # the first is in the shift register
    assert master.get(Register.LSR) & 0x60 == 0
    master.run(5.5)
    assert master.devices[0].heard == b"abcde"
    assert master.get(Register.LSR) & 0x60 == 0x20
    master.run(1)
    assert master.devices[0].heard == b"abcdef"
    assert master.get(Register.LSR) & 0x60 == 0x60


def test_a_full_fifo_takes_no_more(master: Master) -> None:
    master.open()
    master.set(Register.DATA, *bytes(range(70)))
    master.run(80)
    assert master.devices[0].heard == bytes(range(65))
    assert len(master.chip.faults) == 5


def test_receiving_interrupts_at_the_level_or_after_silence(master: Master) -> None:
    master.open(1)
    master.set(Register.IER, 0x01, channel=1)
    master.devices[1].send(b"12345678")
    master.run(8.1)
    assert master.interrupt
    assert master.get(Register.FCR, 1) == 0xC4
    master.set(Register.DATA, channel=1)
    assert master.chip.read(3) == b"123"
    assert not master.interrupt
    master.run(4.1)
    assert master.interrupt
    assert master.get(Register.FCR, 1) == 0xCC
    assert (master.get(Register.RXLVL, 1), master.get(Register.LSR, 1) & 1) == (5, 1)
    master.set(Register.DATA, channel=1)
    assert master.chip.read(5) == b"45678"
    assert not master.interrupt
    assert master.get(Register.FCR, 1) == 0xC1


def test_what_comes_too_fast_is_lost_and_said_once(master: Master) -> None:
    master.open()
    master.set(Register.IER, 0x05)
    master.devices[0].send(bytes(range(70)))
    master.run(71)
    assert master.get(Register.FCR) == 0xC6
    assert master.get(Register.LSR) & 0x02
    assert not master.get(Register.LSR) & 0x02
    assert master.get(Register.RXLVL) == 64
    master.set(Register.DATA)
    assert master.chip.read(64) == bytes(range(64))


def test_the_transmitters_interrupt(master: Master) -> None:
    master.open()
    master.set(Register.IER, 0x02)
    assert master.get(Register.FCR) == 0xC2  # empty from the start; reading says so and ends it
    assert not master.interrupt
    master.set(Register.DATA, *b"xy")
    master.run(3)
    assert master.interrupt
    assert master.get(Register.FCR) == 0xC2


def test_loopback(master: Master) -> None:
    master.open()
    master.set(Register.MCR, 0x10)
    master.set(Register.DATA, *b"self")
    master.run(6)
    master.set(Register.DATA)
    assert master.chip.read(4) == b"self"
    assert master.devices[0].heard == b""


def test_a_software_reset_is_for_both_and_not_acknowledged(master: Master) -> None:
    master.open()
    master.set(Register.DATA, *b"abc")
    master.set(Register.SPR, 0x77)
    assert master.set(Register.IO_CONTROL, 0x08) == 1
    assert master.get(Register.LCR) == 0x1D
    assert master.get(Register.SPR) == 0x77
    master.run(5)
    assert master.devices[0].heard == b"a"  # was on its way


def test_gpios(master: Master) -> None:
    master.set(Register.IO_DIR, 0x0F)
    master.set(Register.IO_STATE, 0xA5)
    master.chip.inputs = 0x3C
    assert master.get(Register.IO_STATE) == 0x35


def test_without_power_nobody_answers(master: Master) -> None:
    master.chip.power_off()
    assert master.set(Register.SPR, 1) == -1
    assert master.chip.read(1) == b""


# -- another's driver --


class SMBus:
    part: Sc16is752

    def __init__(self, number: int) -> None: ...

    def read_byte_data(self, address: int, register: int) -> int:
        assert address == self.part.address
        assert self.part.write(bytes([register])) == 1
        return self.part.read(1)[0]

    def write_byte_data(self, address: int, register: int, value: int) -> None:
        assert address == self.part.address
        assert self.part.write(bytes([register, value])) == 2


@pytest.fixture
def driver(master: Master) -> Iterator[Any]:
    smbus = ModuleType("smbus")
    SMBus.part = master.chip
    smbus.SMBus = SMBus  # type: ignore[attr-defined]
    sys.modules["smbus"] = smbus
    sys.path.insert(0, str(library_path(DRIVER)))
    try:
        from SC16IS750 import SC16IS750  # type: ignore[import-not-found]

        yield SC16IS750.SC16IS750(14_745_600, master.chip.address << 1)
    finally:
        sys.path.remove(str(library_path(DRIVER)))
        for name in [name for name in sys.modules if name.startswith("SC16IS750") or name == "smbus"]:
            del sys.modules[name]


def test_another_driver_sets_the_speed_and_moves_characters(master: Master, driver: Any) -> None:
    assert driver.testChip()
    driver.writeRegister(driver.registers.LCR, 0x03)
    driver.writeRegister(driver.registers.FCR, 0x07)
    driver.setBaudrate(9600)
    assert driver.readRegister(driver.registers.LCR) == 0x03
    for character in b"hello":
        driver.writeRegister(driver.registers.THR, character)
    master.run(5.1)
    assert master.devices[0].heard == b"hello"
    assert not driver.isDataWaiting()
    master.devices[0].send(b"world")
    master.run(5.1)
    assert driver.isDataWaiting()
    assert driver.dataWaiting() == 5
    assert bytes(driver.readRegister(driver.registers.RHR) for _ in range(5)) == b"world"
    assert master.chip.faults == []
