"""The desk as browsers see it: who may look, what they are told, and what they may ask for."""

from __future__ import annotations

import asyncio
import gzip
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
STATIC = Path(server.__file__).parent / "static"
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
        up = not self.status["switches"]["network"]
        await self.ask(do="switch", switch="network", on=up)
        await self.until(lambda: self.status["switches"]["network"] is up)

    async def answer(self, order: str | bytes) -> dict[str, Any]:
        """The next refusal or check, of whatever has been asked."""
        count = len(self.answers())
        await self._socket.send(order)
        await self.until(lambda: len(self.answers()) > count)
        return self.answers()[-1]

    def answers(self) -> list[dict[str, Any]]:
        return [news for news in map(json.loads, self.texts) if news["kind"] in ("refused", "checked")]

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

    async def policy(self, path: str) -> str:
        def fetch() -> str:
            try:
                with urlopen(f"http://{self.address}/{path}", timeout=PATIENCE_S) as answer:
                    return str(answer.headers["content-security-policy"])
            except HTTPError as refusal:
                with refusal:
                    return str(refusal.headers["content-security-policy"])

        return await asyncio.to_thread(fetch)

    async def post(self, path: str, data: bytes, origin: str) -> tuple[int, bytes]:
        def send() -> tuple[int, bytes]:
            request = Request(f"http://{self.address}/{path}", data, headers={"Origin": origin})
            try:
                with urlopen(request, timeout=PATIENCE_S) as answer:
                    return answer.status, answer.read()
            except HTTPError as refusal:
                with refusal:
                    return refusal.code, b""

        return await asyncio.to_thread(send)


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
            for browser in (one, other):
                await browser.until(lambda browser=browser: browser.displays() == [dark])  # type: ignore[misc]
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


ORDERS_OF_NOBODY = (
    "",
    "{",
    "[" * 100_000,
    "[]",
    "7",
    b"\x00",
    '{"do": ["key"]}',
    '{"do": "explode"}',
    '{"do": "key", "key": "F13", "down": true}',
    '{"do": "key", "key": "1", "down": 1}',
    '{"do": "key", "key": ["1"], "down": true}',
    '{"do": "swipe", "card": "6200000000000013", "readable": true}',
    '{"do": "insert", "card": "plain"}',
    '{"do": "tap", "card": "plain"}',
    '{"do": "scan", "text": "1"}',
    '{"do": "scan", "text": ""}',
    '{"do": "telephone"}',
    '{"do": "answer", "pays": true}',
    '{"do": "board", "board": "../pins"}',
    '{"do": "switch", "switch": "gravity", "on": true}',
    '{"do": "battery", "percent": 61}',
    '{"do": "battery", "percent": false}',
    '{"do": "fault", "fault": "kind", "on": true}',
    '{"do": "scenario", "scenario": "../../secret.yaml"}',
    '{"do": "power"}',
)


