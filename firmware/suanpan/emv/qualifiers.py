"""Terminal and card transaction qualifiers, 9F66 and 9F6C, of Visa and UnionPay, and the cardholder verification that
they agree on (EMV Contactless Books C-3 and C-7, cardholder verification; JR/T 0025.12, 7).

Bits are written as in bits.py.
"""

from micropython import const

from suanpan.emv.bits import has_bit
from suanpan.emv.outcome import CDCVM, NO_CVM, ONLINE_PIN, SIGNATURE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.objects import Objects

# Terminal (TTQ), byte 1
FAST_SUPPORTED = const(0x0020)  # qVSDC, qPBOC
CONTACT_SUPPORTED = const(0x0010)
OFFLINE_ONLY = const(0x0008)
ONLINE_PIN_SUPPORTED = const(0x0004)
SIGNATURE_SUPPORTED = const(0x0002)
AUTHENTICATES_ONLINE = const(0x0001)  # offline data authentication of what goes online
# byte 2
ONLINE_CRYPTOGRAM_REQUIRED = const(0x0180)
CVM_REQUIRED = const(0x0140)
# byte 3
CDCVM_SUPPORTED = const(0x0240)

# Card (CTQ), byte 1
ONLINE_PIN_REQUIRED = const(0x0080)
SIGNATURE_REQUIRED = const(0x0040)
ONLINE_IF_UNAUTHENTICATED = const(0x0020)
SWITCH_IF_UNAUTHENTICATED = const(0x0010)
ONLINE_IF_EXPIRED = const(0x0008)
SWITCH_FOR_CASH = const(0x0004)
SWITCH_FOR_CASHBACK = const(0x0002)
# byte 2
CDCVM_PERFORMED = const(0x0180)

TTQ = const(0x9F66)
CTQ = const(0x9F6C)
RELATED_DATA = const(0x9F69)  # card authentication related data: what fDDA signs of the card's
_CTQ_AT = const(5)  # in them, 2 bytes

IMPOSSIBLE = const(-1)  # cardholder verification is wanted, and card and reader have none in common
_NONE = bytes(2)


def card_qualifiers(objects: "Objects") -> "bytes | None":
    """None where the card has not said any; what is not two bytes is nothing that it has said."""
    value = objects.card(CTQ)
    return value if value is not None and len(value) == 2 else None


def wants(objects: "Objects", bit: int) -> bool:
    """Whether the card asks for `bit` in its qualifiers."""
    return has_bit(card_qualifiers(objects) or _NONE, bit)


def cardholder_verification(objects: "Objects", ttq: bytearray, online: bool) -> int:
    """NO_CVM, ONLINE_PIN, SIGNATURE, CDCVM or IMPOSSIBLE; `online` is whether the card asks for its issuer."""
    required = has_bit(ttq, CVM_REQUIRED)
    ctq = card_qualifiers(objects)
    if ctq is None:
        if not required:
            return NO_CVM
        if has_bit(ttq, SIGNATURE_SUPPORTED):
            return SIGNATURE
        return ONLINE_PIN if has_bit(ttq, ONLINE_PIN_SUPPORTED) else IMPOSSIBLE
    if has_bit(ctq, ONLINE_PIN_REQUIRED) and has_bit(ttq, ONLINE_PIN_SUPPORTED):
        return ONLINE_PIN
    if has_bit(ctq, CDCVM_PERFORMED):
        return CDCVM if _device_believed(objects, ctq, online) else IMPOSSIBLE
    if has_bit(ctq, SIGNATURE_REQUIRED) and has_bit(ttq, SIGNATURE_SUPPORTED):
        return SIGNATURE
    return IMPOSSIBLE if required else NO_CVM


def _device_believed(objects: "Objects", ctq: bytes, online: bool) -> bool:
    """The qualifiers come in clear. Who changes them on the way cannot change their copy in what is signed; where
    there is none, the issuer sees from the cryptogram what was verified."""
    related = objects.card(RELATED_DATA)
    if related is None:
        return online
    return related[_CTQ_AT : _CTQ_AT + 2] == ctq
