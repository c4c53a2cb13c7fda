"""Adafruit's drivers, and what they want: a bus as busio has it, in the bench's virtual time.

Each is fetched by its archive on the index, without the packages that it would have pip install: those reach the buses
of a machine that has some.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

from host_tools.bench.bus import I2cPart
from host_tools.bench.clock import VirtualClock
from host_tools.micropython.library import Package, library_path
from host_tools.micropython.port import ROOT

_COMMON = (
    Package(
        "adafruit-circuitpython-busdevice",
        "5.2.17",
        "01887ba0056d3635536f0bf1e580a2969c67fc2c4c7b42a4093bcf7a3308bc9b",
    ),
    Package(
        "adafruit-circuitpython-register",
        "1.13.0",
        "c47e157157076ad85476ef4b2681e135b374f1dd316461dc37859052149fcfa8",
    ),
)
DS3231 = Package(
    "adafruit-circuitpython-ds3231",
    "2.4.28",
    "fbe9941f77068ffa3acd53e8f7dd6a5b2955e154502e1c3e05807458c7856ce0",
)
MAX1704X = Package(
    "adafruit-circuitpython-max1704x",
    "1.1.0",
    "84d13567714d2a3af39730c84b9ad74c2fe52634511497378ebbede6299ad472",
)
PCF8574 = Package(
    "adafruit-circuitpython-pcf8574",
    "1.0.17",
    "23ce5842b197e95831fc7133c3c5b9ed8349ea6b934a72f75015652af410ae33",
)
_STANDARD_SPEED_HZ = 100_000
# What the drivers import besides: names for their annotations, and the directions of pins.
_STAND_INS: dict[str, dict[str, object]] = {
    "busio": {"I2C": object},
    "circuitpython_typing": {"ReadableBuffer": object, "WriteableBuffer": object},
    "circuitpython_typing.device_drivers": {"I2CDeviceDriver": object},
    "digitalio": {
        "Direction": type("Direction", (), {"INPUT": "in", "OUTPUT": "out"}),
        "Pull": type("Pull", (), {"UP": "up", "DOWN": "down"}),
    },
}


class BusIo:
    """busio.I2C with one part on it."""

    def __init__(self, part: I2cPart, clock: VirtualClock) -> None:
        self._part = part
        self._clock = clock

    def try_lock(self) -> bool:
        return True

    def unlock(self) -> None: ...

    def writeto(self, address: int, buffer: bytes, *, start: int = 0, end: int | None = None) -> None:
        data = bytes(buffer[start:end])
        self._takes(len(data))
        if address != self._part.address or self._part.write(data) != len(data):
            raise OSError(19)

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        count = len(buffer[start:end])
        self._takes(count)
        data = self._part.read(count) if address == self._part.address else b""
        if not data:
            raise OSError(19)
        buffer[start : start + count] = data

    def writeto_then_readfrom(
        self, address: int, out: bytes, into: bytearray, *,
        out_start: int = 0, out_end: int | None = None, in_start: int = 0, in_end: int | None = None,
    ) -> None:  # fmt: skip
        self.writeto(address, out, start=out_start, end=out_end)
        self.readfrom_into(address, into, start=in_start, end=in_end)

    def _takes(self, count: int) -> None:
        self._clock.busy((count + 1) * 9 * 1_000_000 // _STANDARD_SPEED_HZ)


@contextmanager
def driver(package: Package, name: str, clock: VirtualClock) -> Iterator[Any]:
    """The driver's module, whose `time.sleep` passes on the bench's clock."""
    paths = [str(library_path(each)) for each in (package, *_COMMON)] + [str(ROOT / "tests" / "shims")]
    before = set(sys.modules)
    sys.path[:0] = paths
    for stand_in, content in _STAND_INS.items():
        sys.modules[stand_in] = ModuleType(stand_in)
        vars(sys.modules[stand_in]).update(content)
    try:
        module = importlib.import_module(name)
        if "time" in vars(module):
            vars(module)["time"] = SimpleNamespace(sleep=lambda seconds: clock.busy(round(seconds * 1e6)))
        yield module
    finally:
        for path in paths:
            sys.path.remove(path)
        for loaded in set(sys.modules) - before:
            if loaded.startswith("adafruit_") or loaded == "micropython" or loaded in _STAND_INS:
                del sys.modules[loaded]
