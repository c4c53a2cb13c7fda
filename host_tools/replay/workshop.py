"""The terminal as it left the workshop, made again from a trace's start."""

from __future__ import annotations

import json
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

from littlefs import LittleFS

from host_tools.bench.process import BOARD
from host_tools.bench.shop import profile
from host_tools.bench.wiring import read_pins
from host_tools.flash.factory import SECTOR, Secrets, build_image, partitions
from host_tools.replay import masking
from host_tools.replay.errors import DamagedTrace

if TYPE_CHECKING:
    from collections.abc import Callable

    from host_tools.replay.trace import Start


def factory(start: Start) -> tuple[bytes, Secrets]:
    """The image that left the workshop. The same terminal is asked for again and again."""
    image, secrets = _factory(start.seed, start.suite, start.language, start.pins)
    return (_with_parameters(image, start.terminal) if start.terminal else image), secrets


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


def with_file(image: bytes, name: str, changed: Callable[[bytes], bytes]) -> bytes:
    """The image with another content of a file of its LittleFS; as it is where there is no such file."""
    data = partitions()["data"]
    files = LittleFS(block_size=SECTOR, block_count=data.size // SECTOR, mount=False)
    files.context.buffer = bytearray(image[data.offset : data.offset + data.size])
    files.mount()
    if name not in files.listdir("/"):
        return image
    with files.open(name, "rb") as file:
        content = file.read()
    with files.open(name, "wb") as file:
        file.write(changed(content))
    return image[: data.offset] + bytes(files.context.buffer) + image[data.offset + data.size :]


def _with_parameters(image: bytes, terminal: dict[str, Any]) -> bytes:
    """The parameters of a real terminal in the place of the workshop's, but for how it is connected."""

    def changed(content: bytes) -> bytes:
        return json.dumps(json.loads(content) | terminal["besides"] | terminal["parameters"]).encode()

    return with_file(image, "params.json", changed)
