"""What a terminal knows of chip cards when it leaves the workshop: the file of firmware/suanpan/ledger/emv_tables.py,
written from its format alone.

    item  kind 1 | length 2 | content
    kind  0 "EMV1", 1 an application, 2 a scheme's key, 3 a revoked certificate, 255 how many there are
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from host_tools.cards.tlv import tlv

if TYPE_CHECKING:
    from host_tools.keys.authority import CaKey

_START, _APPLICATION, _KEY, _REVOKED, _END = 0, 1, 2, 3, 255
_PARTIAL: Final = b"\0"  # a card's name may go on behind the AID
_DDOL: Final = bytes.fromhex("9F3704")
_ALL: Final = bytes.fromhex("FFFFFFFFFF")
APPLICATIONS: Final = {
    "A000000333010101": "0020",
    "A000000333010102": "0020",
    "A000000333010103": "0020",
    "A0000000031010": "0096",
    "A0000000041010": "0002",
}  # AID: version


def build(keys: Sequence[CaKey], revoked: Iterable[tuple[str, int, str]] = ()) -> bytes:
    """Every application, the schemes' keys, and revoked certificates (RID, index, serial number in hexadecimal).

    Each sale is asked online: the floor limit is zero, and whatever the terminal has to remark is for the issuer.
    """
    items = [(_APPLICATION, _application(aid, version)) for aid, version in APPLICATIONS.items()]
    items += [(_KEY, _key(key)) for key in keys]
    items += [(_REVOKED, bytes.fromhex(rid) + bytes([index]) + bytes.fromhex(serial)) for rid, index, serial in revoked]
    ends = [(_START, b"EMV1"), *items, (_END, len(items).to_bytes(2, "big"))]
    return b"".join(bytes([kind]) + len(content).to_bytes(2, "big") + content for kind, content in ends)


def _application(aid: str, version: str) -> bytes:
    return b"".join(
        (
            tlv(0x9F06, bytes.fromhex(aid)),
            tlv(0xDF01, _PARTIAL),
            tlv(0x9F08, bytes.fromhex(version)),
            tlv(0xDF11, _ALL),
            tlv(0xDF12, _ALL),
            tlv(0xDF13, bytes(5)),
            tlv(0x9F1B, bytes(4)),
            tlv(0xDF15, bytes(4)),
            tlv(0xDF16, b"\0"),
            tlv(0xDF17, b"\0"),
            tlv(0xDF14, _DDOL),
        )
    )


def _key(key: CaKey) -> bytes:
    name = bytes.fromhex(key.rid) + bytes([key.index])
    exponent = key.exponent.to_bytes(3 if key.exponent > 3 else 1, "big")
    return b"".join(
        (
            tlv(0x9F06, name[:5]),
            tlv(0x9F22, name[5:]),
            tlv(0xDF05, bytes.fromhex(f"{key.expires:%Y%m%d}")),
            tlv(0xDF06, b"\1"),
            tlv(0xDF07, b"\1"),
            tlv(0xDF02, key.modulus),
            tlv(0xDF04, exponent),
            tlv(0xDF03, hashlib.sha1(name + key.modulus + exponent).digest()),
        )
    )
