"""The desk as a web page for this machine alone: its files, torn slips as images, and one WebSocket."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from host_tools.bench.panel.desk import Desk
from host_tools.bench.panel.viewer import BadOrder, Viewer

ADDRESS = "127.0.0.1"
_STATIC = Path(__file__).parent / "static"
_FRAME_S = 1 / 60  # a browser shows no more
_LONGEST_ORDER = 65536  # bytes: a script
_POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1


def build_app(desk: Desk) -> Starlette:
    async def view(browser: WebSocket) -> None:
        # Any page can open a socket to this address; the browser tells which one does. Host is checked below.
        if browser.headers.get("origin") != f"http://{browser.headers['host']}":
            await browser.close(_POLICY_VIOLATION)
            return
        await browser.accept()
        with Viewer(desk) as viewer:
            await _attend(browser, viewer)

    async def slip(request: Request) -> Response:
        number = request.path_params["number"]
        if number >= desk.slips_torn:
            raise HTTPException(404)
        return Response(desk.bench.parts.printer.slips[number].to_png(), media_type="image/png")

    return Starlette(
        routes=[
            WebSocketRoute("/desk", view),
            Route("/slips/{number:int}.png", slip),
            Mount("/", StaticFiles(directory=_STATIC, html=True)),
        ],
        # A name that somebody else's server resolves to this machine is not ours (DNS rebinding).
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[ADDRESS, "localhost"])],
    )


async def _attend(browser: WebSocket, viewer: Viewer) -> None:
    async with asyncio.TaskGroup() as tasks:
        telling = tasks.create_task(_tell(browser, viewer))
        try:
            async for order in browser.iter_text():
                await viewer.obey(json.loads(order))
        except (BadOrder, json.JSONDecodeError):
            await browser.close(_POLICY_VIOLATION)
        telling.cancel()


async def _tell(browser: WebSocket, viewer: Viewer) -> None:
    with suppress(WebSocketDisconnect):  # whoever reads orders sees it too
        while True:
            for news in await viewer.news():
                await (browser.send_bytes(news) if isinstance(news, bytes) else browser.send_text(news))
            await asyncio.sleep(_FRAME_S)


def bind(port: int) -> socket.socket:
    """The listening socket; port 0 takes any free one."""
    return socket.create_server((ADDRESS, port))


@asynccontextmanager
async def serving(desk: Desk, listener: socket.socket) -> AsyncIterator[asyncio.Task[None]]:
    """The page, for as long as the context lasts; the task it gives ends earlier at SIGINT or SIGTERM."""
    config = uvicorn.Config(
        build_app(desk),
        ws_max_size=_LONGEST_ORDER,
        timeout_graceful_shutdown=1,
        lifespan="off",
        log_config=None,
        access_log=False,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield task
    finally:
        server.should_exit = True
        await task
