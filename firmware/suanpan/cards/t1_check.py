"""Error detection codes of T=1 (ISO/IEC 7816-3, 11.4.4), compiled to machine code."""

import micropython


@micropython.viper
def lrc(data: ptr8, size: int) -> int:
    check = 0
    for i in range(size):
        check ^= data[i]
    return check


@micropython.viper
def crc_16(data: ptr8, size: int) -> int:
    """The CCITT polynomial, lowest bit first, from FFFF: as libccid and OpenCT have it; ISO/IEC 13239 leaves room."""
    crc = 0xFFFF
    for i in range(size):
        crc ^= data[i]
        for _ in range(8):
            bit = crc & 1
            crc >>= 1
            if bit:
                crc ^= 0x8408
    return crc
