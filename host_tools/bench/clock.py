"""The bench's two clocks: virtual time for scripted runs, real time for interactive ones."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

START_US = 1_000_000  # a board's clock is never seen at zero


@dataclass
class _Alarm:
    action: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


class VirtualClock:
    """Time that passes only when told to, and does everything that falls due on the way, in order."""

    def __init__(self) -> None:
        self.now_us = START_US
        self._alarms: list[tuple[int, int, _Alarm]] = []  # when, and in the order in which they were set
        self._order = itertools.count()

    def call_later(self, delay_us: int, action: Callable[[], None]) -> _Alarm:
        alarm = _Alarm(action)
        heapq.heappush(self._alarms, (self.now_us + max(0, delay_us), next(self._order), alarm))
        return alarm

    def next_us(self) -> int | None:
        """When the next thing will happen, if anything will."""
        while self._alarms and self._alarms[0][2].cancelled:
            heapq.heappop(self._alarms)
        return self._alarms[0][0] if self._alarms else None

    def advance_to(self, at_us: int) -> None:
        while (due := self.next_us()) is not None and due <= at_us:
            self.now_us = max(self.now_us, due)
            heapq.heappop(self._alarms)[2].action()
        self.now_us = max(self.now_us, at_us)

    def busy(self, duration_us: int) -> None:
        """The board's processor was held up for this long by a bus or the flash."""
        self.advance_to(self.now_us + duration_us)


class LiveClock:
    """Real time, on the running asyncio loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()

    @property
    def now_us(self) -> int:
        return START_US + int((self._loop.time() - self._start) * 1_000_000)

    def call_later(self, delay_us: int, action: Callable[[], None]) -> asyncio.TimerHandle:
        return self._loop.call_later(delay_us / 1_000_000, action)

    def busy(self, duration_us: int) -> None:
        """Real time passes by itself."""
