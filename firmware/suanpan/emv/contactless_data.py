"""What all contactless kernels ask of a card first: its processing options, into which UnionPay's and Visa's cards have
put a cryptogram already, and the records that they name (EMV Contactless Books C-2, C-3, C-7).
"""

import asyncio

from micropython import const

from suanpan.codec.tlv import Reader, dol_entries
from suanpan.emv import outcome
from suanpan.emv.commands import OK, get_processing_options
from suanpan.emv.phases import forget
from suanpan.emv.qualifiers import TTQ
from suanpan.emv.records import check_formats, read_records
from suanpan.errors.emv import Terminated, TlvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.emv.outcome import Request
    from suanpan.emv.transaction import Transaction

_PDOL = const(0x9F38)
_AIP = const(0x82)
_AFL = const(0x94)
_PAN = const(0x5A)
_TRACK_2 = const(0x57)
_INFORMATION = const(0x9F27)
_CRYPTOGRAM = const(0x9F26)
_COUNTER = const(0x9F36)
_ISSUER_DATA = const(0x9F10)
_FORMAT_1 = const(0x80)
_FORMAT_2 = const(0x77)
_KIND = const(0xC0)
_KIND_AT = const(4)  # in the issuer's data: card verification results, second byte


def asks_for_qualifiers(t: "Transaction") -> bool:
    """A card that does not ask for the terminal's qualifiers is none for these kernels."""
    try:
        return any(tag == TTQ for tag, _ in dol_entries(t.objects.card(_PDOL) or b""))
    except TlvError:
        raise Terminated from None


async def open_application(t: "Transaction") -> int:
    """GET PROCESSING OPTIONS; leaves AIP and AFL, which may be empty, where the status word, which it returns, is OK.

    Raises Terminated for an answer that makes no sense.
    """
    values = t.objects.listed(t.objects.card(_PDOL) or b"")
    t.signed_values.extend(values)
    data, sw = await get_processing_options(t.card, values)
    if sw != OK:
        return sw
    answer = bytes(data)
    try:
        reader = Reader(answer)
        if not reader.next() or reader.end != len(answer):
            raise Terminated
    except TlvError:
        raise Terminated from None
    if reader.tag == _FORMAT_2:
        t.objects.keep_all(answer)
    elif reader.tag == _FORMAT_1:
        t.objects.keep(_AIP, answer[reader.start : reader.start + 2])
        t.objects.keep(_AFL, answer[reader.start + 2 :])
    else:
        raise Terminated
    t.aip = t.objects.card(_AIP) or b""
    t.afl = t.objects.card(_AFL) or b""
    if len(t.aip) != 2:
        raise Terminated
    return OK


def kind_of_cryptogram(t: "Transaction") -> int:
    """As action.py names them. A card that does not say it in 9F27 says it in its issuer's data.

    Raises Terminated where the cryptogram, its counter or the issuer's data are missing.
    """
    if len(t.objects.need(_CRYPTOGRAM)) != 8 or len(t.objects.need(_COUNTER)) != 2:
        raise Terminated
    issuer_data = t.objects.card(_ISSUER_DATA)
    if issuer_data is None or not _KIND_AT < len(issuer_data) <= 32:
        raise Terminated
    information = t.objects.card(_INFORMATION)
    if information is None:
        information = bytes(((issuer_data[_KIND_AT] & 0x30) << 2,))
        t.objects.set(_INFORMATION, information)
    if len(information) != 1 or information[0] & _KIND == _KIND:
        raise Terminated
    return information[0] & _KIND


async def read_data(t: "Transaction") -> None:
    """Every record there is, if any; then the PAN is known, from track 2 if from nowhere else. Raises Terminated."""
    if t.afl:
        await read_records(t)
    track = t.objects.card(_TRACK_2)
    if track is None:
        raise Terminated
    pan, separator, _ = track.hex().partition("d")
    if not separator:
        raise Terminated
    if t.objects.card(_PAN) is None:
        t.objects.keep(_PAN, bytes.fromhex(pan + "f" * (len(pan) & 1)))
    check_formats(t)
    if t.pan != pan:
        raise Terminated


async def let_go(signal: "Callable[[Request], None]") -> None:
    """Nothing more is asked of the card. The tone begins before certificates take their time, and what has read the
    card leaves them its room."""
    signal(outcome.card_read())
    await asyncio.sleep_ms(1)
    forget()
