"""The PN532 on SPI (UM0701-02, 6.2.5): mode 0, the lowest bit of each byte first, which is for the host to turn round.

A transaction, from NSS low to NSS high, begins with what it is: 2 asks for the status, 1 writes, 3 reads. A frame may
be read in several of them; of the second and each that follows the chip sends the first byte while it is still told
what is wanted (as libnfc found). NSS low wakes it.
"""

from __future__ import annotations

from host_tools.bench.bus import Clock
from host_tools.bench.parts.field import Field
from host_tools.bench.parts.interrupt_line import InterruptLine
from host_tools.bench.parts.pn532 import Pn532

WAKES_BY_SPI = 0x20
_WAKE_US = 1_000
_WRITE = 1
_STATUS = 2
_READ = 3


class Pn532Spi:
    """`select` and `irq` (negative: left open) are GPIOs; `lines` goes where the pins' parts go."""

    def __init__(self, field: Field, select: int, irq: int = -1) -> None:
        self.select = select
        self.chip = Pn532(field, WAKES_BY_SPI)
        self.lines = _Lines(self, irq)
        self._operation = 0
        self._reading = b""  # what is left of the frame that is being read
        self._written = bytearray()
        self._awake_us = 0

    def attach(self, clock: Clock) -> None:
        self._operation, self._reading = 0, b""
        self.chip.attach(clock, self.lines.changed)

    def power_off(self) -> None:
        self.chip.power_off()

    def selected(self, low: bool) -> None:
        """NSS has moved: a transaction begins, or is over."""
        if not self.chip.powered:
            return
        if low:
            self._operation = 0
            if self.chip.wake():
                self._awake_us = self.chip.clock.now_us + _WAKE_US
        elif self._operation == _WRITE:
            self.chip.forget_half()
            self.chip.receive(bytes(self._written))
            self._operation = 0

    def transfer(self, data: bytes) -> bytes:
        if not self.chip.powered or self.chip.asleep or self.chip.clock.now_us < self._awake_us:
            return b"\xff" * len(data)
        return bytes(mirrored(self._exchange(mirrored(byte))) for byte in data)

    def _exchange(self, byte: int) -> int:
        if not self._operation:
            return self._begin(byte)
        if self._operation == _STATUS:
            return int(self.chip.ready or bool(self._reading))
        if self._operation == _READ:
            return self._next()
        self._written.append(byte)
        return 0

    def _begin(self, operation: int) -> int:
        self._operation = operation & 0x03
        early = self._reading[0] if self._reading else 0
        if self._operation == _WRITE:
            self._written.clear()
            self._reading = b""
        elif self._operation == _READ:
            if self._reading:
                return self._next()
            self._reading = self.chip.take()
            self.lines.changed()
        return early

    def _next(self) -> int:
        byte, self._reading = (self._reading[0] if self._reading else 0), self._reading[1:]
        return byte


class _Lines(InterruptLine):
    def __init__(self, part: Pn532Spi, irq: int) -> None:
        super().__init__(irq, part.chip.interrupts, part.select, released=1)
        self._part = part

    def driven(self, pin: int) -> None:
        if self._wires and pin == self._part.select:
            self._part.selected(self._wires.driven(pin) == 0)


def mirrored(byte: int) -> int:
    return int(f"{byte:08b}"[::-1], 2)
