"""The inverse convention of ISO/IEC 7816-3 (8.1), compiled to machine code."""

# Viper cannot be told `-> None`.
# mypy: disable-error-code="no-untyped-def"

import micropython


@micropython.viper
def invert(data: ptr8, start: int, end: int):
    """Characters of the inverse convention to bytes, or back: b8 comes first, and low is one."""
    for i in range(start, end):
        byte = data[i]
        turned = 0
        for _ in range(8):
            turned = turned << 1 | byte & 1
            byte >>= 1
        data[i] = turned ^ 0xFF
