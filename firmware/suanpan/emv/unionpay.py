"""Kernel for UnionPay (EMV Contactless Book C-7; JR/T 0025.12, qPBOC): EMV mode, online and offline.

Its card decides while it answers GET PROCESSING OPTIONS, as Visa's does; but applications of both generations of the
standard are about, whose signatures differ, and what has expired is looked at whatever the card has decided.
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
    RELATED_DATA,
    SWITCH_IF_UNAUTHENTICATED,
    cardholder_verification,
    wants,
)
from suanpan.emv.transaction import AAC, ARQC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.emv.outcome import Outcome, Request
    from suanpan.emv.preprocessing import Prepared
    from suanpan.emv.torn import TornLog
    from suanpan.emv.transaction import Transaction

_CONDITIONS_NOT_SATISFIED = const(0x6985)
_DEVICE_WANTS_ITS_OWNER = const(0x6986)
_EXPIRES = const(0x5F24)
_TODAY = const(0x9A)
_SEQUENCE = const(0x5F34)
_VERSION = const(0x9F08)
_PBOC_2 = const(0x0020)  # an application that does not say its version
_PBOC_3 = const(0x0030)


async def run(
    t: "Transaction", prepared: "Prepared", signal: "Callable[[Request], None]", torn: "TornLog | None"
) -> "Outcome":
    """From the application's FCI to an outcome. Raises Terminated, and what the card's reader raises."""
    ttq = prepared.ttq
    if not asks_for_qualifiers(t):
        return outcome.select_next()
    sw = await open_application(t)
    if sw == _CONDITIONS_NOT_SATISFIED:
        return outcome.select_next()
    if sw == _DEVICE_WANTS_ITS_OWNER:
        return outcome.see_phone()
    if sw != OK:
        return outcome.try_another_interface(True) if has_bit(ttq, CONTACT_SUPPORTED) else outcome.end_application()
    kind = kind_of_cryptogram(t)
    if kind == AAC:
        await let_go(signal)
        return outcome.declined(t)
    if kind != ARQC and not t.afl:
        return outcome.end_application()
    await read_data(t)
    await let_go(signal)
    return _decide(t, ttq, kind)


def _decide(t: "Transaction", ttq: bytearray, kind: int) -> "Outcome":
    """When the card has gone: restrictions, cardholder verification, authentication, completion."""
    online = kind == ARQC or has_bit(ttq, ONLINE_CRYPTOGRAM_REQUIRED)
    sequence = t.objects.card(_SEQUENCE)
    if t.tables.excepted(t.pan, int(sequence.hex()) if sequence else -1):
        return outcome.declined(t)
    if _expired(t, kind):
        if not wants(t.objects, ONLINE_IF_EXPIRED):
            return outcome.declined(t)
        online = True
    cvm = cardholder_verification(t.objects, ttq, kind == ARQC)
    if cvm == IMPOSSIBLE:
        return outcome.declined(t)
    online = online or cvm == ONLINE_PIN
    if (not online or has_bit(ttq, AUTHENTICATES_ONLINE)) and not _authentic(t):
        if online:
            return outcome.declined(t)
        if wants(t.objects, ONLINE_IF_UNAUTHENTICATED) and not has_bit(ttq, OFFLINE_ONLY):
            return outcome.online_request(t, cvm)
        if wants(t.objects, SWITCH_IF_UNAUTHENTICATED) and has_bit(ttq, CONTACT_SUPPORTED):
            return outcome.try_another_interface(contact=True)
        return outcome.declined(t)
    if online:
        return outcome.declined(t) if has_bit(ttq, OFFLINE_ONLY) else outcome.online_request(t, cvm)
    return outcome.approved(t, cvm)


def _expired(t: "Transaction", kind: int) -> bool:
    """A card that approves must say until when it may."""
    expires = t.objects.card(_EXPIRES)
    if expires is None:
        return kind != ARQC
    from suanpan.emv.restrictions import century

    return century(expires) < century(t.objects.need(_TODAY))


def _authentic(t: "Transaction") -> bool:
    """Fast DDA; which one is wanted depends on the application's version, and what the card offers must be that one."""
    from suanpan.emv.fast_dda import VERSION_0, VERSION_1, authenticated

    related = t.objects.card(RELATED_DATA)
    if related is not None and not 8 <= len(related) <= 16:
        return False
    offered = VERSION_0 if related is None else related[0]
    value = t.objects.card(_VERSION)
    version = int.from_bytes(value, "big") if value else _PBOC_2
    wanted = VERSION_1 if version >= _PBOC_3 else VERSION_0
    return offered == wanted and authenticated(t, wanted)
