"""The live bench, with firmware of a few lines in place of the terminal's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from host_tools.bench.live import LiveBench, Power
from host_tools.bench.network import LiveWorld
from host_tools.flash.factory import blank, partitions

PATIENCE_S = 20

# What these have to say they print, and end.
WAITS = """
import link
link.connect()
link.wait(0)
start = link.now_us
link.wait(50)
print((link.now_us - start) // 1000)
"""
WAITS_FOR_A_KEY = """
import link
link.connect()
from machine import Pin
row, column = Pin(4, Pin.OPEN_DRAIN, value=0), Pin(15, Pin.IN, Pin.PULL_UP)
column.irq(lambda pin: print("edge"), Pin.IRQ_FALLING)
Pin(9, Pin.OUT).on()
link.wait({ms})
"""
REMEMBERS = """
import link
link.connect()
from esp32 import NVS, Partition
journal, count = Partition("journal"), bytearray(1)
journal.readblocks(0, count, 0)
print(count[0])
count[0] <<= 1
journal.writeblocks(0, count, 0)
NVS("test").set_blob("count", count)
NVS("test").commit()
"""
CALLS_ITS_HOST = """
import link, timing
link.connect()
timing.install()
import asyncio
async def main():
    try:
        reader, writer = await asyncio.open_connection("host.test", 9000)
        writer.write(b"ping")
        await writer.drain()
        print(await reader.read(16))
    except OSError as error:
        print("errno", error.errno)
asyncio.run(main())
"""
ASKS_NONSENSE = "import link\nlink.connect()\nlink.ask(0x48, b'\\xff')\n"
SHOWS_A_LIGHT = """
import link
link.connect()
from machine import Pin
Pin(9, Pin.OUT).on()
"""
NEVER_ENDS = SHOWS_A_LIGHT + "link.wait(-1)"
DIES = SHOWS_A_LIGHT + "link.wait(0)\nraise ValueError('bad luck')"


class Firmware:
    """What the bench starts at the next power-on."""

    def __init__(self, root: Path) -> None:
        self._main = root / "main.py"

    def install(self, source: str) -> None:
        self._main.write_text(source)


@pytest.fixture
def firmware(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Firmware:
    root = tmp_path / "firmware"
    root.mkdir()
    monkeypatch.setenv("SUANPAN_FIRMWARE", str(root))
    return Firmware(root)


@asynccontextmanager
async def bench(
    tmp_path: Path, nvs: dict[str, bytes] | None = None, hosts: dict[str, tuple[str, int]] | None = None
) -> AsyncIterator[LiveBench]:
    """On the flash that an earlier bench of this test has left, if there was one."""
    flash = tmp_path / "flash.bin"
    if not flash.exists():
        flash.write_bytes(blank(partitions()))
    with closing(LiveBench(flash, {} if nvs is None else nvs, LiveWorld(hosts or {}))) as bench:
        yield bench


async def until(bench: LiveBench, condition: Callable[[], bool]) -> None:
    """Wait for a change of power or of the lights that brings `condition` about."""
    news = asyncio.Event()
    bench.changed = bench.parts.lights.changed = news.set
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await news.wait()
            news.clear()


async def console(bench: LiveBench) -> str:
    """Power on, and what the firmware has printed when it ends."""
    await bench.power_on()
    await until(bench, lambda: bench.power is Power.STOPPED)
    return bench.console


def test_a_wait_ends_when_its_time_has_come(tmp_path: Path, firmware: Firmware) -> None:
    async def scenario() -> None:
        firmware.install(WAITS)
        async with bench(tmp_path) as terminal:
            assert 50 <= int(await console(terminal)) < 1000

    asyncio.run(scenario())


@pytest.mark.parametrize("ms", [3_600_000, -1])
def test_a_wait_ends_when_something_happens(tmp_path: Path, firmware: Firmware, ms: int) -> None:
    async def scenario() -> None:
        firmware.install(WAITS_FOR_A_KEY.format(ms=ms))
        async with bench(tmp_path) as terminal:
            await terminal.power_on()
            await until(terminal, lambda: terminal.parts.lights.lit[0])
            terminal.parts.keypad.press("1")
            await until(terminal, lambda: terminal.power is Power.STOPPED)
            assert terminal.console == "edge\n"

    asyncio.run(scenario())


def test_firmware_that_dies_leaves_its_console_and_its_last_light(tmp_path: Path, firmware: Firmware) -> None:
    async def scenario() -> None:
        async with bench(tmp_path) as terminal:
            firmware.install(DIES)
            assert "ValueError: bad luck" in await console(terminal)
            assert terminal.parts.lights.lit[0], "the parts are still under current"
            firmware.install(NEVER_ENDS)
            await terminal.power_on()
            assert terminal.power is Power.ON
            assert terminal.console == ""

    asyncio.run(scenario())


def test_a_question_that_the_bench_cannot_answer_is_told(
    tmp_path: Path, firmware: Firmware, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        firmware.install(ASKS_NONSENSE)
        async with bench(tmp_path) as terminal:
            assert "bench: KeyError(255)" in await console(terminal)

    asyncio.run(scenario())
    assert "data_received() call failed" in caplog.text  # asyncio's own word, with the traceback


def test_firmware_that_never_asks_is_told(tmp_path: Path, firmware: Firmware) -> None:
    async def scenario() -> None:
        firmware.install("async def main(\n")
        async with bench(tmp_path) as terminal:
            assert "SyntaxError" in await console(terminal)

    asyncio.run(scenario())


def test_power_off_ends_the_firmware_and_darkens_the_parts(tmp_path: Path, firmware: Firmware) -> None:
    async def scenario() -> None:
        firmware.install(NEVER_ENDS)
        async with bench(tmp_path) as terminal:
            for _ in range(2):
                await terminal.power_on()
                await until(terminal, lambda: terminal.parts.lights.lit[0])
                await terminal.power_off()
                assert terminal.power is Power.OFF
                assert not any(terminal.parts.lights.lit)

    asyncio.run(scenario())


def test_flash_and_nvs_outlive_the_power_and_the_bench(tmp_path: Path, firmware: Firmware) -> None:
    async def scenario() -> None:
        firmware.install(REMEMBERS)
        nvs: dict[str, bytes] = {}
        for counts in (["255", "254"], ["252", "248"]):
            async with bench(tmp_path, nvs) as terminal:
                assert [(await console(terminal)).strip() for _ in counts] == counts
        assert nvs == {"test/count": bytes([240])}

    asyncio.run(scenario())


def test_the_terminal_finds_its_host_by_name(
    tmp_path: Path, firmware: Firmware, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host_tools.bench.network._UNREACHABLE_US", 1000)  # nobody has to wait for it here

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(4) == b"ping"
        writer.write(b"pong")
        writer.close()

    async def scenario() -> None:
        firmware.install(CALLS_ITS_HOST)
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            address, port = server.sockets[0].getsockname()
            async with bench(tmp_path, hosts={"host.test:9000": (address, port)}) as terminal:
                assert await console(terminal) == "b'pong'\n"
                server.close()
                assert await console(terminal) == "errno 111\n"  # ECONNREFUSED
                terminal.network_up = False
                assert await console(terminal) == "errno 113\n"  # EHOSTUNREACH

    asyncio.run(scenario())
