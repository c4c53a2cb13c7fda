"""A GemPC Twin, a card reader on a serial line, as libccid's driver for it knows it, around the bench's slot.

Frames are 03, 06, a CCID message (type, length u32, slot, sequence, three bytes, data; USB CCID 1.10, chapter 6) and
the exclusive-or of all that; the reader echoes each. It exchanges TPDUs: of T=1 it knows blocks and no more, so the
protocol that speaks to the card is libccid's own.
"""

from __future__ import annotations

import os
import tty
from collections.abc import Callable

from host_tools.bench.parts.chip_slot_reader import Reader, ReaderFault
from host_tools.bench.parts.chip_slot_t1 import lrc

_HEAD = b"\x03\x06"
_PRESENT_ACTIVE, _PRESENT_INACTIVE, _FAILED = 0x00, 0x01, 0x40
_MUTE = 0xFE
_F = (372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0)
_D = (0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0)


class GemPcTwin:
    """`blocks` is what went over the card's line, in order: True for the reader's."""

    def __init__(self, reader: Reader) -> None:
        self.blocks: list[tuple[bool, bytes]] = []
        self._reader = reader
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.device = os.ttyname(self._slave)
        self._buffer = b""
        self._commands: dict[int, Callable[[bytes, bytes], tuple[int, bytes]]] = {
            0x61: self._set_parameters,
            0x62: lambda _, __: (0x80, self._reader.power_on()),
            0x63: self._power_off,
            0x65: lambda _, __: (0x81, b""),
            0x6B: lambda _, data: (0x83, b"GemTwin-V2.00-GF03" if data == b"\x02" else b"\0"),
            0x6F: lambda _, data: (0x80, self._exchange(data)),
        }

    def hang_up(self) -> None:
        os.close(self._slave)

    def serve(self) -> None:
        """Until `hang_up`."""
        try:
            while True:
                self._take()
        except OSError:
            os.close(self._master)

    def _take(self) -> None:
        frame = self._exactly(12)
        frame += self._exactly(int.from_bytes(frame[3:7], "little") + 1)
        assert frame[:2] == _HEAD, frame.hex()
        assert lrc(frame) == b"\0", frame.hex()
        os.write(self._master, frame)
        message, data = frame[2:12], frame[12:-1]
        status = error = 0
        try:
            kind, answer = self._commands[message[0]](message, data)
        except ReaderFault:
            kind, answer, status, error = 0x80, b"", _FAILED, _MUTE
        if kind == 0x81:
            status = _PRESENT_INACTIVE if message[0] == 0x63 else _PRESENT_ACTIVE
        protocol = message[7] if kind == 0x82 else 0
        reply = bytes([kind]) + len(answer).to_bytes(4, "little") + bytes([0, message[6], status, error, protocol])
        reply = _HEAD + reply + answer
        os.write(self._master, reply + lrc(reply))

    def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._buffer += os.read(self._master, 4096)
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def _power_off(self, _message: bytes, _data: bytes) -> tuple[int, bytes]:
        self._reader.power_off()
        return 0x81, b""

    def _set_parameters(self, _message: bytes, data: bytes) -> tuple[int, bytes]:
        self._reader.rate(_F[data[0] >> 4], _D[data[0] & 15])
        return 0x82, data

    def _exchange(self, data: bytes) -> bytes:
        self.blocks.append((True, data))
        if data[0] == 0xFF:
            self._reader.send(data)
            answer = self._reader.receive(len(data))
        elif self._reader.protocol == 1:
            answer = self._reader.block(data)
        else:
            answer = self._reader.tpdu(data)
        self.blocks.append((False, answer))
        return answer
