"""The board's way out: its sockets, a network with a switch, and the two kinds of world behind it.

In a scripted run the hosts are objects stepped on the bench's clock; in an interactive run they are reached over
real TCP. The board's side is boards/virtual/socket.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import Callable, Sequence
from typing import Protocol

from host_tools.bench.bus import Clock

_CONNECTED = b"\x01"
_READABLE = b"\x02"
_CLOSED = b"\x03"
_FAILED = 4

ROUND_TRIP_US = 40_000
_UNREACHABLE_US = 3_000_000


class Peer(Protocol):
    """The far end of one connection."""

    def send(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class Line(Protocol):
    """What a far end may do to the board's socket."""

    def connected(self) -> None: ...

    def arrived(self, data: bytes) -> None: ...

    def closed(self) -> None: ...

    def failed(self, code: int) -> None: ...


class World(Protocol):
    def connect(self, host: str, port: int, line: Line) -> Peer: ...


class _Socket:
    def __init__(self, notify: Callable[[bytes], None], record: Callable[[str, bytes], None]) -> None:
        self._notify = notify
        self.record = record
        self.buffer = bytearray()
        self.peer: Peer | None = None

    def connected(self) -> None:
        self._notify(_CONNECTED)

    def arrived(self, data: bytes) -> None:
        self.record("in", data)
        self.buffer += data
        self._notify(_READABLE)

    def closed(self) -> None:
        self._notify(_CLOSED)

    def failed(self, code: int) -> None:
        self._notify(bytes((_FAILED, code if 0 < code < 256 else errno.EHOSTUNREACH)))


class Network:
    def __init__(
        self,
        world: World,
        clock: Clock,
        event: Callable[[int, bytes], None],
        record: Callable[[str, str, bytes], None],
    ) -> None:
        self.up = True
        self._world = world
        self._clock = clock
        self._event = event
        self._record = record
        self._sockets: dict[int, _Socket] = {}

    def open(self, number: int, address: str) -> None:
        host, _, port = address.rpartition(":")
        socket = _Socket(
            lambda data: self._notify(number, socket, data),
            lambda direction, data: self._record(f"tcp {address}", direction, data),
        )
        self._sockets[number] = socket
        if self.up:
            socket.peer = self._world.connect(host, int(port), socket)
        else:
            self._clock.call_later(_UNREACHABLE_US, lambda: socket.failed(errno.EHOSTUNREACH))

    def send(self, number: int, data: bytes) -> None:
        socket = self._sockets[number]
        socket.record("out", data)
        if self.up and socket.peer:
            socket.peer.send(data)

    def receive(self, number: int, size: int) -> bytes:
        """Up to `size` bytes, after one byte that says whether more is waiting."""
        buffer = self._sockets[number].buffer
        data = bytes(buffer[:size])
        del buffer[:size]
        return bytes([bool(buffer)]) + data

    def close(self, number: int) -> None:
        socket = self._sockets.pop(number, None)
        if socket and socket.peer:
            socket.peer.close()

    def power_off(self) -> None:
        for number in list(self._sockets):
            self.close(number)

    def _notify(self, number: int, socket: _Socket, data: bytes) -> None:
        # What was on its way to a socket that is closed, or through a cable that is out, is lost.
        if (self.up and self._sockets.get(number) is socket) or data[0] == _FAILED:
            self._event(number, data)


Answer = bytes | Callable[[], bytes] | None


class Exchange(Protocol):
    """A host's side of one connection, without I/O: bytes in, (delay, bytes or None to close) out.

    Bytes that depend on when they leave, as those of TLS do, are a function that is called then.
    """

    def feed(self, data: bytes) -> Sequence[tuple[int, Answer]]: ...


class ScriptedWorld:
    """Hosts by "name:port", each a function that makes the far end of a new connection; nobody else exists."""

    def __init__(self, clock: Clock, hosts: dict[str, Callable[[], Exchange | None]]) -> None:
        self._clock = clock
        self._hosts = hosts

    def connect(self, host: str, port: int, line: Line) -> Peer:
        make = self._hosts.get(f"{host}:{port}")
        exchange = make() if make else None
        peer = _ScriptedPeer(self._clock, exchange, line)
        if exchange:
            self._clock.call_later(ROUND_TRIP_US, line.connected)
        else:
            self._clock.call_later(ROUND_TRIP_US, lambda: line.failed(errno.ECONNREFUSED))
        return peer


class _ScriptedPeer:
    def __init__(self, clock: Clock, exchange: Exchange | None, line: Line) -> None:
        self._clock = clock
        self._exchange = exchange
        self._line = line

    def send(self, data: bytes) -> None:
        self._clock.call_later(ROUND_TRIP_US // 2, lambda: self._deliver(data))

    def _deliver(self, data: bytes) -> None:
        # A host that has the request answers it even if the terminal is gone by then.
        if self._exchange is None:
            return
        for delay_us, answer in self._exchange.feed(data):
            self._clock.call_later(delay_us + ROUND_TRIP_US // 2, lambda answer=answer: self._answer(answer))  # type: ignore[misc]

    def _answer(self, answer: Answer) -> None:
        if answer is None:
            self._line.closed()
        else:
            self._line.arrived(answer() if callable(answer) else answer)

    def close(self) -> None:
        """The host sees the end of the stream; what it still sends falls on a closed socket."""


class LiveWorld:
    """Real TCP, on the running asyncio loop; `hosts` is where a "name:port" is really found, if elsewhere."""

    def __init__(self, hosts: dict[str, tuple[str, int]]) -> None:
        self._hosts = hosts
        self._tasks: set[asyncio.Task[None]] = set()

    def connect(self, host: str, port: int, line: Line) -> Peer:
        peer = _LivePeer(line)
        address = self._hosts.get(f"{host}:{port}", (host, port))
        task = asyncio.get_running_loop().create_task(peer.run(*address))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return peer


class _LivePeer:
    def __init__(self, line: Line) -> None:
        self._line = line
        self._writer: asyncio.StreamWriter | None = None
        self._closing = False

    async def run(self, host: str, port: int) -> None:
        try:
            reader, self._writer = await asyncio.open_connection(host, port)
        except OSError as problem:
            self._line.failed(problem.errno or errno.EHOSTUNREACH)
            return
        if self._closing:
            self._writer.close()
            return
        self._line.connected()
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                self._line.arrived(data)
        self._line.closed()

    def send(self, data: bytes) -> None:
        if self._writer:
            self._writer.write(data)

    def close(self) -> None:
        self._closing = True
        if self._writer:
            self._writer.close()
