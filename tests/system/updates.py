"""Terminals that boot from their flash, and where updates come from: a cable, or the server of `suanpan update`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import h11

from host_tools.acquirer.connection import Close, Send
from host_tools.bench.board import RealTimeClock
from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.shop import Shop
from host_tools.build.bundle import BundleError, read
from host_tools.flash import factory
from tests.system.software import signer
from tests.system.test_backup import administer
from tests.system.test_boot import state

if TYPE_CHECKING:
    import pytest
    from starlette.applications import Starlette

    from host_tools.bench.network import Exchange

SERVER = "updates.test"
SLOTS = ("slot_a", "slot_b")


class Web:
    """A connection to the server's own application; `cut` says after how many bytes of an answer the line goes."""

    def __init__(self, app: Starlette, cut: Callable[[], int | None] = lambda: None) -> None:
        self._app = app
        self._cut = cut
        self._wire = h11.Connection(h11.SERVER)

    def feed(self, data: bytes) -> list[tuple[int, bytes | None]]:
        self._wire.receive_data(data)
        request: Any = self._wire.next_event()
        if request is h11.NEED_DATA:
            return []
        answer = asyncio.run(self._answer(request))
        cut = self._cut()
        return [(1000, answer[:cut]), (2000, None)]

    async def _answer(self, request: h11.Request) -> bytes:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method.decode(),
            "scheme": "http",
            "path": request.target.decode(),
            "raw_path": request.target,
            "query_string": b"",
            "root_path": "",
            "headers": [(bytes(name), bytes(value)) for name, value in request.headers],
        }
        out = bytearray()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(said: MutableMapping[str, Any]) -> None:
            if said["type"] == "http.response.start":
                out.extend(self._wire.send(h11.Response(status_code=said["status"], headers=said["headers"])) or b"")
            else:
                out.extend(self._wire.send(h11.Data(said["body"])) or b"")

        await self._app(scope, receive, send)
        out.extend(self._wire.send(h11.EndOfMessage()) or b"")
        return bytes(out)


class SecuredWeb:
    """The same, as what SecuredExchange has under it."""

    def __init__(self, app: Starlette) -> None:
        self._web = Web(app)

    def feed(self, data: bytes) -> list[Send | Close]:
        actions = self._web.feed(data)
        return [Close(us // 1000) if said is None else Send(said, us // 1000) for us, said in actions]


def online(connection: Callable[[], Exchange | None], port: int = 80) -> type[LockstepBench]:
    """A bench whose network has the server too."""

    class Online(LockstepBench):
        def __init__(self, *args: Any, hosts: dict[str, Any], **more: Any) -> None:
            super().__init__(*args, hosts={**hosts, f"{SERVER}:{port}": connection}, **more)

    return Online


def with_parameters(monkeypatch: pytest.MonkeyPatch, **values: object) -> None:
    """Terminals leave the workshop with these in their parameters."""
    usual = factory._parameters
    monkeypatch.setattr(factory, "_parameters", lambda profile: usual(profile) | values)


@contextmanager
def fetching(url: str) -> Iterator[None]:
    """Terminals that leave the workshop meanwhile get their updates there."""
    usual = factory._parameters
    factory._parameters = lambda profile: usual(profile) | {"update_server": url}
    try:
        yield
    finally:
        factory._parameters = usual


def begin(shop: Shop) -> None:
    """From the log-in to 程序更新."""
    administer(shop)
    shop.bench.press("8")
    shop.bench.expect("系统设置")
    shop.bench.press("8")


def at_night(shop: Shop) -> None:
    """Ten minutes before the hours in which terminals ask."""
    shop.bench.rtc, shop.bench.world_time = (RealTimeClock(datetime(2026, 11, 24, 1, 50)) for _ in range(2))


def by_cable(shop: Shop) -> None:
    begin(shop)
    shop.bench.expect("请连接维护电脑")


def runs(shop: Shop) -> int:
    """The number of what was last confirmed."""
    active = state(shop)["active"] if "suanpan/boot" in shop.bench.nvs else 0
    return number_in(shop.bench.flash.image(), active)


def number_in(image: bytes, slot: int) -> int:
    """Of the whole, signed bundle there; 0 if there is none."""
    partition = factory.partitions()[SLOTS[slot]]
    try:
        return read(image[partition.offset : partition.end], signer().public)[0].number
    except BundleError:
        return 0
