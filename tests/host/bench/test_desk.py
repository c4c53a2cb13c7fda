"""The desk as browsers see it: who may look, what they are told, and what they may ask for."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from PIL import Image
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from host_tools.acquirer import trace
from host_tools.acquirer.faults import Kind
from host_tools.bench.panel import server
from host_tools.bench.panel.desk import Desk, Messages
from host_tools.bench.panel.live_shop import open_shop
from host_tools.bench.parts.keypad import LEGEND
from host_tools.bench.parts.ssd1306 import Ssd1306

PATIENCE_S = 20
DISPLAY, STRIP = 1, 2


class Browser:
    """A page without a screen: keeps what it is told."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.texts: list[str] = []
        self.pictures: list[bytes] = []
        self.status: dict[str, Any] = {}

    async def ask(self, **order: object) -> None:
        await self._socket.send(json.dumps(order))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                news = await self._socket.recv()
                if isinstance(news, bytes):
                    self.pictures.append(news)
                    continue
                self.texts.append(news)
                if json.loads(news)["kind"] == "status":
                    self.status = json.loads(news)

    async def obeyed(self) -> None:
        """Return when all that was asked for has been done: orders are obeyed one by one."""
        up = not self.status["network"]
        await self.ask(do="network", on=up)
        await self.until(lambda: self.status["network"] is up)

    def displays(self) -> list[bytes]:
        return [picture[1:] for picture in self.pictures if picture[0] == DISPLAY]

    def strips(self) -> list[tuple[int, Image.Image]]:
        return [
            (int.from_bytes(picture[1:3], "little"), Image.open(io.BytesIO(picture[3:])))
            for picture in self.pictures
            if picture[0] == STRIP
        ]


class Site:
    """The served page, by its address."""

    def __init__(self, address: str) -> None:
        self.address = address

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[Browser]:
        async with connect(f"ws://{self.address}/desk", origin=Origin(f"http://{self.address}")) as socket:
            browser = Browser(socket)
            await browser.until(lambda: bool(browser.status))
            yield browser

    async def get(self, path: str, host: str | None = None) -> tuple[int, bytes]:
        """Status and content."""

        def fetch() -> tuple[int, bytes]:
            request = Request(f"http://{self.address}/{path}", headers={"Host": host} if host else {})
            try:
                with urlopen(request, timeout=PATIENCE_S) as answer:
                    return answer.status, answer.read()
            except HTTPError as refusal:
                with refusal:
                    return refusal.code, b""

        return await asyncio.to_thread(fetch)


@asynccontextmanager
async def desk_and_site(directory: Path) -> AsyncIterator[tuple[Desk, Site]]:
    with server.bind(0) as listener:
        async with open_shop(directory) as desk, server.serving(desk, listener):
            yield desk, Site(f"127.0.0.1:{listener.getsockname()[1]}")


# -- who may look --


