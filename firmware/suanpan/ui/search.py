"""Looking a character up in a sorted table on flash, without loading the table."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO


def find(file: "BinaryIO", start: int, count: int, step: int, code: int) -> int:
    """Index of the record whose first two bytes (big-endian) are `code`, or -1.

    `count` records of `step` bytes begin at `start` and ascend by code.
    """
    low, high = 0, count - 1
    while low <= high:
        middle = (low + high) // 2
        file.seek(start + middle * step)
        found = int.from_bytes(file.read(2), "big")
        if found == code:
            return middle
        if found < code:
            low = middle + 1
        else:
            high = middle - 1
    return -1
