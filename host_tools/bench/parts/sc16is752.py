"""SC16IS752, two UARTs on I2C (NXP data sheet SC16IS752_SC16IS762): registers, FIFOs of 64, interrupt line, GPIOs.

The first byte of a write is the sub-address, register and channel; it stays for a read. It does not count up: what
follows goes to, or comes from, the same register. Modem lines, IrDA, RS-485 and flow control are registers only.
"""

from __future__ import annotations

from host_tools.bench.bus import BringsLine, Clock, UartPart
from host_tools.bench.parts.interrupt_line import InterruptLine
from host_tools.bench.parts.sc16is752_channel import Channel, Register

_IO = {Register.IO_DIR, Register.IO_STATE, Register.IO_INTERRUPTS, Register.IO_CONTROL}
_SOFTWARE_RESET = 0x08


class Sc16is752:
    def __init__(
        self, parts: tuple[UartPart | BringsLine, UartPart | BringsLine], irq: int, address: int = 0x4D,
        crystal_hz: int = 14_745_600,
    ) -> None:  # fmt: skip
        """`parts` hang on channel A and B; `irq` is the GPIO of its interrupt line, `lines` that end of it."""
        self.address = address
        self.faults: list[str] = []
        self.lines = InterruptLine(irq, lambda: self.interrupts)
        self.channels = tuple(
            Channel(name, part, crystal_hz, self.faults, self.lines.changed)
            for name, part in zip("AB", parts, strict=True)
        )
        self.inputs = 0xFF  # the GPIOs, from outside
        self._io: dict[Register, int] = {}
        self._pointer = 0
        self._powered = False

    def attach(self, clock: Clock) -> None:
        self._powered = True
        self._io.clear()
        self._pointer = 0
        for channel in self.channels:
            channel.attach(clock)

    def power_off(self) -> None:
        self._powered = False
        for channel in self.channels:
            channel.power_off()

    @property
    def interrupts(self) -> bool:
        return any(channel.interrupt for channel in self.channels)

    def write(self, data: bytes) -> int:
        if not self._powered:
            return -1
        if data:
            self._pointer = data[0]
        channel, register = self._addressed()
        for count, value in enumerate(data[1:], 1):
            if register == Register.IO_CONTROL and value & _SOFTWARE_RESET:
                self._io.clear()
                for each in self.channels:
                    each.reset()
                return count  # it does not live to acknowledge that
            if register in _IO:
                self._io[register] = value
            else:
                channel.write(register, value)
        return len(data)

    def read(self, count: int) -> bytes:
        if not self._powered:
            return b""
        channel, register = self._addressed()
        if register == Register.IO_STATE:
            outputs = self._io.get(Register.IO_DIR, 0)
            return bytes([self._io.get(register, 0) & outputs | self.inputs & ~outputs & 0xFF]) * count
        if register in _IO:
            return bytes([self._io.get(register, 0)]) * count
        return bytes(channel.read(register) for _ in range(count))

    def _addressed(self) -> tuple[Channel, Register]:
        """Channel numbers have two bits, and there are two; bits 0 and 7 have no meaning on I2C."""
        return self.channels[self._pointer >> 1 & 1], Register(self._pointer >> 3 & 0x0F)
