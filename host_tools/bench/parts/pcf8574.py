"""PCF8574, eight quasi-bidirectional pins on I2C (NXP, data sheet PCF8574_PCF8574A), and what is wired to them.

A 1 is a weak current to the supply, which a switch or another pin overcomes; so a pin that is to be read is written 1,
as all are after power-on. INT is low from the moment that a pin which is read differs from what was last read or
written, until it is as before, or the port is read or written again.
"""

from __future__ import annotations

from host_tools.bench.bus import Clock, PinPart
from host_tools.bench.parts.interrupt_line import InterruptLine

_PINS = range(8)


class Pcf8574:
    def __init__(self, part: PinPart, irq: int, address: int = 0x20) -> None:
        """`part` is wired to pins 0 to 7; `irq` is the GPIO that INT is on, `lines` that end of it."""
        self.address = address
        self.lines = InterruptLine(irq, lambda: self.interrupt)
        self._part = part
        self._latch = 0xFF
        self._seen = 0xFF
        self._powered = False

    def attach(self, clock: Clock) -> None:
        self._powered = True
        self._latch = 0xFF
        self._part.attach(self, clock)
        self._seen = self.port()

    def power_off(self) -> None:
        self._powered = False
        self._part.power_off()

    def port(self) -> int:
        """The levels of its pins."""
        levels = 0
        for pin in _PINS:
            outside = self._part.level(pin)
            levels |= ((self._latch >> pin & 1) and (1 if outside is None else outside)) << pin
        return levels

    @property
    def interrupt(self) -> bool:
        return self._powered and bool((self.port() ^ self._seen) & self._latch)

    # -- the board's end --

    def write(self, data: bytes) -> int:
        if not self._powered:
            return -1
        for value in data:
            changed = self._latch ^ value
            self._seen = self.port() | changed & value  # a pin that it lets go of is expected to rise
            self._latch = value
            for pin in _PINS:
                if changed >> pin & 1:
                    self._part.driven(pin)
        self.lines.changed()
        return len(data)

    def read(self, count: int) -> bytes:
        if not self._powered:
            return b""
        self._seen = self.port()
        self.lines.changed()
        return bytes([self._seen]) * count

    # -- the part's end (bus.Pins) --

    def driven(self, pin: int) -> int | None:
        return None if self._latch >> pin & 1 else 0

    def pull(self, pin: int) -> int | None:
        return 1

    def changed(self, pin: int) -> None:
        self.lines.changed()
