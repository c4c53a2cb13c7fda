"""The virtual board's other end: every question the firmware's buses ask, answered by the parts.

Knows nothing of sockets, processes or scripts: it is handed one frame at a time, and says when it has woken the
board from a wait. Whoever runs it carries the bytes (lockstep.py, live.py).
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from host_tools.bench.boot_loader import BootLoader
from host_tools.bench.bus import AdcPart, BoardUart, BringsLine, Clock, I2cPart, PwmPart, SpiPart, UartPart, WakesOnSda
from host_tools.bench.flash import NorFlash
from host_tools.bench.gpio import Gpio
from host_tools.bench.network import Network, World
from host_tools.bench.protocol import FOREVER, Event, Op, event
from host_tools.bench.uart import Uart
from host_tools.bench.wiring import Parts

Record = Callable[[int, str, str, bytes], None]


class Restart(Exception):
    """The firmware has asked for a reset of the chip: its process is to end, and the next one to begin."""


_OK = b"\x00"
_ERROR = b"\x01"


class Board:
    """One power-on of the board; `parts`, `flash`, `nvs` and `rtc` outlive it.

    `woken` is called when the board is waiting and something happens; `record(now_us, wire, direction, data)` sees
    every byte on every wire.
    """

    def __init__(
        self,
        clock: Clock,
        parts: Parts,
        flash: NorFlash,
        nvs: dict[str, bytes],
        rtc: RealTimeClock,
        random: Random,
        world: World,
        record: Record,
        woken: Callable[[], None] = lambda: None,
    ) -> None:
        self.waiting_until: int | None = None  # us, or None while the firmware runs
        self.heap = 0
        self._clock = clock
        self._flash = flash
        self._nvs = nvs
        self._rtc = rtc
        self._random = random
        self._record = record
        self._woken = woken
        self._events = bytearray()
        flash.attach(clock)
        self._boot = BootLoader(flash)
        self._gpio = Gpio(lambda pin, level: self._event(Event.PIN_EDGE, pin, bytes([level])), self._note)
        for pin_part in parts.on_pins:
            self._gpio.connect(pin_part, clock)
        self._uarts = {number: self._line(number, part) for number, part in parts.on_uarts.items()}
        self._i2c: dict[tuple[int, int], I2cPart] = {(bus, part.address): part for bus, part in parts.on_i2c}
        self._i2c_hz: dict[int, int] = {}
        self._spi: list[tuple[int, SpiPart]] = parts.on_spi
        self._spi_hz: dict[int, int] = {}
        self._pwm: dict[int, PwmPart] = parts.on_pwm
        self._adc: dict[int, AdcPart] = parts.on_adc
        self.network = Network(
            world, clock, lambda number, data: self._event(Event.NET_EVENT, number, data), self._note
        )
        attached: list[I2cPart | SpiPart | PwmPart] = [*self._i2c.values(), *self._pwm.values()]
        for part in attached + [part for _, part in self._spi]:
            part.attach(clock)
        self._handlers: dict[Op, Callable[[bytes], bytes | None]] = {
            Op.WAIT: self._wait,
            Op.SLEPT: lambda p: clock.busy(int.from_bytes(p, "little")),
            Op.RESTART: _restart,
            Op.PIN_MODE: lambda p: self._gpio.configure(p[0], p[1], p[2]),
            Op.PIN_WRITE: lambda p: self._gpio.write(p[0], p[1]),
            Op.PIN_READ: lambda p: self._gpio.levels(),
            Op.PIN_IRQ: lambda p: self._gpio.watch(p[0], p[1]),
            Op.UART_INIT: self._uart_init,
            Op.UART_WRITE: self._uart_write,
            Op.UART_DRAIN: self._uart_drain,
            Op.I2C_INIT: self._i2c_init,
            Op.I2C_WRITE: self._i2c_write,
            Op.I2C_READ: self._i2c_read,
            Op.SPI_INIT: self._spi_init,
            Op.SPI_TRANSFER: self._spi_transfer,
            Op.PWM: self._pwm_set,
            Op.ADC_READ: lambda p: struct.pack("<I", self._adc[p[0]].microvolts()),
            Op.FLASH_PROGRAM: self._flash_program,
            Op.FLASH_ERASE: self._flash_erase,
            Op.NVS_GET: lambda p: self._nvs.get(p.decode(), b""),
            Op.NVS_SET: self._nvs_set,
            Op.OTA_RUNNING: lambda p: self._boot.running.encode(),
            Op.OTA_BOOT: lambda p: _OK if self._boot.set_boot(p.decode()) else _ERROR,
            Op.OTA_VALID: lambda p: _OK if self._boot.mark_valid() else _ERROR,
            Op.NET_OPEN: lambda p: self.network.open(p[0], p[1:].decode()),
            Op.NET_SEND: lambda p: self.network.send(p[0], p[1:]),
            Op.NET_RECEIVE: lambda p: self.network.receive(p[0], p[1] | p[2] << 8),
            Op.NET_CLOSE: lambda p: self.network.close(p[0]),
            Op.RANDOM: lambda p: self._random.randbytes(p[0]),
            Op.RTC_GET: lambda p: self._rtc.get(clock.now_us),
            Op.RTC_SET: lambda p: self._rtc.set(p, clock.now_us),
        }

    def handle(self, op: Op, payload: bytes) -> bytes | None:
        """Do what a frame says; the reply's payload, or None when it has none (or, for a wait, none yet)."""
        return self._handlers[op](payload)

    def take_events(self) -> bytes:
        """What has happened, as the answer to the board's wait, which ends here."""
        events = bytes(self._events)
        self._events.clear()
        self.waiting_until = None
        return events

    def power_off(self) -> None:
        """What is on its way over a line or the network never arrives."""
        self.network.power_off()
        for uart in self._uarts.values():
            uart.power_off()

    @property
    def has_events(self) -> bool:
        return bool(self._events)

    @property
    def due(self) -> bool:
        """Whether the board's wait is over: something has happened, or the time has come."""
        return self.waiting_until is not None and (self.has_events or self.waiting_until <= self._clock.now_us)

    def _wait(self, payload: bytes) -> bytes | None:
        ms, self.heap = struct.unpack("<II", payload)
        if self._events:
            return self.take_events()
        self.waiting_until = FOREVER_US if ms == FOREVER else self._clock.now_us + ms * 1000
        return None

    def _event(self, kind: Event, number: int, data: bytes) -> None:
        self._events += event(kind, number, data)
        if self.waiting_until is not None:
            self._woken()

    def _note(self, wire: str, direction: str, data: bytes) -> None:
        self._record(self._clock.now_us, wire, direction, data)

    # -- buses --

    def _uart_data(self, number: int, data: bytes) -> None:
        self._note(f"uart {number}", "in", data)
        self._event(Event.UART_DATA, number, data)

    def _line(self, number: int, part: UartPart | BringsLine) -> BoardUart:
        def deliver(data: bytes) -> None:
            self._uart_data(number, data)

        if isinstance(part, BringsLine):
            return part.line(self._clock, deliver)
        return Uart(part, self._clock, deliver)

    def _uart_init(self, payload: bytes) -> None:
        number, baudrate, bits, parity, stop = struct.unpack("<BIBBB", payload)
        self._uarts[number].configure(baudrate, bits, parity, stop)

    def _uart_write(self, payload: bytes) -> None:
        self._note(f"uart {payload[0]}", "out", payload[1:])
        self._uarts[payload[0]].write(payload[1:])

    def _uart_drain(self, payload: bytes) -> bytes:
        """Second byte 1: hold the board until everything has left; answers whether everything has."""
        left = self._uarts[payload[0]].busy_us()
        if payload[1] and left:
            self._clock.busy(left)
            left = 0
        return bytes([left == 0])

    def _i2c_init(self, payload: bytes) -> None:
        bus, frequency = struct.unpack("<BI", payload)
        self._i2c_hz[bus] = frequency

    def _i2c_busy(self, bus: int, size: int) -> None:
        self._clock.busy((size + 1) * 9 * 1_000_000 // self._i2c_hz[bus])

    def _i2c_write(self, payload: bytes) -> bytes:
        bus, address, data = payload[0], payload[1], payload[2:]
        part = self._i2c.get((bus, address))
        self._note(f"i2c {bus}:{address:02x}", "out", data)
        if address == 0:
            self._wake_by_sda(bus)
        if part is None:
            self._i2c_busy(bus, 0)
            return bytes([errno.ENODEV])
        self._i2c_busy(bus, len(data))
        acknowledged = part.write(data)
        return bytes([errno.ENODEV]) if acknowledged < 0 else _OK + acknowledged.to_bytes(2, "little")

    def _wake_by_sda(self, bus: int) -> None:
        """Address 0 and the bit that says write: eight bits low."""
        low_us = 8 * 1_000_000 // self._i2c_hz[bus]
        for (number, _), part in self._i2c.items():
            if number == bus and isinstance(part, WakesOnSda):
                part.sda_low(low_us)

    def _i2c_read(self, payload: bytes) -> bytes:
        bus, address, count = struct.unpack("<BBH", payload)
        part = self._i2c.get((bus, address))
        if part is None:
            return bytes([errno.ENODEV])
        self._i2c_busy(bus, count)
        data = part.read(count)
        if not data:
            return bytes([errno.ENODEV])
        self._note(f"i2c {bus}:{address:02x}", "in", data)
        return _OK + data

    def _spi_init(self, payload: bytes) -> None:
        bus, frequency, _polarity, _phase = struct.unpack("<BIBB", payload)
        self._spi_hz[bus] = frequency

    def _spi_transfer(self, payload: bytes) -> bytes:
        bus, data = payload[0], payload[1:]
        self._note(f"spi {bus}", "out", data)
        self._clock.busy(len(data) * 8 * 1_000_000 // self._spi_hz[bus])
        answer = b"\xff" * len(data)  # a line that nobody drives is pulled up
        for number, part in self._spi:
            if number == bus and self._gpio.driven(part.select) == 0:
                answer = part.transfer(data)
        self._note(f"spi {bus}", "in", answer)
        return answer

    def _pwm_set(self, payload: bytes) -> None:
        pin, frequency, duty = struct.unpack("<BIH", payload)
        self._note(f"pwm {pin}", "out", payload[1:])
        self._pwm[pin].pwm(frequency, duty)

    # -- storage --

    def _flash_program(self, payload: bytes) -> bytes:
        (address,) = struct.unpack_from("<I", payload)
        self._note("flash", "program", payload)
        return _OK if self._flash.program(address, payload[4:]) else _ERROR

    def _flash_erase(self, payload: bytes) -> bytes:
        (address,) = struct.unpack("<I", payload)
        self._note("flash", "erase", payload)
        return _OK if self._flash.erase(address) else _ERROR

    def _nvs_set(self, payload: bytes) -> None:
        """An empty value erases. The store is in the flash chip too; a power cut leaves the old value or the new."""
        self._flash.use_power()
        key, _, value = payload.partition(b"\0")
        self._nvs[key.decode()] = value


def _restart(_: bytes) -> None:
    raise Restart


FOREVER_US = 1 << 62


class RealTimeClock:
    """The board's battery-backed calendar; it runs on while the power is off."""

    _FORMAT = struct.Struct("<HBBBBBBI")

    def __init__(self, start: datetime) -> None:
        self._zero = start

    def now(self, now_us: int) -> datetime:
        return self._zero + timedelta(microseconds=now_us)

    def get(self, now_us: int) -> bytes:
        t = self.now(now_us)
        return self._FORMAT.pack(t.year, t.month, t.day, t.weekday(), t.hour, t.minute, t.second, t.microsecond)

    def set(self, payload: bytes, now_us: int) -> None:
        year, month, day, _weekday, hour, minute, second = struct.unpack("<HBBBBBB", payload)
        self._zero = datetime(year, month, day, hour, minute, second) - timedelta(microseconds=now_us)
