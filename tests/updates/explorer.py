"""An update whose power goes in every operation of the flash, and in every write of the non-volatile store.

After each the board is switched on: the real first stage, the real firmware. What must hold is in `violations`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from littlefs import LittleFS, UserContext

from host_tools.bench.lockstep import BenchError
from host_tools.build.bundle import BundleError, read
from host_tools.flash import factory
from tests.system.books import audited, sell, sent
from tests.system.software import signer
from tests.system.updates import SLOTS, at_night, begin, runs
from tests.updates.history import History, Way, field, record
from tests.updates.versions import NEW, OLD, SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host_tools.bench.shop import Shop

Point = tuple[int, Way]

_PENDING: Final = 2  # where it stands in the blob of suanpan/boot
_NONE: Final = 255


class Violation(Exception):
    pass


def violations(history: History, at: int, way: Way) -> list[str]:
    """What does not hold after this cut, if anything."""
    image, nvs = history.cut(at, way)
    with tempfile.TemporaryDirectory() as scratch, field(Path(scratch)) as shop:
        shop.flash_image.write_bytes(image)
        shop.bench.nvs = nvs
        try:
            _nothing_half_written(image)
            _starts_and_sells(shop, history, second_try=at % 2 == 0)
        except (Violation, BenchError, AssertionError) as problem:
            return [str(problem)]
    return []


def _starts_and_sells(shop: Shop, history: History, second_try: bool) -> None:
    bench = shop.bench
    seen: set[str] = set()
    bench.on_screen.append(lambda bench: seen.update(bench.screen()))
    waited = bench.nvs.get("suanpan/boot", b"\1\0\xff")[_PENDING] != _NONE
    at_night(shop)
    bench.power_on()
    bench.expect("柜员号", timeout=120)
    number = runs(shop)
    _require(number in SCHEMAS, f"what runs is {number}")
    if waited:
        said = "程序已更新" if number == NEW else "U06"
        _require(any(said in line for line in seen), f"it says {said}")
    _require(_schema(bench.flash.image()) <= SCHEMAS[number], "it can read its parameters")
    if number == OLD and second_try:
        if waited:  # it was being tried: at night it is not again
            begin(shop)
            bench.press("2")
        bench.until(lambda: runs(shop) == NEW, "second try", 2 * 3600)
        bench.expect("柜员号", timeout=120)
        number = NEW
    if number == NEW:
        bench.run(10)
        _require(_schema(bench.flash.image()) == SCHEMAS[NEW], "its parameters are the new version's")
        _require(bench.nvs["suanpan/boot"][5] == NEW, "the floor is the new version's")
    shop.log_in()
    bench.expect("请输入金额", timeout=120)
    sell(shop, 12_34)
    (sale,) = sent(shop, "0200")
    _require(int(str(sale[11])) > history.stan, "the STAN is a new one")
    _require(audited(shop), "the journal is whole")
    printed = bench.console().splitlines()
    _require(all(line.startswith("slot ") for line in printed), "nothing is printed but of slots")


def _nothing_half_written(image: bytes) -> None:
    """A slot whose first sector says so has a whole application."""
    for name in SLOTS:
        partition = factory.partitions()[name]
        slot = image[partition.offset : partition.end]
        try:
            read(slot, signer().public)
        except BundleError as error:
            _require("cut short" not in str(error), f"{name} has a good header before half an application")


def _schema(image: bytes) -> int:
    """Of the parameters, as they are on flash."""
    partition = factory.partitions()["data"]
    content = bytearray(image[partition.offset : partition.end])
    fs = LittleFS(
        UserContext(buffer=content),
        block_size=factory.SECTOR,
        block_count=len(content) // factory.SECTOR,
        read_size=32,
        prog_size=32,
        cache_size=128,
    )
    with fs.open("params.json", "rb") as file:
        return int(json.loads(file.read())["schema"])


def _require(so: bool, what: str) -> None:
    if not so:
        raise Violation(f"not so: {what}")


# -- all of them -------------------------------------------------------------------------------------------

_history: History | None = None  # a worker's own


def _start(history: History) -> None:
    global _history
    _history = history


def _try(point: Point) -> tuple[Point, list[str]]:
    assert _history
    return point, violations(_history, *point)


def explore(workers: int = 2, only: Sequence[str] = (), every: int = 1) -> bool:
    """Print each schedule that fails, and how many there were; whether none did. `only` are schedules as printed,
    `every` so many-th of them else."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        history = record(Path(scratch))
    points = list(islice(history.points(), 0, None, every))
    if only:
        points = [(int(at), Way(way)) for at, _, way in (text.partition(":") for text in only)]
    kinds = {name: sum(name in operation.name for operation in history.operations) for name in ("erase", "program")}
    stores = sum(bool(operation.key) for operation in history.operations)
    print(
        f"an update is {kinds['erase']} erases, {kinds['program']} programs, {stores} writes of the store: "
        f"{len(points)} schedules",
        flush=True,
    )
    bad = 0
    with ProcessPoolExecutor(workers, initializer=_start, initargs=(history,)) as pool:
        for done, future in enumerate(as_completed([pool.submit(_try, point) for point in points]), 1):
            (at, way), found = future.result()
            bad += bool(found)
            if found or only:
                name = history.operations[at].name if at < len(history.operations) else "the end"
                print(f"{at}:{way} ({name}): {'; '.join(found) or 'nothing is wrong'}", flush=True)
            if sys.stderr.isatty() or not done % (len(points) // 10 or 1):
                print(f"{100 * done // len(points):3} %", end="\r", file=sys.stderr, flush=True)
    print(f"{len(points)} schedules, {bad} bricks or worse, {time.monotonic() - began:.0f} s with {workers} workers")
    return not bad
