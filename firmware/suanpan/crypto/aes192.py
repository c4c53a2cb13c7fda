"""AES under a key of 24 bytes (FIPS 197), which `cryptolib` does not have: encryption alone.

Deriving keys takes no more. The look-ups are indexed by secrets: the internal RAM of an ESP32 has no cache that
could tell which, a machine with one would.
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

_BLOCK = const(16)  # bytes
_KEY = const(24)
_SCHEDULE = const(208)  # bytes: 13 round keys

# FIPS 197, figure 7: one row of the S-box to a line.
_S = (
    b"\x63\x7c\x77\x7b\xf2\x6b\x6f\xc5\x30\x01\x67\x2b\xfe\xd7\xab\x76"
    b"\xca\x82\xc9\x7d\xfa\x59\x47\xf0\xad\xd4\xa2\xaf\x9c\xa4\x72\xc0"
    b"\xb7\xfd\x93\x26\x36\x3f\xf7\xcc\x34\xa5\xe5\xf1\x71\xd8\x31\x15"
    b"\x04\xc7\x23\xc3\x18\x96\x05\x9a\x07\x12\x80\xe2\xeb\x27\xb2\x75"
    b"\x09\x83\x2c\x1a\x1b\x6e\x5a\xa0\x52\x3b\xd6\xb3\x29\xe3\x2f\x84"
    b"\x53\xd1\x00\xed\x20\xfc\xb1\x5b\x6a\xcb\xbe\x39\x4a\x4c\x58\xcf"
    b"\xd0\xef\xaa\xfb\x43\x4d\x33\x85\x45\xf9\x02\x7f\x50\x3c\x9f\xa8"
    b"\x51\xa3\x40\x8f\x92\x9d\x38\xf5\xbc\xb6\xda\x21\x10\xff\xf3\xd2"
    b"\xcd\x0c\x13\xec\x5f\x97\x44\x17\xc4\xa7\x7e\x3d\x64\x5d\x19\x73"
    b"\x60\x81\x4f\xdc\x22\x2a\x90\x88\x46\xee\xb8\x14\xde\x5e\x0b\xdb"
    b"\xe0\x32\x3a\x0a\x49\x06\x24\x5c\xc2\xd3\xac\x62\x91\x95\xe4\x79"
    b"\xe7\xc8\x37\x6d\x8d\xd5\x4e\xa9\x6c\x56\xf4\xea\x65\x7a\xae\x08"
    b"\xba\x78\x25\x2e\x1c\xa6\xb4\xc6\xe8\xdd\x74\x1f\x4b\xbd\x8b\x8a"
    b"\x70\x3e\xb5\x66\x48\x03\xf6\x0e\x61\x35\x57\xb9\x86\xc1\x1d\x9e"
    b"\xe1\xf8\x98\x11\x69\xd9\x8e\x94\x9b\x1e\x87\xe9\xce\x55\x28\xdf"
    b"\x8c\xa1\x89\x0d\xbf\xe6\x42\x68\x41\x99\x2d\x0f\xb0\x54\xbb\x16"
)


class Aes192(BlockCipher):
    """One key, expanded: `with Aes192(key) as cipher:` wipes the expanded key on every way out."""

    block = 16

    def __init__(self, key: "Readable") -> None:
        if len(key) != _KEY:
            raise BadKey
        self._schedule = bytearray(_SCHEDULE)
        _expand(key, self._schedule)

    def _crypt(self, data: "Readable", out: "Writable", size: int, encrypting: bool) -> None:
        if not encrypting:
            raise BadKey  # there is no key that it would be wanted for
        shifted = bytearray(_BLOCK)
        _encrypt(self._schedule, data, out, size, shifted)
        wipe(shifted)


@micropython.viper
def _expand(key: ptr8, schedule: ptr8):
    """FIPS 197, 5.2."""
    sbox = ptr8(_S)
    for i in range(24):
        schedule[i] = key[i]
    constant = 1
    for at in range(24, 208, 4):
        turned = at % 24 == 0
        for i in range(4):
            byte = sbox[schedule[at - 4 + (i + 1 & 3)]] if turned else schedule[at - 4 + i]
            schedule[at + i] = schedule[at - 24 + i] ^ byte
        if turned:
            schedule[at] ^= constant
            constant <<= 1


@micropython.viper
def _encrypt(schedule: ptr8, data: ptr8, out: ptr8, size: int, shifted: ptr8):
    """FIPS 197, 5.1: the state is the block of `out`; `shifted` has room for one after ShiftRows."""
    sbox = ptr8(_S)
    for at in range(0, size, 16):
        for i in range(16):
            out[at + i] = data[at + i] ^ schedule[i]
        for key in range(16, 208, 16):
            for i in range(16):
                shifted[i] = sbox[out[at + ((i + 4 * (i & 3)) & 15)]]
            for column in range(0, 16, 4):
                every = shifted[column] ^ shifted[column + 1] ^ shifted[column + 2] ^ shifted[column + 3]
                for row in range(4):
                    i = column + row
                    byte = shifted[i]
                    if key < 192:  # MixColumns, but in the last round
                        pair = (byte ^ shifted[column + (row + 1 & 3)]) << 1
                        byte ^= every ^ pair ^ (pair >> 8) * 0x11B
                    out[at + i] = byte ^ schedule[key + i]
