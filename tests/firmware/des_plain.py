"""DES and triple DES in plain Python: the oracle of the firmware's viper, and what its speed is measured by.

Written from FIPS 46-3 alone. A block is one integer; bits are numbered as in the standard, from 1 at the
left. Each S-box is combined with the permutation P into one table, as plain code that cares would have it.
"""


def _table(numbers: str) -> bytes:
    return bytes(int(number) for number in numbers.split())


_IP = bytes(first - 8 * i for first in (58, 60, 62, 64, 57, 59, 61, 63) for i in range(8))
_PC1 = _table("""
    57 49 41 33 25 17  9  1 58 50 42 34 26 18 10  2 59 51 43 35 27 19 11  3 60 52 44 36
    63 55 47 39 31 23 15  7 62 54 46 38 30 22 14  6 61 53 45 37 29 21 13  5 28 20 12  4
""")
_PC2 = _table("""
    14 17 11 24  1  5  3 28 15  6 21 10 23 19 12  4 26  8 16  7 27 20 13  2
    41 52 31 37 47 55 30 40 51 45 33 48 44 49 39 56 34 53 46 42 50 36 29 32
""")
_P = _table("16 7 20 21 29 12 28 17 1 15 23 26 5 18 31 10 2 8 24 14 32 27 3 9 19 13 30 6 22 11 4 25")
_SHIFTS = (1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1)
# Four rows of sixteen for each box.
_S = (
    "E4D12FB83A6C5907 0F74E2D1A6CB9538 41E8D62BFC973A50 FC8249175B3EA06D",
    "F18E6B34972DC05A 3D47F28EC01A69B5 0E7BA4D158C6932F D8A13F42B67C05E9",
    "A09E63F51DC7B428 D709346A285ECBF1 D6498F30B12C5AE7 1AD069874FE3B52C",
    "7DE3069A1285BC4F D8B56F03472C1AE9 A690CB7DF13E5284 3F06A1D8945BC72E",
    "2C417AB6853FD0E9 EB2C47D150FA3986 421BAD78F9C5630E B8C71E2D6F09A453",
    "C1AF92680D34E75B AF427C9561DE0B38 9EF528C3704A1DB6 432C95FABE17608D",
    "4B2EF08D3C975A61 D0B7491AE35C2F86 14BDC37EAF680592 6BD814A7950FE23C",
    "D2846FB1A93E50C7 1FD8A374C56B0E92 7B419CE206ADF358 21E74A8DFC90356B",
)


def encrypt(key: bytes, data: bytes) -> bytes:
    """`data`, whole 8-byte blocks, under `key`: 8 bytes for DES, 16 or 24 for triple DES."""
    return _blocks(_keys(key), data)


def decrypt(key: bytes, data: bytes) -> bytes:
    return _blocks([schedule[::-1] for schedule in reversed(_keys(key))], data)


def _keys(key: bytes) -> list:
    """The schedules that a block goes through in turn."""
    first = _schedule(key[:8])
    if len(key) == 8:
        return [first]
    third = first if len(key) == 16 else _schedule(key[16:])
    return [first, _schedule(key[8:16])[::-1], third]


def _schedule(key: bytes) -> list:
    """Sixteen round keys, each of eight times six bits."""
    cd = _permute(int.from_bytes(key, "big"), 64, _PC1)
    c = cd >> 28
    d = cd & 0xFFFFFFF
    rounds = []
    for shift in _SHIFTS:
        c = (c << shift | c >> 28 - shift) & 0xFFFFFFF
        d = (d << shift | d >> 28 - shift) & 0xFFFFFFF
        chosen = _permute(c << 28 | d, 56, _PC2)
        rounds.append(bytes(chosen >> 42 - 6 * box & 63 for box in range(8)))
    return rounds


def _blocks(schedules: list, data: bytes) -> bytes:
    out = b""
    for at in range(0, len(data), 8):
        block = _permute(int.from_bytes(data[at : at + 8], "big"), 64, _IP)
        for schedule in schedules:
            block = _rounds(block, schedule)
        out += _permute(block, 64, _INVERSE_IP).to_bytes(8, "big")
    return out


def _rounds(block: int, schedule: list) -> int:
    left = block >> 32
    right = block & 0xFFFFFFFF
    s1, s2, s3, s4, s5, s6, s7, s8 = _SP
    for k1, k2, k3, k4, k5, k6, k7, k8 in schedule:
        # The expansion E: six bits for each box, which overlap, from the last bit round to the first.
        e = (right & 1) << 33 | right << 1 | right >> 31
        f = (
            s1[e >> 28 ^ k1]
            | s2[e >> 24 & 63 ^ k2]
            | s3[e >> 20 & 63 ^ k3]
            | s4[e >> 16 & 63 ^ k4]
            | s5[e >> 12 & 63 ^ k5]
            | s6[e >> 8 & 63 ^ k6]
            | s7[e >> 4 & 63 ^ k7]
            | s8[e & 63 ^ k8]
        )
        left, right = right, left ^ f
    return right << 32 | left


def _permute(value: int, size: int, table: bytes) -> int:
    """The bits of `value`, which has `size` of them, that `table` numbers, in that order."""
    result = 0
    for number in table:
        result = result << 1 | value >> size - number & 1
    return result


def _combined(box: int) -> list:
    """What S-box number `box` (from 0) and then P make of each six bits."""
    rows = _S[box].split()
    table = []
    for six in range(64):
        nibble = int(rows[six >> 4 & 2 | six & 1][six >> 1 & 15], 16)
        table.append(_permute(nibble << 28 - 4 * box, 32, _P))
    return table


_INVERSE_IP = bytes(_IP.index(bytes([number])) + 1 for number in range(1, 65))
_SP = [_combined(box) for box in range(8)]
