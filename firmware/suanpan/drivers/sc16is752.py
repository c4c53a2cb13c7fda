"""NXP SC16IS752: two UARTs on I2C, for a board that has too few (data sheet SC16IS752_SC16IS762, sections 8 and 10).

Each has 64 characters of FIFO either way and nothing behind it: a receiver whose task looks every 10 ms can be sent
57,600 baud. A register's sub-address is its number and the channel; however many bytes follow go to that one register.

An expander that is not there is a UART on which nothing comes and all is sent, like one with its wires cut; whoever
uses it says so in his own words.
"""

import io

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import I2C, Pin

    Readable = bytes | bytearray | memoryview
    Writable = bytearray | memoryview

FIFO = const(64)
_LARGEST = const(6)  # 2 ** 6 is FIFO

# Registers
_RHR = const(0x00)
_THR = const(0x00)
_DLL = const(0x00)
_IER = const(0x01)
_DLH = const(0x01)
_FCR = const(0x02)
_LCR = const(0x03)
_MCR = const(0x04)
_LSR = const(0x05)
_SPR = const(0x07)
_TXLVL = const(0x08)
_RXLVL = const(0x09)
_IO_CONTROL = const(0x0E)
_EFCR = const(0x0F)

_RESET = const(0x08)
_DIVISOR_LATCH = const(0x80)
_TWO_STOP_BITS = const(0x04)
_PARITY = const(0x08)
_EVEN = const(0x10)
_FIFOS_CLEAR = const(0x07)
_RECEIVED = const(0x01)  # the interrupt for that
_OVERRUN = const(0x02)
_EMPTY = const(0x40)  # transmitter and its FIFO

_PATIENCE = const(4000)  # looks at a FIFO that stays full: a character's time at 300 baud, and more

_POLL = const(3)  # MP_STREAM_POLL
_POLL_READ = const(1)
_POLL_WRITE = const(4)


class Sc16is752:
    """`irq` is its interrupt line, set up as Pin.IN and Pin.PULL_UP; while that is high the bus is left alone."""

    def __init__(self, i2c: "I2C", irq: "Pin", address: int = 0x4D, crystal_hz: int = 14_745_600) -> None:
        self.crystal_hz = crystal_hz
        self.out = bytearray(1 + FIFO)
        self.data = bytearray(FIFO)
        whole = memoryview(self.out)
        self._outs = tuple(whole[: 1 + (1 << i)] for i in range(_LARGEST + 1))
        whole = memoryview(self.data)
        self._ins = tuple(whole[: 1 << i] for i in range(_LARGEST + 1))
        self._i2c = i2c
        self._address = address
        self._irq = irq
        irq.irq(handler=lambda _: None, trigger=irq.IRQ_FALLING)  # the edge wakes who waits in asyncio
        self.set(0, _IO_CONTROL, _RESET)

    def uart(self, channel: int, baudrate: int = 9600) -> "ExpanderUart":
        """Channel 0 (A) or 1 (B), to be used as a machine.UART is."""
        return ExpanderUart(self, channel, baudrate)

    def alive(self) -> bool:
        """Whether it answers and remembers."""
        self.set(0, _SPR, 0x55)
        first = self.get(0, _SPR)
        self.set(0, _SPR, 0xAA)
        return first == 0x55 and self.get(0, _SPR) == 0xAA

    def quiet(self) -> bool:
        return self._irq.value() == 1

    def set(self, channel: int, register: int, value: int) -> None:
        self.out[1] = value
        self.send(channel, register, 0)

    def get(self, channel: int, register: int) -> int:
        """0 where nobody answers."""
        return self.data[0] if self.fetch(channel, register, 0) else 0

    def send(self, channel: int, register: int, power: int) -> None:
        """2 ** `power` bytes of `out`, from the second on."""
        self.out[0] = register << 3 | channel << 1
        try:
            self._i2c.writeto(self._address, self._outs[power])
        except OSError:  # not there; nor does it acknowledge what resets it
            return

    def fetch(self, channel: int, register: int, power: int) -> bool:
        """2 ** `power` bytes into `data`."""
        try:
            self._i2c.readfrom_mem_into(self._address, register << 3 | channel << 1, self._ins[power])
        except OSError:
            return False
        return True


