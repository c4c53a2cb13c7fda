"""A chip's interrupt line: low while the chip wants something of its host."""

from __future__ import annotations

from collections.abc import Callable

from host_tools.bench.bus import Clock, Pins


class InterruptLine:
    def __init__(self, irq: int, wanting: Callable[[], bool], *others: int, released: int | None = None) -> None:
        """`irq` is its GPIO, negative where it is left open; `others` belong to the part, too.

        `released` is the level while the chip wants nothing: None where it is an open drain.
        """
        self.pins = tuple(pin for pin in (irq, *others) if pin >= 0)
        self._irq = irq
        self._wanting = wanting
        self._released = released
        self._wires: Pins | None = None

    def attach(self, pins: Pins, clock: Clock) -> None:
        self._wires = pins

    def power_off(self) -> None:
        self._wires = None

    def changed(self) -> None:
        if self._wires and self._irq >= 0:
            self._wires.changed(self._irq)

    def level(self, pin: int) -> int | None:
        if pin != self._irq:
            return None
        return 0 if self._wanting() else self._released

    def driven(self, pin: int) -> None:
        """Nothing that the board drives interests this line."""
