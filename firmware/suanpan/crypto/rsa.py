"""The RSA public operation (RFC 8017, 5.2.2): what signatures and card certificates are opened with.

MicroPython's own pow() does it, in C and within about 3 KB of heap for 3072 bits; viper, which has no product of two
words that is longer than a word, could not do better. Nothing is secret here, so its varying time tells nothing.
"""

from micropython import const

from suanpan.errors import BadKey
from suanpan.errors.keys import SignatureError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable

_SHORTEST = const(64)  # bytes of the modulus: a card's own key may be this short
_LONGEST = const(384)


class RsaPublicKey:
    """A modulus of 64 to 384 bytes, big-endian, its first byte not zero, and the exponent, 3 or 65537."""

    def __init__(self, n: "Readable", e: int) -> None:
        if not _SHORTEST <= len(n) <= _LONGEST or not n[0] or not n[-1] & 1 or e not in (3, 65537):
            raise BadKey
        self.size = len(n)  # bytes, of all that it works on
        self.fills_its_bytes = n[0] > 0x7F
        self._n = int.from_bytes(n, "big")
        self._e = e

    def apply(self, data: "Readable") -> bytes:
        """`data` to the power of e, modulo n, as long as n.

        Raises SignatureError if `data` is not as long as n, or not less: the same number may be written one way
        only.
        """
        number = int.from_bytes(data, "big")
        if len(data) != self.size or number >= self._n:
            raise SignatureError
        return pow(number, self._e, self._n).to_bytes(self.size, "big")
