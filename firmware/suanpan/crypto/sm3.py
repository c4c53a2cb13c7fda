"""SM3 (GB/T 32905-2016), a hash of 32 bytes.

Words are 32 bits on the board and 64 on the unix port: a sum or a left shift is masked before a right shift
could bring its overflow back.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer; and viper cannot be told `-> None`.
# mypy: disable-error-code="arg-type, no-untyped-def"

from struct import pack, unpack

import micropython
from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable

_BLOCK = const(64)  # bytes that the compression takes in at a time
_LENGTH_AT = const(56)  # where the length lies in the last block
_WORDS = const(272)  # bytes: 68 words that a block is expanded to

_IV = (
    b"\x73\x80\x16\x6f\x49\x14\xb2\xb9\x17\x24\x42\xd7\xda\x8a\x06\x00"
    b"\xa9\x6f\x30\xbc\x16\x31\x38\xaa\xe3\x8d\xee\x4d\xb0\xfb\x0e\x4e"
)


class Sm3:
    """A hash in the making: `update` with one part after another, then `digest`, once."""

    def __init__(self) -> None:
        self._state = bytearray(pack("8I", *unpack(">8I", _IV)))
        self._expanded = bytearray(_WORDS)
        self._block = bytearray(_BLOCK)
        self._size = 0  # of everything so far

    def update(self, data: "Readable") -> None:
        view = memoryview(data)
        held = self._size % _BLOCK
        self._size += len(view)
        if held and held + len(view) >= _BLOCK:
            self._block[held:] = view[: _BLOCK - held]
            view = view[_BLOCK - held :]
            _compress(self._state, self._expanded, self._block, _BLOCK)
            held = 0
        if not held:
            whole = len(view) & -_BLOCK
            _compress(self._state, self._expanded, view, whole)
            view = view[whole:]
        self._block[held : held + len(view)] = view

    def digest(self) -> bytes:
        """The 32 bytes; nothing can follow."""
        size = self._size
        self.update(b"\x80" + bytes((_LENGTH_AT - 1 - size) % _BLOCK))
        self.update((8 * size).to_bytes(8, "big"))
        return pack(">8I", *unpack("8I", self._state))


def sm3(data: "Readable") -> bytes:
    """The hash of `data`, at once."""
    hashing = Sm3()
    hashing.update(data)
    return hashing.digest()


@micropython.viper
def _compress(state: ptr32, w: ptr32, data: ptr8, size: int):
    """Take every block of `data` into the eight words of `state`; `w` is room for 68 (GB/T 32905-2016, 5.3)."""
    full = uint(0xFFFFFFFF)
    for at in range(0, size, 64):
        for i in range(16):
            j = at + 4 * i
            w[i] = data[j] << 24 | data[j + 1] << 16 | data[j + 2] << 8 | data[j + 3]
        for i in range(16, 68):
            t = uint(w[i - 3]) & full
            t = (uint(w[i - 16] ^ w[i - 9]) ^ (t << 15 | t >> 17)) & full
            t ^= (t << 15 | t >> 17) ^ (t << 23 | t >> 9)
            u = uint(w[i - 13]) & full
            w[i] = int(t ^ (u << 7 | u >> 25) ^ uint(w[i - 6]))
        a = uint(state[0]) & full
        b = uint(state[1]) & full
        c = uint(state[2]) & full
        d = uint(state[3]) & full
        e = uint(state[4]) & full
        f = uint(state[5]) & full
        g = uint(state[6]) & full
        h = uint(state[7]) & full
        constant = uint(0x79CC4519)
        for i in range(64):
            if i == 16:
                constant = uint(0x9D8A7A87)  # 7A879D8A, rotated as far
            t = (a << 12 | a >> 20) & full
            s = (t + e + constant) & full
            s = (s << 7 | s >> 25) & full
            t ^= s
            constant = (constant << 1 | constant >> 31) & full
            if i < 16:
                t += a ^ b ^ c
                u = e ^ f ^ g
            else:
                t += a & b | a & c | b & c
                u = e & f | (e ^ full) & g
            t = (t + d + uint(w[i] ^ w[i + 4])) & full
            u = (u + h + s + uint(w[i])) & full
            d = c
            c = (b << 9 | b >> 23) & full
            b = a
            a = t
            h = g
            g = (f << 19 | f >> 13) & full
            f = e
            e = (u ^ (u << 9 | u >> 23) ^ (u << 17 | u >> 15)) & full
        state[0] ^= int(a)
        state[1] ^= int(b)
        state[2] ^= int(c)
        state[3] ^= int(d)
        state[4] ^= int(e)
        state[5] ^= int(f)
        state[6] ^= int(g)
        state[7] ^= int(h)
