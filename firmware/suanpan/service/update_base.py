"""MicroPython itself comes in: into the OTA partition that it does not run from. The chip's boot loader starts it once,
and the one before it at the next start, unless the self-test has been to its end by then.

Of such a bundle the first sector stays outside: the partition has the image as MicroPython's makers have built it.
Which one is being tried is noted where service/update.py notes how far it is: MARK and the partition's number.
"""

import sys

from micropython import const

from suanpan.errors.slots import BAD_IMAGE, NOT_CONFIRMED, WRONG_BOARD, BundleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.service.update import Slots
    from suanpan.slots.state import BootState
    from suanpan.terminal import Terminal

_MARK = const(0xFFF0)
_NUMBER = const(0x0F)  # of a partition, in its subtype
_SUBTYPE = const(1)  # in what a partition says of itself
_COUNT = const(4)  # ioctl: how many sectors
_NOTED = const(8)  # where the note has it
_NOTE = const(10)


def number() -> int:
    """Of the MicroPython that runs, as bundles count: 1.29.0 is 1029000."""
    major, minor, micro = sys.implementation.version[:3]
    found: int = (major * 1000 + minor) * 1000 + micro
    return found


class Base:
    """The partition for another MicroPython, as a slot: the bundle's first sector is in none of its own."""

    def __init__(self, slots: "Slots") -> None:
        """Raises BundleError if the board has no place for a second one."""
        try:
            self._partition = slots.other_base()
        except OSError:
            raise BundleError(WRONG_BOARD) from None
        self.mark = _MARK | self._partition.info()[_SUBTYPE] & _NUMBER

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        self._partition.readblocks(block - 1, buffer, offset)

    def writeblocks(self, block: int, buffer: bytearray) -> None:
        self._partition.writeblocks(block - 1, buffer)

    def ioctl(self, request: int, argument: int) -> int:
        """As a partition's: how many sectors, or one of them is erased; of the first, the image's first."""
        found = self._partition.ioctl(request, max(0, argument - 1)) or 0
        return found + (request == _COUNT)

    def start(self) -> None:
        """The boot loader tries it at the next start. Raises BundleError if that does not know it for an image."""
        try:
            self._partition.set_boot()
        except OSError:
            raise BundleError(BAD_IMAGE) from None


def confirm(t: "Terminal", state: "BootState", good: bool) -> str:
    """After the self-test of a start with another MicroPython: its name if it stays, or "". One whose self-test is not
    `good` is left at once, by a start with the one before it; that it was is to be told then."""
    slots = t.slots()
    nvs = t.nvs()
    note = bytearray(_NOTE)
    nvs.get_blob("update", note)
    tried = slots.running_base().info()[_SUBTYPE] & _NUMBER == note[_NOTED] & _NUMBER
    if tried and not good:
        slots.reset()
    if tried:
        slots.keep_base()
    else:
        state.passed_over(NOT_CONFIRMED)
    note[_NOTED] = 0xFF
    nvs.set_blob("update", note)
    nvs.commit()
    return f"MicroPython {'.'.join(str(part) for part in sys.implementation.version[:3])}" if tried else ""
