"""pn532pi takes the bench's PN532 for the part, on all three buses.

Of the Raspberry Pi that it wants to run on it gets a serial port, and stand-ins for the two modules that reach the
kernel's I2C and SPI: these go to the emulator's adapters, in the bench's virtual time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import serial  # type: ignore[import-untyped]

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.field import Card, Field
from host_tools.bench.parts.field_cards import FeliCa, IsoA, IsoB, MifareClassic, TypeA
from host_tools.bench.parts.pn532_i2c import Pn532I2c
from host_tools.bench.parts.pn532_pty import Pn532Pty
from host_tools.bench.parts.pn532_spi import Pn532Spi
from host_tools.micropython.library import Package, library_path
from tests.host.bench.parts.wires import Pins

# By its archive on the index: to install it would mean to build a module in C for a bus that nobody here has.
DRIVER = Package("pn532pi", "1.7", "f9866fe58c530b5e58bb7c994d9e2ff91499fa3e23834d69159938253387c414")

BUSES = ["hsu", "i2c", "spi"]
SELECT = 8
KERNEL_US = 1_000  # what a transaction takes on a Raspberry Pi


@pytest.fixture(scope="module")
def driver() -> Iterator[SimpleNamespace]:
    """pn532pi's own modules."""
    spidev = ModuleType("spidev")
    spidev.SpiDev = object  # type: ignore[attr-defined]
    before = set(sys.modules)
    sys.path.insert(0, str(library_path(DRIVER)))
    sys.modules["spidev"] = spidev
    try:
        from pn532pi.interfaces import pn532hsu, pn532i2c, pn532spi  # type: ignore[import-not-found]
        from pn532pi.nfc import pn532  # type: ignore[import-not-found]

        yield SimpleNamespace(hsu=pn532hsu, i2c=pn532i2c, spi=pn532spi, pn532=pn532)
    finally:
        sys.path.remove(str(library_path(DRIVER)))
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in ("pn532pi", "quick2wire", "spidev"):
                del sys.modules[name]


