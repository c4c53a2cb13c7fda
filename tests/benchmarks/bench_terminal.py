"""The whole terminal on the virtual board: memory, boot, key to pixel, and a sale from power-on to slip."""

from __future__ import annotations

import ast
import statistics
import tempfile
import time
from pathlib import Path

from host_tools.acquirer.connection import DELAY_MS
from host_tools.acquirer.trace import Record
from host_tools.bench.lockstep import BenchError
from host_tools.bench.network import ROUND_TRIP_US
from host_tools.bench.shop import Shop
from host_tools.micropython.compiler import CACHE
from host_tools.micropython.port import ROOT
from tests.benchmarks.figure import SCALED, SLOWER, Figure

KB = 1024
_FINEST = 4 * KB
_REPEATS = 7
_ANSWER = "0210"
_UNDER_WAY_S = DELAY_MS / 1e3 + ROUND_TRIP_US / 2e6
_LINE = "算盘茶馆".encode("gb18030")  # the first of a slip


def run() -> list[Figure]:
    return [*_memory(), *_times()]


def _sale(shop: Shop) -> None:
    shop.open()
    shop.bench.expect("请输入金额")
    shop.ask_for(12_34, shop.cards["plain"])
    shop.take_slips()


def _works_in(heap: int) -> bool:
    with tempfile.TemporaryDirectory() as scratch, Shop(Path(scratch), heap=str(heap)) as shop:
        try:
            _sale(shop)
        except (BenchError, OSError):
            return False
        return True


def _smallest_heap() -> int:
    """Bytes of the smallest heap in which a sale succeeds, to 4 KB."""
    fails, works = 64 * KB, 512 * KB
    while works - fails > _FINEST:
        middle = (fails + works) // 2 // _FINEST * _FINEST
        if _works_in(middle):
            works = middle
        else:
            fails = middle
    return works


def _memory() -> list[Figure]:
    """Live bytes at each step, collected before they are counted."""
    figures = []
    with (
        tempfile.TemporaryDirectory() as scratch,
        Shop(Path(scratch), measure_heap=True, heap="512k") as shop,
    ):
        bench = shop.bench

        def step(name: str) -> None:
            figures.append(_heap(f"heap alive, {name}", bench.heap_now))

        bench.power_on()
        bench.expect("柜员号")
        step("at log-in")
        shop.log_in()
        bench.expect("请输入金额")
        step("signed in, idle")
        shop.ask_for(12_34, shop.cards["plain"])
        step("waiting for the host")
        bench.expect("正在打印")
        step("printing")
        shop.take_slips()
        step("after the sale")
        figures.append(_heap("heap alive, peak", bench.peak_heap))
    figures.append(_heap("smallest heap in which a sale succeeds", _smallest_heap()))
    return figures


def _heap(name: str, size: int) -> Figure:
    """An ESP32's words are half as long; compiled code, which lives on the heap too, is bytes and stays as it is."""
    code = sum(path.stat().st_size for path in _loaded())
    estimate = (size + code) / 2
    return Figure(name, size / KB, "KB", f"32-bit estimate {estimate / KB:.0f} KB, {code / KB:.0f} KB of it code")


def _loaded() -> set[Path]:
    """The compiled modules that the terminal imports at its start: what is imported within a function is not there."""
    sources = {"firmware": ROOT / "firmware", "boards/virtual": ROOT / "boards" / "virtual"}
    loaded: set[Path] = set()
    waiting = ["main"]
    while waiting:
        name = waiting.pop().replace(".", "/")
        for folder, source in sources.items():
            compiled, written = CACHE / folder / f"{name}.mpy", source / f"{name}.py"
            if compiled in loaded or not written.exists():
                continue
            loaded.add(compiled)
            for statement in ast.parse(written.read_text("utf-8")).body:
                if isinstance(statement, ast.Import):
                    waiting += [alias.name for alias in statement.names]
                elif isinstance(statement, ast.ImportFrom) and statement.module:
                    waiting += [statement.module, *(f"{statement.module}.{alias.name}" for alias in statement.names)]
    return loaded


def _times() -> list[Figure]:
    whole, boots, boot_cpu, keys, papers = [], [], [], [], []
    for _ in range(_REPEATS):
        with tempfile.TemporaryDirectory() as scratch:
            start = time.perf_counter()
            with Shop(Path(scratch)) as shop:
                powered = time.perf_counter()
                shop.bench.power_on()
                shop.bench.expect("柜员号")
                boots.append(time.perf_counter() - powered)
                boot_cpu.append(shop.bench.firmware_cpu())
                shop.log_in()
                shop.bench.expect("请输入金额")
                papers.append(_to_paper(shop))
                shop.take_slips()
                whole.append(time.perf_counter() - start)
                for digit in "123456789":
                    before = shop.bench.firmware_cpu()
                    shop.bench.press(digit)
                    keys.append(shop.bench.firmware_cpu() - before)
    return [
        Figure("boot to log-in, wall time", _ms(boots), "ms", "from .mpy files, as on a board"),
        Figure("boot to log-in, processor time of the firmware", _ms(boot_cpu), "ms"),
        Figure("key to pixel, processor time of the firmware", _ms(keys), "ms", "press, scans, redraw, release"),
        Figure(
            "approval to the first line on its way to the printer, ESP32 estimate",
            _ms(papers),
            "ms",
            f"aim: at most 300; {SCALED}, all that the virtual board does in Python counted",
        ),
        Figure("a scripted sale with power-on and sign-in, wall time", _ms(whole), "ms", "aim: at most 500 ms"),
    ]


def _to_paper(shop: Shop) -> float:
    """A sale, up to the first line; seconds of an ESP32 since the approval has come over the network."""
    bench, printer = shop.bench, shop.bench.parts.printer
    answered: list[tuple[float, float]] = []
    took: list[float] = []
    receive = printer.receive

    def heard(record: Record) -> None:
        if record.mti == _ANSWER:
            answered.append((bench.clock.now_us / 1e6, bench.firmware_cpu()))

    def received(data: bytes) -> None:
        if answered and not took and _LINE in data:
            (then, before), now = answered[0], bench.clock.now_us / 1e6
            took.append(now - then - _UNDER_WAY_S + (bench.firmware_cpu() - before) * SLOWER)
        receive(data)

    shop.on_message.append(heard)
    printer.receive = received  # type: ignore[method-assign]
    shop.ask_for(12_34, shop.cards["plain"])
    bench.until(lambda: bool(took), "the first line")
    return took[0]


def _ms(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1000
