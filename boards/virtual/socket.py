"""`socket` of the virtual board: TCP through the bench's network, as asyncio.open_connection uses it.

Received bytes wait on the bench's side, as they wait in lwIP's buffers on an ESP32, outside the Python heap.
"""

import errno
import io

import link
from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    Readable = bytes | bytearray | memoryview

AF_INET = const(2)
SOCK_STREAM = const(1)

_POLL = const(3)
_CLOSE = const(4)
_POLL_READ = const(0x01)
_POLL_WRITE = const(0x04)
_POLL_ERROR = const(0x08)
_POLL_HANG_UP = const(0x10)

_CONNECTED = const(1)
_READABLE = const(2)
_CLOSED = const(3)  # by the peer, after everything it sent was read
_FAILED = const(4)  # followed by errno

_numbers = 0


def getaddrinfo(host: str, port: int, af: int = 0, type: int = 0) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    """Names are looked up by the network at connect, so a host that is not found fails there."""
    return [(AF_INET, SOCK_STREAM, 0, "", (host, port))]


class socket(io.IOBase):
    def __init__(self, af: int = AF_INET, type: int = SOCK_STREAM, proto: int = 0) -> None:
        global _numbers
        self._id = _numbers = (_numbers + 1) & 0xFF
        self._flags = 0
        self._error = errno.ENOTCONN
        link.listen(link.NET_EVENT, self._id, self._event)

    def setblocking(self, flag: bool) -> None:
        if flag:
            raise OSError(errno.EOPNOTSUPP)

    def connect(self, address: tuple[str, int]) -> None:
        host, port = address
        link.post(link.NET_OPEN, bytes((self._id,)) + f"{host}:{port}".encode())
        raise OSError(errno.EINPROGRESS)

    def readinto(self, buffer: bytearray, count: int = -1) -> int | None:
        self._check()
        if not self._flags & _POLL_READ:
            return 0 if self._flags & _POLL_HANG_UP else None
        size = len(buffer) if count < 0 else count
        data = link.ask(link.NET_RECEIVE, bytes((self._id, size & 0xFF, size >> 8)))
        # First byte: whether more is waiting.
        if data[0] == 0:
            self._flags &= ~_POLL_READ
        buffer[: len(data) - 1] = data[1:]
        return len(data) - 1

    def read(self, count: int = 1024) -> bytes | None:
        buffer = bytearray(count)
        size = self.readinto(buffer)
        return None if size is None else bytes(buffer[:size])

    def write(self, data: "Readable") -> int:
        self._check()
        link.post(link.NET_SEND, bytes((self._id,)) + bytes(data))
        return len(data)

    def close(self) -> None:
        link.post(link.NET_CLOSE, bytes((self._id,)))
        link.ignore(link.NET_EVENT, self._id)
        self._error = errno.EBADF

    def ioctl(self, request: int, argument: int) -> int:
        if request == _POLL:
            return self._flags & (argument | _POLL_ERROR | _POLL_HANG_UP)
        if request == _CLOSE:
            self.close()
            return 0
        return -1

    def _check(self) -> None:
        if self._error:
            raise OSError(self._error)

    def _event(self, data: bytes) -> None:
        kind = data[0]
        if kind == _CONNECTED:
            self._error = 0
            self._flags |= _POLL_WRITE
        elif kind == _READABLE:
            self._flags |= _POLL_READ
        elif kind == _CLOSED:
            self._flags |= _POLL_READ | _POLL_HANG_UP
        else:
            self._error = data[1]
            self._flags |= _POLL_ERROR | _POLL_HANG_UP
