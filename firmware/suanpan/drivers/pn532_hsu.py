"""The PN532 on a UART: 115,200 baud (UM0701-02, 6.2.3)."""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import UART

    from suanpan.drivers.pn532_frame import Incoming

_PIECE = const(64)
_PIECES = const(8)  # at a time: a line that never falls silent must not hold us

# A chip that sleeps does not hear what wakes it: a preamble long enough for its clock to start.
_LONG_PREAMBLE = b"\x55\x55" + bytes(14)


class HsuLink:
    """The UART must not block (timeout 0); 512 bytes of receive buffer hold the longest answer with its ACK."""

    def __init__(self, uart: "UART") -> None:
        self._uart = uart
        self._piece = bytearray(_PIECE)

    def wake(self) -> int:
        """How many ms it then takes."""
        self._uart.write(_LONG_PREAMBLE)
        return 0

    def send(self, head: "memoryview | None", rest: memoryview) -> bool:
        """Whether it went."""
        if head is not None:
            self._uart.write(head)
        self._uart.write(rest)
        return True

    def receive(self, incoming: "Incoming") -> None:
        """Whatever has come."""
        for _ in range(_PIECES):
            count = self._uart.readinto(self._piece)
            if not count:
                return
            incoming.take(self._piece, count)

    def flush(self) -> None:
        for _ in range(_PIECES):
            if not self._uart.readinto(self._piece):
                return
