"""An application fetched from a server: HTTP/1.1, of which no more is understood than a file server needs.

    GET path                    206 Partial Content, or 200 where all of it is asked for
    Range: bytes=from-[to]      any other status: there is nothing for this terminal
    Suanpan: terminal board number cause

The last line tells the server who asks, what runs there, and why an update was last passed over (errors/slots.py, 0 if
none was), so that whoever rolls a version out knows. By https the server shows a certificate of the line's authority,
as the acquirer does (acquirer/tls_line.py).
"""

import asyncio

from micropython import const

from suanpan.acquirer.hosts import dial
from suanpan.errors import AcquirerError, BadReply, HostUnreachable
from suanpan.slots.bundle import SECTOR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from suanpan.service.update import Update
    from suanpan.terminal import Terminal

_TRIES = const(5)  # in a row without a byte
_PAUSE_S = const(10)
_LIMIT_S = const(30)
_LONGEST_HEAD = const(4096)
_PIECE = const(1024)
_PORTS = {"http": 80, "https": 443}


class Source:
    """Where `url` is, for this terminal. Raises BadReply for what is no such URL."""

    def __init__(self, t: "Terminal", url: str, who: str) -> None:
        scheme, _, rest = url.partition("://")
        place, _, path = rest.partition("/")
        self._host, _, port = place.partition(":")
        if scheme not in _PORTS or not self._host or (port and not port.isdigit()):
            raise BadReply
        self._port = int(port or _PORTS[scheme])
        self._secure = scheme == "https"
        self._ask = f"GET /{path} HTTP/1.1\r\nHost: {place}\r\nSuanpan: {who}\r\nConnection: close\r\nRange: bytes="
        self._t = t

    async def fetch(self, update: "Update") -> bool:
        """Until it is pending; False if there is nothing for this terminal. What is there already is not asked for.

        Raises AcquirerError when the line fails too often, BundleError and LogWorn.
        """
        tries = 0
        while not update.done:
            before = update.wanted, update.size
            trouble: "AcquirerError | None" = None
            try:
                if not await self._some(update):
                    return False
            except AcquirerError as problem:
                trouble = problem
            except (OSError, EOFError, ValueError, asyncio.TimeoutError):
                pass
            if (update.wanted, update.size) != before:
                tries = 0
                continue
            tries += 1
            if tries == _TRIES:
                raise trouble or HostUnreachable
            await asyncio.sleep(_PAUSE_S)
        return True

    async def _some(self, update: "Update") -> bool:
        """What one connection brings: the first sector, or all that is wanted behind it."""
        stream = await self._connect()
        try:
            known = update.size > 0
            last = "" if known else str(SECTOR - 1)
            stream.write(f"{self._ask}{update.wanted}-{last}\r\n\r\n".encode())
            await stream.drain()
            head = piece = b""
            while b"\r\n\r\n" not in head:
                head += await self._piece(stream)
                if len(head) > _LONGEST_HEAD:
                    raise BadReply
            head, _, piece = head.partition(b"\r\n\r\n")
            left = _length(head, update.wanted)
            while left > 0 and not update.done and known == (update.size > 0):
                piece = piece or await self._piece(stream)
                left -= len(piece)
                update.feed(piece[: left + len(piece)])
                piece = b""
            return left >= 0
        finally:
            stream.close()
            await stream.wait_closed()

    async def _piece(self, stream: "Any") -> bytes:
        piece: bytes = await asyncio.wait_for(stream.read(_PIECE), _LIMIT_S)
        if not piece:
            raise EOFError
        return piece

    async def _connect(self) -> "Any":
        t = self._t
        limit_s = t.parameters.connect_timeout_s
        connected: "Any"
        if self._secure:
            from suanpan.acquirer.tls_line import Terms, secured

            terms = Terms(t.emv_tables[: t.emv_tables.rindex("/")], t.keys, t.calendar)
            connected = await secured(await dial(self._host, self._port, limit_s), self._host, terms, limit_s)
        else:
            connected = await dial(self._host, self._port, limit_s)
        return asyncio.StreamWriter(connected, {})  # which in MicroPython reads, too


def _length(head: bytes, wanted: int) -> int:
    """How long the content is, which must begin where it was wanted; below zero if there is none for this terminal.

    Raises BadReply, or ValueError for a number that is none.
    """
    lines = head.split(b"\r\n")
    status = lines[0].split(b" ")
    if len(status) < 2 or not status[0].startswith(b"HTTP/1."):
        raise BadReply
    if status[1] != b"206" and (status[1] != b"200" or wanted):
        return -1
    length = 0
    for line in lines[1:]:
        name, _, value = line.lower().partition(b":")
        if name == b"content-length":
            length = int(value)
        elif name == b"content-range" and not value.strip().startswith(f"bytes {wanted}-".encode()):
            raise BadReply
    return length
