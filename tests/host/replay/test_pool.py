"""Many traces at once: all results, in whatever order, whoever is lost on the way."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from pathlib import Path

import pytest

from host_tools.replay import pool
from host_tools.replay.comparing import Outcome
from host_tools.replay.errors import NoCluster


def test_a_lost_worker_loses_no_result(sale: bytes) -> None:
    outcomes: dict[int, Outcome] = {}
    killed: list[int] = []

    def done(number: int, outcome: Outcome) -> None:
        assert number not in outcomes
        outcomes[number] = outcome
        if not killed:
            child = next(child for child in multiprocessing.active_children() if child.pid)
            assert child.pid
            killed.append(child.pid)
            os.kill(child.pid, signal.SIGKILL)

    pool.here([(f"{number}", sale) for number in range(5)], 2, done)
    assert sorted(outcomes) == list(range(5))
    assert all(outcome.good for outcome in outcomes.values())
    assert killed


def test_a_trace_that_loses_every_worker_is_told(sale: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter of the firmware kills who started it."""
    killer = tmp_path / "killer"
    killer.write_text("#!/bin/sh\nkill -9 $PPID\n")
    killer.chmod(0o755)
    monkeypatch.setenv("MICROPYTHON", str(killer))
    outcomes: dict[int, Outcome] = {}
    pool.here([("bad", sale), ("damaged", sale[:50])], 2, outcomes.__setitem__)
    assert "its worker was lost" in outcomes[0].fault
    assert outcomes[1].fault.startswith("DamagedTrace")


def test_no_dask(sale: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(NoCluster, match="not installed"):
        pool.on_cluster([("x", sale)], "tcp://127.0.0.1:1", lambda number, outcome: None)


def test_a_cluster_whose_worker_is_lost(sale: bytes) -> None:
    import distributed

    outcomes: dict[int, Outcome] = {}
    killed: list[str] = []

    def done(number: int, outcome: Outcome) -> None:
        outcomes[number] = outcome
        if not killed:
            killed.append(outcome.worker)
            os.kill(int(outcome.worker.rpartition(":")[2]), signal.SIGKILL)

    one_core = {"threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(n_workers=2, **one_core) as cluster:  # type: ignore[no-untyped-call]
        pool.on_cluster([(f"{number}", sale) for number in range(4)], cluster.scheduler_address, done)
    assert sorted(outcomes) == list(range(4))
    assert all(outcome.good for outcome in outcomes.values())
    assert killed
