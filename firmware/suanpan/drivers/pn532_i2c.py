"""The PN532 on I2C, up to 400 kHz (UM0701-02, 6.2.4): a reading begins with a byte that says whether there is a frame.

How long the frame is, only its beginning tells. So a frame that did not fit into the first reading is asked for again.
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import I2C, Pin

    from suanpan.drivers.pn532_frame import Incoming

_FIRST = const(32)
_WAKE_MS = const(2)
_NACK = memoryview(b"\x00\x00\xff\xff\x00\x00")


class I2cLink:
    """With `irq`, the chip's interrupt line, the bus is left alone until there is something to read."""

    def __init__(self, i2c: "I2C", irq: "Pin | None" = None, address: int = 0x24) -> None:
        self._i2c = i2c
        self._irq = irq
        self._address = address
        self._status = bytearray(1)
        self._size = _FIRST  # to be read the next time
        self._waking = memoryview(bytearray(1))
        self._vector = [self._waking, self._waking]

    def wake(self) -> int:
        """Its address wakes it. How many ms it then takes."""
        self.send(None, self._waking)
        return _WAKE_MS

    def send(self, head: "memoryview | None", rest: memoryview) -> bool:
        """Whether it went."""
        try:
            if head is None:
                self._i2c.writeto(self._address, rest)
            else:
                self._vector[0] = head
                self._vector[1] = rest
                self._i2c.writevto(self._address, self._vector)
        except OSError:
            return False
        return True

    def receive(self, incoming: "Incoming") -> None:
        """A frame, if there is one; of a long one first nothing but that it is long."""
        if self._irq is not None and self._irq.value():
            return
        try:
            self._i2c.readfrom_into(self._address, self._status)
            if not self._status[0] & 1:
                return
            view = incoming.view(self._size + 1)
            self._i2c.readfrom_into(self._address, view)
        except OSError:
            return
        incoming.forget()
        incoming.got = len(view)
        incoming.find()
        if incoming.missing and self._size == _FIRST:
            self._size = incoming.got + incoming.missing
            incoming.forget()
            self.send(None, _NACK)
        else:
            self._size = _FIRST

    def flush(self) -> None:
        """What nobody has read the next command does away with."""
        self._size = _FIRST
