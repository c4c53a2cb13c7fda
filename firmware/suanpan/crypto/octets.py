"""What is done to byte strings without looking at what they mean: wipe, compare, exclusive-or.

Arguments are any buffer: bytes, bytearray, or memoryview of them.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer; and viper cannot be told `-> None`.
# mypy: disable-error-code="arg-type, no-untyped-def"

import micropython

TYPE_CHECKING = False
if TYPE_CHECKING:
    Readable = bytes | bytearray | memoryview
    Writable = bytearray | memoryview


def wipe(buffer: "Writable") -> None:
    """Overwrite every byte of `buffer` with zero, in place."""
    if buffer:
        buffer[0] = 0  # refuses what may not be written, as no viper pointer does
        _zero(buffer, len(buffer))


def equal(a: "Readable", b: "Readable") -> bool:
    """Whether two strings are the same, in a time that depends on their lengths alone."""
    return len(a) == len(b) and _differences(a, b, len(a)) == 0


def xor_into(target: "Writable", other: "Readable") -> None:
    """Exclusive-or `other` into the first `len(other)` bytes of `target`, which must hold so many."""
    if len(other) > len(target):
        raise ValueError
    _xor(target, other, len(other))


@micropython.viper
def _zero(buffer: ptr8, size: int):
    for i in range(size):
        buffer[i] = 0


@micropython.viper
def _differences(a: ptr8, b: ptr8, size: int) -> int:
    found = 0
    for i in range(size):
        found |= a[i] ^ b[i]
    return found


@micropython.viper
def _xor(target: ptr8, other: ptr8, size: int):
    for i in range(size):
        target[i] ^= other[i]
