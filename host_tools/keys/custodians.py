"""The custodians: named people, each with a passphrase that opens what only they may open.

Nothing that would tell the passphrase is kept. Scrypt (RFC 7914) makes a 64-byte AES-SIV key (RFC 5297) of it, and
what is kept is a constant sealed under that key, which opens again under the right passphrase alone.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from host_tools.keys.errors import (
    AlreadyEnrolled,
    Altered,
    BadCredential,
    NoName,
    OnePerson,
    SameCredential,
    ShortPassphrase,
)
from host_tools.keys.files import write_private

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.keys.components import Random

COST: Final = 2**17  # scrypt's N: 128 MiB and about half a second for each guess

_MIN_PASSPHRASE: Final = 12  # characters
_BLOCK_SIZE: Final = 8  # scrypt's r
_PARALLEL: Final = 1  # scrypt's p
_KEY: Final = 64  # bytes
_SALT: Final = 16
_PROOF: Final = b"suanpan custodian"


@dataclass(frozen=True, slots=True)
class _Record:
    """A line of the registry; `salt` and `proof` in hexadecimal."""

    name: str
    salt: str
    cost: int
    proof: str


class Custodian:
    """A person whose passphrase has been checked. Opens and seals what is theirs; prints as their name."""

    def __init__(self, name: str, key: bytes) -> None:
        self.name = name
        self._siv = AESSIV(key)

    def __repr__(self) -> str:
        return f"<Custodian {self.name}>"

    def seal(self, secret: bytes, *labels: bytes) -> bytes:
        """`secret` encrypted, and bound to what `labels` say it is."""
        return self._siv.encrypt(secret, [_PROOF, *labels])

    def open(self, sealed: bytes, *labels: bytes) -> bytes:
        """Raises Altered if anything is not as it was sealed, or was sealed by another."""
        try:
            return self._siv.decrypt(sealed, [_PROOF, *labels])
        except InvalidTag:
            raise Altered from None


class Pair:
    """Two custodians at the desk: what needs two people takes one of these. Raises OnePerson."""

    def __init__(self, first: Custodian, second: Custodian) -> None:
        if _identity(first.name) == _identity(second.name):
            raise OnePerson
        self.first = first
        self.second = second

    @property
    def names(self) -> tuple[str, str]:
        return self.first.name, self.second.name


class Custodians:
    """The registry, a JSON file. `cost` is scrypt's N for those who enrol from now on."""

    def __init__(self, path: Path, random: Random, cost: int = COST) -> None:
        self._path = path
        self._random = random
        self._cost = cost

    @property
    def names(self) -> list[str]:
        return [record.name for record in self._read()]

    def enrol(self, name: str, passphrase: str) -> Custodian:
        """Raises NoName, AlreadyEnrolled, ShortPassphrase, SameCredential.

        Whether one person enrols twice under two names is for the people at the desk to see.
        """
        name = " ".join(name.split())
        if not name or not name.isprintable():
            raise NoName
        records = self._read()
        if any(_identity(record.name) == _identity(name) for record in records):
            raise AlreadyEnrolled
        require_passphrase(passphrase)
        if any(_unlocked(record, passphrase) for record in records):
            raise SameCredential
        salt = self._random(_SALT)
        custodian = Custodian(name, _derive(passphrase, salt, self._cost))
        records.append(_Record(name, salt.hex(), self._cost, custodian.seal(_PROOF, name.encode()).hex()))
        content = json.dumps([asdict(record) for record in records], ensure_ascii=False, indent=1)
        write_private(self._path, content.encode())
        return custodian

    def unlock(self, name: str, passphrase: str) -> Custodian:
        """The custodian of that name. Raises BadCredential, which does not tell whether there is one."""
        for record in self._read():
            if _identity(record.name) == _identity(name):
                custodian = _unlocked(record, passphrase)
                if custodian:
                    return custodian
        raise BadCredential

    def _read(self) -> list[_Record]:
        if not self._path.exists():
            return []
        try:
            return [_Record(**record) for record in json.loads(self._path.read_bytes())]
        except (ValueError, TypeError):
            raise Altered from None


def require_passphrase(passphrase: str) -> None:
    if len(passphrase) < _MIN_PASSPHRASE:
        raise ShortPassphrase


def _identity(name: str) -> str:
    """What two spellings of one name have in common: neither case, width nor spaces make another person."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _unlocked(record: _Record, passphrase: str) -> Custodian | None:
    try:
        custodian = Custodian(record.name, _derive(passphrase, bytes.fromhex(record.salt), record.cost))
        custodian.open(bytes.fromhex(record.proof), record.name.encode())
    except Altered:
        return None
    except ValueError:  # no hexadecimal, or a cost that scrypt does not have
        raise Altered from None
    return custodian


def _derive(passphrase: str, salt: bytes, cost: int) -> bytes:
    # The same passphrase on another keyboard may be other code points.
    secret = unicodedata.normalize("NFKC", passphrase).encode()
    return Scrypt(salt=salt, length=_KEY, n=cost, r=_BLOCK_SIZE, p=_PARALLEL).derive(secret)
