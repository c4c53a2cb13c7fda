"""The one wire between the virtual board and the bench: a local socket with small binary frames.

To the bench:   op u8 | length u16 | payload          posted (no reply) or asked (one reply, see `ask`)
From the bench: length u16 | now u64 | quiet u32 | payload
                length counts the payload; now is the bench's clock in us, quiet is below
All numbers little-endian. Time stands still between two replies: only the bench makes it pass, so the firmware
cannot tell a bench in real time from one in virtual time.

Posted frames are gathered and leave with the next question, in order. For `quiet` us after it has answered a wait the
bench knows of nothing that could happen: waits that end earlier, with nothing said in between, pass here, and the
bench is told how much has when there is something to say (SLEPT).
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
RESTART = const(0x04)
_WAIT = const(0x02)
_SLEPT = const(0x03)

# Events, which come with the answer to a wait: kind u8 | id u8 | length u16 | data.
UART_DATA = const(1)
PIN_EDGE = const(2)
NET_EVENT = const(3)

_FOREVER = const(0xFFFFFFFF)
_AF_UNIX = const(1)
_OUT_SIZE = const(1536)

now_us = 0  # the bench's clock as of its last reply, and what has passed here since
changed = 0  # counts every exchange, post or wait: what was read before may no longer hold

_measure_heap = os.getenv("SUANPAN_HEAP")  # tell the bench, at every wait, how many bytes live
_socket: "usocket.socket"
_out = bytearray(_OUT_SIZE)
_used = 0
_told_us = 0  # the time that the bench knows of
_quiet_us = 0  # the time up to which nothing happens
_head = bytearray(14)
_in = memoryview(bytearray(256))
_waiting = bytearray(8)
_sinks: "dict[int, Callable[[bytes], object]]" = {}


def connect() -> None:
    """Connect to the bench at the UNIX socket named by SUANPAN_BENCH, if the chip's own start has not yet."""
    global _socket
    if changed:
        return
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
    global _used, _quiet_us, _told_us, changed
    if _told_us != now_us:
        slept = now_us - _told_us
        _told_us = now_us
        post(_SLEPT, slept.to_bytes(4, "little"))
    size = len(payload)
    if _used + 3 + size > _OUT_SIZE:
        flush()
    changed += 1
    _quiet_us = 0
    if 3 + size > _OUT_SIZE:
        _socket.write(struct.pack("<BH", op, size))
        _socket.write(payload)
        return
    _out[_used] = op
    _out[_used + 1] = size & 0xFF
    _out[_used + 2] = size >> 8
    _out[_used + 3 : _used + 3 + size] = payload
    _used += 3 + size


def flush() -> None:
    global _used
    if _used:
        _socket.write(_out, _used)  # type: ignore[call-arg]  # how much of it: MicroPython's, unknown to the stubs
        _used = 0


def ask(op: int, payload: "Readable" = b"") -> memoryview:
    """Send a frame and return its reply's payload, which is valid until the next frame."""
    global now_us, _in, _quiet_us, _told_us
    post(op, payload)
    flush()
    _read(_head, 14)
    size, now_us, quiet = struct.unpack("<HQI", _head)
    _told_us = now_us
    _quiet_us = now_us + quiet
    if size > len(_in):
        _in = memoryview(bytearray(size))
    if size:
        _read(_in, size)
    return _in[:size]


def wait(ms: int) -> None:
    """Let time pass until something happens, at most `ms` milliseconds (-1: no limit), and deliver what did."""
    global now_us, changed
    if ms >= 0 and now_us + ms * 1000 < _quiet_us and not _measure_heap:
        now_us += ms * 1000
        changed += 1
        return
    heap = 0
    if _measure_heap:
        gc.collect()
        heap = gc.mem_alloc()
    struct.pack_into("<II", _waiting, 0, _FOREVER if ms < 0 else ms, heap)
    said = ask(_WAIT, _waiting)
    if said:
        _deliver(bytes(said))  # a copy: what an event sets off may use the link itself


def _deliver(events: bytes) -> None:
    at = 0
    while at < len(events):
        kind, number, size = struct.unpack_from("<BBH", events, at)
        at += 4
        sink = _sinks.get(kind << 8 | number)
        if sink:
            sink(events[at : at + size])
        at += size


def _read(buffer: "bytearray | memoryview", size: int) -> None:
    if _socket.readinto(buffer, size) != size:  # type: ignore[arg-type]  # any buffer will do
        raise SystemExit  # the bench has gone: for a board that is the power
