"""SLIP (RFC 1055) as the ESP32's loader frames it: an END before and after every packet."""

from __future__ import annotations

from collections.abc import Iterator

_END, _ESCAPE, _ESCAPED_END, _ESCAPED_ESCAPE = 0xC0, 0xDB, 0xDC, 0xDD
_LONGEST = 0x4000 + 24  # a stub's block, with its headers


def frame(packet: bytes) -> bytes:
    escaped = packet.replace(bytes([_ESCAPE]), bytes([_ESCAPE, _ESCAPED_ESCAPE]))
    return b"\xc0" + escaped.replace(bytes([_END]), bytes([_ESCAPE, _ESCAPED_END])) + b"\xc0"


class SlipReader:
    """Packets out of a stream of bytes. Noise between packets, and a packet that is none, are passed over."""

    def __init__(self) -> None:
        self._packet: bytearray | None = None
        self._escaped = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        for byte in data:
            if byte == _END:
                packet, self._packet = self._packet, None
                self._escaped = False
                if packet:
                    yield bytes(packet)
                else:
                    self._packet = bytearray()
            elif self._packet is not None:
                self._take(self._packet, byte)

    def _take(self, packet: bytearray, byte: int) -> None:
        if self._escaped:
            self._escaped = False
            if byte not in (_ESCAPED_END, _ESCAPED_ESCAPE):
                self._packet = None
                return
            byte = _END if byte == _ESCAPED_END else _ESCAPE
        elif byte == _ESCAPE:
            self._escaped = True
            return
        packet.append(byte)
        if len(packet) > _LONGEST:
            self._packet = None
