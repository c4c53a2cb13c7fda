"""The combinations of application, kernel and limits that the acquirer's tables lay down (JR/T 0025; answers to 380):
DF19, DF20 and DF21 are a reader's floor limit, transaction limit and CVM limit, 12 digits each.
"""

from micropython import const

from suanpan.codec.tlv import find
from suanpan.emv.bits import clear_bit
from suanpan.emv.preprocessing import MASTERCARD, UNIONPAY, VISA, Combination
from suanpan.emv.qualifiers import ONLINE_PIN_SUPPORTED, TTQ
from suanpan.errors.emv import TablesRefused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.application import Application
    from suanpan.emv.tables import Store

_APPLICATION = const(1)  # kind of item
_AID = const(0x9F06)
_ONLINE_PIN = const(0xDF18)
_FLOOR_LIMIT = const(0xDF19)
_TRANSACTION_LIMIT = const(0xDF20)
_CVM_LIMIT = const(0xDF21)

_KERNELS = {
    b"\xa0\x00\x00\x03\x33": UNIONPAY,
    b"\xa0\x00\x00\x00\x03": VISA,
    b"\xa0\x00\x00\x00\x04": MASTERCARD,
}
# qVSDC or qPBOC, chip, online PIN, signature; CDCVM; fast DDA of version 01.
_QUALIFIERS = b"\x36\x00\x40\x80"
# Up to 1000.00 neither PIN nor signature, where the acquirer says nothing else.
_NO_CVM_UP_TO = const(1000_00)


def combinations(store: "Store", applications: "list[Application]") -> "list[Combination]":
    """`applications` are those of the same store. Raises TablesRefused for a limit that is no amount."""
    found = []
    for content in store.items(_APPLICATION):
        aid = find(content, _AID) or b""
        kernel = _KERNELS.get(aid[:5])
        application = next((ours for ours in applications if ours.aid == aid), None)
        if kernel is not None and application is not None:
            found.append(_combination(content, application, kernel))
    return found


def _combination(content: bytes, application: "Application", kernel: int) -> Combination:
    transaction_limit = _amount(content, _TRANSACTION_LIMIT)
    floor_limit = _amount(content, _FLOOR_LIMIT)
    cvm_limit = _amount(content, _CVM_LIMIT)
    if kernel == MASTERCARD:
        # Its own limits are the last amount below, those of the Entry Point the first one above.
        return Combination(
            application,
            kernel,
            limit=None if transaction_limit is None else transaction_limit - 1,
            cdcvm_limit=None if transaction_limit is None else transaction_limit - 1,
            floor_limit=floor_limit,
            cvm_limit=_NO_CVM_UP_TO if cvm_limit is None else cvm_limit - 1,
        )
    return Combination(
        application,
        kernel,
        ttq=_qualifiers(content),
        transaction_limit=transaction_limit,
        floor_limit=floor_limit,
        cvm_limit=_NO_CVM_UP_TO + 1 if cvm_limit is None else cvm_limit,
    )


def _qualifiers(content: bytes) -> bytes:
    value = find(content, TTQ)
    if value is not None and len(value) != 4:
        raise TablesRefused
    ttq = bytearray(value or _QUALIFIERS)
    if find(content, _ONLINE_PIN) == b"\0":
        clear_bit(ttq, ONLINE_PIN_SUPPORTED)
    return bytes(ttq)


def _amount(content: bytes, tag: int) -> "int | None":
    value = find(content, tag)
    if value is None:
        return None
    digits = value.hex()
    if len(value) != 6 or not digits.isdigit():
        raise TablesRefused
    return int(digits)
