"""Replays of sale traces: a thousand on two workers, and how it scales with workers, here and through dask."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from host_tools.bench.shop import Shop
from host_tools.keys.injection import BAUD
from host_tools.replay import pool
from host_tools.replay.comparing import Outcome
from host_tools.replay.player import replay
from host_tools.replay.recorder import RecordedShop
from host_tools.replay.trace import dump
from tests.benchmarks.figure import Figure

_THOUSAND = 1000
_SOME = 100  # to see how it scales
_KINDS = 20  # different sales among the thousand


def run() -> list[Figure]:
    jobs = [(f"{number}", data) for number, data in enumerate(_sales() * (_THOUSAND // _KINDS))]
    cpu = _cpu()
    for name, data in jobs[:_KINDS]:
        assert replay(data, name).good
    each = (_cpu() - cpu) / _KINDS
    one = _timed(jobs[:_SOME], partial(pool.here, workers=1))
    two = _timed(jobs[:_SOME], partial(pool.here, workers=2))
    figures = [
        Figure("a sale trace, processor time", each * 1000, "ms", "firmware and bench"),
        Figure(f"{_SOME} sale traces, 1 worker", one, "s"),
        Figure(f"{_SOME} sale traces, 2 workers", two, "s", f"{one / two:.2f} times as fast; {os.cpu_count()} cores"),
    ]
    if find_spec("distributed"):
        figures += [_on_dask(jobs[:_SOME], workers) for workers in (1, 2)]
    thousand = _timed(jobs, partial(pool.here, workers=2))
    return [*figures, Figure(f"{_THOUSAND:,} sale traces, 2 workers", thousand, "s", "aim: at most 60"), *_told()]


def _told() -> list[Figure]:
    """What it costs a terminal to tell what it does."""
    with tempfile.TemporaryDirectory() as scratch, Shop(Path(scratch), measure_heap=True) as shop:
        bench = shop.bench
        shop.open()
        bench.expect("请输入金额")
        bench.run(1)
        before = bench.heap_now
        bench.press("menu", "9", "5")
        bench.expect("运行跟踪")
        bench.press("enter")
        bench.expect("请输入金额")
        bench.run(1)
        heap = bench.heap_now - before
        heard = len(bench.parts.service.heard)
        shop.ask_for(10_00, shop.cards["plain"])
        shop.take_slips()
        said = len(bench.parts.service.heard) - heard
    seconds = said * 10 / BAUD
    return [
        Figure("a terminal that tells, heap", heap / 1024, "KB", "of 64-bit words"),
        Figure("a sale that is told", said / 1024, "KB", f"{seconds:.2f} s of the line"),
    ]


def _sales() -> list[bytes]:
    """Trace files of terminals that differ, each from power-on to the second slip."""
    traces = []
    for seed in range(_KINDS):
        with tempfile.TemporaryDirectory() as scratch, RecordedShop(Path(scratch), seed=seed) as shop:
            shop.open()
            shop.bench.expect("请输入金额")
            shop.ask_for(10_00 + seed, shop.cards["plain"])
            shop.take_slips()
            traces.append(dump(shop.recorded()))
    return traces


def _timed(jobs: list[pool.Job], play: Callable[..., None]) -> float:
    outcomes: dict[int, Outcome] = {}
    began = time.perf_counter()
    play(jobs, done=outcomes.__setitem__)
    took = time.perf_counter() - began
    assert len(outcomes) == len(jobs) and all(outcome.good for outcome in outcomes.values())
    return took


def _on_dask(jobs: list[pool.Job], workers: int) -> Figure:
    distributed = import_module("distributed")

    with distributed.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        took = _timed(jobs, partial(pool.on_cluster, scheduler=cluster.scheduler_address))
    return Figure(f"{len(jobs)} sale traces, dask, workers: {workers}", took, "s")


def _cpu() -> float:
    """Of this process and the children that have ended, in seconds."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)
