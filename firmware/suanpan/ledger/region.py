"""A part of the journal's partition that is as good as one: for merchants who have each a journal of their own."""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.flash_ring import Partition

_COUNT = const(4)  # ioctl operations
_ERASE = const(6)


def share(sectors: int, merchants: int) -> int:
    """The sectors of each: the partition is divided by 2, 4 or 8, so that few more merchants move nobody's journal."""
    parts = 1
    while parts < merchants:
        parts *= 2
    return sectors // parts


class Region:
    """`count` sectors from `first` on, which nothing reaches beyond."""

    def __init__(self, partition: "Partition", first: int, count: int) -> None:
        self._partition = partition
        self._first = first
        self._count = count

    def readblocks(self, block: int, buffer: bytearray, offset: int) -> object:
        return self._partition.readblocks(self._place(block), buffer, offset)

    def writeblocks(self, block: int, buffer: "bytes | bytearray", offset: int) -> object:
        return self._partition.writeblocks(self._place(block), buffer, offset)

    def ioctl(self, operation: int, argument: int) -> "int | None":
        if operation == _COUNT:
            return self._count
        if operation == _ERASE:
            return self._partition.ioctl(operation, self._place(argument))
        return None

    def _place(self, block: int) -> int:
        if not 0 <= block < self._count:
            raise ValueError
        return self._first + block
