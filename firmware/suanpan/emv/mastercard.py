"""Kernel for Mastercard (EMV Contactless Book C-2): EMV mode, whose card decides when it is asked for a cryptogram.

The magnetic stripe's mode is refused. Relay resistance, data storage and balances are not there:
docs/contactless.md.
"""

from micropython import const

from suanpan.codec.tlv import find
from suanpan.emv import outcome
from suanpan.emv.bits import (
    CDA_FAILED,
    DATA_MISSING,
    ODA_NOT_PERFORMED,
    ON_EXCEPTION_FILE,
    OVER_FLOOR_LIMIT,
    has_bit,
    raise_bit,
)
from suanpan.emv.cardholder import SUCCESSFUL, UNKNOWN
from suanpan.emv.commands import OK, generate_ac
from suanpan.emv.contactless_data import let_go, open_application
from suanpan.emv.outcome import CDCVM, NO_CVM, ONLINE_PIN, SIGNATURE
from suanpan.emv.phases import forget
from suanpan.emv.transaction import AAC, ARQC, TC
from suanpan.errors.emv import Terminated, TlvError
from suanpan.errors.nfc import CardLost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.crypto.secret import PinEntry
    from suanpan.emv.outcome import Outcome, Request
    from suanpan.emv.preprocessing import Combination, Prepared
    from suanpan.emv.torn import TornLog
    from suanpan.emv.torn_record import Torn
    from suanpan.emv.transaction import Transaction

_AIP_CDA = const(0x01)  # byte 1
_AIP_CDCVM = const(0x02)
_AIP_EMV_MODE = const(0x80)  # byte 2
_CAN_CDA = const(0x08)  # 9F33, byte 3

_CAPABILITIES = const(0x9F33)
_CVM_RESULTS = const(0x9F34)
_CA_INDEX = const(0x8F)
_TAG_LIST = const(0x9F4A)
_CDOL = const(0x8C)
_DRDOL = const(0x9F51)
_SEQUENCE = const(0x5F34)
_TYPE = const(0x9C)
_PAYMENTS = (0x00, 0x01, 0x09, 0x17)  # goods and services, cash, cashback
_HAS_SLOT = const(0x20)  # 9F33, byte 1
_THIRD_PARTY = const(0x9F6E)  # country 2, identifier 2 (8000: no device type follows), device type 2
_PLASTIC = b"00"
_INTERACTION = const(0xDF4B)  # what a telephone wants of its owner (POS cardholder interaction information)
_INTERACTION_WANTED = b"\x00\x03\x0f"
_FORMAT_2 = const(0x77)
_WITH_SIGNATURE = const(0x10)
# PAN, expiry date, CDOL1, without which nothing can be asked
_MANDATORY = (0x5A, 0x5F24, _CDOL)
# What CDA needs of the card besides its signature
_CERTIFIED = (_CA_INDEX, 0x90, 0x9F32, 0x9F46, 0x9F47, _TAG_LIST)
_PHASES = "unionpay records restrictions cardholder action"  # and another kernel, which may be there
_BY_CODE = {0x02: ONLINE_PIN, 0x1E: SIGNATURE}
_CODE = const(0x3F)


async def run(
    t: "Transaction", prepared: "Prepared", signal: "Callable[[Request], None]", torn: "TornLog | None"
) -> "Outcome":
    """From the application's FCI to an outcome. Raises Terminated, and what the card's reader raises."""
    t.cardholder = Absent()
    combination = prepared.combination
    if await open_application(t) != OK:
        return outcome.select_next()
    if not t.aip[1] & _AIP_EMV_MODE:
        return outcome.end_application()
    device = combination.cdcvm and bool(t.aip[0] & _AIP_CDCVM)
    if _above(t, combination.cdcvm_limit if device else combination.limit):
        return outcome.select_next()
    await _read(t)
    forget(_PHASES)
    _prepare_authentication(t)
    cvm = await _verify(t, combination, device)
    forget(_PHASES)
    wanted = _wanted(t, prepared)
    forget(_PHASES)
    if device and has_bit(t.tvr, CDA_FAILED):
        wanted = AAC
    return await _conclude(t, wanted, cvm, signal, torn)


# A phase's module is named in the function that is the phase, so that nothing holds it afterwards.


async def _read(t: "Transaction") -> None:
    from suanpan.emv.records import check_formats, read_records

    await read_records(t)
    for tag in _MANDATORY:
        t.objects.need(tag)
    check_formats(t)


def _wanted(t: "Transaction", prepared: "Prepared") -> int:
    """Processing restrictions, risk management, action analysis: the kind of cryptogram to ask for."""
    from suanpan.emv.action import decide
    from suanpan.emv.restrictions import restrict

    restrict(t)
    _manage_risk(t, prepared)
    return decide(t)


def _above(t: "Transaction", limit: "int | None") -> bool:
    return limit is not None and t.amount > limit


def _prepare_authentication(t: "Transaction") -> None:
    """Whether a signature can be asked for. It is checked when the card has gone, as certificates take their time."""
    if not (t.aip[0] & _AIP_CDA and t.objects.need(_CAPABILITIES)[2] & _CAN_CDA):
        raise_bit(t.tvr, ODA_NOT_PERFORMED)
        return
    index = t.objects.card(_CA_INDEX)
    if any(t.objects.card(tag) is None for tag in _CERTIFIED):
        raise_bit(t.tvr, DATA_MISSING)
    elif t.objects.card(_TAG_LIST) == b"\x82" and index is not None and t.tables.key(t.rid, index[0]) is not None:
        t.cda = True
        return
    raise_bit(t.tvr, CDA_FAILED)


