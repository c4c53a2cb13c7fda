"""Many traces at once: on this machine's cores, or on a cluster through dask.distributed. One way of asking for both.

A worker that is lost takes nothing along: what it had not finished is played again. A trace that takes its worker with
it time after time is told as such, and the others go on.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Final

from host_tools.replay.comparing import Outcome
from host_tools.replay.errors import NoCluster
from host_tools.replay.player import replay

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.sharedctypes import Synchronized

Job = tuple[str, bytes]  # a name, and a trace file
Done = Callable[[int, Outcome], None]

_MOST_LOSSES: Final = 3  # of workers, by one trace
_WAITING: Final = 4  # jobs that lie ready for each worker


def here(jobs: Sequence[Job], workers: int, done: Done) -> None:
    """On this machine; `done(number of the job, outcome)` as they come, in any order."""
    losses = [0] * len(jobs)
    left = set(range(len(jobs)))
    suspects: set[int] = set()  # had begun, or were about to, when a worker was lost: each is played by itself
    while left:
        alone = bool(suspects)
        batch = [min(suspects)] if alone else sorted(left)
        lost = _batch(jobs, batch, 1 if alone else workers, left, done)
        if alone and not lost:
            suspects -= set(batch)
        for number in lost:
            losses[number] += alone
            if losses[number] >= _MOST_LOSSES:
                left.discard(number)
                done(number, Outcome(jobs[number][0], fault="its worker was lost, time after time"))
        suspects = (suspects | set(lost)) & left


def _batch(jobs: Sequence[Job], batch: list[int], workers: int, left: set[int], done: Done) -> list[int]:
    """Play these in one pool; those that were under way when it broke."""
    waiting = iter(batch)
    running: dict[Future[Outcome], int] = {}
    # Spawned: a fork would copy the progress bar's thread in the middle of whatever it does.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _settle, (context.Value("i", 0),)) as pool:
        try:
            for number in waiting:
                running[pool.submit(played, jobs[number])] = number
                if len(running) >= workers * _WAITING:
                    _take(running, left, done)
            while running:
                _take(running, left, done)
        except BrokenProcessPool:
            for future, number in running.items():
                if future.done() and future.exception() is None and number in left:
                    left.discard(number)
                    done(number, future.result())
            return [number for number in running.values() if number in left]
    return []


def _settle(taken: Synchronized[int]) -> None:
    """A worker and its firmware take turns: on one processor of their own they need not be woken from another."""
    if hasattr(os, "sched_setaffinity"):
        with taken.get_lock():
            number, taken.value = taken.value, taken.value + 1
        processors = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {processors[number % len(processors)]})


def _take(running: dict[Future[Outcome], int], left: set[int], done: Done) -> None:
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        outcome = future.result()  # BrokenProcessPool leaves it among those that run
        number = running.pop(future)
        left.discard(number)
        done(number, outcome)


def played(job: Job) -> Outcome:
    name, data = job
    return replace(replay(data, name), worker=f"{socket.gethostname()}:{os.getpid()}")


def on_cluster(jobs: Sequence[Job], scheduler: str, done: Done) -> None:
    """By a dask scheduler's address; its workers have this repository, and play with the firmware that they have.

    Raises NoCluster where dask is not installed, or nobody answers at that address.
    """
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise NoCluster("--scheduler wants the package distributed, which is not installed") from None
    try:
        client = distributed.Client(scheduler, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as problem:
        raise NoCluster(f"{scheduler}: {problem}") from problem
    with client:
        # The scheduler gives what a lost worker had to another, and gives up on what loses several.
        futures = client.map(played, jobs, pure=False, retries=_MOST_LOSSES)
        numbers = {future.key: number for number, future in enumerate(futures)}
        for future in distributed.as_completed(futures, loop=client.loop):
            number = numbers[future.key]
            lost = future.exception()
            done(number, Outcome(jobs[number][0], fault=str(lost)) if lost else future.result())
            future.release()
