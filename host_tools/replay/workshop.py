"""The terminal as it left the workshop, made again from a trace's start."""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING

from host_tools.bench.process import BOARD
from host_tools.bench.shop import profile
from host_tools.bench.wiring import read_pins
from host_tools.flash.factory import Secrets, build_image
from host_tools.replay import masking
from host_tools.replay.errors import DamagedTrace

if TYPE_CHECKING:
    from host_tools.replay.trace import Start


def factory(start: Start) -> tuple[bytes, Secrets]:
    """The image that left the workshop. The same terminal is asked for again and again."""
    return _factory(start.seed, start.suite, start.language, start.pins)


@lru_cache(maxsize=4)
def _factory(seed: int, suite: str, language: str, pins: str) -> tuple[bytes, Secrets]:
    table = BOARD / pins
    enrolment = next((found for found in masking.fixture().terminals.values() if found.suite.name == suite), None)
    if enrolment is None or table.parent != BOARD or not table.exists():
        raise DamagedTrace("a suite or a board that there is not")
    return build_image(
        profile(enrolment, language),
        Random(f"{seed} workshop").randbytes,
        secure_element="secure_element" in read_pins(table),
    )
