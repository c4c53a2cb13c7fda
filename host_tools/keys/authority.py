"""The test CA: the card schemes' key pairs as they would be if the schemes were ours.

Two for each scheme, of the sizes and exponents that terminals meet: 1408 bits with e = 3, 1984 bits with e = 65537. A
card emulator's issuer certificates are made with them, and a terminal under test is given their public halves under
the scheme's RID and the key's index (EMV Book 2, 5.2). They vouch for test cards alone and are kept in clear, so
that a test needs nobody's passphrase. RSA keys come from OpenSSL's own random numbers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from host_tools.keys.errors import Altered, KeyExists, NoSuchKey
from host_tools.keys.files import write_private

if TYPE_CHECKING:
    from pathlib import Path

SCHEMES: Final = {"UnionPay": "A000000333", "Visa": "A000000003", "Mastercard": "A000000004"}  # RIDs

_YEARS: Final = 10
# Index, bits, exponent. The highest indices: the schemes' own count from 01.
_KEYS: Final = ((0xF1, 1408, 3), (0xF3, 1984, 65537))
_INDEX: Final = "index.json"


@dataclass(frozen=True, slots=True)
class CaKey:
    """`rid` is ten hexadecimal characters; `expires` the last day."""

    scheme: str
    rid: str
    index: int
    expires: date
    private: RSAPrivateKey = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.rid}-{self.index:02X}"

    @property
    def modulus(self) -> bytes:
        return self.private.public_key().public_numbers().n.to_bytes(self.private.key_size // 8, "big")

    @property
    def exponent(self) -> int:
        return self.private.public_key().public_numbers().e


class Authority:
    """A directory of PEM files (PKCS #8), named by RID and index, and an index that adds scheme and expiry."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def require_free(self) -> None:
        if (self._directory / _INDEX).exists():
            raise KeyExists

    def make(self, today: date) -> list[CaKey]:
        """New key pairs of every scheme, good to the end of the tenth year from now. Raises KeyExists."""
        self.require_free()
        expires = date(today.year + _YEARS, 12, 31)
        keys = [
            CaKey(scheme, rid, index, expires, generate_private_key(public_exponent=exponent, key_size=bits))
            for scheme, rid in SCHEMES.items()
            for index, bits, exponent in _KEYS
        ]
        for key in keys:
            pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            write_private(self._directory / f"{key.name}.pem", pem)
        rows = [
            {"scheme": key.scheme, "rid": key.rid, "index": key.index, "expires": key.expires.isoformat()}
            for key in keys
        ]
        write_private(self._directory / _INDEX, json.dumps(rows, indent=1).encode())
        return keys

    def keys(self) -> list[CaKey]:
        """Raises NoSuchKey if none were made, Altered if they are not what was made."""
        path = self._directory / _INDEX
        if not path.exists():
            raise NoSuchKey
        try:
            return [self._load(**row) for row in json.loads(path.read_bytes())]
        except (ValueError, TypeError, FileNotFoundError):
            raise Altered from None

    def _load(self, scheme: str, rid: str, index: int, expires: str) -> CaKey:
        private = load_pem_private_key((self._directory / f"{rid}-{index:02X}.pem").read_bytes(), None)
        if not isinstance(private, RSAPrivateKey):
            raise Altered
        return CaKey(scheme, rid, index, date.fromisoformat(expires), private)
