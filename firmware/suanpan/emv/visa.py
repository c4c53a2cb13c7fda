"""Kernel for Visa (EMV Contactless Book C-3): qVSDC, whose card decides while it answers GET PROCESSING OPTIONS.

The magnetic stripe's mode (MSD), limits that depend on the card's programme, and a second tap for the issuer's scripts
are not there: docs/contactless.md.
"""

from micropython import const

from suanpan.emv import outcome
from suanpan.emv.bits import has_bit
from suanpan.emv.commands import OK
from suanpan.emv.contactless_data import asks_for_qualifiers, kind_of_cryptogram, let_go, open_application, read_data
from suanpan.emv.outcome import ONLINE_PIN
from suanpan.emv.qualifiers import (
    AUTHENTICATES_ONLINE,
    CONTACT_SUPPORTED,
    IMPOSSIBLE,
    OFFLINE_ONLY,
    ONLINE_CRYPTOGRAM_REQUIRED,
    ONLINE_IF_EXPIRED,
    ONLINE_IF_UNAUTHENTICATED,
    SWITCH_FOR_CASH,
    SWITCH_FOR_CASHBACK,
    SWITCH_IF_UNAUTHENTICATED,
    cardholder_verification,
    wants,
)
from suanpan.emv.transaction import AAC, ARQC, TC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.emv.outcome import Outcome, Request
    from suanpan.emv.preprocessing import Prepared
    from suanpan.emv.torn import TornLog
    from suanpan.emv.transaction import Transaction

_ANOTHER_INTERFACE = const(0x6984)
_CONDITIONS_NOT_SATISFIED = const(0x6985)
_DEVICE_WANTS_ITS_OWNER = const(0x6986)
_AIP_MAGNETIC_STRIPE = const(0x80)  # byte 2
_EXPIRES = const(0x5F24)
_TODAY = const(0x9A)
_TYPE = const(0x9C)
_OTHER_AMOUNT = const(0x9F03)
_USAGE_CONTROL = const(0x9F07)
_ISSUER_COUNTRY = const(0x5F28)
_VISA_COUNTRY = const(0x9F57)  # the issuer's as well
_TERMINAL_COUNTRY = const(0x9F1A)
_SEQUENCE = const(0x5F34)
_CASH = const(0x01)
_CASHBACK = const(0x09)

# What an examination ends in
_GO_ON = const(0)
_ONLINE = const(1)
_DECLINE = const(2)
_SWITCH = const(3)


async def run(
    t: "Transaction", prepared: "Prepared", signal: "Callable[[Request], None]", torn: "TornLog | None"
) -> "Outcome":
    """From the application's FCI to an outcome. Raises Terminated, and what the card's reader raises."""
    ttq = prepared.ttq
    if not asks_for_qualifiers(t):
        return outcome.select_next()
    sw = await open_application(t)
    if sw == _ANOTHER_INTERFACE:
        return outcome.try_another_interface(contact=True)
    if sw == _CONDITIONS_NOT_SATISFIED:
        return outcome.select_next()
    if sw == _DEVICE_WANTS_ITS_OWNER:
        return outcome.see_phone()
    if sw != OK or t.aip[1] & _AIP_MAGNETIC_STRIPE:
        return outcome.end_application()
    kind = kind_of_cryptogram(t)
    if kind == AAC:
        await let_go(signal)
        return outcome.declined(t)
    await read_data(t)
    await let_go(signal)
    return _decide(t, ttq, kind)


def _decide(t: "Transaction", ttq: bytearray, kind: int) -> "Outcome":
    """5.5 to 5.9, when the card has gone: restrictions, authentication, cardholder verification, completion."""
    online = kind == ARQC or has_bit(ttq, ONLINE_CRYPTOGRAM_REQUIRED)
    verdict = _restrict(t, ttq, kind)
    if verdict == _GO_ON and (not online or has_bit(ttq, AUTHENTICATES_ONLINE)):
        verdict = _authenticate(t, ttq, kind)
    if verdict == _SWITCH:
        return outcome.try_another_interface(contact=True)
    online = online or verdict == _ONLINE
    cvm = cardholder_verification(t.objects, ttq, kind == ARQC)
    online = online or cvm == ONLINE_PIN
    if verdict == _DECLINE or cvm == IMPOSSIBLE or (online and has_bit(ttq, OFFLINE_ONLY)):
        return outcome.declined(t)
    return outcome.online_request(t, cvm) if online else outcome.approved(t, cvm)


def _restrict(t: "Transaction", ttq: bytearray, kind: int) -> int:
    """5.5.1: expiry, exception file, usage control for cash."""
    verdict = _GO_ON
    if kind == TC:
        from suanpan.emv.restrictions import century

        expires = t.objects.card(_EXPIRES)
        if expires is None or century(expires) < century(t.objects.need(_TODAY)):
            if not wants(t.objects, ONLINE_IF_EXPIRED) or has_bit(ttq, OFFLINE_ONLY):
                return _DECLINE
            verdict = _ONLINE
        sequence = t.objects.card(_SEQUENCE)
        if t.tables.excepted(t.pan, int(sequence.hex()) if sequence else -1):
            return _DECLINE
    cash = t.objects.need(_TYPE)[0] == _CASH
    cashback = t.objects.need(_TYPE)[0] == _CASHBACK or (not cash and any(t.objects.get(_OTHER_AMOUNT) or b""))
    if (cash or cashback) and not _usable(t, int(cashback)):
        switch = wants(t.objects, SWITCH_FOR_CASH if cash else SWITCH_FOR_CASHBACK)
        return _SWITCH if switch and has_bit(ttq, CONTACT_SUPPORTED) else _DECLINE
    return verdict


def _usable(t: "Transaction", byte: int) -> bool:
    """Application usage control for cash (byte 0) or cashback (byte 1), at home or abroad."""
    usage = t.objects.card(_USAGE_CONTROL)
    country = t.objects.card(_VISA_COUNTRY) or t.objects.card(_ISSUER_COUNTRY)
    if usage is None or country is None:
        return False
    return bool(usage[byte] & (0x80 if country == t.objects.need(_TERMINAL_COUNTRY) else 0x40))


def _authenticate(t: "Transaction", ttq: bytearray, kind: int) -> int:
    """5.6.1, and for what goes online anyhow 5.6.2: then a card that is not authentic is declined."""
    from suanpan.emv.fast_dda import VERSION_1, authenticated

    if authenticated(t, VERSION_1, online=kind == ARQC):
        return _GO_ON
    if kind == ARQC:
        return _DECLINE
    if wants(t.objects, ONLINE_IF_UNAUTHENTICATED) and not has_bit(ttq, OFFLINE_ONLY):
        return _ONLINE
    if wants(t.objects, SWITCH_IF_UNAUTHENTICATED) and has_bit(ttq, CONTACT_SUPPORTED):
        return _SWITCH
    return _DECLINE
