"""Offline data authentication (EMV 4.3 Book 3, 10.3; Book 2, 5 and 6): is this the issuer's card, and not a copy?

Nothing here ends a transaction but a card that breaks off: what fails is a bit of the TVR, for others to judge.
"""

import hashlib

from micropython import const

from suanpan.codec.tlv import Reader, dol_entries
from suanpan.crypto.octets import equal
from suanpan.emv import certificates
from suanpan.emv.bits import (
    CDA_FAILED,
    DATA_MISSING,
    DDA_FAILED,
    ODA_NOT_PERFORMED,
    ODA_PERFORMED,
    SDA_FAILED,
    SDA_SELECTED,
    raise_bit,
)
from suanpan.emv.commands import OK, internal_authenticate
from suanpan.errors.emv import Terminated, TlvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.rsa import RsaPublicKey
    from suanpan.emv.transaction import Transaction

# AIP byte 1, and terminal capabilities (9F33) byte 3
_AIP_SDA = const(0x40)
_AIP_DDA = const(0x20)
_AIP_CDA = const(0x01)
_CAN_SDA = const(0x80)
_CAN_DDA = const(0x40)
_CAN_CDA = const(0x08)

_CAPABILITIES = const(0x9F33)
_TODAY = const(0x9A)
_UNPREDICTABLE = const(0x9F37)
_CA_INDEX = const(0x8F)
_ISSUER_CERTIFICATE = const(0x90)
_ISSUER_EXPONENT = const(0x9F32)
_ISSUER_REMAINDER = const(0x92)
_CARD_CERTIFICATE = const(0x9F46)
_CARD_EXPONENT = const(0x9F47)
_CARD_REMAINDER = const(0x9F48)
_SIGNED_STATIC = const(0x93)
_SIGNED_DYNAMIC = const(0x9F4B)
_TAG_LIST = const(0x9F4A)
_DDOL = const(0x9F49)
_AUTHENTICATION_CODE = const(0x9F45)
_DYNAMIC_NUMBER = const(0x9F4C)
_FORMAT_1 = const(0x80)
_FORMAT_2 = const(0x77)


async def authenticate(t: "Transaction") -> None:
    """SDA or DDA, or what CDA needs beforehand: the best that both sides can do."""
    ours = t.objects.need(_CAPABILITIES)[2]
    theirs = t.aip[0]
    if theirs & _AIP_CDA and ours & _CAN_CDA:
        t.card_key = card_key_of(t, t.tvr)
        t.cda = t.card_key is not None
        if not t.cda:
            raise_bit(t.tvr, CDA_FAILED)
            raise_bit(t.tsi, ODA_PERFORMED)
    elif theirs & _AIP_DDA and ours & _CAN_DDA:
        raise_bit(t.tsi, ODA_PERFORMED)
        t.card_key = card_key_of(t, t.tvr)
        if not await _dynamic(t):
            raise_bit(t.tvr, DDA_FAILED)
    elif theirs & _AIP_SDA and ours & _CAN_SDA:
        raise_bit(t.tvr, SDA_SELECTED)
        raise_bit(t.tsi, ODA_PERFORMED)
        if not _static(t):
            raise_bit(t.tvr, SDA_FAILED)
    else:
        raise_bit(t.tvr, ODA_NOT_PERFORMED)


def _static(t: "Transaction") -> bool:
    """Book 2, 5.4."""
    issuer = issuer_key_of(t, t.tvr)
    signed = _needed(t, _SIGNED_STATIC, t.tvr)
    if issuer is None or signed is None or not _complete_signed(t):
        return False
    fields = certificates.opened(issuer, signed, certificates.STATIC, 2, t.signed)
    if fields is None:
        return False
    t.objects.set(_AUTHENTICATION_CODE, fields[3:5])
    return True


async def _dynamic(t: "Transaction") -> bool:
    """Book 2, 6.5. Raises Terminated for an answer that has no signature."""
    ddol = t.objects.card(_DDOL) or t.ours.ddol
    if t.card_key is None or not _asks_for(ddol, _UNPREDICTABLE):
        return False
    values = t.objects.listed(ddol)
    data, sw = await internal_authenticate(t.card, values)
    if sw != OK:
        raise Terminated
    dynamic = _dynamic_data(t.card_key, _signature(data), values)
    if dynamic is None:
        return False
    t.objects.set(_DYNAMIC_NUMBER, dynamic[1 : 1 + dynamic[0]])
    return True


