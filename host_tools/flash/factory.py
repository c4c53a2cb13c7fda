"""A terminal as it leaves the workshop: flash image with parameters and keys, empty journal, its two secrets.

The key store's file is written here from its format alone (firmware/suanpan/ledger/key_store.py): slot u8 |
algorithm u8 | length u8 | AES-SIV of the key, with slot and algorithm as associated data. What it is sealed under is
derived from the first secret, the journal's key from the second (firmware/suanpan/ledger/device_key.py). So is the one
of the passwords' two files (firmware/suanpan/ledger/operators.py): number u8 | factory's u8 | iterations u16 | salt |
hash for everybody, and a hundred counts of tries. A terminal whose link is TLS also has the authority that it trusts,
its certificate, and the key to that in a slot of the key store.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from littlefs import LittleFS, UserContext

from host_tools.boards.data import load
from host_tools.build.partition_table import (
    SECTOR,
    TABLE_AT,
    TABLE_SIZE,
    Partition,
    check,
    of_board,
    pack,
    read_csv,
    unpack,
)
from host_tools.fonts.pack import pack_names
from host_tools.fonts.unifont import unifont

BOARD = Path(__file__).parents[2] / "boards" / "virtual"
FLASH_SIZE = 4 * 1024 * 1024
FACTORY_OPERATOR = "01"
FACTORY_PASSWORD = "0000"  # what the field's terminals leave the factory with
SUPERVISOR = "00"
SUPERVISOR_PASSWORD = "123456"  # the field's too
ADMINISTRATOR = "99"
ADMINISTRATOR_PASSWORD = "99999999"

__all__ = ["SECTOR", "Partition"]  # of the table of partitions, for whoever looks into an image

_SECRET_SIZE = 32
_TMK_SLOT = 1
_INJECTION_SLOT = 5
_LINK_SLOT = 7
_AES = 2
_EC = 4
_ALGORITHMS = {"tdes": 1, "aes": _AES, "sm4": 3}  # of a suite's keys, as the key store numbers them
_PASSWORDS = {
    SUPERVISOR: SUPERVISOR_PASSWORD,
    FACTORY_OPERATOR: FACTORY_PASSWORD,
    ADMINISTRATOR: ADMINISTRATOR_PASSWORD,
}
_PASSWORD_ITERATIONS = 500  # what an ESP32 does in the time between two keys
_NUMBERS = 100  # from 00 to 99
# The sizes of the firmware's LittleFS: a file as small as its cache is kept in the directory.
_PROGRAM = 32  # bytes
_CACHE = 128

Random = Callable[[int], bytes]


@dataclass(frozen=True)
class LinkFiles:
    """What TLS needs: the authority's certificate and the terminal's, in DER, and its P-256 key, as RFC 5915 has it."""

    authority: bytes
    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class Merchant:
    """One of several that share a terminal: what is not the same for all of them. `name` in Chinese and in English."""

    terminal_id: str
    merchant_id: str
    name: tuple[str, str]
    serial: str  # as the acquirer has enrolled it
    tmk: bytes = field(repr=False)
    injection_key: bytes = field(default=b"", repr=False)  # of that serial number


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
    backup_hosts: tuple[tuple[str, int], ...] = ()
    link: LinkFiles | None = None  # none: plain TCP, over a line that is the acquirer's own
    paper_mm: int = 58  # or 80: how wide the printer's paper is
    wifi: tuple[str, str] | None = None  # name and password of the network; none on a board that has another line
    place: str = ""  # where it stands, as payments by code tell the host
    others: tuple[Merchant, ...] = ()  # who share the terminal with the first merchant
    update_server: str = ""  # where it fetches applications: a URL; none, and it fetches none


def of_merchant(number: int) -> bytes:
    """What the labels and the key file of the first, second and so on of several merchants end with."""
    return b"" if number == 1 else str(number).encode()


@dataclass(frozen=True)
class Secrets:
    """A device's own: in two sectors of its flash, or in a secure element."""

    keys: bytes
    journal: bytes

    @property
    def key_store_key(self) -> bytes:
        return self.key_store_key_of(1)

    @property
    def journal_key(self) -> bytes:
        return self.journal_key_of(1)

    def key_store_key_of(self, merchant: int) -> bytes:
        return hmac.digest(self.keys, b"suanpan-keys" + of_merchant(merchant), "sha256")

    def journal_key_of(self, merchant: int) -> bytes:
        return hmac.digest(self.journal, b"suanpan-journal" + of_merchant(merchant), "sha256")

    @property
    def operators_key(self) -> bytes:
        return hmac.digest(self.journal, b"suanpan-operators", "sha256")


def partitions(table: Path = BOARD / "pins.py") -> dict[str, Partition]:
    """By name, those of a board's pins.py, or of a table in ESP-IDF's text form (CSV)."""
    return of_board(load(table)) if table.suffix == ".py" else read_csv(table)


