"""How long an update takes, in virtual time: the line and the flash, and not what the processor needs in between."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from host_tools.bench.cable import Cable
from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.shop import Shop
from host_tools.update.bundles import Bundle
from host_tools.update.line import send
from host_tools.update.server import build_app
from tests.benchmarks.figure import Figure
from tests.system.software import NUMBER, release, software
from tests.system.updates import SERVER, Web, at_night, by_cable, fetching, online, runs

_NEW = NUMBER + 1
_BAUD = 115_200
_SERVICE = 0  # the UART


def run() -> list[Figure]:
    size = len(release(_NEW))
    figures = [Figure("bundle", size / 1024, "KB")]
    figures += [
        Figure(f"by cable at {baud:,} baud, both ends", _by_cable(baud), "s", "line and flash")
        for baud in (_BAUD, 8 * _BAUD)
    ]
    figures.append(Figure("by HTTP", _by_http(), "s", "40 ms to the server and back, no limit but the flash"))
    figures.append(Figure("from the restart to the log-in", _restart(), "s", "the parts and the flash alone"))
    return figures


def _by_cable(baud: int) -> float:
    with tempfile.TemporaryDirectory() as scratch, Shop(Path(scratch), software=software()) as shop:
        bench = shop.bench
        bench.power_on()
        by_cable(shop)
        assert bench._board
        bench._board._uarts[_SERVICE].configure(baud, 8, 0, 1)
        return _seconds(bench, lambda: send(Cable(bench, step_s=0.001, patience_s=10), release(_NEW)))


def _by_http() -> float:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "new.bundle"
        path.write_bytes(release(_NEW))
        app = build_app({"virtual": Bundle.load(path)})
        with (
            fetching(f"http://{SERVER}/"),
            Shop(Path(scratch), software=software(), bench=online(lambda: Web(app))) as shop,
        ):
            bench = shop.bench
            at_night(shop)
            bench.power_on()
            bench.expect("程序更新", timeout=2 * 3600)
            return _seconds(bench, lambda: bench.until(lambda: "suanpan/boot" in bench.nvs, "update", 600))


def _restart() -> float:
    with tempfile.TemporaryDirectory() as scratch, Shop(Path(scratch), software=software()) as shop:
        assert runs(shop) == NUMBER

        def start() -> None:
            shop.bench.power_on()
            shop.bench.expect("柜员号")

        return _seconds(shop.bench, start)


def _seconds(bench: LockstepBench, act: Callable[[], object]) -> float:
    began = bench.clock.now_us
    act()
    return (bench.clock.now_us - began) / 1e6
