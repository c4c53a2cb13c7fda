"""`machine` of the virtual board: the classes of MicroPython's own (ESP32 port), over the wire to the bench.

Method names, defaults and errors are those of docs.micropython.org/en/latest/library/machine.html. A number that
names a pin, UART or bus here is the number that the bench's wiring gives to a part.
"""

import errno
import io
import struct

import link
from micropython import RingIO, const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Readable = bytes | bytearray | memoryview
    Writable = bytearray | memoryview

_POLL = const(3)  # MP_STREAM_POLL
_POLL_READ = const(1)
_POLL_WRITE = const(4)

_OK = const(0)


def reset() -> None:
    """The chip starts anew; the parts around it notice nothing."""
    link.ask(link.RESTART)


class Pin:
    IN = const(1)
    OUT = const(3)
    OPEN_DRAIN = const(7)
    PULL_DOWN = const(1)
    PULL_UP = const(2)
    IRQ_RISING = const(1)
    IRQ_FALLING = const(2)

    _levels = bytearray(8)  # of all pins, a bit each, as read at `_read_at`
    _read_at = -1
    _setting = bytearray(2)

    def __init__(self, id: int, mode: int = -1, pull: int = -1, *, value: int | None = None) -> None:
        self._id = id
        if mode != -1:
            self.init(mode, pull, value=value)

    def init(self, mode: int, pull: int = -1, *, value: int | None = None) -> None:
        link.post(link.PIN_MODE, bytes((self._id, mode, 0 if pull == -1 else pull)))
        if value is not None:
            self.value(value)

    def value(self, level: int | None = None) -> int | None:
        if level is not None:
            setting = Pin._setting
            setting[0] = self._id
            setting[1] = 1 if level else 0
            link.post(link.PIN_WRITE, setting)
            return None
        # No time passes between two exchanges, so one answer serves every pin until the next.
        if Pin._read_at != link.changed:
            Pin._levels[:] = link.ask(link.PIN_READ)
            Pin._read_at = link.changed
        return Pin._levels[self._id >> 3] >> (self._id & 7) & 1

    __call__ = value

    def on(self) -> None:
        self.value(1)

    def off(self) -> None:
        self.value(0)

    def irq(self, handler: "Callable[[Pin], object]", trigger: int = 3) -> None:
        link.listen(link.PIN_EDGE, self._id, lambda _: handler(self))
        link.post(link.PIN_IRQ, bytes((self._id, trigger)))


class UART(io.IOBase):
    def __init__(self, id: int, baudrate: int = 115200, **settings: "Any") -> None:
        self._id = id
        self.init(baudrate, **settings)

    def init(
        self,
        baudrate: int = 115200,
        bits: int = 8,
        parity: int | None = None,
        stop: int = 1,
        *,
        tx: "Pin | int" = -1,
        rx: "Pin | int" = -1,
        rxbuf: int = 256,
    ) -> None:
        """`parity` None, 0 (even) or 1 (odd). A full receive buffer drops what comes, as the part does."""
        self._received = RingIO(rxbuf)
        link.listen(link.UART_DATA, self._id, self._received.write)
        code = 0 if parity is None else 2 + parity
        link.post(link.UART_INIT, struct.pack("<BIBBB", self._id, baudrate, bits, code, stop))

    def any(self) -> int:
        return self._received.any()

    def read(self, count: int = -1) -> bytes | None:
        return self._received.read(count) or None

    def readinto(self, buffer: "Writable", count: int = -1) -> int | None:
        return self._received.readinto(buffer, len(buffer) if count < 0 else count) or None

    def readline(self) -> bytes | None:
        return self._received.readline() or None

    def write(self, data: "Readable") -> int:
        link.post(link.UART_WRITE, bytes((self._id,)) + bytes(data))
        return len(data)

    def flush(self) -> None:
        link.ask(link.UART_DRAIN, bytes((self._id, 1)))

    def txdone(self) -> bool:
        return link.ask(link.UART_DRAIN, bytes((self._id, 0)))[0] == 1

    def ioctl(self, request: int, argument: int) -> int:
        if request != _POLL:
            return -1
        return argument & (_POLL_WRITE | (_POLL_READ if self._received.any() else 0))


