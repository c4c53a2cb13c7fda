"""What the PN532's drivers do byte by byte. It is a module of its own as machine code is never freed: who forgets the
drivers between two cards keeps this."""

# A viper pointer takes any buffer, where the stubs only know the pointer.
# mypy: disable-error-code="no-untyped-def"

import micropython


@micropython.viper
def copy(to: ptr8, at: int, source: ptr8, start: int, count: int):
    for i in range(count):
        to[at + i] = source[start + i]


@micropython.viper
def total(data: ptr8, at: int, count: int) -> int:
    """The sum of so many bytes, its lower byte."""
    result = 0
    for i in range(count):
        result += data[at + i]
    return result & 0xFF


@micropython.viper
def clear(data: ptr8, at: int, end: int):
    while at < end:
        data[at] = 0
        at += 1


@micropython.viper
def start(data: ptr8, at: int, end: int) -> int:
    """What follows the next 00 FF; -1: none."""
    while at + 1 < end:
        if data[at] == 0 and data[at + 1] == 0xFF:
            return at + 2
        at += 1
    return -1


@micropython.viper
def mirror(data: ptr8, size: int):
    """Each byte's lowest bit becomes its highest."""
    for i in range(size):
        byte = data[i]
        byte = byte >> 4 | byte << 4
        byte = byte >> 2 & 0x33 | byte << 2 & 0xCC
        data[i] = byte >> 1 & 0x55 | byte << 1 & 0xAA
