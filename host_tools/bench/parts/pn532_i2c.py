"""The PN532 on I2C (UM0701-02, 6.2.4): each read begins with a byte that says whether there is a frame.

What is read of a frame counts as read: the rest has to be asked for again with a NACK. A chip that sleeps is woken by
its address, and acknowledges nothing until it is awake.
"""

from __future__ import annotations

from host_tools.bench.bus import Clock
from host_tools.bench.parts.field import Field
from host_tools.bench.parts.interrupt_line import InterruptLine
from host_tools.bench.parts.pn532 import Pn532

ADDRESS = 0x24
WAKES_BY_I2C = 0x80
_WAKE_US = 1_000


class Pn532I2c:
    address = ADDRESS

    def __init__(self, field: Field, irq: int = -1) -> None:
        """`irq` is the GPIO that its interrupt line is on, if it is on one; `lines` is that end of it."""
        self.chip = Pn532(field, WAKES_BY_I2C)
        self.lines = InterruptLine(irq, self.chip.interrupts, released=1)
        self._awake_us = 0

    def attach(self, clock: Clock) -> None:
        self.chip.attach(clock, self.lines.changed)

    def power_off(self) -> None:
        self.chip.power_off()

    def write(self, data: bytes) -> int:
        if not self._listens():
            return -1
        self.chip.forget_half()
        self.chip.receive(data)
        return len(data)

    def read(self, count: int) -> bytes:
        if not self._listens():
            return b""
        if count == 1 or not self.chip.ready:
            return bytes([self.chip.ready]).ljust(count, b"\x00")
        frame = self.chip.take()
        self.lines.changed()
        return (b"\x01" + frame)[:count].ljust(count, b"\x00")

    def _listens(self) -> bool:
        if not self.chip.powered:
            return False
        if self.chip.wake():
            self._awake_us = self.chip.clock.now_us + _WAKE_US
        return not self.chip.asleep and self.chip.clock.now_us >= self._awake_us