def combined(
    t: "Transaction", control_data: "bytes | bytearray", answer: bytes, information: int
) -> "tuple[int, bytes | None]":
    """CDA (Book 2, 6.6.2): what kind of cryptogram an answer to GENERATE AC has, and the cryptogram, None if the
    signature is not right.

    `control_data` are the values of the PDOL and of each CDOL so far, in the order in which the card was sent them.
    `information` is what the card has said in clear; what it has signed counts more (Book 4, 6.3.2.1).
    """
    signed = None
    others = hashlib.sha1(control_data)
    reader = Reader(answer)
    reader.next()
    reader.enter()
    while reader.next():
        if reader.tag == _SIGNED_DYNAMIC:
            signed = reader.value()
        else:
            others.update(memoryview(answer)[reader.begin : reader.end])
    dynamic = None
    if signed is not None and t.card_key is not None:
        dynamic = _dynamic_data(t.card_key, signed, t.objects.need(_UNPREDICTABLE))
    if dynamic is None:
        return information, None
    at = 1 + dynamic[0]
    if len(dynamic) < at + 29:
        return information, None
    if dynamic[at] != information or not equal(others.digest(), dynamic[at + 9 : at + 29]):
        return dynamic[at], None
    t.objects.set(_DYNAMIC_NUMBER, dynamic[1:at])
    return information, dynamic[at + 1 : at + 9]


def _dynamic_data(key: "RsaPublicKey", signed: bytes, beside: "bytes | bytearray") -> "bytes | None":
    """The card's dynamic data, which begin with the length of its dynamic number and the number, 2 to 8 bytes."""
    fields = certificates.opened(key, signed, certificates.DYNAMIC, 2, beside)
    if fields is None:
        return None
    dynamic = fields[4 : 4 + fields[3]]
    if len(dynamic) != fields[3] or not dynamic or not 2 <= dynamic[0] <= 8 or len(dynamic) < 1 + dynamic[0]:
        return None
    return dynamic


def _signature(data: "bytearray | memoryview") -> bytes:
    """Of an answer to INTERNAL AUTHENTICATE, in which it is mandatory."""
    try:
        reader = Reader(data)
        if not reader.next() or reader.end != len(data):
            raise Terminated
        if reader.tag == _FORMAT_1:
            return reader.value()
        if reader.tag != _FORMAT_2:
            raise Terminated
        reader.enter()
        while reader.next():
            if reader.tag == _SIGNED_DYNAMIC:
                return reader.value()
    except TlvError:
        pass
    raise Terminated


def issuer_key_of(t: "Transaction", tvr: bytearray) -> "RsaPublicKey | None":
    """Book 2, 5.2 and 5.3; whoever it certifies, its data must be there. `tvr` learns of what is not."""
    index = _needed(t, _CA_INDEX, tvr)
    certificate = _needed(t, _ISSUER_CERTIFICATE, tvr)
    exponent = _needed(t, _ISSUER_EXPONENT, tvr)
    if index is None or certificate is None or exponent is None:
        return None
    today = bytes(t.objects.need(_TODAY)).hex()
    rid = t.rid
    ca = certificates.ca_key(t.tables, rid, index[0], today)
    if ca is None:
        return None
    remainder = t.objects.card(_ISSUER_REMAINDER) or b""
    found = certificates.issuer_key(ca, certificate, exponent, remainder, t.pan, today[:4], tvr)
    if found is None:
        return None
    key, serial = found
    return None if t.tables.revoked(rid, index[0], serial) else key


def card_key_of(t: "Transaction", tvr: bytearray) -> "RsaPublicKey | None":
    """Book 2, 6.2 to 6.4; the static data are certified together with the key."""
    issuer = issuer_key_of(t, tvr)
    certificate = _needed(t, _CARD_CERTIFICATE, tvr)
    exponent = _needed(t, _CARD_EXPONENT, tvr)
    if issuer is None or certificate is None or exponent is None or not _complete_signed(t):
        return None
    remainder = t.objects.card(_CARD_REMAINDER) or b""
    month = bytes(t.objects.need(_TODAY)).hex()[:4]
    return certificates.card_key(issuer, certificate, exponent, remainder, t.pan, month, tvr, t.signed)


def _needed(t: "Transaction", tag: int, tvr: bytearray) -> "bytes | None":
    """The card's; where it has none, that is a bit of the TVR (Book 3, 7.5)."""
    value = t.objects.card(tag)
    if value is None:
        raise_bit(tvr, DATA_MISSING)
    return value


def _complete_signed(t: "Transaction") -> bool:
    """Add what the tag list asks for, which can only be the AIP, to the static data (Book 3, 10.3)."""
    listed = t.objects.card(_TAG_LIST)
    if listed is not None and not t.completed:
        if listed != b"\x82":
            return False
        t.signed.extend(t.aip)
        t.completed = True
    return t.signable


def _asks_for(dol: "bytes | bytearray", wanted: int) -> bool:
    try:
        return any(tag == wanted for tag, _ in dol_entries(dol))
    except TlvError:
        raise Terminated from None
