"""GENERATE AC (EMV 4.3 Book 3, 6.5.5, 9, 10.8 and 10.11; Book 2, 6.6): the card's own decision, in a cryptogram."""

import hashlib

from micropython import const

from suanpan.codec.tlv import Reader, dol_entries
from suanpan.emv.bits import (
    CARD_RISK_PERFORMED,
    CDA_FAILED,
    DEFAULT_TDOL,
    ODA_NOT_PERFORMED,
    ODA_PERFORMED,
    raise_bit,
)
from suanpan.emv.commands import OK, generate_ac
from suanpan.emv.transaction import AAC, ARQC, TC
from suanpan.errors.emv import Terminated, TlvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import Transaction

_CDOL_1 = const(0x8C)
_CDOL_2 = const(0x8D)
_TDOL = const(0x97)
_TC_HASH = const(0x98)
_INFORMATION = const(0x9F27)
_COUNTER = const(0x9F36)
_CRYPTOGRAM = const(0x9F26)
_ISSUER_DATA = const(0x9F10)
_SIGNED_DYNAMIC = const(0x9F4B)
_FORMAT_1 = const(0x80)
_FORMAT_2 = const(0x77)
_WITH_SIGNATURE = const(0x10)
_KIND = const(0xC0)
_MOST_OBJECTS = const(24)  # of an answer


async def first(t: "Transaction", wanted: int) -> int:
    """The kind of cryptogram that the card gives. One that is better for it than the one we wanted: Terminated."""
    if t.cda and wanted == AAC:
        raise_bit(t.tvr, ODA_NOT_PERFORMED)  # as there will be nothing signed
    given = await _generate(t, _CDOL_1, wanted, wanted != AAC)
    raise_bit(t.tsi, CARD_RISK_PERFORMED)
    if given in (wanted, AAC) or (wanted == TC and given == ARQC):
        if t.cda and given == AAC:
            raise_bit(t.tvr, ODA_NOT_PERFORMED)
        return given
    raise Terminated


async def second(t: "Transaction", wanted: int) -> int:
    """TC or AAC, after the issuer's word or without it; whatever is neither, or better than wanted, is an AAC (9.3)."""
    given = await _generate(t, _CDOL_2, wanted, wanted == TC)
    return given if given == wanted else AAC


async def _generate(t: "Transaction", cdol: int, wanted: int, may_sign: bool) -> int:
    listed = t.objects.card(cdol)
    if listed is None:
        raise Terminated
    signing = t.cda and may_sign
    _hash_transaction(t, listed)
    values = t.objects.listed(listed)
    data, sw = await generate_ac(t.card, wanted | (_WITH_SIGNATURE if signing else 0), values)
    if sw != OK:
        raise Terminated
    return take(t, bytes(data), values, signing)


def take(t: "Transaction", answer: bytes, values: "bytes | bytearray", signing: bool) -> int:
    """The kind of cryptogram in an answer, after `values` were sent; `signing`: a signature was asked for. Leaves its
    objects. Raises Terminated for an answer that cannot be."""
    found = _read(answer)
    t.signed_values.extend(values)
    information = found.get(_INFORMATION, b"")
    if len(information) != 1 or len(found.get(_COUNTER, b"")) != 2 or len(found.get(_ISSUER_DATA, b"")) > 32:
        raise Terminated
    kind = information[0] & _KIND
    if signing and kind in (TC, ARQC):
        signed_kind, cryptogram = _checked(t, answer, information[0], _SIGNED_DYNAMIC in found)
        kind = signed_kind & _KIND
        # Where it cannot be believed, what the card calls its cryptogram is for the record alone.
        found[_CRYPTOGRAM] = cryptogram or bytes(8)
    if len(found.get(_CRYPTOGRAM, b"")) != 8:
        raise Terminated
    for tag in (_INFORMATION, _COUNTER, _CRYPTOGRAM, _ISSUER_DATA):
        if tag in found:
            t.objects.set(tag, found[tag])
    return kind


def _read(answer: bytes) -> "dict[int, bytes]":
    """The four objects of an answer in either format (6.5.5.4), and what else one in format 2 has."""
    found: "dict[int, bytes]" = {}
    try:
        reader = Reader(answer)
        if not reader.next() or reader.end != len(answer):
            raise Terminated
        if reader.tag == _FORMAT_1:
            value = reader.value()
            if not 11 <= len(value) <= 43:
                raise Terminated
            found[_INFORMATION] = value[:1]
            found[_COUNTER] = value[1:3]
            found[_CRYPTOGRAM] = value[3:11]
            if len(value) > 11:
                found[_ISSUER_DATA] = value[11:]
        elif reader.tag == _FORMAT_2:
            reader.enter()
            while reader.next():
                if reader.tag in found or len(found) == _MOST_OBJECTS:
                    raise Terminated
                found[reader.tag] = reader.value()
        else:
            raise Terminated
    except TlvError:
        raise Terminated from None
    return found


def _checked(t: "Transaction", answer: bytes, information: int, signed: bool) -> "tuple[int, bytes | None]":
    """CDA, which has failed too where the card has signed nothing."""
    kind, cryptogram = information, None
    if signed:
        from suanpan.emv.authentication import combined

        kind, cryptogram = combined(t, t.signed_values, answer, information)
    raise_bit(t.tsi, ODA_PERFORMED)
    if cryptogram is None:
        t.cda_failed = True
        raise_bit(t.tvr, CDA_FAILED)
    return kind, cryptogram


def _hash_transaction(t: "Transaction", listed: bytes) -> None:
    """The TC hash value, where the list asks for it (9.2.2)."""
    try:
        if not any(tag == _TC_HASH for tag, _ in dol_entries(listed)):
            return
    except TlvError:
        raise Terminated from None
    tdol = t.objects.card(_TDOL)
    if tdol is None:
        tdol = t.ours.tdol
        if tdol:
            raise_bit(t.tvr, DEFAULT_TDOL)
    t.objects.set(_TC_HASH, hashlib.sha1(t.objects.listed(tdol)).digest())
