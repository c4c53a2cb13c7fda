"""Where terminals fetch bundles: HTTP with ranges, by Starlette. What they say of themselves is in a header.

    Suanpan: terminal board number cause

`/` is the newest bundle for the board that asks, and `/name.bundle` that one. With a rollout, `/` is for those who are
offered its version, and nothing for the others (204).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.responses import FileResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from host_tools.update.bundles import Bundle
    from host_tools.update.rollout import Rollout


@dataclass(frozen=True)
class Visitor:
    """A terminal, as it says. `cause` is the number of the error for which it last passed an application over."""

    terminal: str
    board: str
    running: int
    cause: int

    @classmethod
    def of(cls, header: str) -> Visitor | None:
        match header.split():
            case [terminal, board, running, cause] if running.isdecimal() and cause.isdecimal():
                return cls(terminal, board, int(running), int(cause))
        return None


class _Counted(FileResponse):
    """Says when the last byte of the file has gone."""

    done: Callable[[], None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)
        size = self.stat_result.st_size if self.stat_result else 0
        asked = dict(scope["headers"]).get(b"range", b"").rpartition(b"-")[2]
        if self.done and (not asked or int(asked) + 1 >= size):
            self.done()


def build_app(
    bundles: Mapping[str, Bundle],
    rollout: Rollout | None = None,
    heard: Callable[[Visitor, str], None] = lambda _visitor, _what: None,
) -> Starlette:
    """`bundles` by board; `heard` is told of each visitor, and what it was given."""

    async def offered(request: Request) -> Response:
        visitor = Visitor.of(request.headers.get("suanpan", ""))
        bundle = bundles.get(visitor.board) if visitor else None
        if visitor is None or bundle is None:
            return Response(status_code=404)
        newer = visitor.running < bundle.manifest.number
        if not (rollout.asked(visitor.terminal, visitor.running, visitor.cause) if rollout else newer):
            heard(visitor, "nothing")
            return Response(status_code=204)
        heard(visitor, request.headers.get("range", "all"))
        response = _Counted(bundle.path, stat_result=bundle.path.stat())
        if rollout:
            response.done = lambda: rollout.fetched(visitor.terminal)
        return response

    async def named(request: Request) -> Response:
        for bundle in bundles.values():
            if bundle.path.name == request.path_params["name"]:
                return FileResponse(bundle.path)
        return Response(status_code=404)

    return Starlette(routes=[Route("/", offered), Route("/{name}", named)])


def serve(app: Starlette, host: str, port: int, tls: tuple[str, str] | None = None) -> None:
    """Until Ctrl-C. `tls` are the files of a certificate and of its key, in PEM."""
    certificate, key = tls or (None, None)
    uvicorn.run(app, host=host, port=port, log_config=None, access_log=False, ssl_certfile=certificate, ssl_keyfile=key)