async def _verify(t: "Transaction", combination: "Combination", device: bool) -> int:
    """CVM selection. What is selected is done when the card has gone; so a PIN can go to the issuer alone."""
    over = _above(t, combination.cvm_limit)
    if device:
        t.objects.set(_CVM_RESULTS, b"\x01\x00\x02" if over else b"\x3f\x00\x02")
        return CDCVM if over else NO_CVM
    capabilities = bytearray(t.objects.need(_CAPABILITIES))
    from suanpan.emv.cardholder import verify

    capabilities[1] = combination.cvm_capability if over else combination.no_cvm_capability
    t.objects.set(_CAPABILITIES, capabilities)
    await verify(t)
    code, _, result = t.objects.need(_CVM_RESULTS)
    return _BY_CODE.get(code & _CODE, NO_CVM) if result in (UNKNOWN, SUCCESSFUL) else NO_CVM


def _manage_risk(t: "Transaction", prepared: "Prepared") -> None:
    if prepared.over_floor_limit:
        raise_bit(t.tvr, OVER_FLOOR_LIMIT)
    sequence = t.objects.card(_SEQUENCE)
    if t.tables.excepted(t.pan, int(sequence.hex()) if sequence else -1):
        raise_bit(t.tvr, ON_EXCEPTION_FILE)


async def _conclude(
    t: "Transaction", wanted: int, cvm: int, signal: "Callable[[Request], None]", torn: "TornLog | None"
) -> "Outcome":
    record = torn.find(t) if torn else None
    answer, values = None, bytearray()
    if torn and record:
        answer = await _recover(t, record)
        torn.drop(record)
    if answer is not None and record:
        record.restore(t)
        wanted, cvm, values = record.wanted, record.cvm, record.values
    else:
        values = t.objects.listed(t.objects.need(_CDOL))
        answer = await _generate(t, wanted, values, cvm, torn)
    await let_go(signal)
    kind = _taken(t, answer, values, t.cda and wanted != AAC)
    if t.cda_failed or not (kind in (wanted, AAC) or (wanted == TC and kind == ARQC)):
        return outcome.end_application()
    if _owner_wanted(answer):
        return outcome.see_phone()
    if kind == AAC:
        return _refused(t)
    return outcome.approved(t, cvm) if kind == TC else outcome.online_request(t, cvm)


def _taken(t: "Transaction", answer: bytes, values: bytearray, signing: bool) -> int:
    """The kind of cryptogram that the card has given. Certificates are for when it has gone."""
    from suanpan.emv.authentication import card_key_of
    from suanpan.emv.cryptogram import take

    if signing:
        t.card_key = card_key_of(t, t.tvr)
    return take(t, answer, values, signing)


def _refused(t: "Transaction") -> "Outcome":
    """A card of plastic that declines over the air may do otherwise in the slot; a telephone has nothing to insert."""
    if t.objects.need(_TYPE)[0] not in _PAYMENTS:
        return outcome.end_application()
    theirs = t.objects.card(_THIRD_PARTY)
    device = theirs is not None and len(theirs) > 5 and not theirs[2] & 0x80 and theirs[4:6] != _PLASTIC
    if device or not t.objects.need(_CAPABILITIES)[0] & _HAS_SLOT:
        return outcome.declined(t)
    return outcome.try_another_interface(contact=True)


async def _generate(t: "Transaction", wanted: int, values: bytearray, cvm: int, torn: "TornLog | None") -> bytes:
    """GENERATE AC. A card that leaves meanwhile may have answered; where it can say it again, it is remembered."""
    signing = t.cda and wanted != AAC
    try:
        data, sw = await generate_ac(t.card, wanted | (_WITH_SIGNATURE if signing else 0), values)
    except CardLost:
        listed = t.objects.card(_DRDOL)
        if torn and listed:
            from suanpan.emv.torn_record import Torn

            torn.keep(Torn(t, wanted, values, t.objects.listed(listed), cvm))
        raise
    if sw != OK:
        raise Terminated
    return bytes(data)


async def _recover(t: "Transaction", record: "Torn") -> "bytes | None":
    """RECOVER AC: what the card said then; None if it said nothing, and is to be asked now."""
    command = bytes((0x80, 0xD0, 0x00, 0x00, len(record.recovery))) + bytes(record.recovery) + b"\0"
    data, sw = await t.card.exchange(command)
    return bytes(data) if sw == OK else None


def _owner_wanted(answer: bytes) -> bool:
    try:
        template = find(answer, _FORMAT_2)
        wants = find(template, _INTERACTION) if template else None
    except TlvError:
        return False
    return wants is not None and any(a & b for a, b in zip(wants, _INTERACTION_WANTED))


class Absent:
    """The cardholder while the card is in the field: asked nothing. A PIN is entered afterwards, for the issuer."""

    async def choose(self, labels: "list[str]") -> int:
        return -1

    async def offline_pin(self, pin: "PinEntry", tries: int) -> bool:
        return False

    async def online_pin(self) -> bool:
        return True
