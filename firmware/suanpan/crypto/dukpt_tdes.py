"""Triple DES DUKPT (ANSI X9.24-1:2009, annex A): 21 future keys, about a million transactions."""

from micropython import const

from suanpan.crypto import dukpt
from suanpan.crypto.des import Tdes
from suanpan.crypto.octets import wipe, xor_into
from suanpan.crypto.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable, Writable

# What a key is for: the byte to invert in either half of the transaction's key (A.4.1).
PIN = const(7)
MAC_REQUEST = const(6)
MAC_RESPONSE = const(4)
DATA_REQUEST = const(5)
DATA_RESPONSE = const(3)

_HALF = const(8)  # bytes
_VARIANT = b"\xc0\xc0\xc0\xc0\0\0\0\0"


class Transaction(dukpt.Transaction):
    def key(self, use: int) -> Secret:
        key = Secret(bytearray(self.view))
        try:
            key.view[use] ^= 0xFF
            key.view[use + _HALF] ^= 0xFF
            if use in (DATA_REQUEST, DATA_RESPONSE):
                # One way only: a data key that becomes known tells nothing of the others.
                with Tdes(key.view) as cipher:
                    cipher.encrypt(key.view, key.view)
        except BaseException:
            key.wipe()
            raise
        return key


class Register(dukpt.Register):
    """21 keys of 16 bytes; the last 21 bits of the 10-byte KSN are the counter, at most 10 of them one (A.3)."""

    KSN = 10
    BITS = 21
    ONES = 10

    def _allows(self, key_size: int) -> bool:
        return key_size == 2 * _HALF

    def _transaction(self, ksn: bytes, key: bytearray) -> Transaction:
        return Transaction(ksn, key)

    def _derive(self, key: "Readable", tail: bytes, out: "Writable") -> None:
        """The non-reversible key generation of A.2: the right half under the key, the left under a variant of it."""
        variant = bytearray(key)
        right = memoryview(variant)[_HALF:]
        try:
            _half(variant, tail, memoryview(out)[_HALF:])
            xor_into(variant, _VARIANT)
            xor_into(right, _VARIANT)
            _half(variant, tail, memoryview(out)[:_HALF])
        finally:
            wipe(variant)


def _half(key: "Readable", tail: bytes, out: memoryview) -> None:
    left, right = memoryview(key)[:_HALF], memoryview(key)[_HALF:]
    out[:] = tail
    xor_into(out, right)
    with Tdes(left) as cipher:
        cipher.encrypt(out, out)
    xor_into(out, right)
