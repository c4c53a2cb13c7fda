"""How much of a core the interactive bench takes while nobody touches the terminal."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from host_tools.bench.panel.desk import Desk
from host_tools.bench.panel.live_shop import open_shop
from host_tools.bench.panel.server import ADDRESS, bind, serving
from host_tools.bench.screen_reader import read_lines
from host_tools.flash.factory import FACTORY_OPERATOR, FACTORY_PASSWORD

_KEY_S = 0.06  # down, and up
_LOOK_S = 0.05


@dataclass(frozen=True)
class IdleLoad:
    """Processor time over real time, 1.0 being one core; `bench` is parts, acquirer and web server."""

    firmware: float
    bench: float


def idle_load(seconds: float = 10) -> IdleLoad:
    """Of a terminal that is signed in and ready for a sale, with a browser looking on."""
    with tempfile.TemporaryDirectory(prefix="suanpan-") as directory:
        return asyncio.run(_measure(Path(directory), seconds))


async def _measure(directory: Path, seconds: float) -> IdleLoad:
    with bind(0) as listener:
        page = f"{ADDRESS}:{listener.getsockname()[1]}"
        async with (
            open_shop(directory) as desk,
            serving(desk, listener),
            connect(f"ws://{page}/desk", origin=Origin(f"http://{page}")) as browser,
            asyncio.TaskGroup() as tasks,
        ):
            looking = tasks.create_task(_look(browser))
            await desk.switch_power(on=True)
            await _log_in(desk)
            firmware, bench = desk.bench.firmware_cpu_seconds, time.process_time()
            await asyncio.sleep(seconds)
            firmware, bench = desk.bench.firmware_cpu_seconds - firmware, time.process_time() - bench
            looking.cancel()
    return IdleLoad(firmware / seconds, bench / seconds)


async def _look(browser: ClientConnection) -> None:
    while True:
        await browser.recv()


async def _log_in(desk: Desk) -> None:
    await _see(desk, "柜员号")
    await _type(desk, *FACTORY_OPERATOR, "enter")
    await _see(desk, "柜员密码")
    await _type(desk, *FACTORY_PASSWORD, "enter")
    await _see(desk, "请输入金额")


async def _type(desk: Desk, *keys: str) -> None:
    for key in keys:
        desk.press(key)
        await asyncio.sleep(_KEY_S)
        desk.release(key)
        await asyncio.sleep(_KEY_S)


async def _see(desk: Desk, text: str) -> None:
    async with asyncio.timeout(20):
        while not any(text in line for line in read_lines(desk.bench.parts.display.pixels())):
            await asyncio.sleep(_LOOK_S)
