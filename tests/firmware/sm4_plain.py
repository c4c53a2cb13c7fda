"""SM4 in plain Python: the oracle of the firmware's viper, and what its speed is measured by.

Written from GB/T 32907-2016. The S-box is made from what it is, an inversion in GF(2^8) between two affine
maps, as published by its analysts; the T tables join it to the linear map, as plain code that cares would.
"""

_POLYNOMIAL = 0x1F5
_AFFINE = 0xD3  # the constant; the matrix is circulant, its first row A7
_ROW = 0xA7


def encrypt(key: bytes, data: bytes) -> bytes:
    """`data`, whole 16-byte blocks, under `key`, 16 bytes."""
    return _blocks(_schedule(key), data)


def decrypt(key: bytes, data: bytes) -> bytes:
    return _blocks(_schedule(key)[::-1], data)


def _blocks(schedule: list, data: bytes) -> bytes:
    t0, t1, t2, t3 = _T
    out = b""
    for at in range(0, len(data), 16):
        a, b, c, d = (int.from_bytes(data[i : i + 4], "big") for i in range(at, at + 16, 4))
        for key in schedule:
            x = b ^ c ^ d ^ key
            a, b, c, d = b, c, d, a ^ t0[x >> 24] ^ t1[x >> 16 & 255] ^ t2[x >> 8 & 255] ^ t3[x & 255]
        out += b"".join(word.to_bytes(4, "big") for word in (d, c, b, a))
    return out


def _schedule(key: bytes) -> list:
    words = [int.from_bytes(key[i : i + 4], "big") for i in range(0, 16, 4)]
    words = [word ^ fk for word, fk in zip(words, (0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC))]
    for i in range(32):
        ck = int.from_bytes(bytes((4 * i + j) * 7 & 255 for j in range(4)), "big")
        x = words[i + 1] ^ words[i + 2] ^ words[i + 3] ^ ck
        x = int.from_bytes(bytes(_S[byte] for byte in x.to_bytes(4, "big")), "big")
        words.append(words[i] ^ x ^ _rotated(x, 13) ^ _rotated(x, 23))
    return words[4:]


def _rotated(word: int, count: int) -> int:
    return (word << count | word >> 32 - count) & 0xFFFFFFFF


def _times(a: int, b: int) -> int:
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0x100:
            a ^= _POLYNOMIAL
        b >>= 1
    return product


def _affine(x: int) -> int:
    """Each bit is the parity of `x` and a row of the matrix, which is the first one, rotated."""
    result = 0
    row = _ROW
    for i in range(8):
        parity = bin(x & row).count("1") & 1
        result |= parity << i
        row = (row << 1 | row >> 7) & 255
    return result ^ _AFFINE


def _inverse(x: int) -> int:
    """x to the power of 254; zero of zero."""
    result = 1
    for _ in range(7):
        x = _times(x, x)
        result = _times(result, x)
    return result


def _table(shift: int) -> list:
    """What the byte at `shift` of a word contributes, through the S-box and the linear map L."""
    table = []
    for byte in _S:
        x = byte << shift
        table.append(x ^ _rotated(x, 2) ^ _rotated(x, 10) ^ _rotated(x, 18) ^ _rotated(x, 24))
    return table


_S = bytes(_affine(_inverse(_affine(x))) for x in range(256))
_T = [_table(shift) for shift in (24, 16, 8, 0)]
