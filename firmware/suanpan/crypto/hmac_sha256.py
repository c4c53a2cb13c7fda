"""HMAC with SHA-256 (RFC 2104, FIPS 198-1).

MicroPython's SHA-256 objects cannot be wiped: what they took in of the key stays on the heap, mixed into their
state, until something else is put there.
"""

from hashlib import sha256

from micropython import const

from suanpan.crypto.octets import wipe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable

_BLOCK = const(64)  # bytes that SHA-256 takes in at a time
_INNER = const(0x36)
_BOTH = const(0x6A)  # what turns the inner pad into the outer


def hmac_sha256(key: "Readable", *parts: "Readable") -> bytes:
    """The 32 bytes that authenticate `parts`, one after another, under `key` of any length."""
    pad = bytearray(_BLOCK)
    try:
        if len(key) > _BLOCK:
            key = sha256(key).digest()
        pad[: len(key)] = key
        for i in range(_BLOCK):
            pad[i] ^= _INNER
        inner = sha256(pad)
        for part in parts:
            inner.update(part)
        for i in range(_BLOCK):
            pad[i] ^= _BOTH
        outer = sha256(pad)
        outer.update(inner.digest())
        digest: bytes = outer.digest()
        return digest
    finally:
        wipe(pad)
