"""The acquirer on a TCP socket, in real time; behind TLS if it is given a context for that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from host_tools.acquirer.connection import DELAY_MS, Action, Close, Connection, Send

if TYPE_CHECKING:
    import ssl

    from host_tools.acquirer.faults import Faults
    from host_tools.acquirer.host import Acquirer

_HANDSHAKE_S: Final = 10.0


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

    With a context there are only clients who have finished its handshake, each in ten seconds.
    """
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: _Peer(Connection(acquirer, faults, delay_ms)),
        host,
        port,
        ssl=tls,
        ssl_handshake_timeout=_HANDSHAKE_S if tls else None,
    )


class _Peer(asyncio.Protocol):
    """Carries out a connection's actions when they are due."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for order, action in enumerate(self._connection.feed(data)):
            # Timers of equal time fire in no promised order: a microsecond keeps a Close behind its Send.
            loop.call_at(now + action.after_ms / 1000 + order * 1e-6, self._carry_out, action)

    def pause_writing(self) -> None:
        self._transport.pause_reading()  # who does not read replies may not ask for more

    def resume_writing(self) -> None:
        self._transport.resume_reading()

    def _carry_out(self, action: Action) -> None:
        if self._transport.is_closing():
            return
        match action:
            case Send(data=data):
                self._transport.write(data)
            case Close():
                self._transport.close()
