"""The page for this machine alone: its files, the books as JSON, and messages as server-sent events."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from host_tools.acquirer.watch.books import Overview
    from host_tools.acquirer.watch.messages import Messages

ADDRESS: Final = "127.0.0.1"
_STATIC: Final = Path(__file__).parent / "static"
_PAUSE_S: Final = 0.1  # between two looks; in a rush many messages go together


def build_app(messages: Messages, overview: Overview) -> Starlette:
    async def books(_: Request) -> Response:
        return JSONResponse(overview.tell())

    async def check(_: Request) -> Response:
        return JSONResponse(overview.check())

    async def follow(request: Request) -> Response:
        seen = request.headers.get("last-event-id", "")
        events = _events(messages, int(seen) if seen.isdecimal() and int(seen) <= messages.total else 0)
        return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    return Starlette(
        routes=[
            Route("/books", books),
            Route("/check", check),
            Route("/messages", follow),
            Mount("/", StaticFiles(directory=_STATIC, html=True)),
        ],
        # A name that somebody else's server resolves to this machine is not ours (DNS rebinding).
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[ADDRESS, "localhost"])],
    )


async def _events(messages: Messages, seen: int) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    async for batch in messages.follow(seen):
        last, _ = batch[-1]
        yield f"id: {last}\ndata: {json.dumps([told for _, told in batch])}\n\n"
        await asyncio.sleep(_PAUSE_S)


def bind(port: int) -> socket.socket:
    """The listening socket; port 0 takes any free one."""
    return socket.create_server((ADDRESS, port))


@asynccontextmanager
async def serving(messages: Messages, overview: Overview, listener: socket.socket) -> AsyncIterator[str]:
    """The page, for as long as the context lasts; gives its address."""
    config = uvicorn.Config(
        build_app(messages, overview),
        timeout_graceful_shutdown=1,
        lifespan="off",
        log_config=None,
        access_log=False,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://{ADDRESS}:{listener.getsockname()[1]}/"
    finally:
        server.should_exit = True
        await task
