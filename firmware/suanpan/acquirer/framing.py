"""How a message travels: two bytes of length, TPDU, header, message."""

import asyncio
import errno

from micropython import const

from suanpan.errors import BadReply, HostUnreachable, NotConnected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

    from suanpan.crypto.octets import Readable

_LENGTH_SIZE = const(2)
_PREFIX_SIZE = const(11)
_LONGEST = const(2048)


class Line:
    """One TCP connection to the host, over which messages go one at a time.

    `prefix` is TPDU (5 bytes) and header (6 bytes), which go in front of every message; those of an answer are not
    looked at beyond their length, as hosts fill them in differently.
    """

    def __init__(self, reader: "StreamReader", writer: "StreamWriter", prefix: bytes) -> None:
        self._reader = reader
        self._writer = writer
        self._prefix = prefix

    async def send(self, message: "Readable") -> None:
        size = len(self._prefix) + len(message)
        self._writer.write(b"".join((size.to_bytes(_LENGTH_SIZE, "big"), self._prefix, message)))
        await self._writer.drain()

    async def receive(self) -> bytes:
        """The next message; BadReply for a frame of an impossible length, EOFError or OSError at the end."""
        size = int.from_bytes(await self._reader.readexactly(_LENGTH_SIZE), "big")
        if not _PREFIX_SIZE < size <= _LONGEST:
            raise BadReply
        frame = await self._reader.readexactly(size)
        return frame[_PREFIX_SIZE:]

    async def close(self) -> None:
        await _close(self._writer)


async def connect(host: str, port: int, prefix: bytes, timeout_s: int) -> Line:
    """A line to the host. NotConnected without a network, HostUnreachable where only the host is out of reach."""
    reader: "StreamReader"
    writer: "StreamWriter | None" = None
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), timeout_s)
        # Whether it was refused shows at the first use: an empty write is one.
        writer.write(b"")
        await writer.drain()
    except asyncio.TimeoutError:
        raise HostUnreachable from None
    except OSError as problem:
        if writer:
            await _close(writer)
        # Below zero are lwIP's: no name is found where there is no network.
        if problem.errno == errno.EHOSTUNREACH or (problem.errno or 0) < 0:
            raise NotConnected from None
        raise HostUnreachable from None
    return Line(reader, writer, prefix)


async def _close(writer: "StreamWriter") -> None:
    writer.close()  # which in MicroPython does nothing yet
    await writer.wait_closed()
