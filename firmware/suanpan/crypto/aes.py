"""AES (FIPS 197) over whole blocks, each block by itself (ECB), and as a key stream (CTR), by `cryptolib`.

`cryptolib` has no 24-byte keys. Its objects hold an expanded key that nothing can wipe: dropping them, all that
`wipe` can do, leaves it on the heap until something else is put there.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer; and viper cannot be told `-> None`.
# mypy: disable-error-code="arg-type, no-untyped-def"

import micropython
from cryptolib import aes
from micropython import const

from suanpan.crypto.block_cipher import BlockCipher
from suanpan.crypto.octets import wipe, xor_into
from suanpan.errors import BadKey, BlockError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.crypto.octets import Readable, Writable

_BLOCK = const(16)  # bytes
_ECB = const(1)  # mode of cryptolib


class Aes(BlockCipher):
    """One key of 16 or 32 bytes: `with Aes(key) as cipher:` drops it on every way out."""

    block = 16

    def __init__(self, key: "Readable") -> None:
        if len(key) not in (16, 32):
            raise BadKey
        # A cryptolib object works in one direction only.
        self._encrypt: Callable[..., object] = aes(key, _ECB).encrypt
        self._decrypt: Callable[..., object] = aes(key, _ECB).decrypt

    def wipe(self) -> None:
        """Drop the key: whatever is asked from here on raises BadKey."""
        self._encrypt = self._decrypt = _dropped

    def _crypt(self, data: "Readable", out: "Writable", size: int, encrypting: bool) -> None:
        (self._encrypt if encrypting else self._decrypt)(data, out)


def ctr(cipher: "Aes", counter: "Readable", data: "Readable") -> bytearray:
    """`data`, of any length, encrypted or decrypted by counter mode (SP 800-38A, 6.5).

    `counter` is the 16-byte first counter block; each further one is one more, modulo 2^128. No two strings
    under one key may share a counter block. Raises BlockError.
    """
    if len(counter) != _BLOCK:
        raise BlockError
    size = len(data)
    stream = bytearray(size + _BLOCK - 1 & -_BLOCK)
    _count(counter, stream, len(stream))
    cipher.encrypt(stream, stream)
    out = bytearray(data)
    xor_into(out, memoryview(stream)[:size])
    wipe(stream)
    return out


def _dropped(*_: object) -> None:
    raise BadKey


@micropython.viper
def _count(counter: ptr8, blocks: ptr8, size: int):
    """Fill `blocks` with `counter`, `counter` + 1, ..."""
    for i in range(16 if size else 0):
        blocks[i] = counter[i]
    for at in range(16, size, 16):
        carry = 1
        for i in range(at + 15, at - 1, -1):
            carry += blocks[i - 16]
            blocks[i] = carry
            carry >>= 8
