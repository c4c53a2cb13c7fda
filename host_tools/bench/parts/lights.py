"""The four contactless lights: LEDs from a GPIO each to ground, lit by a high level."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from host_tools.bench.bus import Clock, Pins


class Lights:
    def __init__(self, pins: Sequence[int], changed: Callable[[], None] | None = None) -> None:
        """`pins` from left to right; `changed` is called when a light goes on or off."""
        self.pins = tuple(pins)
        self.changed = changed
        self.lit: tuple[bool, ...] = (False,) * len(self.pins)
        self.history: list[tuple[int, tuple[bool, ...]]] = []  # (time in us, lights from then on)
        self._pins: Pins | None = None
        self._clock: Clock | None = None

    def attach(self, pins: Pins, clock: Clock) -> None:
        self._pins = pins
        self._clock = clock
        self._look()

    def power_off(self) -> None:
        self._show((False,) * len(self.pins))

    def level(self, pin: int) -> int | None:
        return None

    def driven(self, pin: int) -> None:
        self._look()

    def _look(self) -> None:
        if self._pins is not None:
            self._show(tuple(self._pins.driven(pin) == 1 for pin in self.pins))

    def _show(self, lit: tuple[bool, ...]) -> None:
        if self._clock is None or lit == self.lit:
            return
        self.lit = lit
        self.history.append((self._clock.now_us, lit))
        if self.changed is not None:
            self.changed()