def test_the_desk_is_for_this_machine_alone() -> None:
    with server.bind(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize("origin", [None, "http://evil.test", "https://{}", "http://localhost", "null"])
def test_another_page_may_not_look(tmp_path: Path, origin: str | None) -> None:
    async def scenario() -> None:
        async with desk_and_site(tmp_path) as (_, site):
            claimed = None if origin is None else Origin(origin.format(site.address))
            with pytest.raises(InvalidStatus) as refusal:
                await connect(f"ws://{site.address}/desk", origin=claimed)
            assert refusal.value.response.status_code == 403

    asyncio.run(scenario())


def test_a_foreign_name_for_this_machine_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_and_site(tmp_path) as (_, site):
            port = site.address.partition(":")[2]
            assert (await site.get("", host=f"evil.test:{port}"))[0] == 400
            assert (await site.get("", host=f"localhost:{port}"))[0] == 200

    asyncio.run(scenario())


# -- what it is told --


def test_no_card_number_reaches_the_page(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_and_site(tmp_path) as (desk, site), site.browser() as browser:
            for name in desk.cards:
                await browser.ask(do="swipe", card=name, readable=True)
            await browser.obeyed()
            told = re.sub(r"[\s-]", "", "".join(browser.texts))
            assert "6200" in told
            for card in desk.cards.values():
                assert card.pan not in told
                assert card.pan[6:-4] not in told
                assert card.discretionary not in told

    asyncio.run(scenario())


def test_a_picture_is_sent_when_it_has_changed_to_everybody_who_looks(tmp_path: Path) -> None:
    async def scenario() -> None:
        dark, lit = bytes(1024), b"\xff" * 1024
        async with desk_and_site(tmp_path) as (desk, site), site.browser() as one, site.browser() as other:
            assert one.displays() == other.displays() == [dark]
            assert isinstance(desk.bench.parts.display, Ssd1306)
            desk.bench.parts.display.write(b"\x00\x8d\x14\xaf\xa5")  # charge pump, display on, all points on
            desk.bench.parts.display.write(b"\x00\xe3")  # a write that changes nothing
            for browser in (one, other):
                await browser.until(lambda browser=browser: lit in browser.displays())  # type: ignore[misc]
            await other.obeyed()
            assert other.displays() == [dark, lit]

    asyncio.run(scenario())


def test_paper_is_told_strip_by_strip_until_it_is_torn_off(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_and_site(tmp_path) as (desk, site), site.browser() as early:
            printer = desk.bench.parts.printer
            printer.attach(Silent(), desk.bench.clock)
            printer.receive("算盘 one\ntwo\n".encode("gb18030") + b"\x1dVB\x00" + b"three\n")
            await early.until(lambda: [number for number, _ in early.strips()] == [0, 0, 0, 1])
            assert early.status["slips"] == {"torn": 0, "cut": 1}
            printed = Image.open(io.BytesIO(printer.slips[0].to_png()))
            assert ink(stack([strip for number, strip in early.strips() if number == 0])) == ink(printed)
            async with site.browser() as late:
                await late.until(lambda: len(late.strips()) == 4)
                assert [strip.tobytes() for _, strip in late.strips()] == [
                    strip.tobytes() for _, strip in early.strips()
                ]
            assert (await site.get("slips/0.png"))[0] == 404
            await early.ask(do="tear")
            await early.until(lambda: early.status["slips"] == {"torn": 1, "cut": 1})
            assert await site.get("slips/0.png") == (200, printer.slips[0].to_png())
            async with site.browser() as latest:
                await latest.until(lambda: len(latest.strips()) == 1)
                assert latest.strips()[0][0] == 1

    asyncio.run(scenario())


class Silent:
    """A board that does not listen to its printer."""

    def send(self, data: bytes) -> None: ...


def stack(strips: list[Image.Image]) -> Image.Image:
    paper = Image.new("1", (strips[0].width, sum(strip.height for strip in strips)), 1)
    y = 0
    for strip in strips:
        paper.paste(strip, (0, y))
        y += strip.height
    return paper


def ink(image: Image.Image) -> Image.Image:
    """The printed part, ink white on black."""
    dark = image.convert("L").point(lambda value: 255 * (value < 128))
    return dark.crop(dark.getbbox())


def test_the_latest_messages_are_kept() -> None:
    messages = Messages()
    for number in range(250):
        messages.add(trace.Record(str(number), "in", "", "", "", (), ""))
    assert [record.time for record in messages.after(0)] == [str(number) for number in range(50, 250)]
    assert [record.time for record in messages.after(248)] == ["248", "249"]
    assert messages.after(250) == []


# -- what it may ask for --


@pytest.mark.parametrize(
    "order",
    [
        "",
        "{",
        "[]",
        "7",
        '{"do": "explode"}',
        '{"do": "key", "key": "F13", "down": true}',
        '{"do": "key", "key": "1", "down": 1}',
        '{"do": "key", "key": ["1"], "down": true}',
        '{"do": "swipe", "card": "6200000000000013", "readable": true}',
        '{"do": "insert", "card": "plain"}',
        '{"do": "tap", "card": "plain"}',
        '{"do": "fault", "fault": "kind", "on": true}',
        '{"do": "power"}',
    ],
)
def test_an_order_that_no_page_sends_ends_the_connection(tmp_path: Path, order: str) -> None:
    async def scenario() -> None:
        async with desk_and_site(tmp_path) as (_, site):
            address = f"ws://{site.address}/desk"
            async with connect(address, origin=Origin(f"http://{site.address}")) as socket:
                await socket.send(order)
                async with asyncio.timeout(PATIENCE_S):
                    await socket.wait_closed()
                assert socket.close_code == 1008

    asyncio.run(scenario())


class Fingers:
    """In the keypad's place: what is done to it."""

    def __init__(self) -> None:
        self.moves: list[str] = []

    def press(self, key: str) -> None:
        self.moves.append(f"{key} down")

    def release(self, key: str) -> None:
        self.moves.append(f"{key} up")

    def power_off(self) -> None: ...


def test_a_key_is_down_as_long_as_anybody_holds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        fingers = Fingers()
        async with desk_and_site(tmp_path) as (desk, site), site.browser() as staying:
            monkeypatch.setattr(desk.bench.parts, "keypad", fingers)
            async with site.browser() as leaving:
                for browser in (staying, leaving):
                    for _ in range(2):  # the second is what a page without taste makes of auto-repeat
                        await browser.ask(do="key", key="5", down=True)
                    await browser.obeyed()
                await leaving.ask(do="key", key="7", down=True)
                await leaving.obeyed()
            async with asyncio.timeout(PATIENCE_S):
                while len(fingers.moves) < 3:
                    await staying.obeyed()
            assert fingers.moves == ["5 down", "7 down", "7 up"]
            await staying.ask(do="key", key="5", down=False)
            async with asyncio.timeout(PATIENCE_S):
                while len(fingers.moves) < 4:
                    await staying.obeyed()
            assert fingers.moves == ["5 down", "7 down", "7 up", "5 up"]

    asyncio.run(scenario())


def test_faults_are_armed_and_disarmed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_and_site(tmp_path) as (_, site), site.browser() as browser:
            await browser.ask(do="fault", fault="SILENT", on=True)
            await browser.ask(do="fault", fault="WRONG_MAC", on=True)
            await browser.until(lambda: browser.status["faults"] == ["SILENT", "WRONG_MAC"])
            await browser.ask(do="fault", fault="SILENT", on=False)
            await browser.until(lambda: browser.status["faults"] == ["WRONG_MAC"])

    asyncio.run(scenario())


# -- the page itself --


def test_the_page_has_every_key_in_its_place_and_every_fault() -> None:
    page = (Path(server.__file__).parent / "static" / "index.html").read_text("utf-8")
    assert re.findall(r'data-key="(\w+)"', page) == [key for row in LEGEND for key in row]
    # The desk's line to its host is a plain one.
    assert sorted(re.findall(r'data-fault="(\w+)"', page)) == sorted(Kind.__members__.keys() - {"REFUSED_TLS"})


def test_the_page_brings_all_it_needs(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_and_site(tmp_path) as (_, site):
            wanted, seen = {"index.html"}, set[str]()
            while wanted:
                path = wanted.pop()
                status, content = await site.get(path)
                text = content.decode()
                assert status == 200, path
                assert re.sub(r"http://www\.w3\.org/2000/svg", "", text).count("://") == 0, path
                seen.add(path)
                wanted |= references(text) - seen
            assert "wallet.js" in seen
            assert "panel.css" in seen

    asyncio.run(scenario())


def references(text: str) -> set[str]:
    return set(re.findall(r'(?:href|src)="([\w.]+)"', text)) | set(re.findall(r'from "\./([\w.]+)"', text))
