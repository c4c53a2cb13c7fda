"""TLS around a terminal's connection, without I/O, for a bench whose clock is not the world's.

The asyncio server has its own (server.listen with a context). What the acquirer says is encrypted when it leaves and
not when it is thought of: records are numbered, and an answer that is late lets others go before it.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from host_tools.acquirer.connection import Close
from host_tools.acquirer.faults import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from host_tools.acquirer.connection import Connection
    from host_tools.acquirer.faults import Faults

Timed = tuple[int, bytes | Callable[[], bytes] | None]  # microseconds; None closes

_PIECE = 4096


def obey_at_handshake(context: ssl.SSLContext, faults: Faults, now: Callable[[], datetime]) -> None:
    """Have a handshake by this context broken off where a fault says so: at the client's first words, with an alert."""

    def greeted(*_: object) -> int | None:
        return ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE if faults.refuses(Kind.REFUSED_TLS, now()) else None

    context.sni_callback = greeted  # which is called for a client that names no host as well


class SecuredExchange:
    """`feed` takes what came over the wire, and returns what is to leave, and when (bench.network.Exchange)."""

    def __init__(self, context: ssl.SSLContext, connection: Connection) -> None:
        self._connection = connection
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._shaken = False
        self._ended = False

    def feed(self, data: bytes) -> list[Timed]:
        actions: list[Timed] = []
        self._in.write(data)
        try:
            self._advance(actions)
        except ssl.SSLWantReadError:
            actions[:0] = self._said()
        except ssl.SSLError:
            self._ended = True
            actions = [*self._said(), (0, None)]
        return actions

    def _advance(self, actions: list[Timed]) -> None:
        """Until there is nothing more to read: SSLWantReadError, or another SSLError at the end."""
        if self._ended:
            raise ssl.SSLWantReadError
        if not self._shaken:
            self.tls.do_handshake()
            self._shaken = True
        while True:
            for action in self._connection.feed(self.tls.read(_PIECE)):
                if isinstance(action, Close):
                    actions.append((action.after_ms * 1000, None))
                else:
                    actions.append((action.after_ms * 1000, lambda data=action.data: self._sealed(data)))  # type: ignore[misc]

    def _sealed(self, data: bytes) -> bytes:
        self.tls.write(data)
        return self._out.read()

    def _said(self) -> list[Timed]:
        """What TLS itself has to say: a flight of the handshake, an alert."""
        return [(0, said)] if (said := self._out.read()) else []
