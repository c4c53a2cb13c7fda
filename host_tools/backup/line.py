"""Archives over the service line, or over the network: the workshop's side. Frames are those of keys/framing.py.

    workshop                                unit
    10 READ     offset u32              ->
                                        <-  11 DATA     offset u32 | the archive's next bytes, none at its end
    12 WRITE    offset u32 | bytes      ->
                                        <-  13 TAKEN    offset u32, up to where it was taken in | 1 at its end, else 0
                                        <-  1F REFUSED  the error's code, 3 letters
                                        <-  14 HERE     terminal number 8: first of all, where the unit has called

Everything is said here, and said again if no answer comes; what answers another question, such as an answer that came
late, is passed over. Neither side proves who it is: with the backup key alone can an archive be opened, or made.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from host_tools.backup.errors import EndMissing, LineSilent, Malformed, refusal
from host_tools.keys.framing import FrameReader, frame, heard

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from host_tools.keys.injection import Port

    Progress = Callable[[int], None]  # bytes so far

PIECE: Final = 240  # bytes of a WRITE
_OFFSET: Final = 4
_TRIES: Final = 4


class Kind(IntEnum):
    READ = 0x10
    DATA = 0x11
    WRITE = 0x12
    TAKEN = 0x13
    HERE = 0x14
    REFUSED = 0x1F


def save(port: Port, progress: Progress = lambda _: None) -> bytes:
    """The archive that the terminal makes now. Raises BackupError."""
    line, content = _Line(port), bytearray()
    while True:
        piece = line.ask(Kind.READ, _u32(len(content)), Kind.DATA, len(content))
        if not piece:
            return bytes(content)
        content += piece
        progress(len(content))


def restore(port: Port, content: bytes, progress: Progress = lambda _: None) -> None:
    """Have the terminal take in an archive. Raises BackupError."""
    line = _Line(port)
    for at in range(0, len(content), PIECE):
        piece = content[at : at + PIECE]
        done = line.ask(Kind.WRITE, _u32(at) + piece, Kind.TAKEN, at + len(piece))
        progress(at + len(piece))
    if done != b"\1":
        raise EndMissing


class _Line:
    def __init__(self, port: Port) -> None:
        self._port = port
        self._reader = FrameReader()

    def ask(self, kind: Kind, body: bytes, answer: Kind, offset: int) -> bytes:
        """What the answer of that kind has behind that offset. Raises LineSilent, Malformed, and what is refused."""
        for _ in range(_TRIES):
            self._port.write(frame(kind, body))
            for said, content in heard(self._port, self._reader):
                if said == Kind.HERE:
                    continue
                if said == Kind.REFUSED:
                    raise refusal(content)
                if said != answer or len(content) < _OFFSET:
                    raise Malformed
                if content[:_OFFSET] == _u32(offset):
                    return content[_OFFSET:]
        raise LineSilent


class Connection:
    """A TCP connection as a port."""

    def __init__(self, connected: socket, timeout: float) -> None:
        connected.settimeout(timeout)
        self._socket = connected

    def read(self, size: int = 1, /) -> bytes:
        try:
            return self._socket.recv(size)
        except TimeoutError:
            return b""

    def write(self, data: bytes, /) -> object:
        self._socket.sendall(data)
        return len(data)


def _u32(number: int) -> bytes:
    return number.to_bytes(_OFFSET, "big")
