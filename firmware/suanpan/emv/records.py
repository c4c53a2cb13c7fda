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
# No card that serves has as many as this; one that wants more read never ends.
_MOST_RECORDS = const(64)
_MOST_SIGNED = const(6144)  # bytes
# Expiry date, PAN, CDOL1, CDOL2 (Book 3, 7.2)
_MANDATORY = (0x5F24, 0x5A, 0x8C, 0x8D)
# Tag, shortest, longest, of what the kernel looks into (Book 3, Annex A).
_LENGTHS = (
    0x5A, 4, 10,
    0x57, 1, 19,
    0x5F24, 3, 3,
    0x5F25, 3, 3,
    0x5F28, 2, 2,
    0x5F34, 1, 1,
    0x8F, 1, 1,
    0x9F07, 2, 2,
    0x9F08, 2, 2,
    0x9F0D, 5, 5,
    0x9F0E, 5, 5,
    0x9F0F, 5, 5,
    0x9F14, 1, 1,
    0x9F23, 1, 1,
    0x9F42, 2, 2,
)  # fmt: skip
_DATES = (0x5F24, 0x5F25)
_SEQUENCE = const(0x5F34)


async def read_application_data(t: "Transaction") -> None:
    """Every record, and that all is there that must be. Raises Terminated."""
    await read_records(t)
    for tag in _MANDATORY:
        if t.objects.card(tag) is None:
            raise Terminated
    check_formats(t)


async def read_records(t: "Transaction") -> None:
    """Also gathers what static and dynamic authentication sign (10.3). Raises Terminated."""
    afl = t.afl
    if not afl or len(afl) % 4:
        raise Terminated
    count = 0
    for at in range(0, len(afl), 4):
        sfi, first, last, signed = afl[at] >> 3, afl[at + 1], afl[at + 2], afl[at + 3]
        if not 1 <= sfi <= _LAST_FILE or not 1 <= first <= last or signed > last - first + 1:
            raise Terminated
        count += last - first + 1
    if count > _MOST_RECORDS:
        raise Terminated
    for at in range(0, len(afl), 4):
        sfi, first, last, signed = afl[at] >> 3, afl[at + 1], afl[at + 2], afl[at + 3]
        for record in range(first, last + 1):
            data, sw = await read_record(t.card, sfi, record)
            if sw != OK:
                raise Terminated
            _take(t, sfi, bytes(data), record - first < signed)


def _take(t: "Transaction", sfi: int, data: bytes, signed: bool) -> None:
    try:
        reader = Reader(data)
        template = reader.next() and reader.tag == _RECORD and reader.end == len(data)
    except TlvError:
        if sfi <= _LAST_EMV_FILE:
            raise Terminated from None
        template = False
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
    if len(t.signed) > _MOST_SIGNED:
        raise Terminated
    if template:
        t.objects.keep_all(memoryview(data)[reader.start : reader.end])


def check_formats(t: "Transaction") -> None:
    """What is there and cannot be what it says (7.5): Terminated."""
    objects = t.objects
    for i in range(0, len(_LENGTHS), 3):
        value = objects.card(_LENGTHS[i])
        if value is not None and not _LENGTHS[i + 1] <= len(value) <= _LENGTHS[i + 2]:
            raise Terminated
    for tag in _DATES:
        value = objects.card(tag)
        if value is not None and not _is_date(value):
            raise Terminated
    sequence = objects.card(_SEQUENCE)
    if not t.pan.isdigit() or (sequence is not None and not sequence.hex().isdigit()):
        raise Terminated


def _is_date(value: bytes) -> bool:
    text = value.hex()
    return text.isdigit() and 1 <= int(text[2:4]) <= 12 and 1 <= int(text[4:]) <= 31
