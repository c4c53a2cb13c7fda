"""The one wire between the virtual board and the bench: a local socket with small binary frames.

To the bench:   op u8 | length u16 | payload          posted (no reply) or asked (one reply, see `ask`)
From the bench: length u16 | now u64 | payload        length counts the payload; now is the bench's clock in us
All numbers little-endian. Time stands still between two replies: only the bench makes it pass, so the firmware
cannot tell a bench in real time from one in virtual time.

Posted frames are gathered and leave with the next question, in order.
"""

import gc
import os
import struct

import usocket  # the host's real sockets; `socket` is this board's own network
from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Readable = bytes | bytearray | memoryview

PIN_MODE = const(0x10)
PIN_WRITE = const(0x11)
PIN_READ = const(0x12)
PIN_IRQ = const(0x13)
UART_INIT = const(0x20)
UART_WRITE = const(0x21)
UART_DRAIN = const(0x22)
I2C_INIT = const(0x30)
I2C_WRITE = const(0x31)
I2C_READ = const(0x32)
SPI_INIT = const(0x38)
SPI_TRANSFER = const(0x39)
PWM = const(0x40)
ADC_READ = const(0x48)
FLASH_READ = const(0x50)
FLASH_PROGRAM = const(0x51)
FLASH_ERASE = const(0x52)
NVS_GET = const(0x58)
NVS_SET = const(0x59)
NET_OPEN = const(0x60)
NET_SEND = const(0x61)
NET_RECEIVE = const(0x62)
NET_CLOSE = const(0x63)
RANDOM = const(0x70)
RTC_GET = const(0x71)
RTC_SET = const(0x72)
_WAIT = const(0x02)

# Events, which come with the answer to a wait: kind u8 | id u8 | length u16 | data.
UART_DATA = const(1)
PIN_EDGE = const(2)
NET_EVENT = const(3)

_FOREVER = const(0xFFFFFFFF)
_AF_UNIX = const(1)
_OUT_SIZE = const(1536)

now_us = 0  # the bench's clock as of its last reply
changed = 0  # counts every exchange or post: what was read before may no longer hold

_measure_heap = os.getenv("SUANPAN_HEAP")  # tell the bench, at every wait, how many bytes live
_socket: "usocket.socket"
_out = bytearray(_OUT_SIZE)
_used = 0
_head = bytearray(10)
_in = bytearray(256)
_sinks: "dict[int, Callable[[bytes], object]]" = {}


def connect() -> None:
    """Connect to the bench at the UNIX socket named by SUANPAN_BENCH."""
    global _socket
    path = (os.getenv("SUANPAN_BENCH") or "").encode()
    _socket = usocket.socket(_AF_UNIX, usocket.SOCK_STREAM)
    # usocket has no address class for AF_UNIX, but takes the C structure (struct sockaddr_un, Linux layout).
    _socket.connect(struct.pack("<H", _AF_UNIX) + path + b"\0")  # type: ignore[arg-type]
    ask(RTC_GET)  # any answer will do: it brings the bench's time


def listen(kind: int, number: int, sink: "Callable[[bytes], object]") -> None:
    """Have `sink(data)` called for every event of `kind` that comes for pin, UART or socket `number`."""
    _sinks[kind << 8 | number] = sink


def ignore(kind: int, number: int) -> None:
    """End a `listen`; what still comes is dropped."""
    _sinks.pop(kind << 8 | number, None)


def post(op: int, payload: "Readable") -> None:
    """Send a frame that has no reply."""
    global _used, changed
    size = len(payload)
    if _used + 3 + size > _OUT_SIZE:
        flush()
    changed += 1
    if 3 + size > _OUT_SIZE:
        _socket.write(struct.pack("<BH", op, size))
        _socket.write(payload)
        return
    struct.pack_into("<BH", _out, _used, op, size)
    _out[_used + 3 : _used + 3 + size] = payload
    _used += 3 + size


def flush() -> None:
    global _used
    if _used:
        _socket.write(memoryview(_out)[:_used])
        _used = 0


def ask(op: int, payload: "Readable" = b"") -> memoryview:
    """Send a frame and return its reply's payload, which is valid until the next frame."""
    global now_us, _in
    post(op, payload)
    flush()
    _read(_head, 10)
    size, now_us = struct.unpack("<HQ", _head)
    if size > len(_in):
        _in = bytearray(size)
    _read(_in, size)
    return memoryview(_in)[:size]


def wait(ms: int) -> None:
    """Let time pass until something happens, at most `ms` milliseconds (-1: no limit), and deliver what did."""
    if _measure_heap:
        gc.collect()
    heap = gc.mem_alloc() if _measure_heap else 0
    # A copy: what an event sets off may use the link itself.
    events = bytes(ask(_WAIT, struct.pack("<II", _FOREVER if ms < 0 else ms, heap)))
    at = 0
    while at < len(events):
        kind, number, size = struct.unpack_from("<BBH", events, at)
        at += 4
        sink = _sinks.get(kind << 8 | number)
        if sink:
            sink(events[at : at + size])
        at += size


def _read(buffer: bytearray, size: int) -> None:
    view = memoryview(buffer)[:size]
    while size:
        count = _socket.readinto(view, size)  # type: ignore[arg-type]  # any buffer will do
        if not count:
            raise SystemExit  # the bench has gone: for a board that is the power
        view = view[count:]
        size -= count