class Time:
    """The module, as far as pn532pi goes, on the bench's clock."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def sleep(self, seconds: float) -> None:
        self._clock.busy(round(seconds * 1e6))

    def time(self) -> float:
        return self._clock.now_us / 1e6


class I2cMaster:
    def __init__(self, part: Pn532I2c, clock: VirtualClock) -> None:
        self._part = part
        self._clock = clock

    def transaction(self, message: tuple[int, bytes | int]) -> list[bytes]:
        address, content = message
        assert address == self._part.address
        self._clock.busy(KERNEL_US)
        if isinstance(content, int):
            data = self._part.read(content)
            if not data:
                raise OSError(5, "not acknowledged")
            return [data]
        self._part.write(content)  # not acknowledged: the driver has not looked, when it woke the chip
        return []


class SpiDev:
    def __init__(self, part: Pn532Spi, pins: Pins, clock: VirtualClock) -> None:
        self._part = part
        self._pins = pins
        self._clock = clock

    def open(self, bus: int, select: int) -> None: ...

    def xfer2(self, data: list[int]) -> list[int]:
        self._select(0)
        answer = self._part.transfer(bytes(data))
        self._select(1)
        self._clock.busy(KERNEL_US)
        return list(answer)

    writebytes = xfer2

    def _select(self, level: int) -> None:
        self._pins.levels[SELECT] = level
        self._part.lines.driven(SELECT)


@contextmanager
def _reader(driver: SimpleNamespace, bus: str, field: Field, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    if bus == "hsu":
        with Pn532Pty(field) as path:
            monkeypatch.setattr(driver.hsu, "Serial", lambda port, **settings: serial.Serial(path, **settings))
            monkeypatch.setattr(driver.hsu, "PN532_ACK_WAIT_TIME", 1_000)  # ms; of 10 a busy machine makes more
            link = driver.hsu.Pn532Hsu(0)
            yield driver.pn532.Pn532(link)
            link._serial.close()
        return
    clock = VirtualClock()
    if bus == "i2c":
        part = Pn532I2c(field)
        part.attach(clock)
        monkeypatch.setattr(driver.i2c, "I2CMaster", lambda number: I2cMaster(part, clock))
        monkeypatch.setattr(driver.i2c, "reading", lambda address, count: (address, count))
        monkeypatch.setattr(driver.i2c, "writing", lambda address, data: (address, bytes(data)))
        monkeypatch.setattr(driver.i2c, "time", Time(clock))
        yield driver.pn532.Pn532(driver.i2c.Pn532I2c(1))
    else:
        on_spi, pins = Pn532Spi(field, SELECT), Pins()
        on_spi.attach(clock)
        on_spi.lines.attach(pins, clock)
        monkeypatch.setattr(driver.spi, "SpiDev", lambda: SpiDev(on_spi, pins, clock))
        monkeypatch.setattr(driver.spi, "time", Time(clock))
        yield driver.pn532.Pn532(driver.spi.Pn532Spi(0))


Open = Callable[[Card], Any]


@pytest.fixture(params=BUSES)
def reader(request: pytest.FixtureRequest, driver: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """`reader(card)`: pn532pi, set up as its examples do it, with that card in the field."""
    field = Field()
    with _reader(driver, request.param, field, monkeypatch) as found:

        def opened(card: Card) -> Any:
            field.put(card)
            found.begin()
            assert found.getFirmwareVersion() == 0x32010607
            assert found.SAMConfig()
            assert found.setPassiveActivationRetries(1)
            return found

        yield opened


def test_an_apdu(reader: Open) -> None:
    card = IsoA(lambda command: command[::-1] + b"\x90\x00")
    pn532 = reader(card)
    assert pn532.readPassiveTargetID(0, inlist=True) == (True, bytearray.fromhex("08112233"))
    command = bytearray.fromhex("00A404000E325041592E5359532E444446303100")
    assert pn532.inDataExchange(command) == (True, command[::-1] + b"\x90\x00")
    assert card.blocks.faults == []


def test_a_card_of_type_b(reader: Open) -> None:
    pn532 = reader(IsoB(lambda command: b"\x90\x00"))
    assert pn532.readPassiveTargetID(0) == (False, bytearray())


def test_mifare_classic(reader: Open) -> None:
    pn532 = reader(MifareClassic())
    found, uid = pn532.readPassiveTargetID(0)
    assert found
    wrong, right, data = bytearray(6), bytearray(b"\xff" * 6), bytearray(range(16))
    assert not pn532.mifareclassic_AuthenticateBlock(uid, 4, 0, wrong)
    assert pn532.readPassiveTargetID(0)[0]
    assert pn532.mifareclassic_AuthenticateBlock(uid, 4, 0, right)
    assert pn532.mifareclassic_WriteDataBlock(4, data)
    assert pn532.mifareclassic_ReadDataBlock(4) == (True, data)
    assert not pn532.mifareclassic_ReadDataBlock(40)[0]  # of another sector


def test_mifare_ultralight(reader: Open) -> None:
    pn532 = reader(TypeA(memory=lambda command: bytes(range(command[1], command[1] + 16))))
    assert pn532.readPassiveTargetID(0)[0]
    assert pn532.mifareultralight_ReadPage(4) == (True, bytearray((4, 5, 6, 7)))


def test_felica(reader: Open) -> None:
    card = FeliCa(command=lambda command: b"\x0b\x05" + card.idm + b"\x00" if command[1] == 0x04 else None)
    pn532 = reader(card)
    assert pn532.felica_Polling(0xFFFF, 1)[:3] == (1, card.idm, card.pmm + card.system)


def test_registers_and_pins(reader: Open) -> None:
    pn532 = reader(MifareClassic())
    assert pn532.writeRegister(0x6302, 0x80)
    assert pn532.readRegister(0x6302) == 0x80
    assert pn532.readRegister(0x6327) == 0x80  # the CIU's version
    assert pn532.writeGPIO(0x3B)
    assert pn532.readGPIO() & 0x3F == 0x3F  # two of them may not be low
    assert pn532.setRFField(False, True)
