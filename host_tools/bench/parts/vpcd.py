"""A card in the bench's slot, offered to PC/SC: the card's end of vpcd (frankmorgner/vsmartcard).

vpcd is a reader driver for pcscd whose card is at the other end of a TCP connection. Messages both ways: length u16,
big-endian, then the bytes. One byte is a command: 0 power off, 1 power on, 2 reset, 4 asks for the ATR, which alone is
answered; anything longer is a command APDU, answered with data and status word. All of it goes through the reader's
contacts, character by character.
"""

from __future__ import annotations

import socket

from host_tools.bench.parts.chip_slot_reader import Reader, ReaderFault

_OFF, _ON, _RESET, _ATR = b"\x00", b"\x01", b"\x02", b"\x04"


def serve(reader: Reader, connection: socket.socket) -> None:
    """Until vpcd hangs up, or the card fails: vpcd would wait for ever for its answer, so we hang up, as if pulled."""
    atr = b""
    try:
        while (message := _receive(connection)) is not None:
            if message == _OFF:
                reader.power_off()
                atr = b""
            elif message == _ATR:
                atr = atr or reader.power_on()
                _send(connection, atr)
            elif message in (_ON, _RESET):
                atr = reader.reset() if atr and message == _RESET else reader.power_on()
            else:
                _send(connection, reader.transmit(message))
    except ReaderFault:
        reader.power_off()


def _receive(connection: socket.socket) -> bytes | None:
    size = _exactly(connection, 2)
    return None if size is None else _exactly(connection, int.from_bytes(size, "big"))


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    data = b""
    while len(data) < count:
        if hasattr(socket, "TCP_QUICKACK"):  # vpcd sends length and bytes apart, and the kernel waits for our word
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        more = connection.recv(count - len(data))
        if not more:
            return None
        data += more
    return data


def _send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(len(message).to_bytes(2, "big") + message)
