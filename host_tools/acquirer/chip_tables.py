"""The acquirer's tables for chip cards, as data objects: what F62 of its downloads carries, and a terminal's file has.

An application (JR/T 0025, AID parameters): 9F06 AID, DF01 selection indicator, 9F08 version, DF11 DF12 DF13 action
codes (default, online, denial), 9F1B floor limit, DF15 threshold, DF16 DF17 percentages (most, target), DF14 DDOL, and
for taps DF18 online PIN, DF19 floor limit, DF20 limit, DF21 CVM limit. A key: 9F06 RID, 9F22 index, DF05 expiry, DF06
DF07 algorithms, DF02 modulus, DF04 exponent, DF03 its SHA-1 (EMV 4.3 Book 2, 11.2.2).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from host_tools.cards.tlv import tlv

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from host_tools.keys.authority import CaKey

APPLICATIONS: Final = Path(__file__).parent / "fixtures" / "emv.yaml"

_SHA_1 = _RSA = b"\1"
_EXCEPTION: Final = 8  # bytes of a hash
_TAPS: Final = {"tap_floor_limit": 0xDF19, "tap_limit": 0xDF20, "tap_cvm_limit": 0xDF21}


class TablesError(ValueError):
    """The file does not describe applications; the text says where."""


@dataclass(frozen=True)
class ChipTables:
    """`revoked` are RID, index and serial number of issuers' certificates, `exceptions` what exception() makes."""

    applications: tuple[bytes, ...]
    keys: tuple[bytes, ...]
    revoked: tuple[bytes, ...] = ()
    exceptions: tuple[bytes, ...] = ()


def chip_tables(
    keys: Sequence[CaKey], revoked: Iterable[tuple[str, int, str]] = (), path: Path = APPLICATIONS
) -> ChipTables:
    """Every application of the file, the schemes' keys, and revoked certificates: RID, index, serial number in
    hexadecimal. Raises TablesError."""
    return ChipTables(
        load_applications(path),
        tuple(_key(key) for key in keys),
        tuple(bytes.fromhex(rid) + bytes([index]) + bytes.fromhex(serial) for rid, index, serial in revoked),
    )


def load_applications(path: Path = APPLICATIONS) -> tuple[bytes, ...]:
    try:
        tree: Any = yaml.safe_load(path.read_text("utf-8"))
        return tuple(_application(tree["defaults"] | row) for row in tree["applications"])
    except KeyError as error:
        raise TablesError(f"{path.name}: {error} is missing") from error
    except (AttributeError, OSError, OverflowError, TypeError, ValueError, yaml.YAMLError) as error:
        raise TablesError(f"{path.name}: {error}") from error


def exception(pan: str, sequence: int | None = None) -> bytes:
    """What stands for a card in the list, or for every card of a PAN."""
    text = pan if sequence is None else f"{pan}/{sequence}"
    return hashlib.sha256(text.encode()).digest()[:_EXCEPTION]


def _application(row: dict[str, Any]) -> bytes:
    codes = row["tac"]
    parts = [
        tlv(0x9F06, bytes.fromhex(row["aid"])),
        tlv(0xDF01, bytes([not row["partial"]])),
        tlv(0x9F08, bytes.fromhex(row["version"])),
        tlv(0xDF11, bytes.fromhex(codes["default"])),
        tlv(0xDF12, bytes.fromhex(codes["online"])),
        tlv(0xDF13, bytes.fromhex(codes["denial"])),
        tlv(0x9F1B, row["floor_limit"].to_bytes(4, "big")),
        tlv(0xDF15, row["threshold"].to_bytes(4, "big")),
        tlv(0xDF16, bytes.fromhex(f"{row['most']:02}")),
        tlv(0xDF17, bytes.fromhex(f"{row['target']:02}")),
        tlv(0xDF14, bytes.fromhex(row["ddol"])),
    ]
    if "online_pin" in row:
        parts.append(tlv(0xDF18, bytes([row["online_pin"]])))
    parts += [tlv(tag, bytes.fromhex(f"{row[name]:012}")) for name, tag in _TAPS.items() if name in row]
    return b"".join(parts)


def _key(key: CaKey) -> bytes:
    name = bytes.fromhex(key.rid) + bytes([key.index])
    exponent = key.exponent.to_bytes(3 if key.exponent > 3 else 1, "big")
    return b"".join(
        (
            tlv(0x9F06, name[:5]),
            tlv(0x9F22, name[5:]),
            tlv(0xDF05, bytes.fromhex(f"{key.expires:%Y%m%d}")),
            tlv(0xDF06, _SHA_1),
            tlv(0xDF07, _RSA),
            tlv(0xDF02, key.modulus),
            tlv(0xDF04, exponent),
            tlv(0xDF03, hashlib.sha1(name + key.modulus + exponent).digest()),
        )
    )
