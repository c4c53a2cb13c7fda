"""The PN532 on a serial line (UM0701-02, 6.2.3): 115,200 baud, 8 bits, no parity."""

from __future__ import annotations

from host_tools.bench.bus import Clock, UartLine
from host_tools.bench.parts.field import Field
from host_tools.bench.parts.pn532 import Pn532

WAKES_BY_HSU = 0x10
_LOST_BYTES = 4  # that a sleeping chip is woken by, and does not hear


class Pn532Hsu:
    def __init__(self, field: Field) -> None:
        self.chip = Pn532(field, WAKES_BY_HSU)
        self._line: UartLine | None = None

    def attach(self, line: UartLine, clock: Clock) -> None:
        self._line = line
        self.chip.attach(clock, self._send)

    def power_off(self) -> None:
        self._line = None
        self.chip.power_off()

    def receive(self, data: bytes) -> None:
        if self.chip.wake():
            data = data[_LOST_BYTES:]
        self.chip.receive(data)

    def _send(self) -> None:
        assert self._line
        while frame := self.chip.take():
            self._line.send(frame)
