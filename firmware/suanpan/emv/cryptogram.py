"""GENERATE AC (EMV 4.3 Book 3, 6.5.5, 9.3, 10.8 and 10.11; Book 2, 6.6): the card's own decision, in a cryptogram."""

from micropython import const

from suanpan.codec.tlv import Reader
from suanpan.emv.action import AAC, ARQC, TC
from suanpan.emv.bits import CARD_RISK_PERFORMED, CDA_FAILED, ODA_PERFORMED, raise_bit
from suanpan.emv.commands import OK, generate_ac
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


async def first(t: "Transaction", wanted: int) -> int:
    """The kind of cryptogram that the card gives; never one that is better for it than the one we wanted."""
    given = await _generate(t, _CDOL_1, wanted, wanted != AAC)
    raise_bit(t.tsi, CARD_RISK_PERFORMED)
    if given in (wanted, AAC) or (wanted == TC and given == ARQC):
        return given
    raise Terminated


async def second(t: "Transaction", wanted: int) -> int:
    """TC or AAC, after the issuer's word or without it."""
    given = await _generate(t, _CDOL_2, wanted, wanted == TC)
    if given == AAC or (given == TC and wanted == TC):
        return given
    raise Terminated


async def _generate(t: "Transaction", cdol: int, wanted: int, may_sign: bool) -> int:
    listed = t.objects.card(cdol)
    if listed is None:
        raise Terminated
    signing = t.cda and may_sign
    values = t.objects.listed(listed)
    data, sw = await generate_ac(t.card, wanted | (_WITH_SIGNATURE if signing else 0), values)
    if sw != OK:
        raise Terminated
    answer = bytes(data)
    found = _read(answer)
    t.signed_values.extend(values)
    information = found.get(_INFORMATION)
    if information is None or len(information) != 1 or _COUNTER not in found:
        raise Terminated
    given = information[0] & _KIND
    if given == _KIND:
        raise Terminated
    if _SIGNED_DYNAMIC in found and signing and given != AAC:
        found[_CRYPTOGRAM] = _checked(t, answer, information[0])
    elif signing and given != AAC:  # asked for, and not given
        _failed(t)
    if len(found.get(_CRYPTOGRAM, b"")) != 8:
        raise Terminated
    for tag in (_INFORMATION, _COUNTER, _CRYPTOGRAM, _ISSUER_DATA):
        if tag in found:
            t.objects.set(tag, found[tag])
    return given


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
                if reader.tag in found:
                    raise Terminated
                found[reader.tag] = reader.value()
        else:
            raise Terminated
    except TlvError:
        raise Terminated from None
    return found


def _checked(t: "Transaction", answer: bytes, information: int) -> bytes:
    """The cryptogram out of the signature, which must tell of the same decision as the card did in clear."""
    from suanpan.emv.authentication import combined

    result = combined(t, t.signed_values, answer)
    raise_bit(t.tsi, ODA_PERFORMED)
    if result is None or result[0] != information:
        _failed(t)
        # There is a decision, but none that may be believed: what it looks like is for the record alone.
        return bytes(8)
    return result[1]


def _failed(t: "Transaction") -> None:
    t.cda_failed = True
    raise_bit(t.tvr, CDA_FAILED)
    raise_bit(t.tsi, ODA_PERFORMED)
