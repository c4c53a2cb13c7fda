"""PBKDF2 with HMAC-SHA256 (RFC 8018, 5.2), for operators' passwords."""

from hashlib import sha256

from micropython import const

from suanpan.crypto.octets import wipe, xor_into

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable

_BLOCK = const(64)  # bytes that SHA-256 takes in at a time
_DIGEST = const(32)  # bytes that it gives


def pbkdf2(password: "Readable", salt: "Readable", iterations: int, size: int = 32) -> bytearray:
    """`size` bytes derived from `password` and `salt` in `iterations` rounds, at least 1, for each 32.

    The two inputs of HMAC, each a padded key with room behind it for a digest, are the only buffers: a
    SHA-256 of MicroPython cannot be copied half way, so the padded keys are hashed anew every time.
    """
    inner = bytearray(_BLOCK + _DIGEST)
    outer = bytearray(_BLOCK + _DIGEST)
    try:
        key = sha256(password).digest() if len(password) > _BLOCK else password
        for pad, value in ((inner, 0x36), (outer, 0x5C)):
            pad[: len(key)] = key
            for i in range(_BLOCK):
                pad[i] ^= value
        inner_text = memoryview(inner)[_BLOCK:]
        outer_text = memoryview(outer)[_BLOCK:]

        derived = bytearray(size)
        for at in range(0, size, _DIGEST):
            first = sha256(memoryview(inner)[:_BLOCK])
            first.update(salt)
            first.update((at // _DIGEST + 1).to_bytes(4, "big"))
            outer_text[:] = first.digest()
            u = sha256(outer).digest()
            total = bytearray(u)
            for _ in range(iterations - 1):
                inner_text[:] = u
                outer_text[:] = sha256(inner).digest()
                u = sha256(outer).digest()
                xor_into(total, u)
            derived[at : at + _DIGEST] = total[: size - at]
        return derived
    finally:
        wipe(inner)
        wipe(outer)