def test_an_order_that_nobody_can_obey_is_refused_in_words_and_nothing_else_happens(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_and_site(tmp_path) as (_, site), site.browser() as one, site.browser() as other:
            before = one.status
            for order in ORDERS_OF_NOBODY:
                answer = await one.answer(order)
                assert answer["kind"] == "refused", order
                assert answer["why"], order
            for browser in (one, other):
                await browser.obeyed()
                assert browser.status["switches"].pop("network") is not before["switches"].get("network")
            assert one.status == other.status
            assert {**one.status, "switches": {**one.status["switches"], "network": True}} == before
            assert other.answers() == []

    asyncio.run(scenario())


def test_a_script_is_checked_line_by_line(tmp_path: Path) -> None:
    script = "press 1\npres 2\ndefine twice card\n    swipe $cart\nend\ntwice plain\nwait 3\n"

    async def scenario() -> None:
        async with desk_and_site(tmp_path) as (_, site), site.browser() as browser:
            answer = await browser.answer(json.dumps({"do": "check", "script": script}))
            assert [problem["line"] for problem in answer["problems"]] == [2, 4, 7]
            assert answer["problems"][1]["text"] == "there is no $cart here"
            told = next(news for news in map(json.loads, browser.texts) if news["kind"] == "bench")
            assert len(told["examples"]) >= 5
            for example in told["examples"]:
                answer = await browser.answer(json.dumps({"do": "check", "script": example["text"]}))
                assert answer["problems"] == [], example["name"]
            await browser.ask(do="play", name="a:1 b.bench", script="wait 0 s\n\nnonsense")
            await browser.until(lambda: browser.status["script"]["wrong"] == 3)
            assert browser.status["script"]["problem"].startswith("a:1 b.bench:3: nonsense is no verb")

    asyncio.run(scenario())


def test_switches_and_battery_are_those_of_the_parts(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_and_site(tmp_path) as (desk, site), site.browser() as browser:
            printer = desk.bench.parts.printer
            printer.attach(Silent(), desk.bench.clock)  # under current: a head gets hot
            seen: dict[str, Callable[[], bool]] = {
                "host": lambda: False,
                "cutter": lambda: not printer.cutter_stuck,
                "cover": lambda: not printer.cover_open,
                "head": lambda: not printer.hot,
                "roll": lambda: not printer.near_end,
                "paper": lambda: not printer.out_of_paper,
                "case": lambda: desk.bench.parts.tamper_switch.level(14) == 0,
            }
            for name, is_good in seen.items():
                assert browser.status["switches"][name], name
                await browser.ask(do="switch", switch=name, on=False)
                await browser.until(lambda name=name: not browser.status["switches"][name])  # type: ignore[misc]
                assert not is_good(), name
            await browser.ask(do="battery", percent=5)
            await browser.until(lambda: browser.status["switches"]["battery"] == 5)
            assert desk.bench.parts.battery.millivolts == 3480

    asyncio.run(scenario())


def test_another_board_takes_over_what_lies_on_the_desk(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_and_site(tmp_path) as (desk, site), site.browser() as browser:
            printer = desk.bench.parts.printer
            printer.attach(Silent(), desk.bench.clock)
            printer.receive(b"one\n\x1dVB\x00two\n")
            await browser.until(lambda: [number for number, _ in browser.strips()] == [0, 0, 1])
            await browser.ask(do="board", board="large")
            await browser.until(lambda: browser.status["board"] == "large")
            await browser.until(lambda: len(browser.displays()[-1]) == 240 * 320 * 3)
            assert desk.bench.parts.printer is not printer
            assert [slip.text for slip in desk.bench.parts.printer.slips] == ["one\n"]
            await browser.ask(do="tear")
            await browser.ask(do="board", board="scanner")
            await browser.until(lambda: browser.status["board"] == "scanner")
            assert browser.status["slips"] == {"torn": 1, "cut": 1}
            assert await site.get("slips/0.txt") == (200, b"one\n")
            assert [number for number, _ in browser.strips()] == [0, 0, 1]

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


# -- traces --


def test_a_trace_that_is_none_is_told_in_words(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_and_site(tmp_path) as (_, site):
            own = f"http://{site.address}"
            for data, fault in ((b"", "NotATrace"), (b"{}", "NotATrace"), (gzip.compress(b"{}")[:-4], "DamagedTrace")):
                status, told = await site.post("replay", data, own)
                assert status == 200
                outcome = json.loads(told)
                assert (outcome["good"], outcome["fault"].partition(":")[0]) == (False, fault)
            assert (await site.post("replay", bytes(9 << 20), own))[0] == 413
            assert (await site.post("replay", b"", "http://evil.test"))[0] == 403
            assert (await site.get("traces/1.trace"))[0] == 404

    asyncio.run(scenario())


# -- the page itself --


def test_the_page_has_every_key_in_its_place_and_every_fault() -> None:
    page = (STATIC / "index.html").read_text("utf-8")
    assert re.findall(r'data-key="(\w+)"', page) == [key for row in LEGEND for key in row]
    # The desk's line to its host is a plain one.
    assert sorted(re.findall(r'data-fault="(\w+)"', page)) == sorted(Kind.__members__.keys() - {"REFUSED_TLS"})


def test_the_page_may_load_what_this_machine_has_and_nothing_else(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_and_site(tmp_path) as (_, site):
            for path in ("", "panel.js", "no-such-file"):
                policy = dict(part.split(maxsplit=1) for part in (await site.policy(path)).split("; "))
                assert policy["default-src"] == "'none'"
                assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
            page = (STATIC / "index.html").read_text("utf-8")
            assert not re.search(r" style=| on\w+=|<script>|<style>", page)

    asyncio.run(scenario())


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
            assert seen - {"index.html"} == {path.name for path in STATIC.iterdir()} - {"index.html"}

    asyncio.run(scenario())


def references(text: str) -> set[str]:
    return set(re.findall(r'(?:href|src)="([\w.]+)"', text)) | set(re.findall(r'from "\./([\w.]+)"', text))
