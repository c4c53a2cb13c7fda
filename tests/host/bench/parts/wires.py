"""The board's side of a part's connections, for the tests: what it drives, and what it has received."""

from __future__ import annotations

from host_tools.bench.clock import VirtualClock


class Line:
    """A serial line that delivers at once."""

    def __init__(self) -> None:
        self.received = bytearray()

    def send(self, data: bytes) -> None:
        self.received += data

    def take(self) -> bytes:
        """What has come since the last call."""
        data = bytes(self.received)
        self.received.clear()
        return data


class Pins:
    """GPIOs driven as a test says; `told` lists the pins that a part called changed."""

    def __init__(self) -> None:
        self.levels: dict[int, int] = {}
        self.told: list[int] = []

    def driven(self, pin: int) -> int | None:
        return self.levels.get(pin)

    def pull(self, pin: int) -> int | None:
        return 1

    def changed(self, pin: int) -> None:
        self.told.append(pin)


def run_all(clock: VirtualClock) -> None:
    """Let everything happen that is going to."""
    while (due := clock.next_us()) is not None:
        clock.advance_to(due)