class ExpanderUart(io.IOBase):
    """machine.UART's methods, as far as drivers use them; `timeout` is 0, but `write` waits for room in the FIFO."""

    def __init__(self, chip: Sc16is752, channel: int, baudrate: int) -> None:
        self._chip = chip
        self._channel = channel
        self._waiting = 0  # characters known to be in the FIFO
        self.init(baudrate)

    def init(self, baudrate: int = 9600, bits: int = 8, parity: "int | None" = None, stop: int = 1, **_: int) -> None:
        """`parity` None, 0 (even) or 1 (odd). ValueError where the crystal does not give that speed within 3 %."""
        chip = self._chip
        channel = self._channel
        divisor = (chip.crystal_hz // 8 // baudrate + 1) >> 1
        if not divisor or abs(chip.crystal_hz - 16 * divisor * baudrate) * 100 > 3 * chip.crystal_hz:
            raise ValueError("baudrate")
        mode = bits - 5
        if stop == 2:
            mode |= _TWO_STOP_BITS
        if parity is not None:
            mode |= _PARITY if parity else _PARITY | _EVEN
        chip.set(channel, _IER, 0)
        chip.set(channel, _LCR, _DIVISOR_LATCH)
        chip.set(channel, _DLL, divisor & 0xFF)
        chip.set(channel, _DLH, divisor >> 8)
        chip.set(channel, _LCR, mode)
        chip.set(channel, _MCR, 0)
        chip.set(channel, _EFCR, 0)
        chip.set(channel, _FCR, _FIFOS_CLEAR)
        chip.set(channel, _IER, _RECEIVED)
        self._waiting = 0

    def any(self) -> int:
        if not self._waiting and not self._chip.quiet():
            self._waiting = min(self._chip.get(self._channel, _RXLVL), FIFO)
        return self._waiting

    def readinto(self, buffer: "Writable", count: int = -1) -> "int | None":
        wanted = len(buffer) if count < 0 else min(count, len(buffer))
        chip = self._chip
        at = 0
        while at < wanted and self.any():
            power = _LARGEST
            while 1 << power > min(wanted - at, self._waiting):
                power -= 1
            size = 1 << power
            self._waiting -= size
            if not chip.fetch(self._channel, _RHR, power):
                self._waiting = 0
                break
            data = chip.data
            for i in range(size):
                buffer[at + i] = data[i]
                data[i] = 0  # it may have been a card's
            at += size
        return at or None

    def read(self, count: int = -1) -> "bytes | None":
        buffer = bytearray(self.any() if count < 0 else min(count, FIFO))
        got = self.readinto(buffer)
        return bytes(buffer[:got]) if got else None

    def write(self, data: "Readable") -> int:
        chip = self._chip
        size = len(data)
        at = room = 0
        patience = _PATIENCE
        while at < size and patience:
            if not room:
                if not chip.fetch(self._channel, _TXLVL, 0):
                    break
                room = min(chip.data[0], FIFO)
                patience -= 1
                continue
            power = _LARGEST
            while 1 << power > min(size - at, room):
                power -= 1
            out = chip.out
            for i in range(1 << power):
                out[1 + i] = data[at + i]
            chip.send(self._channel, _THR, power)
            at += 1 << power
            room -= 1 << power
            patience = _PATIENCE
        return size

    def txdone(self) -> bool:
        chip = self._chip
        return not chip.fetch(self._channel, _LSR, 0) or chip.data[0] & _EMPTY != 0

    def flush(self) -> None:
        """Hold everything up until the last character has left."""
        for _ in range(FIFO * _PATIENCE):
            if self.txdone():
                return

    def lost(self) -> bool:
        """Whether something came too fast since this was last asked."""
        return self._chip.get(self._channel, _LSR) & _OVERRUN != 0

    def ioctl(self, request: int, argument: int) -> int:
        if request != _POLL:
            return -1
        ready = 0
        if argument & _POLL_READ and self.any():
            ready |= _POLL_READ
        if argument & _POLL_WRITE and (not self._chip.fetch(self._channel, _TXLVL, 0) or self._chip.data[0]):
            ready |= _POLL_WRITE
        return ready
