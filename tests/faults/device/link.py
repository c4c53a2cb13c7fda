# mypy: ignore-errors
"""The virtual board's wire, as its `timing` and `socket` use it, with time and the near half of the network in here.

Waiting takes no time: the clock jumps to what happens next. Only what goes to the host leaves this process:

    to the explorer    op 1 | length u32 | payload     and every one is answered:
    to the device      length u32 | payload            for the network: events, each
                       after u32 (us) | kind u8 | length u16 | data

All numbers little-endian.
"""

import struct

from chip import PowerCut
from micropython import const

NET_OPEN = const(0x60)
NET_SEND = const(0x61)
NET_RECEIVE = const(0x62)
NET_CLOSE = const(0x63)
NET_EVENT = const(3)

# Kinds of events: those of boards/virtual/socket.py, and the end of the power.
_READABLE = const(2)
_POWER = const(9)

_START_US = const(1_000_000)
_LONGEST_DAY_US = const(7_200_000_000)

now_us = _START_US
power = True
_to = _from = None
_events = []  # [when, order, socket, event]
_order = 0
_sinks = {}
_buffers = {}  # socket: what has arrived and is not read


class Stuck(BaseException):
    """Nothing will ever happen again, or not for hours."""


def connect(to, back):
    """`to` and `back` are the file descriptors of the explorer's pipes."""
    global _to, _from
    _to, _from = open(to, "wb"), open(back, "rb")  # noqa: PTH123, SIM115 - MicroPython has no pathlib


def explorer(op, payload=b""):
    """Tell the explorer something, and return its answer."""
    _to.write(struct.pack("<BI", op[0], len(payload)) + payload)
    head = _from.read(4)
    if len(head) < 4:
        raise SystemExit  # it has gone
    return _from.read(struct.unpack("<I", head)[0])


def power_on():
    """As after a power cut: nothing is under way. The clock goes on, as the world's does."""
    global power, now_us, _events
    power = True
    now_us = _START_US
    _events = []
    _sinks.clear()
    _buffers.clear()


def power_off():
    global power
    power = False


def listen(kind, number, sink):
    _sinks[number] = sink
    _buffers[number] = bytearray()


def ignore(kind, number):
    _sinks.pop(number, None)
    _buffers.pop(number, None)


def post(op, payload):
    if power:
        name = b"O" if op == NET_OPEN else b"S" if op == NET_SEND else b"C"
        _happen(explorer(name, struct.pack("<Q", now_us) + bytes(payload)))


def ask(op, payload):
    """NET_RECEIVE: whether more is waiting, and up to so many bytes."""
    number, size = payload[0], payload[1] | payload[2] << 8
    buffer = _buffers[number]
    data = bytes(buffer[:size])
    _buffers[number] = buffer[size:]
    return bytes((len(buffer) > size,)) + data


def _happen(events):
    """Enter what the explorer says is going to happen; the first byte of each event's data is its socket."""
    global _order
    at = 0
    while at < len(events):
        after, kind, size = struct.unpack_from("<IBH", events, at)
        at += 7
        _order += 1
        _events.append((now_us + after, _order, kind, events[at : at + size]))
        at += size
    _events.sort()


def cut():
    """The power goes as soon as everybody waits."""
    _happen(struct.pack("<IBHB", 0, _POWER, 1, 0))


def wait(ms):
    global now_us
    limit = _LONGEST_DAY_US if ms < 0 else now_us + ms * 1000
    if _events and _events[0][0] <= limit:
        at, _, kind, data = _events.pop(0)
        now_us = max(now_us, at)
        if kind == _POWER:
            power_off()
            raise PowerCut
        number = data[0]
        sink = _sinks.get(number)
        if sink:
            if kind == _READABLE:
                _buffers[number] += data[1:]
            sink(bytes((kind,)) + data[1:])
    else:
        now_us = limit
    if now_us >= _LONGEST_DAY_US:
        raise Stuck
