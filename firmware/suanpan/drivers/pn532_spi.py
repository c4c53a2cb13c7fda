"""The PN532 on SPI, up to 5 MHz, mode 0 (UM0701-02, 6.2.5).

The chip sends and takes the lowest bit of a byte first, and most controllers only the highest: bytes are mirrored here.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer.
# mypy: disable-error-code="arg-type"

from micropython import const

from suanpan.drivers.pn532_octets import mirror

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import SPI, Pin

    from suanpan.drivers.pn532_frame import Incoming

_PIECE = const(16)
_PIECES = const(18)  # the longest frame
_WAKE_MS = const(2)

# What a transaction begins with, mirrored.
_WRITE = b"\x80"
_STATUS = b"\x40"
_READ = b"\xc0"
_READY = const(0x80)


class SpiLink:
    """`select` is NSS, high at first. With `irq`, the chip's interrupt line, the bus is left alone until it is low."""

    def __init__(self, spi: "SPI", select: "Pin", irq: "Pin | None" = None) -> None:
        self._spi = spi
        self._select = select
        self._irq = irq
        self._byte = bytearray(1)
        self._piece = bytearray(_PIECE)

    def wake(self) -> int:
        """NSS wakes it. How many ms it then takes."""
        self._select.value(0)
        self._select.value(1)
        return _WAKE_MS

    def send(self, head: "memoryview | None", rest: memoryview) -> bool:
        """Whether it went."""
        self._select.value(0)
        self._spi.write(_WRITE)
        if head is not None:
            self._write(head)
        self._write(rest)
        self._select.value(1)
        return True

    def _write(self, data: memoryview) -> None:
        """What has been sent may have to be sent again: it stays as it was."""
        mirror(data, len(data))
        self._spi.write(data)
        mirror(data, len(data))

    def receive(self, incoming: "Incoming") -> None:
        """A frame, if there is one."""
        if not self._ready():
            return
        incoming.forget()
        self._select.value(0)
        self._spi.write(_READ)
        for _ in range(_PIECES):
            self._spi.readinto(self._piece)
            mirror(self._piece, _PIECE)
            incoming.take(self._piece, _PIECE)
            incoming.find()
            if not incoming.missing:
                break
        self._select.value(1)

    def flush(self) -> None:
        """What nobody has read the next command does away with."""

    def _ready(self) -> bool:
        if self._irq is not None:
            return not self._irq.value()
        self._select.value(0)
        self._spi.write(_STATUS)
        self._spi.readinto(self._byte)
        self._select.value(1)
        return self._byte[0] & _READY != 0
