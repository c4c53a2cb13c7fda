"""DES and triple DES (FIPS 46-3, SP 800-67) over whole blocks, each block by itself (ECB).

The round function is eight table look-ups: the S-boxes and the permutation P that follows them are
combined into eight tables of 64 words. A half block is kept rotated left by one bit, so that the inputs of
the even-numbered boxes are the low six bits of its four bytes as they lie, and those of the odd-numbered
boxes are the same after a rotation right by four. The key schedule is laid out to match: two words a round.

Words are 32 bits on the board and 64 on the unix port. Every left shift is therefore masked where a later
right shift could bring its overflow back. The look-ups are indexed by secrets: the internal RAM of an ESP32
has no cache that could tell which, a machine with one would.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer; and viper cannot be told `-> None`.
# mypy: disable-error-code="arg-type, no-untyped-def"

import micropython
from micropython import const

from suanpan.crypto.block_cipher import BlockCipher
from suanpan.crypto.octets import wipe
from suanpan.errors import BadKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable, Writable

_SINGLE = const(8)  # bytes of a single DES key
_SCHEDULE = const(128)  # bytes of one key's schedule: 16 rounds of two 32-bit words
_HALF = const(28)  # bits of C, and of D
_SINGLE_SHIFTS = const(0x8103)  # the rounds that shift C and D by one bit, not two

# FIPS 46-3, appendix 1. An S-box is four rows of sixteen nibbles, two rows to a line.
_S = (
    b"\xe4\xd1\x2f\xb8\x3a\x6c\x59\x07\x0f\x74\xe2\xd1\xa6\xcb\x95\x38"  # S1
    b"\x41\xe8\xd6\x2b\xfc\x97\x3a\x50\xfc\x82\x49\x17\x5b\x3e\xa0\x6d"
    b"\xf1\x8e\x6b\x34\x97\x2d\xc0\x5a\x3d\x47\xf2\x8e\xc0\x1a\x69\xb5"  # S2
    b"\x0e\x7b\xa4\xd1\x58\xc6\x93\x2f\xd8\xa1\x3f\x42\xb6\x7c\x05\xe9"
    b"\xa0\x9e\x63\xf5\x1d\xc7\xb4\x28\xd7\x09\x34\x6a\x28\x5e\xcb\xf1"  # S3
    b"\xd6\x49\x8f\x30\xb1\x2c\x5a\xe7\x1a\xd0\x69\x87\x4f\xe3\xb5\x2c"
    b"\x7d\xe3\x06\x9a\x12\x85\xbc\x4f\xd8\xb5\x6f\x03\x47\x2c\x1a\xe9"  # S4
    b"\xa6\x90\xcb\x7d\xf1\x3e\x52\x84\x3f\x06\xa1\xd8\x94\x5b\xc7\x2e"
    b"\x2c\x41\x7a\xb6\x85\x3f\xd0\xe9\xeb\x2c\x47\xd1\x50\xfa\x39\x86"  # S5
    b"\x42\x1b\xad\x78\xf9\xc5\x63\x0e\xb8\xc7\x1e\x2d\x6f\x09\xa4\x53"
    b"\xc1\xaf\x92\x68\x0d\x34\xe7\x5b\xaf\x42\x7c\x95\x61\xde\x0b\x38"  # S6
    b"\x9e\xf5\x28\xc3\x70\x4a\x1d\xb6\x43\x2c\x95\xfa\xbe\x17\x60\x8d"
    b"\x4b\x2e\xf0\x8d\x3c\x97\x5a\x61\xd0\xb7\x49\x1a\xe3\x5c\x2f\x86"  # S7
    b"\x14\xbd\xc3\x7e\xaf\x68\x05\x92\x6b\xd8\x14\xa7\x95\x0f\xe2\x3c"
    b"\xd2\x84\x6f\xb1\xa9\x3e\x50\xc7\x1f\xd8\xa3\x74\xc5\x6b\x0e\x92"  # S8
    b"\x7b\x41\x9c\xe2\x06\xad\xf3\x58\x21\xe7\x4a\x8d\xfc\x90\x35\x6b"
)
_P = (
    b"\x10\x07\x14\x15\x1d\x0c\x1c\x11\x01\x0f\x17\x1a\x05\x12\x1f\x0a"
    b"\x02\x08\x18\x0e\x20\x1b\x03\x09\x13\x0d\x1e\x06\x16\x0b\x04\x19"
)
_PC1 = (
    b"\x39\x31\x29\x21\x19\x11\x09\x01\x3a\x32\x2a\x22\x1a\x12"
    b"\x0a\x02\x3b\x33\x2b\x23\x1b\x13\x0b\x03\x3c\x34\x2c\x24"
    b"\x3f\x37\x2f\x27\x1f\x17\x0f\x07\x3e\x36\x2e\x26\x1e\x16"
    b"\x0e\x06\x3d\x35\x2d\x25\x1d\x15\x0d\x05\x1c\x14\x0c\x04"
)
_PC2 = (
    b"\x0e\x11\x0b\x18\x01\x05\x03\x1c\x0f\x06\x15\x0a\x17\x13\x0c\x04\x1a\x08\x10\x07\x1b\x14\x0d\x02"
    b"\x29\x34\x1f\x25\x2f\x37\x1e\x28\x33\x2d\x21\x30\x2c\x31\x27\x38\x22\x35\x2e\x2a\x32\x24\x1d\x20"
)


class Tdes(BlockCipher):
    """One key, scheduled: `with Tdes(key) as cipher:` wipes the schedule on every way out.

    `key` is 8 bytes (single DES), 16 (two-key) or 24 (three-key triple DES). Its parity bits are not
    looked at: terminals in the field hold keys of either parity.
    """

    block = 8

    def __init__(self, key: "Readable") -> None:
        size = len(key)
        if size not in (8, 16, 24):
            raise BadKey
        self._passes = passes = 1 if size == _SINGLE else 3
        self._schedule = bytearray(_SCHEDULE * passes)
        bits = bytearray(56)
        try:
            for i in range(passes):
                # The middle key of the three decrypts, the third of two keys is the first.
                _expand(key, i * 8 % size, bits, self._schedule, i)
        finally:
            wipe(bits)

    def _crypt(self, data: "Readable", out: "Writable", size: int, encrypting: bool) -> None:
        if encrypting:
            _crypt(self._schedule, self._passes, 0, 2, data, out, size)
        else:
            _crypt(self._schedule, self._passes, 32 * self._passes - 2, -2, data, out, size)


@micropython.viper
def _expand(key: ptr8, offset: int, bits: ptr8, schedule: ptr32, index: int):
    """Write the schedule of the DES key at `key[offset:]` as the `index`-th of `schedule`.

    The second of three is written backwards, so that one walk through all of them encrypts, decrypts and
    encrypts. `bits` is room for the 56 bits of C and D.
    """
    choice = ptr8(_PC1)
    for i in range(56):
        bit = choice[i] - 1
        bits[i] = key[offset + (bit >> 3)] >> (7 - (bit & 7)) & 1
    choice = ptr8(_PC2)
    shift = 0
    for i in range(16):
        shift += 1 if _SINGLE_SHIFTS >> i & 1 else 2
        at = index * 32 + 2 * (15 - i if index == 1 else i)
        schedule[at] = 0
        schedule[at + 1] = 0
        for box in range(8):
            six = 0
            for j in range(6):
                bit = choice[box * 6 + j] - 1
                half = 0 if bit < _HALF else _HALF
                six = six << 1 | bits[half + (bit - half + shift) % _HALF]
            # S2, S4, S6, S8 share the first word of the round, S1, S3, S5, S7 the second.
            schedule[at + 1 - (box & 1)] |= six << (24 - 8 * (box >> 1))


@micropython.viper
def _crypt(schedule: ptr32, passes: int, first: int, step: int, data: ptr8, out: ptr8, size: int):
    """Take every block of `data` through `passes` times sixteen rounds, from `schedule[first]` by `step`."""
    sp = ptr32(_SP)
    full = uint(0xFFFFFFFF)
    odd = uint(0x55555555)
    for at in range(0, size, 8):
        left = uint(data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]) & full
        right = uint(data[at + 4] << 24 | data[at + 5] << 16 | data[at + 6] << 8 | data[at + 7]) & full

        # The initial permutation, as five exchanges of bits between the halves.
        t = (left >> 4 ^ right) & 0x0F0F0F0F
        right ^= t
        left ^= t << 4
        t = (left >> 16 ^ right) & 0xFFFF
        right ^= t
        left ^= t << 16
        t = (right >> 2 ^ left) & 0x33333333
        left ^= t
        right ^= t << 2
        t = (right >> 8 ^ left) & 0x00FF00FF
        left ^= t
        right ^= t << 8
        t = (left >> 1 ^ right) & odd
        right ^= t
        left ^= t << 1
        left = (left << 1 | left >> 31) & full
        right = (right << 1 | right >> 31) & full

        key = first
        for _ in range(passes):
            for _ in range(16):
                t = right ^ uint(schedule[key])
                left ^= uint(
                    sp[64 + (t >> 24 & 63)] ^ sp[192 + (t >> 16 & 63)] ^ sp[320 + (t >> 8 & 63)] ^ sp[448 + (t & 63)]
                )
                t = (right >> 4 | right << 28) ^ uint(schedule[key + 1])
                t = left ^ uint(
                    sp[t >> 24 & 63] ^ sp[128 + (t >> 16 & 63)] ^ sp[256 + (t >> 8 & 63)] ^ sp[384 + (t & 63)]
                )
                left = right
                right = t
                key += step
            # A DES ends, and the next begins, with its halves exchanged.
            t = left
            left = right
            right = t

        # The final permutation: the initial one backwards.
        left = (left >> 1 | left << 31) & full
        right = (right >> 1 | right << 31) & full
        t = (left >> 1 ^ right) & odd
        right ^= t
        left ^= t << 1
        t = (right >> 8 ^ left) & 0x00FF00FF
        left ^= t
        right ^= t << 8
        t = (right >> 2 ^ left) & 0x33333333
        left ^= t
        right ^= t << 2
        t = (left >> 16 ^ right) & 0xFFFF
        right ^= t
        left ^= t << 16
        t = (left >> 4 ^ right) & 0x0F0F0F0F
        right ^= t
        left ^= t << 4

        out[at] = left >> 24
        out[at + 1] = left >> 16
        out[at + 2] = left >> 8
        out[at + 3] = left
        out[at + 4] = right >> 24
        out[at + 5] = right >> 16
        out[at + 6] = right >> 8
        out[at + 7] = right


@micropython.viper
def _combine(tables: ptr32):
    """Fill `tables`, 8 of 64 words: what each six bits into a box do to a (rotated) half block."""
    boxes = ptr8(_S)
    permutation = ptr8(_P)
    for i in range(32):
        source = permutation[i] - 1
        box = source >> 2
        target = 1 << ((32 - i) & 31)
        for six in range(64):
            at = (six & 32) | (six & 1) << 4 | (six >> 1 & 15)
            nibble = boxes[box * 32 + (at >> 1)] >> (4 - 4 * (at & 1))
            if nibble >> (3 - (source & 3)) & 1:
                tables[box * 64 + six] |= target


_SP = bytearray(2048)
_combine(_SP)
