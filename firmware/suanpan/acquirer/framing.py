"""How a message travels: two bytes of length, TPDU, header, message."""

import asyncio

from micropython import const

from suanpan.errors import BadReply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from suanpan.acquirer.kept import Keeper
    from suanpan.crypto.octets import Readable

_LENGTH_SIZE = const(2)
_PREFIX_SIZE = const(11)
_LONGEST = const(2048)
_WISH = const(7)  # in whose low half the header says what the host asks of the terminal


class Line:
    """One connection to the host, over which messages go one at a time.

    `prefix` is TPDU (5 bytes) and header (6 bytes), which go in front of every message; of those of an answer only
    `wish` is looked at, as hosts fill them in differently: what the host asks of the terminal, 0 for nothing. `whole`
    is whether everything that was asked has its answer; then a `keeper`, where there is one, has the line that is
    closed.
    """

    wish = 0
    whole = False
    keeper: "Keeper | None" = None

    def __init__(self, connected: "Any", prefix: bytes) -> None:
        self._stream = asyncio.StreamWriter(connected, {})  # which in MicroPython reads, too
        self._prefix = prefix

    async def send(self, message: "Readable") -> None:
        size = len(self._prefix) + len(message)
        self._stream.write(b"".join((size.to_bytes(_LENGTH_SIZE, "big"), self._prefix, message)))
        await self._stream.drain()

    async def receive(self) -> bytes:
        """The next message; BadReply for a frame of an impossible length, EOFError or OSError at the end."""
        reader: "Any" = self._stream
        size = int.from_bytes(await reader.readexactly(_LENGTH_SIZE), "big")
        if not _PREFIX_SIZE < size <= _LONGEST:
            raise BadReply
        frame: bytes = await reader.readexactly(size)
        self.wish = frame[_WISH] & 15
        return frame[_PREFIX_SIZE:]

    async def close(self) -> None:
        if self.keeper and self.whole:
            self.keeper.keep(self)
        else:
            await self.end()

    async def end(self) -> None:
        self._stream.close()  # which in MicroPython does nothing yet
        await self._stream.wait_closed()
