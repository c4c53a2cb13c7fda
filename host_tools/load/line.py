"""A terminal's line to the host: one connection at a time, one message under way, an end to waiting."""

from __future__ import annotations

import asyncio
from typing import Final

_LENGTH: Final = 2


class NoAnswer(Exception):
    """Nothing came in time, or the connection could not be had, or ended."""


class Line(asyncio.Protocol):
    """Connects when it is first needed, and again when that has ended."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._received = bytearray()

    async def ask(self, frame: bytes, patience: float) -> bytes:
        """The next frame that the host sends. Raises NoAnswer: the connection is closed then, as what would come
        on it belongs to nobody any more."""
        loop = asyncio.get_running_loop()
        if self._transport is None:
            try:
                async with asyncio.timeout(patience):
                    await loop.create_connection(lambda: self, *self._address)
            except (OSError, TimeoutError):
                raise NoAnswer("no connection") from None
        if self._transport is None:
            raise NoAnswer("the connection has ended")
        self._answer = loop.create_future()
        limit = loop.call_later(patience, self._give_up, self._answer)
        self._transport.write(len(frame).to_bytes(_LENGTH, "big") + frame)
        try:
            return await self._answer
        finally:
            limit.cancel()
            self._answer = None

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._transport = None

    # -- what asyncio calls --

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received.clear()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= _LENGTH:
            end = _LENGTH + int.from_bytes(self._received[:_LENGTH], "big")
            if len(self._received) < end:
                return
            frame = bytes(self._received[_LENGTH:end])
            del self._received[:end]
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(NoAnswer("the connection has ended"))

    def _give_up(self, answer: asyncio.Future[bytes]) -> None:
        if not answer.done():
            answer.set_exception(NoAnswer("no answer in time"))
            self.hang_up()
