"""The PN532's frames (NXP UM0701-02, 6.2.1), built and taken apart as the chip does."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias

ACK = bytes.fromhex("0000ff00ff00")
NACK = bytes.fromhex("0000ffff0000")
ERROR = bytes.fromhex("0000ff01ff7f8100")
LONGEST = 265  # TFI and data

_START = b"\x00\xff"

# A command's work: yields the microseconds that it takes, and returns what follows the answer's code; None: no answer.
Work: TypeAlias = Generator[int, None, bytes | None]


class BadSyntax(Exception):
    """A command that the chip answers with its error frame."""


def information(data: bytes) -> bytes:
    """A frame around TFI and data, extended if it must be."""
    size = len(data)
    head = bytes([size, -size & 0xFF]) if size <= 255 else b"\xff\xff" + _checked(size.to_bytes(2, "big"))
    return b"\x00" + _START + head + _checked(data) + b"\x00"


def _checked(data: bytes) -> bytes:
    return data + bytes([-sum(data) & 0xFF])


class FrameParser:
    """Takes what comes from the host apart: ACK, NACK, or TFI and data; what is damaged it skips."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def drop(self) -> None:
        self._buffer.clear()

    def __iter__(self) -> Generator[bytes, None, None]:
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> bytes | None:
        buffer = self._buffer
        while True:
            start = buffer.find(_START)
            if start < 0:
                del buffer[:-1]
                return None
            del buffer[:start]
            if len(buffer) < 4:
                return None
            head = 4
            size = buffer[2]
            kind = bytes(buffer[2:4])
            if kind in (b"\x00\xff", b"\xff\x00"):
                del buffer[:4]
                return ACK if size == 0 else NACK
            good = sum(kind) & 0xFF == 0
            if kind == b"\xff\xff":
                head = 7
                if len(buffer) < head:
                    return None
                size = int.from_bytes(buffer[4:6], "big")
                good = sum(buffer[4:7]) & 0xFF == 0
            if not good or not 0 < size <= LONGEST:
                del buffer[:2]
                continue
            if len(buffer) < head + size + 1:
                return None
            body = bytes(buffer[head : head + size + 1])
            del buffer[: head + size + 1]
            if sum(body) & 0xFF == 0:
                return body[:-1]
