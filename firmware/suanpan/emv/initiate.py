"""Initiate application processing (EMV 4.3 Book 3, 10.1): the card learns of it and says where its data lie."""

from micropython import const

from suanpan.codec.tlv import Reader
from suanpan.emv.commands import OK, get_processing_options
from suanpan.errors.emv import Terminated, TlvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import Transaction

_PDOL = const(0x9F38)
_AIP = const(0x82)
_AFL = const(0x94)
_FORMAT_1 = const(0x80)
_FORMAT_2 = const(0x77)
_CONDITIONS_NOT_SATISFIED = const(0x6985)


async def initiate(t: "Transaction") -> bool:
    """False where the card does not want this application in this place, so that another may be selected."""
    pdol = t.objects.card(_PDOL)
    values = t.objects.listed(pdol or b"")
    t.signed_values.extend(values)
    data, sw = await get_processing_options(t.card, values)
    if sw == _CONDITIONS_NOT_SATISFIED:
        return False
    if sw != OK:
        raise Terminated
    try:
        reader = Reader(data)
        if not reader.next() or reader.end != len(data):
            raise Terminated
        if reader.tag == _FORMAT_1:
            value = reader.value()
            t.objects.keep(_AIP, value[:2])
            t.objects.keep(_AFL, value[2:])
        elif reader.tag == _FORMAT_2:
            t.objects.keep_all(data)
        else:
            raise Terminated
    except TlvError:
        raise Terminated from None
    aip, afl = t.objects.card(_AIP), t.objects.card(_AFL)
    if aip is None or afl is None or len(aip) != 2:
        raise Terminated
    t.aip, t.afl = aip, afl
    return True
