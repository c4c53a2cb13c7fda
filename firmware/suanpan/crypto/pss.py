"""RSASSA-PSS signatures with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 8017, 8.1.2 and 9.1.2)."""

from hashlib import sha256

from micropython import const

from suanpan.crypto.octets import equal, xor_into
from suanpan.errors import BadKey
from suanpan.errors.keys import SignatureError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable
    from suanpan.crypto.rsa import RsaPublicKey

_HASH = const(32)  # bytes, of a digest and of the salt
_TRAILER = const(0xBC)
_SHORTEST = const(66)  # bytes of a modulus that has room for digest, salt and the two marks


def verify(key: "RsaPublicKey", digest: "Readable", signature: "Readable") -> bool:
    """Whether `signature` is that of the message with the SHA-256 `digest` under `key`.

    The bits of the modulus must fill its bytes, else BadKey. Whatever is wrong with a signature below the
    modulus, everything is checked and the work is the same.
    """
    if key.size < _SHORTEST or not key.fills_its_bytes:
        raise BadKey
    try:
        encoded = key.apply(signature)
    except SignatureError:
        return False
    split = key.size - _HASH - 1
    h = encoded[split:-1]
    block = bytearray(encoded[:split])
    for at in range(0, split, _HASH):
        mask = sha256(h + (at // _HASH).to_bytes(4, "big")).digest()
        xor_into(memoryview(block)[at:], mask[: split - at])
    block[0] &= 0x7F
    padding = bytearray(split - _HASH)
    padding[-1] = 1
    expected = sha256(bytes(8))
    expected.update(digest)
    expected.update(block[-_HASH:])
    faults = encoded[0] & 0x80 | encoded[-1] ^ _TRAILER
    faults |= not equal(block[:-_HASH], padding)
    faults |= not equal(expected.digest(), h)
    return faults == 0
