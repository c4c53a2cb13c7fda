"""Signatures that give their message back (EMV 4.3 Book 2, Annex A2.1), and the certificates made of them (5 to 7).

Private RSA operations are plain modular powers: `cryptography` offers none without a padding of its own. Nothing here
withstands who can time it; these are the keys of test cards.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha1
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_SHA_1: Final = b"\x01"
_RSA: Final = b"\x01"
_ISSUER_OVERHEAD: Final = 36
_CARD_OVERHEAD: Final = 42
_STATIC_OVERHEAD: Final = 26
_DYNAMIC_OVERHEAD: Final = 25


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate, and what of the certified modulus did not fit into it."""

    certificate: bytes
    remainder: bytes
    exponent: bytes


def size(key: RSAPrivateKey) -> int:
    """Of its modulus, in bytes."""
    return key.key_size // 8


def modulus(key: RSAPrivateKey) -> bytes:
    return key.public_key().public_numbers().n.to_bytes(size(key), "big")


def exponent(key: RSAPrivateKey) -> bytes:
    e = key.public_key().public_numbers().e
    return e.to_bytes((e.bit_length() + 7) // 8, "big")


def private(key: RSAPrivateKey, block: bytes) -> bytes:
    """The private operation on a whole block, by the Chinese remainder theorem."""
    numbers = key.private_numbers()
    number = int.from_bytes(block, "big")
    p = pow(number, numbers.dmp1, numbers.p)
    q = pow(number, numbers.dmq1, numbers.q)
    return (q + (p - q) * numbers.iqmp % numbers.p * numbers.q).to_bytes(size(key), "big")


def issuer_certificate(ca: RSAPrivateKey, issuer: RSAPrivateKey, pan: str, expires: str, serial: bytes) -> Certificate:
    """Table 5 and 6 of Book 2. `expires` is MMYY, `serial` has 3 bytes."""
    identifier = bytes.fromhex(pan[:8])
    head = b"\x02" + identifier + bytes.fromhex(expires) + serial
    return _certificate(ca, issuer, head, _ISSUER_OVERHEAD)


def card_certificate(
    issuer: RSAPrivateKey, card: RSAPrivateKey, pan: str, expires: str, serial: bytes, static: bytes = b""
) -> Certificate:
    """Tables 13, 14 and 22, 23: `static` are the data that it vouches for, none for a key that enciphers PINs."""
    head = b"\x04" + bytes.fromhex(pan.ljust(20, "F")) + bytes.fromhex(expires) + serial
    return _certificate(issuer, card, head, _CARD_OVERHEAD, static)


def static_signature(issuer: RSAPrivateKey, code: bytes, static: bytes) -> bytes:
    """Signed static application data (5.4); `code` is the data authentication code, 2 bytes."""
    pad = b"\xbb" * (size(issuer) - _STATIC_OVERHEAD)
    return _signed(issuer, b"\x03" + _SHA_1 + code + pad, static)


def dynamic_signature(card: RSAPrivateKey, dynamic: bytes, beside: bytes) -> bytes:
    """Signed dynamic application data (6.5.2, 6.6.1); `beside` is hashed with it: DDOL values, or UN for CDA."""
    pad = b"\xbb" * (size(card) - len(dynamic) - _DYNAMIC_OVERHEAD)
    return _signed(card, b"\x05" + _SHA_1 + bytes([len(dynamic)]) + dynamic + pad, beside)


def _certificate(
    signer: RSAPrivateKey, subject: RSAPrivateKey, head: bytes, overhead: int, static: bytes = b""
) -> Certificate:
    public, e = modulus(subject), exponent(subject)
    room = size(signer) - overhead
    lengths = bytes([len(public), len(e)])
    message = head + _SHA_1 + _RSA + lengths + public[:room].ljust(room, b"\xbb")
    remainder = public[room:]
    return Certificate(_signed(signer, message, remainder + e + static), remainder, e)


def _signed(key: RSAPrivateKey, message: bytes, beside: bytes) -> bytes:
    return private(key, b"\x6a" + message + sha1(message + beside).digest() + b"\xbc")
