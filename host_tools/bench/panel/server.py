"""The desk as a web page for this machine alone: its files, torn slips, traces to keep and to replay, one WebSocket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocketDisconnect

from host_tools.bench.panel.viewer import Viewer
from host_tools.replay.player import replay

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection, Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from starlette.websockets import WebSocket

    from host_tools.bench.panel.desk import Desk
    from host_tools.bench.parts.paper import Slip

ADDRESS = "127.0.0.1"
_STATIC = Path(__file__).parent / "static"
_FRAME_S = 1 / 60  # a browser shows no more
_LONGEST_ORDER = 131_072  # bytes: a script
_LONGEST_TRACE: Final = 8 << 20  # bytes
_POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1
_DIFFERENCES: Final = 50  # that are shown
_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-cache"),
)


def build_app(desk: Desk) -> Starlette:
    replaying = asyncio.Lock()  # one at a time: the terminal on the desk wants a processor too

    async def view(browser: WebSocket) -> None:
        if not _from_our_page(browser):
            await browser.close(_POLICY_VIOLATION)
            return
        await browser.accept()
        with Viewer(desk) as viewer:
            await _attend(browser, viewer)

    def torn(request: Request) -> Slip:
        number: int = request.path_params["number"]
        if number >= desk.slips_torn:
            raise HTTPException(404)
        return desk.bench.parts.printer.slips[number]

    async def slip(request: Request) -> Response:
        return Response(torn(request).to_png(), media_type="image/png")

    async def slip_text(request: Request) -> Response:
        return PlainTextResponse(torn(request).text)

    async def trace(request: Request) -> Response:
        found = desk.recordings.find(request.path_params["number"])
        if found is None:
            raise HTTPException(404)
        return Response(found.data, media_type="application/gzip")

    async def again(request: Request) -> Response:
        """What a trace does otherwise with the firmware as it is."""
        if not _from_our_page(request):
            raise HTTPException(403)
        data = bytearray()
        async for piece in request.stream():
            data += piece
            if len(data) > _LONGEST_TRACE:
                raise HTTPException(413)
        async with replaying:
            outcome = await asyncio.to_thread(replay, bytes(data), "trace")
        shown = [asdict(found) for found in outcome.differences[:_DIFFERENCES]]
        return JSONResponse(asdict(outcome) | {"good": outcome.good, "differences": shown})

    return Starlette(
        routes=[
            WebSocketRoute("/desk", view),
            Route("/slips/{number:int}.png", slip),
            Route("/slips/{number:int}.txt", slip_text),
            Route("/traces/{number:int}.trace", trace),
            Route("/replay", again, methods=["POST"]),
            Mount("/", StaticFiles(directory=_STATIC, html=True)),
        ],
        # A name that somebody else's server resolves to this machine is not ours (DNS rebinding).
        middleware=[Middleware(_Guarded), Middleware(TrustedHostMiddleware, allowed_hosts=[ADDRESS, "localhost"])],
    )


def _from_our_page(visitor: HTTPConnection) -> bool:
    """Any page can call this address; the browser tells which one does. Host is checked elsewhere."""
    return visitor.headers.get("origin") == f"http://{visitor.headers['host']}"


class _Guarded:
    """Says with every answer what a page may load and do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        await self._app(scope, receive, guarded)


async def _attend(browser: WebSocket, viewer: Viewer) -> None:
    async with asyncio.TaskGroup() as tasks:
        telling = tasks.create_task(_tell(browser, viewer))
        with suppress(WebSocketDisconnect):
            while (message := await browser.receive())["type"] == "websocket.receive":
                text, data = message.get("text"), message.get("bytes")
                await viewer.obey(text if text is not None else data or b"")
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