class I2C:
    def __init__(self, id: int, *, scl: "Pin | None" = None, sda: "Pin | None" = None, freq: int = 400_000) -> None:
        self._id = id
        link.post(link.I2C_INIT, struct.pack("<BI", id, freq))

    def scan(self) -> list[int]:
        return [address for address in range(0x08, 0x78) if self._write(address, b"") is not None]

    def writeto(self, address: int, data: "Readable", stop: bool = True) -> int:
        acknowledged = self._write(address, data)
        if acknowledged is None:
            raise OSError(errno.ENODEV)
        return acknowledged

    def writevto(self, address: int, vector: "list[Readable]", stop: bool = True) -> int:
        return self.writeto(address, b"".join([bytes(piece) for piece in vector]), stop)

    def readfrom_into(self, address: int, buffer: "Writable", stop: bool = True) -> None:
        reply = link.ask(link.I2C_READ, struct.pack("<BBH", self._id, address, len(buffer)))
        if reply[0] != _OK:
            raise OSError(errno.ENODEV)
        buffer[:] = reply[1:]

    def readfrom(self, address: int, count: int, stop: bool = True) -> bytes:
        buffer = bytearray(count)
        self.readfrom_into(address, buffer, stop)
        return bytes(buffer)

    def readfrom_mem_into(self, address: int, register: int, buffer: "Writable", *, addrsize: int = 8) -> None:
        self.writeto(address, register.to_bytes(addrsize // 8, "big"), False)
        self.readfrom_into(address, buffer)

    def readfrom_mem(self, address: int, register: int, count: int, *, addrsize: int = 8) -> bytes:
        self.writeto(address, register.to_bytes(addrsize // 8, "big"), False)
        return self.readfrom(address, count)

    def writeto_mem(self, address: int, register: int, data: "Readable", *, addrsize: int = 8) -> None:
        self.writeto(address, register.to_bytes(addrsize // 8, "big") + bytes(data))

    def _write(self, address: int, data: "Readable") -> int | None:
        reply = link.ask(link.I2C_WRITE, bytes((self._id, address)) + bytes(data))
        return None if reply[0] != _OK else reply[1] | reply[2] << 8


class SPI:
    MSB = const(0)

    def __init__(
        self,
        id: int,
        baudrate: int = 1_000_000,
        *,
        polarity: int = 0,
        phase: int = 0,
        sck: "Pin | None" = None,
        mosi: "Pin | None" = None,
        miso: "Pin | None" = None,
    ) -> None:
        self._id = id
        link.post(link.SPI_INIT, struct.pack("<BIBB", id, baudrate, polarity, phase))

    def write(self, data: "Readable") -> None:
        self._transfer(data)

    def readinto(self, buffer: "Writable", write: int = 0) -> None:
        buffer[:] = self._transfer(bytes((write,)) * len(buffer))

    def read(self, count: int, write: int = 0) -> bytes:
        return bytes(self._transfer(bytes((write,)) * count))

    def write_readinto(self, data: "Readable", buffer: "Writable") -> None:
        buffer[:] = self._transfer(data)

    def _transfer(self, data: "Readable") -> memoryview:
        return link.ask(link.SPI_TRANSFER, bytes((self._id,)) + bytes(data))


class PWM:
    def __init__(self, pin: Pin, freq: int = 0, duty_u16: int = 0) -> None:
        self._pin = pin._id
        self._frequency = freq
        self._duty = duty_u16
        self._send()

    def freq(self, frequency: int) -> None:
        self._frequency = frequency
        self._send()

    def duty_u16(self, duty: int) -> None:
        self._duty = duty
        self._send()

    def deinit(self) -> None:
        self._duty = 0
        self._send()

    def _send(self) -> None:
        link.post(link.PWM, struct.pack("<BIH", self._pin, self._frequency, self._duty))


class ADC:
    def __init__(self, pin: Pin) -> None:
        self._pin = pin._id

    def read_uv(self) -> int:
        return int.from_bytes(link.ask(link.ADC_READ, bytes((self._pin,))), "little")

    def read_u16(self) -> int:
        return min(65535, self.read_uv() * 65535 // 3_300_000)


class RTC:
    """Battery-backed clock; holds the time through a power cut."""

    def datetime(self, value: "tuple[int, ...] | None" = None) -> "tuple[int, ...]":
        """(year, month, day, weekday, hours, minutes, seconds, subseconds); weekday 0 is Monday."""
        if value is not None:
            link.post(link.RTC_SET, struct.pack("<HBBBBBB", *value[:7]))
        return struct.unpack("<HBBBBBBI", link.ask(link.RTC_GET))
