"""What a build comes to, and what the terminal makes of it: modules out of a slot, out of a ROMFS, out of sources."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.process import FROM_FLASH, MAIN
from host_tools.bench.shop import OPENING, Shop
from host_tools.boards.data import load, names
from host_tools.build.flash_image import flash_image
from host_tools.build.partition_table import SECTOR
from host_tools.build.release import Release, make
from host_tools.cards.minting import Mint
from host_tools.keys.authority import Authority
from host_tools.keys.signer import Signer
from host_tools.micropython.compiler import FIRMWARE
from tests.benchmarks.figure import SCALED, SLOWER, Figure

KB = 1024
_BOARD = "virtual"
_REPEATS = 7
_LARGEST = 8
_HEAP = "1m"
_CHIP = ("-c", "import chip\nchip.prompt()")
_FIRST_STAGE = ("-c", "import chip\nexec(chip.text('/boot.py'))\nchip.prompt()")
# With an image that has VfsRom the application is used where it lies; here it lies in a piece of the heap.
_FROM_ROMFS = """\
import chip
import sys, vfs
from esp32 import Partition
image = bytearray({size})
Partition("slot_a").readblocks(1, image, 0)
vfs.mount(vfs.VfsRom(image), "/app")
sys.path[:0] = ["/app"]
del vfs, Partition
import main
"""


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as scratch:
        signer = Signer.make(Path(scratch) / "signer.pem", "a passphrase for benches")
        releases = {name: make(load(name), signer.sign) for name in names()}
        mint = Mint(Authority(Path(scratch) / "authority").make(OPENING.date()))
        release = releases[_BOARD]
        flash = flash_image(load(_BOARD), release.bundle, signer.public)
        size = len(release.bundle) - SECTOR
        romfs = ("-c", _FROM_ROMFS.format(size=size))
        ways: dict[str, tuple[bytes, Sequence[str], int]] = {
            "a slot": (flash, FROM_FLASH, 0),
            "ROMFS": (flash, romfs, size),
            ".py": (b"", MAIN, 0),
        }
        return [
            *_sizes(release),
            *(_bundle(name, made) for name, made in releases.items()),
            *(figure for way, how in ways.items() for figure in _memory(way, mint, *how)),
            *(figure for way, how in ways.items() for figure in _times(way, *how[:2])),
            _first_stage(flash),
        ]


def _sizes(release: Release) -> Iterator[Figure]:
    for part, size in release.packages().items():
        yield Figure(f"in the bundle, {part}", size / KB, "KB")
    for path, size in release.largest(_LARGEST):
        yield Figure(f"the largest, {path}", size / KB, "KB")


def _bundle(name: str, release: Release) -> Figure:
    share = len(release.bundle) / release.room
    return Figure(f"a bundle for {name}", len(release.bundle) / KB, "KB", f"{share:.0%} of a slot")


def _first_stage(flash: bytes) -> Figure:
    """What comes before a slot's application."""
    spent = []
    for program in (_CHIP, _FIRST_STAGE) * _REPEATS:
        with _shop(flash, program, None, measured=False) as shop:
            shop.bench.power_on()
            spent.append(shop.bench.firmware_cpu())
    seconds = statistics.median(spent[1::2]) - statistics.median(spent[::2])
    return Figure("of that, the first stage: choose, verify, mount", seconds * SLOWER, "s", SCALED.partition(",")[0])


@contextmanager
def _shop(software: bytes, program: Sequence[str], mint: Mint | None, *, measured: bool) -> Iterator[Shop]:
    with tempfile.TemporaryDirectory() as scratch, _sources(Path(scratch), program is MAIN):
        bench: Any = partial(_Bench, program)
        with Shop(Path(scratch), mint=mint, heap=_HEAP, measure_heap=measured, software=software, bench=bench) as shop:
            yield shop


class _Bench(LockstepBench):
    """One that runs a program of its own."""

    def __init__(self, own: Sequence[str], *where: Any, program: Sequence[str], **how: Any) -> None:
        super().__init__(*where, program=own, **how)


@contextmanager
def _sources(scratch: Path, wanted: bool) -> Iterator[None]:
    """Within, the firmware is run as it is written: a copy, as its own tree would be compiled."""
    if wanted:
        os.environ["SUANPAN_FIRMWARE"] = str(shutil.copytree(FIRMWARE, scratch / "sources"))
    try:
        yield
    finally:
        if wanted:
            del os.environ["SUANPAN_FIRMWARE"]


def _memory(way: str, mint: Mint, software: bytes, program: Sequence[str], image: int) -> list[Figure]:
    """Live bytes, collected before they are counted, without those of an image that an ESP32 has in flash."""
    figures = []
    with _shop(software, program, mint, measured=True) as shop:
        bench = shop.bench

        def step(name: str, size: int) -> None:
            figures.append(Figure(f"from {way}: heap alive, {name}", (size - image) / KB, "KB", "of 64-bit words"))

        bench.power_on()
        bench.expect("柜员号")
        step("after boot", bench.heap_now)
        shop.log_in()
        bench.expect("请输入金额")
        bench.peak_heap = 0
        bench.type("1234")
        bench.press("enter")
        bench.expect("请刷卡")
        shop.insert("up-debit")
        bench.expect("请输入密码")
        bench.type("123456")
        bench.press("enter")
        bench.expect("请拔卡")
        bench.parts.chip_slot.pull()
        shop.take_slips()
        step("at the peak of a chip sale", bench.peak_heap)
    return figures


def _times(way: str, software: bytes, program: Sequence[str]) -> list[Figure]:
    walls, cpus = [], []
    for _ in range(_REPEATS):
        with _shop(software, program, None, measured=False) as shop:
            start = time.perf_counter()
            shop.bench.power_on()
            shop.bench.expect("柜员号")
            walls.append(time.perf_counter() - start)
            cpus.append(shop.bench.firmware_cpu())
    cpu = statistics.median(cpus)
    return [
        Figure(f"from {way}: boot to log-in, wall time", statistics.median(walls) * 1000, "ms"),
        Figure(f"from {way}: boot to log-in, ESP32 estimate", cpu * SLOWER, "s", SCALED.partition(",")[0]),
    ]
