"""The acquirer on a TCP socket, in real time; behind TLS if it is given a context for that."""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING, Final, cast

from host_tools.acquirer.connection import DELAY_MS, Action, Close, Connection, Send
from host_tools.acquirer.faults import Kind
from host_tools.acquirer.tls import obey_at_handshake

if TYPE_CHECKING:
    import ssl

    from host_tools.acquirer.faults import Faults
    from host_tools.acquirer.host import Acquirer

_HANDSHAKE_S: Final = 10.0
_GROUP_S: Final = 0.005  # that a message waits for others to be committed with it
_BACKLOG: Final = 1000  # connections that have not been taken yet
_ROOM: Final = 4096  # bytes that are read at a time: the longest message fits


async def listen(
    acquirer: Acquirer,
    faults: Faults,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    delay_ms: int = DELAY_MS,
    tls: ssl.SSLContext | None = None,
) -> asyncio.Server:
    """A listening server (port 0: any free one). Messages are handled one at a time, on the loop's thread.

    With a context there are only clients who have finished its handshake, each in ten seconds. A restart that a fault
    brings about ends every connection.
    """
    loop = asyncio.get_running_loop()
    peers: weakref.WeakSet[_Peer] = weakref.WeakSet()
    group = _Group(acquirer)

    def meet() -> _Peer:
        refused = faults.refuses(Kind.REFUSED, acquirer.now())
        peer = _Peer(Connection(acquirer, faults, delay_ms), group, refused)
        peers.add(peer)
        return peer

    def hang_up() -> None:
        for peer in list(peers):
            peer.hang_up()
        group.keep()

    faults.at_restart.append(hang_up)
    if tls is not None:
        obey_at_handshake(tls, faults, acquirer.now)
    return await loop.create_server(
        meet,
        host,
        port,
        ssl=tls,
        ssl_handshake_timeout=_HANDSHAKE_S if tls else None,
        backlog=_BACKLOG,
    )


class _Group:
    """Messages that come within some milliseconds are kept by one commit, and nobody is answered before that.

    If it fails, all of them are hung up on: what was not kept was not said to be.
    """

    def __init__(self, acquirer: Acquirer) -> None:
        self._acquirer = acquirer
        self._waiting: list[tuple[_Peer, float, list[Action]]] = []

    def answer(self, peer: _Peer, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        if not self._waiting:
            self._acquirer.open_group()
            loop.call_later(_GROUP_S, self.keep)
        came = loop.time()
        self._waiting.append((peer, came, peer.connection.feed(data)))

    def keep(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            kept = self._acquirer.keep_group()
            for peer, came, actions in waiting:
                if kept:
                    peer.act(came, actions)
                else:
                    peer.hang_up()


class _Peer(asyncio.BufferedProtocol):
    """Carries out a connection's actions when they are due."""

    # What has arrived is read before anybody else's can: one room does for all, and need not be made for each message.
    _room: Final = bytearray(_ROOM)

    def __init__(self, connection: Connection, group: _Group, refused: bool = False) -> None:
        self.connection = connection
        self._group = group
        self._refused = refused
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if self._refused:
            self._transport.abort()

    def hang_up(self) -> None:
        """As a program does that ends: without a farewell."""
        if self._transport is not None:
            self._transport.abort()

    def get_buffer(self, _: int) -> bytearray:
        return self._room

    def buffer_updated(self, size: int) -> None:
        self._group.answer(self, bytes(self._room[:size]))

    def act(self, came: float, actions: list[Action]) -> None:
        """What follows from bytes that came at that time."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for order, action in enumerate(actions):
            due = came + action.after_ms / 1000 + order * 1e-6
            if due <= now and order == 0 and len(actions) == 1:
                self._carry_out(action)
            else:
                # Timers of equal time fire in no promised order: a microsecond keeps a Close behind its Send.
                loop.call_at(max(due, now + order * 1e-6), self._carry_out, action)

    def pause_writing(self) -> None:
        assert self._transport is not None
        self._transport.pause_reading()  # who does not read replies may not ask for more

    def resume_writing(self) -> None:
        assert self._transport is not None
        self._transport.resume_reading()

    def _carry_out(self, action: Action) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        match action:
            case Send(data=data):
                self._transport.write(data)
            case Close():
                self._transport.close()
