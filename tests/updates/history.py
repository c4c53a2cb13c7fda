"""One whole update, recorded: every operation on the flash and every write of the non-volatile store, in their order.

What a power cut in the middle leaves follows from it, without doing it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.shop import Shop
from host_tools.flash import factory
from host_tools.update.bundles import Bundle
from host_tools.update.server import build_app
from tests.system.books import sell, sent, settle
from tests.system.software import software
from tests.system.updates import SERVER, Web, at_night, fetching, online
from tests.updates.versions import new, old

if TYPE_CHECKING:
    from collections.abc import Iterator

SECTOR: Final = 4096


class Way(StrEnum):
    """What becomes of the operation in which the power goes."""

    BEFORE = "before"
    HALF = "half"  # a program's first half is done, an erase's second
    BITS = "bits"  # a random choice of its bits


@dataclass(frozen=True)
class Operation:
    """Bytes at an address, None where a sector is erased; or a blob of the non-volatile store."""

    address: int = -1
    data: bytes | None = None
    key: str = ""

    @property
    def name(self) -> str:
        if self.key:
            return self.key
        partition = next(p for p in factory.partitions().values() if p.offset <= self.address < p.end)
        what = "erase" if self.data is None else "program"
        return f"{what} {partition.name} {(self.address - partition.offset) // SECTOR}"

    def apply(self, image: bytearray, nvs: dict[str, bytes], way: Way | None, random: Random) -> None:
        """All of it, or what there is of it when the power goes."""
        if self.key:
            if way is None:
                assert self.data is not None
                nvs[self.key] = self.data
            return
        size = SECTOR if self.data is None else len(self.data)
        before = bytes(image[self.address : self.address + size])
        after = b"\xff" * size if self.data is None else bytes(a & b for a, b in zip(before, self.data, strict=True))
        half = size // 2
        if way == Way.BEFORE:
            after = before
        elif way == Way.HALF:
            after = before[:half] + after[half:] if self.data is None else after[:half] + before[half:]
        elif way == Way.BITS:
            mixed = random.randbytes(size)
            after = bytes(a ^ ((a ^ b) & m) for a, b, m in zip(before, after, mixed, strict=True))
        image[self.address : self.address + size] = after


@dataclass(frozen=True)
class History:
    """`stan` is the last one that was used before it."""

    image: bytes
    nvs: dict[str, bytes]
    operations: list[Operation]
    stan: int

    def cut(self, at: int, way: Way) -> tuple[bytes, dict[str, bytes]]:
        """Flash and store after a power cut in that operation; behind the last one, at the end of it all."""
        image, nvs, random = bytearray(self.image), dict(self.nvs), Random(f"{at} {way}")
        for operation in self.operations[:at]:
            operation.apply(image, nvs, None, random)
        if at < len(self.operations):
            self.operations[at].apply(image, nvs, way, random)
        return bytes(image), nvs

    def points(self) -> Iterator[tuple[int, Way]]:
        """Every cut that leaves something of its own."""
        for at, operation in enumerate(self.operations):
            for way in Way:
                if not (operation.key and way != Way.BEFORE):
                    yield at, way


class _Store(dict[str, bytes]):
    def __init__(self, kept: dict[str, bytes], told: list[Operation]) -> None:
        super().__init__(kept)
        self._told = told

    def __setitem__(self, key: str, value: bytes) -> None:
        self._told.append(Operation(key=key, data=value))
        super().__setitem__(key, value)


def field(directory: Path) -> Shop:
    """A terminal that finds the new version on its server at night."""
    path = directory / "new.bundle"
    path.write_bytes(new())
    app = build_app({"virtual": Bundle.load(path)})
    with fetching(f"http://{SERVER}/"):
        return Shop(directory, software=software(old()), bench=online(lambda: Web(app)))


def record(directory: Path) -> History:
    """From a terminal that has sold and settled, through the night, to the first log-in with the new version."""
    told: list[Operation] = []
    with field(directory) as shop:
        bench = shop.bench
        night(shop)
        image, nvs = bench.flash.image(), dict(bench.nvs)
        stan = max(int(str(values[11])) for mti in ("0200", "0500") for values in sent(shop, mti))
        _listen(bench, told)
        bench.nvs = _Store(bench.nvs, told)
        bench.power_on()
        bench.expect("程序已更新", timeout=2 * 3600)
        bench.expect("柜员号")
        bench.run(60)
    return History(image, nvs, told, stan)


def night(shop: Shop) -> None:
    """A day's end: something sold, and settled; switched off."""
    shop.open()
    shop.bench.expect("请输入金额")
    sell(shop, 1_00)
    settle(shop)
    shop.bench.power_off()
    at_night(shop)


def _listen(bench: LockstepBench, told: list[Operation]) -> None:
    heard = bench._record

    def listen(now_us: int, wire: str, direction: str, data: bytes) -> None:
        if wire == "flash":
            address = int.from_bytes(data[:4], "little")
            told.append(Operation(address, data[4:] if direction == "program" else None))
        heard(now_us, wire, direction, data)

    setattr(bench, "_record", listen)  # noqa: B010 - the bench hands it to each power-on's board
