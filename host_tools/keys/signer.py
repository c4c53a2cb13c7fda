"""The update signer: RSA-3072, RSASSA-PSS with SHA-256, MGF1 of SHA-256 and a salt of 32 bytes (RFC 8017, 8.1).

The private key rests as PKCS #8 under a passphrase; the public one goes onto a board's first file system.

A bundle is to come out the same twice, so a salt is not drawn: it is derived from what is signed and from the private
key, as RFC 6979 does for ECDSA. To a verifier it is a salt like any other. PSS is proved secure without any (Coron,
2002), so nothing hangs on this one being unpredictable; that nobody else can derive it is more than is needed. What
randomness would help against is an error in the computation, which can tell the key: a signature is verified before
anybody gets it. OpenSSL takes no salt from outside, so the encoding is done here (9.1.1), and the private operation,
blinded, by pow().
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from host_tools.keys.custodians import require_passphrase
from host_tools.keys.errors import Altered, BadCredential, KeyExists, NoSuchKey
from host_tools.keys.files import write_private

if TYPE_CHECKING:
    from pathlib import Path

BITS: Final = 3072
EXPONENT: Final = 65537

_SALT: Final = 32  # bytes
_SALT_LABEL: Final = b"suanpan-salt"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """`n` of 384 bytes, big-endian."""

    n: bytes
    e: int

    def to_json(self) -> str:
        return json.dumps({"n": self.n.hex().upper(), "e": self.e})


@dataclass(frozen=True, slots=True)
class Signer:
    _private: RSAPrivateKey = field(repr=False)

    @classmethod
    def make(cls, path: Path, passphrase: str) -> Signer:
        """A new key pair in the PEM file `path`. Raises KeyExists, ShortPassphrase."""
        if path.exists():
            raise KeyExists
        require_passphrase(passphrase)
        private = generate_private_key(public_exponent=EXPONENT, key_size=BITS)
        encryption = BestAvailableEncryption(passphrase.encode())
        write_private(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
        return cls(private)

    @classmethod
    def load(cls, path: Path, passphrase: str) -> Signer:
        """Raises NoSuchKey; BadCredential to another passphrase, or if the file was altered; Altered."""
        if not path.exists():
            raise NoSuchKey
        if not passphrase:
            raise BadCredential
        try:
            private = load_pem_private_key(path.read_bytes(), passphrase.encode())
        except ValueError:
            raise BadCredential from None
        except TypeError:  # not encrypted: not what was made
            raise Altered from None
        if not isinstance(private, RSAPrivateKey) or private.key_size != BITS:
            raise Altered
        return cls(private)

    @property
    def public(self) -> PublicKey:
        numbers = self._private.public_key().public_numbers()
        return PublicKey(numbers.n.to_bytes(BITS // 8, "big"), numbers.e)

    def sign(self, data: bytes) -> bytes:
        """The signature of `data`, 384 bytes; always the same."""
        numbers = self._private.private_numbers()
        n, e = numbers.public_numbers.n, numbers.public_numbers.e
        digest = sha256(data).digest()
        salt = hmac.digest(sha256(_SALT_LABEL + numbers.d.to_bytes(BITS // 8, "big")).digest(), digest, "sha256")
        blind = secrets.randbelow(n - 2) + 2
        opened = pow(_encode(digest, salt) * pow(blind, e, n), numbers.d, n)
        signature = (opened * pow(blind, -1, n) % n).to_bytes(BITS // 8, "big")
        self._private.public_key().verify(signature, data, PSS(MGF1(SHA256()), _SALT), SHA256())
        return signature


def _encode(digest: bytes, salt: bytes) -> int:
    """EMSA-PSS with SHA-256, as a number below 2 to the power of BITS - 1."""
    hashed = sha256(bytes(8) + digest + salt).digest()
    size = BITS // 8 - len(hashed) - 1
    mask = b"".join(sha256(hashed + count.to_bytes(4, "big")).digest() for count in range(-(-size // len(hashed))))
    block = int.from_bytes(b"\x01" + salt, "big") ^ int.from_bytes(mask[:size], "big")
    top = (1 << (8 * size - 1)) - 1  # the first bit is zero
    return int.from_bytes((block & top).to_bytes(size, "big") + hashed + b"\xbc", "big")
