"""The firmware's contactless driver on the virtual board, and the bench's PN532 on one of its buses."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.parts.field import Field
from host_tools.bench.parts.pn532 import Pn532
from host_tools.bench.parts.pn532_hsu import Pn532Hsu
from host_tools.bench.parts.pn532_i2c import Pn532I2c
from host_tools.bench.parts.pn532_spi import Pn532Spi
from host_tools.bench.shop import OPENING
from host_tools.flash.factory import blank, partitions
from host_tools.micropython import firmware_root

_IRQ, _SELECT = 33, 34

_PROGRAM = """\
import link, timing
link.connect()
timing.install()
import asyncio, sys
from binascii import hexlify, unhexlify
from machine import I2C, SPI, UART, Pin
from suanpan.cards.contactless import ContactlessReader
from suanpan.drivers.pn532 import Pn532
from suanpan.errors import DriverError

def bus(name, irq):
    interrupt = Pin(33, Pin.IN, Pin.PULL_UP) if irq else None
    if name == "hsu":
        from suanpan.drivers.pn532_hsu import HsuLink
        return HsuLink(UART(4, 115200, rxbuf=512))
    if name == "i2c":
        from suanpan.drivers.pn532_i2c import I2cLink
        return I2cLink(I2C(1, freq=400_000), interrupt)
    from suanpan.drivers.pn532_spi import SpiLink
    return SpiLink(SPI(2, 1_000_000), Pin(34, Pin.OUT, value=1), interrupt)

def now():
    return link.now_us // 1000

async def ask(card, commands):
    for command in commands:
        try:
            data, status = await card.exchange(unhexlify(command))
            print("%s %04x" % (hexlify(data).decode(), status))
        except DriverError as error:
            print(error.code)

async def look():
    try:
        card = await reader.look()
        print("card" if card else "none")
        return card
    except DriverError as error:
        print(error.code)

async def main():
    try:
        await program()
    except BaseException as error:
        sys.print_exception(error, sys.stdout)
    print("done")
    await asyncio.sleep(3600)
"""

BUSES = ["hsu", "i2c", "i2c irq", "spi", "spi irq"]


def content(size: int, salt: int = 1) -> bytes:
    return bytes(i * salt + (i >> 8) & 0xFF for i in range(size))


def application(command: bytes) -> bytes:
    """SELECT; INS 2A answers so many bytes as P1 and P2 say if its data are right, INS 2C its data's own size."""
    if command[1] == 0xA4:
        return bytes.fromhex("6F098407A00000033301019000")
    if command[1] == 0x2A:
        return content(int.from_bytes(command[2:4], "big")) + b"\x90\x00"
    if command[1] == 0x2C:
        data = command[7:] if command[4] == 0 else command[5:]
        return len(data).to_bytes(3, "big") + b"\x90\x00" if data == content(len(data), 3) else b"\x6a\x80"
    return b"\x6d\x00"


def get(size: int) -> str:
    return f"802A{size:04X}" + ("000000" if size > 256 else "00")


def put(size: int) -> str:
    lc = f"00{size:04X}" if size > 255 else f"{size:02X}"
    return f"802C0000{lc}" + content(size, 3).hex()


SELECT_PPSE = "00A404000E325041592E5359532E444446303100"
FCI = "6f098407a0000003330101 9000"


class _Bench(LockstepBench):
    """`traffic`: bytes on each wire, those of full duplex once, with the addresses of I2C."""

    traffic: Counter[str]

    def _record(self, now_us: int, wire: str, direction: str, data: bytes) -> None:
        super()._record(now_us, wire, direction, data)
        kind = wire.partition(" ")[0]
        if kind != "spi" or direction == "out":
            self.traffic[kind] += len(data) + (kind == "i2c")


class Stage:
    """A board with the reader on one of its buses, and what is in the field."""

    def __init__(self, bus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.field = Field()
        name, _, irq = bus.partition(" ")
        self.part: Pn532Hsu | Pn532I2c | Pn532Spi
        if name == "hsu":
            self.part = Pn532Hsu(self.field)
        elif name == "i2c":
            self.part = Pn532I2c(self.field, _IRQ if irq else -1)
        else:
            self.part = Pn532Spi(self.field, _SELECT, _IRQ if irq else -1)
        self.traffic: Counter[str] = Counter()  # of the last run, by kind of bus
        self._bus = f"bus({name!r}, {bool(irq)})"
        self._tmp_path = tmp_path
        self._monkeypatch = monkeypatch

    @property
    def chip(self) -> Pn532:
        return self.part.chip

    def fit(self, bench: LockstepBench) -> None:
        if isinstance(self.part, Pn532Hsu):
            bench.parts.on_uarts[4] = self.part
        elif isinstance(self.part, Pn532I2c):
            bench.parts.on_i2c.append((1, self.part))
            bench.parts.on_pins.append(self.part.lines)
        else:
            bench.parts.on_spi.append((2, self.part))
            bench.parts.on_pins.append(self.part.lines)

    def run(
        self,
        program: str,
        prepare: Callable[[LockstepBench], object] = lambda bench: None,
        seconds: float = 120,
        heap: str = "512k",
    ) -> list[str]:
        """What `async def program()` printed, line by line; `reader` and `pn532` are there for it."""
        source = self._tmp_path / "program"
        source.mkdir(exist_ok=True)
        if not (source / "suanpan").exists():
            (source / "suanpan").symlink_to(firmware_root() / "suanpan")
        setup = f"pn532 = Pn532({self._bus})\nreader = ContactlessReader(pn532)\n"
        body = textwrap.dedent(program)
        (source / "main.py").write_text(f"{_PROGRAM}\n{setup}{body}\nasyncio.run(main())\n", "utf-8")
        image = self._tmp_path / "flash.bin"
        image.write_bytes(blank(partitions()))
        self._monkeypatch.setenv("SUANPAN_FIRMWARE", str(source))
        bench = _Bench(image, seed=1, start=OPENING, nvs={}, hosts={}, heap=heap)
        bench.traffic = self.traffic = Counter()
        with bench:
            self.fit(bench)
            bench.power_on()
            prepare(bench)
            bench.until(lambda: "done" in bench.console(), "end of the program", seconds)
            return [line.strip() for line in bench.console().splitlines()[:-1]]

    def ask(self, *commands: str, prepare: Callable[[LockstepBench], object] = lambda bench: None) -> list[str]:
        return self.run(f"async def program():\n    await ask(await reader.tap(), {commands!r})\n", prepare)