def build_image(
    profile: Profile,
    random: Random,
    *,
    secure_element: bool = False,
    injection_key: bytes | None = None,
    new_passwords: bool = False,
    password_iterations: int = _PASSWORD_ITERATIONS,
    emv_tables: bytes = b"",
    software: bytes = b"",
) -> tuple[bytes, Secrets]:
    """The flash image of a terminal, and its secrets; with a secure element they are not in the image.

    With an injection key (32 bytes) it leaves without its master key, which the workshop's line brings later. The
    passwords are as good as changed, for benches and demonstrations; `new_passwords` must be changed first. Without
    `emv_tables` (emv_tables.py) there is no chip card that it knows. `software` is the image that it is written into
    (build/flash_image.py): without it, a bench brings the firmware from elsewhere.
    """
    secrets = Secrets(random(_SECRET_SIZE), random(_SECRET_SIZE))
    image = bytearray(software or blank(partitions()))
    table = unpack(bytes(image[TABLE_AT : TABLE_AT + TABLE_SIZE]))
    data, plain = table["data"], table["secrets"]
    stores = {}
    keys = [(profile.tmk, injection_key), *((other.tmk, other.injection_key) for other in profile.others)]
    for number, (tmk, injection) in enumerate(keys, 1):
        store_key = secrets.key_store_key_of(number)
        stores[f"keys.bin{of_merchant(number).decode()}"] = (
            sealed_key(store_key, _INJECTION_SLOT, _AES, injection)
            if injection
            else sealed_key(store_key, _TMK_SLOT, _ALGORITHMS[profile.suite], tmk)
        )
    certificates = {}
    if profile.link:
        stores["keys.bin"] += sealed_key(secrets.key_store_key, _LINK_SLOT, _EC, profile.link.key)
        certificates = {"authority.der": profile.link.authority, "terminal.der": profile.link.certificate}
    files = {
        "params.json": json.dumps(_parameters(profile), ensure_ascii=False).encode(),
        **stores,
        **certificates,
        **_password_files(secrets.operators_key, random, new_passwords, password_iterations),
    }
    if profile.wifi:
        ssid, password = profile.wifi
        files["wifi.json"] = json.dumps({"ssid": ssid, "password": password}).encode()
    if emv_tables:
        files["emv.bin"] = emv_tables
    if profile.others:
        names = (*profile.merchant, *(name for other in profile.others for name in other.name))
        files["names.bin"] = pack_names(names, unifont())
    image[data.offset : data.offset + data.size] = file_system(files, data.size)
    if not secure_element:
        for sector, secret in enumerate((secrets.keys, secrets.journal)):
            at = plain.offset + sector * SECTOR
            image[at : at + len(secret)] = secret
    return bytes(image), secrets


def blank(table: dict[str, Partition], size: int = FLASH_SIZE) -> bytes:
    """A flash that has its partition table, and nothing else. Raises TableError."""
    check(table.values())
    image = bytearray(b"\xff" * size)
    packed = pack(table.values())
    image[TABLE_AT : TABLE_AT + len(packed)] = packed
    return bytes(image)


def _parameters(profile: Profile) -> dict[str, object]:
    values: dict[str, object] = {
        "schema": 5,
        "terminal_id": profile.terminal_id,
        "merchant_id": profile.merchant_id,
        "merchant_name": {"zh": profile.merchant[0], "en": profile.merchant[1]},
        "serial": profile.serial,
        "suite": profile.suite,
        "tpdu": "6000030000",
        "header": "603100311003",
        "hosts": [[profile.host, profile.port], *map(list, profile.backup_hosts)],
        "link": "tls" if profile.link else "tcp",
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
        "administrator_tries": 10,
        "refund_amount": 10_000_000,
    } | ({} if profile.paper_mm == Profile.paper_mm else {"paper_mm": profile.paper_mm})
    if profile.place:
        values["place"] = profile.place
    if profile.update_server:
        values["update_server"] = profile.update_server
    if profile.others:
        values["other_merchants"] = [
            {
                "terminal_id": merchant.terminal_id,
                "merchant_id": merchant.merchant_id,
                "merchant_name": {"zh": merchant.name[0], "en": merchant.name[1]},
                "serial": merchant.serial,
            }
            for merchant in profile.others
        ]
    return values


def _password_files(key: bytes, random: Random, new: bool, iterations: int) -> dict[str, bytes]:
    roll = b""
    for number, password in sorted(_PASSWORDS.items()):
        salt = random(16)
        hashed = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
        roll += bytes([int(number), new]) + iterations.to_bytes(2, "big") + salt + hashed
    seal = AESSIV(key).encrypt
    return {"operators.bin": seal(roll, [b"operators"]), "tries.bin": seal(bytes(_NUMBERS), [b"tries"])}


def sealed_key(key_store_key: bytes, slot: int, algorithm: int, key: bytes) -> bytes:
    """A record of the key store's file."""
    sealed = AESSIV(key_store_key).encrypt(key, [b"suanpan-key", bytes([slot, algorithm])])
    return bytes([slot, algorithm, len(sealed)]) + sealed


def file_system(files: dict[str, bytes], size: int) -> bytes:
    """A LittleFS image of `size` bytes, as the firmware would have written it."""
    fs = LittleFS(
        UserContext(buffer=bytearray(b"\xff" * size)),
        block_size=SECTOR,
        block_count=size // SECTOR,
        read_size=_PROGRAM,
        prog_size=_PROGRAM,
        cache_size=_CACHE,
    )
    for name, content in files.items():
        folder = name.rpartition("/")[0]
        if folder:
            fs.makedirs(folder, exist_ok=True)
        with fs.open(name, "wb") as file:
            file.write(content)
    return bytes(fs.context.buffer)
