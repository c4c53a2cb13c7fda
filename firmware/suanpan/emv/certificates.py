"""Public keys out of certificates, and what was signed with them (EMV 4.3 Book 2, 5.3, 5.4, 6.3, 6.4, 7.1).

All of them are signatures that give their message back: 6A, a format, fields, a SHA-1 over fields and what stands
beside the certificate, BC. A function answers None where any of it is not so.
"""

import hashlib

from micropython import const

from suanpan.crypto.octets import equal
from suanpan.crypto.rsa import RsaPublicKey
from suanpan.emv.bits import DATA_MISSING, raise_bit
from suanpan.errors import BadKey
from suanpan.errors.keys import SignatureError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable
    from suanpan.emv.tables import CaKey, Tables

ISSUER = const(2)  # certificate formats
STATIC = const(3)
CARD = const(4)
DYNAMIC = const(5)

_HEADER = const(0x6A)
_TRAILER = const(0xBC)
_SHA_1 = const(1)
_RSA = const(1)
_HASH = const(20)
_TAIL = const(21)  # hash and trailer
_LONGEST = const(248)  # bytes of a modulus (Book 2, annex D): what it works on has room in a command


def opened(key: RsaPublicKey, signed: "Readable", kind: int, algorithm_at: int, *beside: "Readable") -> "bytes | None":
    """The fields of signed data, from their header on to before their hash; their hash algorithm is at 2 in all known
    kinds."""
    message = _recovered(key, signed, kind, algorithm_at)
    return _proven(message, *beside) if message else None


def ca_key(tables: "Tables", rid: bytes, index: int, today: str) -> RsaPublicKey | None:
    """`today` is YYMMDD."""
    found: "CaKey | None" = tables.key(rid, index)
    if found is None or (found.expires if len(found.expires) == 8 else _century(found.expires)) < _century(today):
        return None
    return RsaPublicKey(found.modulus, found.exponent)


def issuer_key(
    ca: RsaPublicKey,
    certificate: "Readable",
    exponent: "Readable",
    remainder: "Readable",
    pan: str,
    month: str,
    tvr: bytearray,
) -> "tuple[RsaPublicKey, bytes] | None":
    """The issuer's key, and its certificate's serial number. `month` is this one, YYMM; `tvr` learns of a remainder
    that is missing."""
    fields = _certified(ca, certificate, ISSUER, 12, remainder, tvr, exponent)
    if fields is None:
        return None
    identifier = fields[2:6].hex().rstrip("f")
    if not 3 <= len(identifier) <= 8 or not pan.startswith(identifier) or _expired(fields[6:8], month):
        return None
    key = _key(fields, 12, remainder, exponent)
    return (key, fields[8:11]) if key else None


def card_key(
    issuer: RsaPublicKey,
    certificate: "Readable",
    exponent: "Readable",
    remainder: "Readable",
    pan: str,
    month: str,
    tvr: bytearray,
    static: "Readable" = b"",
) -> RsaPublicKey | None:
    """A card's own key: for signing, then the card's static data are certified with it, or for PINs."""
    fields = _certified(issuer, certificate, CARD, 18, remainder, tvr, exponent, static)
    if fields is None or fields[2:12].hex().rstrip("f") != pan or _expired(fields[12:14], month):
        return None
    return _key(fields, 18, remainder, exponent)


def _expired(month_year: bytes, month: str) -> bool:
    """`month_year` is MMYY; years from 50 on are of the last century (Book 4, 6.7.3)."""
    text = month_year.hex()
    return _century(text[2:] + text[:2]) < _century(month)


def _century(date: str) -> str:
    return ("19" if date[:2] >= "50" else "20") + date


def _recovered(key: RsaPublicKey, signed: "Readable", kind: int, algorithm_at: int) -> "bytes | None":
    try:
        message = key.apply(signed)
    except SignatureError:
        return None
    whole = message[0] == _HEADER and message[-1] == _TRAILER
    return message if whole and message[1] == kind and message[algorithm_at] == _SHA_1 else None


def _proven(message: bytes, *beside: "Readable") -> "bytes | None":
    end = len(message) - _TAIL
    digest = hashlib.sha1(memoryview(message)[1:end])
    for part in beside:
        digest.update(part)
    return message[:end] if equal(digest.digest(), message[end:-1]) else None


def _certified(
    key: RsaPublicKey,
    certificate: "Readable",
    kind: int,
    at: int,
    remainder: "Readable",
    tvr: bytearray,
    *beside: "Readable",
) -> "bytes | None":
    """The fields of a certificate of a key, which is described from `at` on."""
    message = _recovered(key, certificate, kind, at - 1)
    if message is None:
        return None
    if not remainder and message[at + 1] > len(message) - _TAIL - at - 3:
        raise_bit(tvr, DATA_MISSING)
    return _proven(message, remainder, *beside)


def _key(fields: bytes, at: int, remainder: "Readable", exponent: "Readable") -> "RsaPublicKey | None":
    """The key that begins at `at`: algorithm, lengths of modulus and exponent, and as much of the modulus as fits."""
    size = fields[at + 1]
    room = len(fields) - at - 3
    modulus = fields[at + 3 :] + bytes(remainder) if size > room else fields[at + 3 : at + 3 + size]
    if fields[at] != _RSA or len(modulus) != size or size > _LONGEST or fields[at + 2] != len(exponent):
        return None
    try:
        return RsaPublicKey(modulus, int.from_bytes(exponent, "big"))
    except BadKey:
        return None
