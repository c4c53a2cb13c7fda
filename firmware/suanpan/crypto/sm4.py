"""SM4 (GB/T 32907-2016, ISO/IEC 18033-3) over whole blocks, each block by itself (ECB).

Words are 32 bits on the board and 64 on the unix port. A left shift may overflow into the upper half there, which
is masked away before a right shift could bring it back. The S-box is looked up at places that are secret: the
internal RAM of an ESP32 has no cache that could tell which, a machine with one would.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer; and viper cannot be told `-> None`.
# mypy: disable-error-code="arg-type, no-untyped-def"

import micropython
from micropython import const

from suanpan.crypto.block_cipher import BlockCipher
from suanpan.errors import BadKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable, Writable

_BLOCK = const(16)  # bytes
_SCHEDULE = const(128)  # bytes: 32 rounds of one 32-bit word

# GB/T 32907-2016, 6.2: one row of the S-box to a line.
_S = (
    b"\xd6\x90\xe9\xfe\xcc\xe1\x3d\xb7\x16\xb6\x14\xc2\x28\xfb\x2c\x05"
    b"\x2b\x67\x9a\x76\x2a\xbe\x04\xc3\xaa\x44\x13\x26\x49\x86\x06\x99"
    b"\x9c\x42\x50\xf4\x91\xef\x98\x7a\x33\x54\x0b\x43\xed\xcf\xac\x62"
    b"\xe4\xb3\x1c\xa9\xc9\x08\xe8\x95\x80\xdf\x94\xfa\x75\x8f\x3f\xa6"
    b"\x47\x07\xa7\xfc\xf3\x73\x17\xba\x83\x59\x3c\x19\xe6\x85\x4f\xa8"
    b"\x68\x6b\x81\xb2\x71\x64\xda\x8b\xf8\xeb\x0f\x4b\x70\x56\x9d\x35"
    b"\x1e\x24\x0e\x5e\x63\x58\xd1\xa2\x25\x22\x7c\x3b\x01\x21\x78\x87"
    b"\xd4\x00\x46\x57\x9f\xd3\x27\x52\x4c\x36\x02\xe7\xa0\xc4\xc8\x9e"
    b"\xea\xbf\x8a\xd2\x40\xc7\x38\xb5\xa3\xf7\xf2\xce\xf9\x61\x15\xa1"
    b"\xe0\xae\x5d\xa4\x9b\x34\x1a\x55\xad\x93\x32\x30\xf5\x8c\xb1\xe3"
    b"\x1d\xf6\xe2\x2e\x82\x66\xca\x60\xc0\x29\x23\xab\x0d\x53\x4e\x6f"
    b"\xd5\xdb\x37\x45\xde\xfd\x8e\x2f\x03\xff\x6a\x72\x6d\x6c\x5b\x51"
    b"\x8d\x1b\xaf\x92\xbb\xdd\xbc\x7f\x11\xd9\x5c\x41\x1f\x10\x5a\xd8"
    b"\x0a\xc1\x31\x88\xa5\xcd\x7b\xbd\x2d\x74\xd0\x12\xb8\xe5\xb4\xb0"
    b"\x89\x69\x97\x4a\x0c\x96\x77\x7e\x65\xb9\xf1\x09\xc5\x6e\xc6\x84"
    b"\x18\xf0\x7d\xec\x3a\xdc\x4d\x20\x79\xee\x5f\x3e\xd7\xcb\x39\x48"
)
_FK = b"\xa3\xb1\xba\xc6\x56\xaa\x33\x50\x67\x7d\x91\x97\xb2\x70\x22\xdc"


class Sm4(BlockCipher):
    """One 16-byte key, scheduled: `with Sm4(key) as cipher:` wipes the schedule on every way out."""

    block = 16

    def __init__(self, key: "Readable") -> None:
        if len(key) != _BLOCK:
            raise BadKey
        self._schedule = bytearray(_SCHEDULE)
        _expand(key, self._schedule)

    def _crypt(self, data: "Readable", out: "Writable", size: int, encrypting: bool) -> None:
        if encrypting:
            _crypt(self._schedule, 0, 1, data, out, size)
        else:
            _crypt(self._schedule, 31, -1, data, out, size)


@micropython.viper
def _expand(key: ptr8, schedule: ptr32):
    """Write the 32 round keys of `key` to `schedule` (GB/T 32907-2016, 7.3)."""
    box = ptr8(_S)
    fk = ptr8(_FK)
    full = uint(0xFFFFFFFF)
    k0 = k1 = k2 = k3 = uint(0)
    for i in range(16):
        t = k0
        k0 = (k0 << 8 | k1 >> 24) & full
        k1 = (k1 << 8 | k2 >> 24) & full
        k2 = (k2 << 8 | k3 >> 24) & full
        k3 = (k3 << 8 | uint(key[i] ^ fk[i])) & full
    for i in range(32):
        t = uint(0)
        for j in range(4):
            t = t << 8 | uint((4 * i + j) * 7 & 0xFF)
        t = (t ^ k1 ^ k2 ^ k3) & full
        t = uint(box[t >> 24] << 24 | box[t >> 16 & 255] << 16 | box[t >> 8 & 255] << 8 | box[t & 255]) & full
        t = (k0 ^ t ^ (t << 13 | t >> 19) ^ (t << 23 | t >> 9)) & full
        k0 = k1
        k1 = k2
        k2 = k3
        k3 = t
        schedule[i] = int(t)


@micropython.viper
def _crypt(schedule: ptr32, first: int, step: int, data: ptr8, out: ptr8, size: int):
    """Take every block of `data` through 32 rounds, from `schedule[first]` by `step`."""
    box = ptr8(_S)
    full = uint(0xFFFFFFFF)
    for at in range(0, size, 16):
        x0 = uint(data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]) & full
        x1 = uint(data[at + 4] << 24 | data[at + 5] << 16 | data[at + 6] << 8 | data[at + 7]) & full
        x2 = uint(data[at + 8] << 24 | data[at + 9] << 16 | data[at + 10] << 8 | data[at + 11]) & full
        x3 = uint(data[at + 12] << 24 | data[at + 13] << 16 | data[at + 14] << 8 | data[at + 15]) & full
        key = first
        for _ in range(32):
            t = (x1 ^ x2 ^ x3 ^ uint(schedule[key])) & full
            t = uint(box[t >> 24] << 24 | box[t >> 16 & 255] << 16 | box[t >> 8 & 255] << 8 | box[t & 255]) & full
            t ^= x0 ^ (t << 2 | t >> 30) ^ (t << 10 | t >> 22) ^ (t << 18 | t >> 14) ^ (t << 24 | t >> 8)
            x0 = x1
            x1 = x2
            x2 = x3
            x3 = t & full
            key += step
        # The last four words, in reverse.
        for i in range(4):
            shift = 24 - 8 * i
            out[at + i] = x3 >> shift
            out[at + 4 + i] = x2 >> shift
            out[at + 8 + i] = x1 >> shift
            out[at + 12 + i] = x0 >> shift
