"""AES-SIV (RFC 5297) and the AES-CMAC it is made of (RFC 4493), over the ECB and CBC of `cryptolib`.

The cipher runs in a few calls of C on whole buffers: one CBC per CMAC, one ECB per key stream. A key is held
by its two `aes` objects alone, for as long as they live: an object for each operation would leave its
expanded key behind on the heap, where nothing can wipe it.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer; and viper cannot be told `-> None`.
# mypy: disable-error-code="arg-type, no-untyped-def"

import micropython
from cryptolib import aes
from micropython import const

from suanpan.crypto.octets import equal, wipe, xor_into
from suanpan.errors import BadKey, SealError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable

_BLOCK = const(16)  # bytes
_ECB = const(1)  # modes of cryptolib
_CBC = const(2)


class Cmac:
    """AES-CMAC under one key of 16 or 32 bytes, for any number of messages."""

    def __init__(self, key: "Readable") -> None:
        if len(key) not in (16, 32):
            raise BadKey
        self._cbc = aes(key, _CBC, bytes(_BLOCK))
        # A cryptolib CBC object chains on from its last block for ever. Cancelling that block out of the next
        # message's first one is as good as a fresh object.
        self._chain = bytearray(_BLOCK)
        self._cbc.encrypt(self._chain, self._chain)
        self._k1 = bytearray(self._chain)
        _double(self._k1)
        self._k2 = bytearray(self._k1)
        _double(self._k2)

    def digest(self, message: "Readable") -> bytearray:
        """The 16-byte CMAC of `message`."""
        size = len(message)
        blocks = bytearray(_padded(size) or _BLOCK)
        blocks[:size] = message
        return self.finish(blocks, size)

    def finish(self, blocks: bytearray, size: int) -> bytearray:
        """The CMAC of the first `size` bytes of `blocks`: whole blocks, at least one, and zero from there on.

        `blocks` is used up.
        """
        last = len(blocks) - _BLOCK
        _close(blocks, last, size, self._k2 if size & 15 or not size else self._k1, self._chain)
        self._cbc.encrypt(blocks, blocks)
        digest = blocks[last:]
        self._chain = digest[:]
        return digest


class Siv:
    """Deterministic authenticated encryption under a key of 32 or 64 bytes: half for CMAC, half for CTR.

    What is sealed is `V || C`: 16 bytes that authenticate the plaintext and every associated string, then the
    encrypted plaintext. The same input always seals to the same bytes.
    """

    def __init__(self, key: "Readable") -> None:
        if len(key) not in (32, 64):
            raise BadKey
        half = len(key) // 2
        self._cmac = Cmac(memoryview(key)[:half])
        self._ecb = aes(memoryview(key)[half:], _ECB)
        self._start = self._cmac.digest(bytes(_BLOCK))

    def seal(self, plaintext: "Readable", *associated: "Readable") -> bytearray:
        """`plaintext` encrypted, and bound to the associated strings and to their order."""
        sealed = self._s2v(plaintext, associated)
        sealed.extend(plaintext)
        self._crypt(sealed, sealed, _BLOCK)
        return sealed

    def open(self, sealed: "Readable", *associated: "Readable") -> bytearray:
        """The plaintext of `sealed`. Raises SealError if anything at all differs from what was sealed."""
        if len(sealed) < _BLOCK:
            raise SealError
        v = memoryview(sealed)[:_BLOCK]
        plaintext = bytearray(memoryview(sealed)[_BLOCK:])
        self._crypt(v, plaintext, 0)
        if not equal(self._s2v(plaintext, associated), v):
            wipe(plaintext)
            raise SealError
        return plaintext

    def _s2v(self, plaintext: "Readable", associated: "tuple[Readable, ...]") -> bytearray:
        """RFC 5297, 2.4."""
        d = self._start[:]
        for string in associated:
            _double(d)
            xor_into(d, self._cmac.digest(string))
        size = len(plaintext)
        if size < _BLOCK:
            _double(d)
            xor_into(d, plaintext)
            d[size] ^= 0x80
            return self._cmac.digest(d)
        blocks = bytearray(_padded(size))
        blocks[:size] = plaintext
        _xor_at(blocks, size - _BLOCK, d, _BLOCK)
        return self._cmac.finish(blocks, size)

    def _crypt(self, v: "Readable", data: bytearray, at: int) -> None:
        """Exclusive-or the key stream that the synthetic IV `v` starts into `data[at:]`."""
        size = len(data) - at
        stream = bytearray(_padded(size))
        _count(v, stream, len(stream))
        self._ecb.encrypt(stream, stream)
        _xor_at(data, at, stream, size)


def _padded(size: int) -> int:
    return size + _BLOCK - 1 & -_BLOCK


@micropython.viper
def _double(block: ptr8):
    """Multiply by x in GF(2^128) (RFC 4493, 2.3), in place."""
    carry = (block[0] >> 7) * 0x87
    for i in range(15):
        block[i] = block[i] << 1 | block[i + 1] >> 7
    block[15] = block[15] << 1 ^ carry


@micropython.viper
def _close(blocks: ptr8, last: int, size: int, subkey: ptr8, chain: ptr8):
    """Pad the message, mix the subkey into its last block, and cancel the cipher's chain in its first."""
    if size < last + 16:
        blocks[size] = 0x80
    for i in range(16):
        blocks[last + i] ^= subkey[i]
        blocks[i] ^= chain[i]


@micropython.viper
def _xor_at(data: ptr8, at: int, other: ptr8, size: int):
    for i in range(size):
        data[at + i] ^= other[i]


@micropython.viper
def _count(v: ptr8, blocks: ptr8, size: int):
    """Fill `blocks` with the counter values of RFC 5297, 2.6.

    `v` with the top bit of its last two words cleared, then one more for each block: these never carry
    out of the last word.
    """
    low = (v[12] & 0x7F) << 24 | v[13] << 16 | v[14] << 8 | v[15]
    for at in range(0, size, 16):
        for i in range(12):
            blocks[at + i] = v[i]
        blocks[at + 8] = v[8] & 0x7F
        blocks[at + 12] = low >> 24
        blocks[at + 13] = low >> 16
        blocks[at + 14] = low >> 8
        blocks[at + 15] = low
        low += 1
