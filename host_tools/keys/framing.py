"""Frames of the injection line.

    mark A5 | kind u8 | length u16 | body | CRC-32 u32

Numbers are big-endian; the CRC (the one of zlib) is over kind, length and body. What lies between frames, such as the
messages of a boot, is passed over; so is a frame that came broken, which is as good as lost: who waits for it asks
anew. The CRC finds accidents. What somebody did on purpose is found by the proofs inside (injection.py).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host_tools.keys.injection import Port

MAX_BODY: Final = 512  # bytes; the longest, a LOAD of two keys, has less

_PATIENCE: Final = 1 << 16  # bytes of a line that talks, but not to us
_MARK: Final = b"\xa5"
_HEAD: Final = struct.Struct(">BH")
_CRC: Final = struct.Struct(">I")


def frame(kind: int, body: bytes) -> bytes:
    if len(body) > MAX_BODY:
        raise ValueError(f"a body of at most {MAX_BODY} bytes")
    content = _HEAD.pack(kind, len(body)) + body
    return _MARK + content + _CRC.pack(zlib.crc32(content))


class FrameReader:
    """Bytes in whatever pieces they come, frames out."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Each whole frame, as its kind and body."""
        received = self._received
        received += data
        while True:
            start = received.find(_MARK)
            del received[: start if start >= 0 else len(received)]
            if len(received) < 1 + _HEAD.size:
                return
            kind, length = _HEAD.unpack_from(received, 1)
            end = 1 + _HEAD.size + length
            if length <= MAX_BODY:
                if len(received) < end + _CRC.size:
                    return
                if _CRC.unpack_from(received, end)[0] == zlib.crc32(received[1:end]):
                    body = bytes(received[1 + _HEAD.size : end])
                    del received[: end + _CRC.size]
                    yield kind, body
                    continue
            del received[:1]  # no frame starts at this mark


def heard(port: Port, reader: FrameReader) -> Iterator[tuple[int, bytes]]:
    """Frames as they come in, until the line has nothing to say, or has said too much that was no answer."""
    for _ in range(_PATIENCE):
        data = port.read(1)
        if not data:
            return
        yield from reader.feed(data)
