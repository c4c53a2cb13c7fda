"""The update signer: RSA-3072, RSASSA-PSS with SHA-256, MGF1 of SHA-256 and a salt of 32 bytes (RFC 8017, 8.1).

The private key rests as PKCS #8 under a passphrase; the public one goes into the firmware as n and e. Key and salts
come from OpenSSL's own random numbers, so that two signatures of one image differ and are both good.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
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
        """The signature of `data`, 384 bytes."""
        return self._private.sign(data, PSS(MGF1(SHA256()), _SALT), SHA256())
