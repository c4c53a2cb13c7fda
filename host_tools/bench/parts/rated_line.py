"""A serial line between two ends that each have a speed of their own: at different ones they hear nonsense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from host_tools.bench.bus import Clock, UartPart
from host_tools.bench.uart import Uart

_TOLERANCE = 0.03  # of ten bits sampled in their middles; half a bit in all


class RatedPart(UartPart, Protocol):
    @property
    def baudrate(self) -> int:
        """What it sends and listens at now, 8N1."""


class RatedLine(Uart):
    """The board's end, as bus.BringsLine hands it over."""

    def __init__(self, part: RatedPart, clock: Clock, deliver: Callable[[bytes], None]) -> None:
        self._board_hz = 0
        self._rated = part
        super().__init__(part, clock, deliver)

    def configure(self, baudrate: int, bits: int, parity: int, stop: int) -> None:
        self._board_hz = baudrate
        super().configure(baudrate, bits, parity, stop)

    def write(self, data: bytes) -> None:
        super().write(heard(data, self._board_hz, self._rated.baudrate))

    def send(self, data: bytes) -> None:
        super().send(heard(data, self._rated.baudrate, self._board_hz))


def heard(data: bytes, sent_hz: int, heard_hz: int) -> bytes:
    """What a receiver at one speed makes of characters (8N1, one behind the other) that were sent at another.

    It waits for a low level, and samples where it expects the middles of eight bits; a stop bit that is none does not
    keep it from handing the character over.
    """
    if not (sent_hz and heard_hz) or abs(sent_hz - heard_hz) <= _TOLERANCE * heard_hz:
        return data
    levels = [level for byte in data for level in (0, *(byte >> bit & 1 for bit in range(8)), 1)]

    def level(seconds: float) -> int:
        at = int(seconds * sent_hz)
        return levels[at] if at < len(levels) else 1

    characters = bytearray()
    now, end, step = 0.0, len(levels) / sent_hz, 1 / (16 * heard_hz)
    while now < end:
        if level(now):
            now += step
            continue
        characters.append(sum(level(now + (1.5 + bit) / heard_hz) << bit for bit in range(8)))
        now += 9.5 / heard_hz
    return bytes(characters)
