"""TLS to the host, beside plain TCP: heap, bytes on the wire, processor time.

What Mbed TLS takes outside the heap is not seen here: C's allocator has it from what it holds already.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from host_tools.acquirer.connection import Connection
from host_tools.acquirer.tls import SecuredExchange
from host_tools.bench.network import Answer, Exchange
from host_tools.bench.shop import PlainExchange, Shop
from tests.benchmarks.figure import Figure

KB = 1024


class Counted:
    """Counts what goes over one connection."""

    def __init__(self, inner: Exchange, counts: list[int]) -> None:
        self._inner = inner
        self._counts = counts

    def feed(self, data: bytes) -> list[tuple[int, Answer]]:
        self._counts.append(len(data))
        return [(delay, self._counted(answer)) for delay, answer in self._inner.feed(data)]

    def _counted(self, answer: Answer) -> Answer:
        def leave() -> bytes:
            data = answer() if callable(answer) else answer
            assert data is not None
            self._counts.append(len(data))
            return data

        return None if answer is None else leave


def run() -> list[Figure]:
    plain, secured = _sale(tls=False), _sale(tls=True)
    figures = []
    for name, unit, of_plain, of_secured in zip(
        ("heap alive, peak of a sale", "bytes on the wire for a sale", "processor time of the firmware for a sale"),
        ("KB", "bytes", "ms"),
        plain,
        secured,
        strict=True,
    ):
        figures.append(Figure(f"{name}, plain TCP", of_plain, unit))
        figures.append(Figure(f"{name}, TLS", of_secured, unit, f"{of_secured - of_plain:+.0f} {unit}"))
    return figures


def _sale(*, tls: bool) -> tuple[float, float, float]:
    with tempfile.TemporaryDirectory() as scratch, Shop(Path(scratch), tls=tls, measure_heap=True) as shop:
        counts: list[int] = []

        def exchange(connection: Connection) -> Exchange:
            line = shop.line
            return Counted(SecuredExchange(line.context, connection) if line else PlainExchange(connection), counts)

        shop.exchange = exchange
        shop.open()
        shop.bench.expect("请输入金额")
        counts.clear()
        before = shop.bench.firmware_cpu()
        shop.ask_for(12_34, shop.cards["plain"])
        shop.take_slips()
        spent = shop.bench.firmware_cpu() - before
        return shop.bench.peak_heap / KB, sum(counts), spent * 1000
