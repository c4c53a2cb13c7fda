"""Frames between the virtual board and the bench; the board's side is boards/virtual/link.py.

From the board: op u8 | length u16 | payload. To the board: length u16 | now u64 (us) | quiet u32 (us) | payload.
Little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum

FOREVER = 0xFFFFFFFF
_HEADER = struct.Struct("<BH")
_REPLY = struct.Struct("<HQI")


class Op(IntEnum):
    WAIT = 0x02
    SLEPT = 0x03
    RESTART = 0x04
    PIN_MODE = 0x10
    PIN_WRITE = 0x11
    PIN_READ = 0x12
    PIN_IRQ = 0x13
    UART_INIT = 0x20
    UART_WRITE = 0x21
    UART_DRAIN = 0x22
    I2C_INIT = 0x30
    I2C_WRITE = 0x31
    I2C_READ = 0x32
    SPI_INIT = 0x38
    SPI_TRANSFER = 0x39
    PWM = 0x40
    ADC_READ = 0x48
    FLASH_PROGRAM = 0x51
    FLASH_ERASE = 0x52
    NVS_GET = 0x58
    NVS_SET = 0x59
    OTA_RUNNING = 0x5A
    OTA_BOOT = 0x5B
    OTA_VALID = 0x5C
    NET_OPEN = 0x60
    NET_SEND = 0x61
    NET_RECEIVE = 0x62
    NET_CLOSE = 0x63
    RANDOM = 0x70
    RTC_GET = 0x71
    RTC_SET = 0x72


class Event(IntEnum):
    UART_DATA = 1
    PIN_EDGE = 2
    NET_EVENT = 3


class FrameReader:
    """Cuts what the socket brings into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def __iter__(self) -> Iterator[tuple[Op, bytes]]:
        """Frames that have arrived whole; stops when only part of one is left."""
        while len(self._buffer) >= _HEADER.size:
            op, size = _HEADER.unpack_from(self._buffer)
            end = _HEADER.size + size
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            yield Op(op), payload


def reply(now_us: int, payload: bytes, quiet_us: int = 0) -> bytes:
    """`quiet_us`: for how long from now the board may let time pass by itself."""
    return _REPLY.pack(len(payload), now_us, min(quiet_us, 0xFFFFFFFF)) + payload


def event(kind: Event, number: int, data: bytes) -> bytes:
    return struct.pack("<BBH", kind, number, len(data)) + data
