"""The PN532's interrupt line (P70_IRQ): low while there is a frame for the host, unless SAMConfiguration forbids it."""

from __future__ import annotations

from host_tools.bench.bus import Clock, Pins
from host_tools.bench.parts.pn532 import Pn532


class InterruptLine:
    def __init__(self, chip: Pn532, irq: int, *others: int) -> None:
        """`irq` is its GPIO, negative where it is left open; `others` belong to the part, too."""
        self.pins = tuple(pin for pin in (irq, *others) if pin >= 0)
        self._chip = chip
        self._irq = irq
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
        return int(not (self._chip.ready and self._chip.commands.interrupts))

    def driven(self, pin: int) -> None:
        """Nothing that the board drives interests this line."""
