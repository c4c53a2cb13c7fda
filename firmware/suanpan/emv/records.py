"""Read application data (EMV 4.3 Book 3, 10.2): every record that the application file locator names, in its order."""

from micropython import const

from suanpan.codec.tlv import Reader
from suanpan.emv.commands import OK, read_record
from suanpan.errors.emv import Terminated, TlvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import Transaction

_RECORD = const(0x70)
_LAST_EMV_FILE = const(10)  # SFI: up to here records are templates 70 with nothing behind them
_LAST_FILE = const(30)
# Expiry date, PAN, CDOL1, CDOL2 (Book 3, 7.2)
_MANDATORY = const((0x5F24, 0x5A, 0x8C, 0x8D))


async def read_application_data(t: "Transaction") -> None:
    """Also gathers what static and dynamic authentication sign (10.3). Raises Terminated."""
    afl = t.afl
    if not afl or len(afl) % 4:
        raise Terminated
    for at in range(0, len(afl), 4):
        sfi, first, last, signed = afl[at] >> 3, afl[at + 1], afl[at + 2], afl[at + 3]
        if not 1 <= sfi <= _LAST_FILE or afl[at] & 7 or not 1 <= first <= last or signed > last - first + 1:
            raise Terminated
        for record in range(first, last + 1):
            data, sw = await read_record(t.card, sfi, record)
            if sw != OK:
                raise Terminated
            _take(t, sfi, bytes(data), record - first < signed)
    for tag in _MANDATORY:
        if t.objects.card(tag) is None:
            raise Terminated


def _take(t: "Transaction", sfi: int, data: bytes, signed: bool) -> None:
    try:
        reader = Reader(data)
        template = reader.next() and reader.tag == _RECORD and reader.end == len(data)
    except TlvError:
        raise Terminated from None
    if sfi <= _LAST_EMV_FILE:
        if not template:
            raise Terminated
        if signed:
            t.signed.extend(data[reader.start : reader.end])
    elif signed:
        if template:
            t.signed.extend(data)
        else:  # authentication cannot succeed
            t.signable = False
    if template:
        t.objects.keep_all(data[reader.start : reader.end])
