"""The service line, which the workshop injects keys and moves archives over, as frames.

    mark A5 | kind u8 | length u16 | body | CRC-32 u32

Numbers are big-endian; the CRC is over kind, length and body. What is no frame, or came broken, is passed over:
who waits for an answer asks anew.
"""

import asyncio
from binascii import crc32

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import StreamReader
    from typing import Protocol

    from machine import UART

    from suanpan.crypto.octets import Readable

    class Desk(Protocol):
        """Who answers what the workshop says: Injection, or Saving or Loading of backup.py."""

        def answer(self, kind: int, body: "Readable") -> "tuple[int, bytes]": ...


_MARK = const(0xA5)
_HEAD = const(4)  # mark, kind, length
_CRC = const(4)
_LONGEST = const(512)  # bytes of a body; the longest, a LOAD of two keys, has less
_QUIET_MS = const(200)  # so long within a frame, and the rest of it will not come
_ARCHIVES = const(0x10)  # the kinds from here on are those of backup.py


class Frames:
    """Bytes in whatever pieces they come, frames out, from one buffer made once."""

    def __init__(self) -> None:
        self._buffer = bytearray(_HEAD + _LONGEST + _CRC)
        self.view = memoryview(self._buffer)
        self._used = 0

    @property
    def pending(self) -> bool:
        """Whether there is the beginning of a frame."""
        return self._used > 0

    def clear(self) -> None:
        self._used = 0

    @property
    def room(self) -> memoryview:
        """Where the next bytes go; say how many they were with `take`."""
        return self.view[self._used :]

    def take(self, count: int) -> "tuple[int, bytes] | None":
        """Count in what was put into `room`; the first whole frame, kind and body, if there is one now.

        At most one: the protocol has nobody speak twice. What is behind a frame is dropped with it.
        """
        self._used += count
        while self._used:
            if self._buffer[0] == _MARK:
                if self._used < _HEAD:
                    return None
                size = self._buffer[2] << 8 | self._buffer[3]
                if size <= _LONGEST:
                    end = _HEAD + size
                    if self._used < end + _CRC:
                        return None
                    if crc32(self.view[1:end]) == int.from_bytes(self.view[end : end + _CRC], "big"):
                        self._used = 0
                        return self._buffer[1], bytes(self.view[_HEAD:end])
            self._drop()
        return None

    def _drop(self) -> None:
        """Go on at the next mark: no frame starts at the first byte."""
        start = self._buffer.find(b"\xa5", 1, self._used)
        if start < 0:
            start = self._used
        self._used -= start
        self.view[: self._used] = self.view[start : start + self._used]


def frame(kind: int, body: "Readable") -> bytearray:
    content = bytearray(_HEAD)
    content[0] = _MARK
    content[1] = kind
    content[2:] = len(body).to_bytes(2, "big")
    content += body
    content += crc32(memoryview(content)[1:]).to_bytes(4, "big")
    return content


async def serve(uart: "UART", desk: "Desk", archives: "Desk | None" = None) -> None:
    """Answer the workshop for ever; `archives` has its own questions, where there is one. The UART must not block
    (timeout 0)."""
    stream = asyncio.StreamReader(uart)
    frames = Frames()
    while True:
        said = await next_frame(stream, frames)
        if said:
            asked = archives if archives and said[0] >= _ARCHIVES else desk
            uart.write(frame(*asked.answer(*said)))


async def next_frame(stream: "StreamReader", frames: Frames) -> "tuple[int, bytes] | None":
    """The next frame, None if what came is none, or not yet. Raises EOFError where there comes nothing any more."""
    reading = stream.readinto(frames.room)
    try:
        count = await (asyncio.wait_for_ms(reading, _QUIET_MS) if frames.pending else reading)
    except asyncio.TimeoutError:
        frames.clear()  # or it would swallow the next one
        return None
    if count == 0:
        raise EOFError
    return frames.take(count or 0)
