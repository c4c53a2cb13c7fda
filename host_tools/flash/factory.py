"""A terminal as it leaves the workshop: flash image with parameters and keys, empty journal, its two secrets.

The key store's file is written here from its format alone (firmware/suanpan/ledger/key_store.py): slot u8 |
algorithm u8 | length u8 | AES-SIV of the key, with slot and algorithm as associated data. What it is sealed under is
derived from the first secret, the journal's key from the second (firmware/suanpan/ledger/device_key.py).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from littlefs import LittleFS

BOARD = Path(__file__).parents[2] / "boards" / "virtual"
FLASH_SIZE = 4 * 1024 * 1024
SECTOR = 4096
FACTORY_OPERATOR = "01"
FACTORY_PASSWORD = "0000"  # what the field's terminals leave the factory with

_SECRET_SIZE = 32
_TMK_SLOT = 1
_INJECTION_SLOT = 5
_AES = 2
_ALGORITHMS = {"tdes": 1, "aes": _AES, "sm4": 3}  # of a suite's keys, as the key store numbers them
_PASSWORD_ITERATIONS = 500  # what an ESP32 does in the time between two keys

Random = Callable[[int], bytes]


@dataclass(frozen=True)
class Profile:
    """What makes a terminal this shop's.

    `merchant` is its name in Chinese and in English, `suite` "tdes", "aes" or "sm4", `tmk` 16 bytes for it.
    """

    terminal_id: str
    merchant_id: str
    merchant: tuple[str, str]
    serial: str
    tmk: bytes
    host: str
    port: int
    language: str = "zh"
    suite: str = "tdes"


@dataclass(frozen=True)
class Secrets:
    """A device's own: in two sectors of its flash, or in a secure element."""

    keys: bytes
    journal: bytes

    @property
    def key_store_key(self) -> bytes:
        return hmac.digest(self.keys, b"suanpan-keys", "sha256")

    @property
    def journal_key(self) -> bytes:
        return hmac.digest(self.journal, b"suanpan-journal", "sha256")


@dataclass(frozen=True)
class Partition:
    name: str
    offset: int
    size: int


def partitions(table: Path = BOARD / "partitions.csv") -> dict[str, Partition]:
    """The rows of an ESP-IDF partition table, by name."""
    found = {}
    for line in table.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _type, _subtype, offset, size = (column.strip() for column in line.split(","))
            found[name] = Partition(name, int(offset, 0), int(size, 0))
    return found


def build_image(
    profile: Profile, random: Random, *, secure_element: bool = False, injection_key: bytes | None = None
) -> tuple[bytes, Secrets]:
    """The flash image of a new terminal, and its secrets; with a secure element they are not in the image.

    With an injection key (32 bytes) it leaves without its master key, which the workshop's line brings later.
    """
    secrets = Secrets(random(_SECRET_SIZE), random(_SECRET_SIZE))
    table = partitions()
    data, plain = table["data"], table["secrets"]
    image = bytearray(b"\xff" * FLASH_SIZE)
    files = {
        "params.json": json.dumps(_parameters(profile, random), ensure_ascii=False).encode(),
        "keys.bin": sealed_key(secrets.key_store_key, _INJECTION_SLOT, _AES, injection_key)
        if injection_key
        else sealed_key(secrets.key_store_key, _TMK_SLOT, _ALGORITHMS[profile.suite], profile.tmk),
    }
    image[data.offset : data.offset + data.size] = _file_system(files, data.size)
    if not secure_element:
        for sector, secret in enumerate((secrets.keys, secrets.journal)):
            at = plain.offset + sector * SECTOR
            image[at : at + len(secret)] = secret
    return bytes(image), secrets


def _parameters(profile: Profile, random: Random) -> dict[str, object]:
    salt = random(16)
    password = hashlib.pbkdf2_hmac("sha256", FACTORY_PASSWORD.encode(), salt, _PASSWORD_ITERATIONS)
    return {
        "schema": 2,
        "terminal_id": profile.terminal_id,
        "merchant_id": profile.merchant_id,
        "merchant_name": {"zh": profile.merchant[0], "en": profile.merchant[1]},
        "serial": profile.serial,
        "suite": profile.suite,
        "tpdu": "6000030000",
        "header": "603100311003",
        "hosts": [[profile.host, profile.port]],
        "connect_timeout_s": 10,
        "host_timeout_s": 30,
        "language": profile.language,
        "receipt_copies": 2,
        "large_amount": 5_000_000,
        "batch_limit": 300,
        "offline_amount": 100_000,
        "offline_count": 20,
        "offline_total": 1_000_000,
        "offline_hours": 24,
        "operators": {
            FACTORY_OPERATOR: {"salt": salt.hex(), "hash": password.hex(), "iterations": _PASSWORD_ITERATIONS}
        },
    }


def sealed_key(key_store_key: bytes, slot: int, algorithm: int, key: bytes) -> bytes:
    """A record of the key store's file."""
    sealed = AESSIV(key_store_key).encrypt(key, [b"suanpan-key", bytes([slot, algorithm])])
    return bytes([slot, algorithm, len(sealed)]) + sealed


def _file_system(files: dict[str, bytes], size: int) -> bytes:
    fs = LittleFS(block_size=SECTOR, block_count=size // SECTOR)
    for name, content in files.items():
        with fs.open(name, "wb") as file:
            file.write(content)
    return bytes(fs.context.buffer)
