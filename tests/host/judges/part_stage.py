"""A virtual board that runs a small program on the firmware's drivers, with a part of the bench on one of its buses."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.process import PINS
from host_tools.bench.shop import OPENING
from host_tools.flash.factory import blank, partitions
from host_tools.micropython import firmware_root

_HEAD = """\
import link, timing
link.connect()
timing.install()
import asyncio, sys
from machine import I2C, UART, Pin

def now():
    return link.now_us // 1000

async def main():
    try:
        await program()
    except BaseException as error:
        sys.print_exception(error, sys.stdout)
    print("done")
    await asyncio.sleep(3600)
"""

Prepare = Callable[[LockstepBench], object]


class Stage:
    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._tmp_path = tmp_path
        self._monkeypatch = monkeypatch

    def run(
        self,
        program: str,
        fit: Prepare,
        prepare: Prepare = lambda bench: None,
        seconds: float = 120,
        heap: str = "512k",
        pins: Path = PINS,
    ) -> list[str]:
        """What `async def program()` printed, line by line. `fit` solders the part on, `prepare` plans what happens."""
        source = self._tmp_path / "program"
        source.mkdir(exist_ok=True)
        if not (source / "suanpan").exists():
            (source / "suanpan").symlink_to(firmware_root() / "suanpan")
        (source / "main.py").write_text(f"{_HEAD}\n{textwrap.dedent(program)}\nasyncio.run(main())\n", "utf-8")
        image = self._tmp_path / "flash.bin"
        image.write_bytes(blank(partitions()))
        self._monkeypatch.setenv("SUANPAN_FIRMWARE", str(source))
        with LockstepBench(image, seed=1, start=OPENING, nvs={}, hosts={}, heap=heap, pins=pins) as bench:
            fit(bench)
            bench.power_on()
            prepare(bench)
            bench.until(lambda: "done" in bench.console(), "end of the program", seconds)
            return [line.strip() for line in bench.console().splitlines()[:-1]]
