"""The workshop's master keys, each kept as two components sealed by one custodian each, and never whole.

- `kbpk`, the key-block protection key: TMKs rest under it as TR-31 blocks. It is the zone key with the acquirer.
- `injection`, AES-256: every unit's own injection key is derived from it and the unit's serial number.
- `backup`, AES-256: the key that a terminal's archives are sealed under, from the terminal's number. It is the number's
  and not the unit's, as another unit is to open the archive of a dead one.

They are three because a key has one purpose, and because the acquirer must know the first and has no business with
the others.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFCMAC, CounterLocation, Mode

from host_tools.keys.components import Algorithm, check_value, combine
from host_tools.keys.errors import Altered, KeyExists, NoSuchKey, OtherCustodians, WrongLength
from host_tools.keys.files import write_private

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TypedDict

    from host_tools.keys.custodians import Pair

    class _File(TypedDict):
        """Check value and sealed components, by custodian, in hexadecimal."""

        algorithm: str
        check_value: str
        components: dict[str, str]


DERIVED_KEY: Final = 32  # bytes of a unit's injection key, and of a terminal number's backup key


class Master(Enum):
    KBPK = "kbpk"
    INJECTION = "injection"
    BACKUP = "backup"


# What a master key may be. TR-31 has a version for TDES (B) and one for AES (D), and none for SM4.
_SHAPES: Final = {
    Master.KBPK: {(Algorithm.TDES, 16), (Algorithm.TDES, 24), (Algorithm.AES, 16), (Algorithm.AES, 32)},
    Master.INJECTION: {(Algorithm.AES, 32)},
    Master.BACKUP: {(Algorithm.AES, 32)},
}


@dataclass(frozen=True, slots=True)
class Key:
    algorithm: Algorithm
    value: bytes = field(repr=False)

    @property
    def check_value(self) -> bytes:
        return check_value(self.algorithm, self.value)


class MasterKeys:
    """A JSON file for each: algorithm, check value, and each custodian's sealed component."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def has(self, master: Master) -> bool:
        return self._path(master).exists()

    def described(self, master: Master) -> tuple[Algorithm, bytes, list[str]]:
        """Algorithm, check value and the custodians' names. Raises NoSuchKey, Altered."""
        content = self._read(master)
        return Algorithm(content["algorithm"]), bytes.fromhex(content["check_value"]), list(content["components"])

    def require_free(self, master: Master) -> None:
        if self.has(master):
            raise KeyExists

    def keep(self, master: Master, pair: Pair, algorithm: Algorithm, components: tuple[bytes, bytes]) -> None:
        """Raises KeyExists, WrongLength, and what `combine` refuses. Nothing is kept then."""
        self.require_free(master)
        require_shape(master, algorithm, components)
        value = check_value(algorithm, combine(algorithm, *components))
        sealed = {
            custodian.name: custodian.seal(component, *_labels(master, algorithm, value)).hex()
            for custodian, component in zip((pair.first, pair.second), components, strict=True)
        }
        content = {"algorithm": algorithm.value, "check_value": value.hex().upper(), "components": sealed}
        write_private(self._path(master), json.dumps(content, ensure_ascii=False, indent=1).encode())

    def open(self, master: Master, pair: Pair) -> Key:
        """The whole key, in memory only. Raises NoSuchKey, Altered, OtherCustodians."""
        algorithm, value, names = self.described(master)
        sealed = self._read(master)["components"]
        if sorted(pair.names) != sorted(names):
            raise OtherCustodians
        labels = _labels(master, algorithm, value)
        first, second = (
            custodian.open(bytes.fromhex(sealed[custodian.name]), *labels) for custodian in (pair.first, pair.second)
        )
        return Key(algorithm, combine(algorithm, first, second))

    def _path(self, master: Master) -> Path:
        return self._directory / f"{master.value}.json"

    def _read(self, master: Master) -> _File:
        if not self.has(master):
            raise NoSuchKey
        try:
            content: _File = json.loads(self._path(master).read_bytes())
            Algorithm(content["algorithm"])
            bytes.fromhex(content["check_value"] + "".join(content["components"].values()))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Altered from None
        return content


def require_shape(master: Master, algorithm: Algorithm, components: tuple[bytes, bytes]) -> None:
    """Raise WrongLength unless components of this algorithm and length make such a master key."""
    if any((algorithm, len(component)) not in _SHAPES[master] for component in components):
        raise WrongLength


def derive_injection_key(master: Key, serial: str) -> bytes:
    """A unit's own injection key: 32 bytes.

    Who takes one unit apart learns nothing of another's, and the workshop keeps no list of them.
    """
    return _derived(master, b"suanpan injection key", serial)


def derive_backup_key(master: Key, terminal: str) -> Key:
    """What the archives of this terminal number are sealed under: two AES-128 keys, for AES-SIV."""
    return Key(Algorithm.AES, _derived(master, b"suanpan backup key", terminal))


def _derived(master: Key, label: bytes, context: str) -> bytes:
    """By SP 800-108r1 in counter mode with CMAC."""
    return KBKDFCMAC(
        algorithm=AES,
        mode=Mode.CounterMode,
        length=DERIVED_KEY,
        rlen=4,
        llen=4,
        location=CounterLocation.BeforeFixed,
        label=label,
        context=context.encode("ascii"),
        fixed=None,
    ).derive(master.value)


def _labels(master: Master, algorithm: Algorithm, value: bytes) -> tuple[bytes, bytes, bytes]:
    """What a sealed component is bound to: it opens as part of no other key, nor beside another component."""
    return master.value.encode(), algorithm.value.encode(), value
