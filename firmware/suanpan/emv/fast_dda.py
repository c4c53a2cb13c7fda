"""Fast DDA (EMV Contactless Book C-3, annex C; Book C-7; JR/T 0025.12, annex B): the signature comes with the card's
other data, so nothing more is asked of it, and it is checked when the card has gone.
"""

from micropython import const

from suanpan.emv import certificates
from suanpan.emv.authentication import card_key_of
from suanpan.emv.qualifiers import RELATED_DATA

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import Transaction

VERSION_0 = const(0)  # signs the unpredictable number alone
VERSION_1 = const(1)  # and amount, currency and what the card has added
_AIP_DDA = const(0x20)
_SIGNED_DYNAMIC = const(0x9F4B)
_DYNAMIC_NUMBER = const(0x9F4C)
_UNPREDICTABLE = const(0x9F37)
_AMOUNT = const(0x9F02)
_CURRENCY = const(0x5F2A)
_ONLINE_FORMAT = const(0x95)  # of what a Visa card signs with a cryptogram for its issuer


def authenticated(t: "Transaction", version: int, online: bool = False) -> bool:
    """Whether card and data are the issuer's, and this transaction's. The TVR stays what the card has been told."""
    objects = t.objects
    signed = objects.card(_SIGNED_DYNAMIC)
    if not t.aip[0] & _AIP_DDA or signed is None:
        return False
    beside = bytearray(objects.need(_UNPREDICTABLE))
    if version == VERSION_1:
        related = objects.card(RELATED_DATA)
        if related is None or related[0] != VERSION_1:
            return False
        for value in (objects.need(_AMOUNT), objects.need(_CURRENCY), related):
            beside.extend(value)
    key = card_key_of(t, bytearray(5))
    if key is None:
        return False
    fields = certificates.opened(key, signed, certificates.DYNAMIC, 2, beside)
    if fields is None and online:
        fields = certificates.opened(key, signed, _ONLINE_FORMAT, 2, beside)
    if fields is None:
        return False
    dynamic = fields[4 : 4 + fields[3]]
    if len(dynamic) != fields[3] or not dynamic or not 2 <= dynamic[0] <= 8 or len(dynamic) <= dynamic[0]:
        return False
    objects.set(_DYNAMIC_NUMBER, dynamic[1 : 1 + dynamic[0]])
    return True
