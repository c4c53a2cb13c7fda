"""The archive: a terminal's whole journal as a string of sealed items, for another board to go on from.

    archive    begin | items
    begin      magic "SPB1" 4 | version 1 | terminal number 8 | archive's own number, random 16
    item       length 2 | AES-SIV (RFC 5297) of the content, under the terminal's backup key, with two associated
               strings: the begin, and the item's kind 1 and index 4

    0          HEAD: number of the first record 4 | number of the last 4 | when it was made, YYMMDDHHMMSS 12
    1 to n     RECORD: record number 4 | record, as record.py encodes it
    n + 1      END: n 4 | the state that the records add up to, as a STATE record

Numbers are big-endian. An item opens nowhere but in its place in its archive, and an archive without its END is none.
The backup key is the workshop's, who can open an archive when the board is dead. No other key is in it. A card number,
which the journal has under a key of that one board, is in the RECORD itself, as PAN in BCD filled up with F 10 | expiry
YYMM 2; one whose batch is settled is in no archive, as nobody can open it any more.
"""

import struct
from binascii import hexlify, unhexlify

from micropython import const

from suanpan.crypto.octets import wipe
from suanpan.errors import PanGone
from suanpan.ledger.record import STATE, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suanpan.crypto.aes_siv import Siv
    from suanpan.ledger.journal import Journal
    from suanpan.ledger.pan_vault import PanVault

MAGIC = b"SPB1"
VERSION = const(1)
BEGIN = const(29)  # bytes
HEAD = const(0)
RECORD = const(1)
END = const(2)

_CARD = const(0x61)  # tag of a record's field
_PAN = const(20)  # nibbles


def archive(
    journal: "Journal", vault: "PanVault", siv: "Siv", terminal_id: str, number: bytes, moment: str
) -> "Iterator[bytes]":
    """The begin and then each item, of which one at a time is in RAM; nothing must be recorded meanwhile.

    Raises JournalBroken if a record is not what was written.
    """
    begin = MAGIC + bytes((VERSION,)) + terminal_id.encode() + number
    yield begin
    last = journal.log.number
    first, index = 0, 0
    for found, data in journal.plain(journal.log.sectors[0]):
        if not index:
            first = found
            yield _item(siv, begin, HEAD, 0, struct.pack(">II", first, last), bytearray(moment.encode()))
        index += 1
        record = with_card(data, lambda sealed: _opened(vault, sealed))
        yield _item(siv, begin, RECORD, index, struct.pack(">I", found), record)
    if not index:
        yield _item(siv, begin, HEAD, 0, struct.pack(">II", 1, 0), bytearray(moment.encode()))
    state = encode(STATE, journal.state.fields())
    yield _item(siv, begin, END, index + 1, struct.pack(">I", index), state)


def label(kind: int, index: int) -> bytes:
    """The second of an item's associated strings."""
    return struct.pack(">BI", kind, index)


def with_card(data: bytearray, exchange: "Callable[[bytes], bytes]") -> bytearray:
    """The record with its card number, if it has one, exchanged; the record as it was is wiped. b"" takes it out."""
    at = 1
    while at < len(data):
        end = at + 2 + data[at + 1]
        if data[at] == _CARD:
            card = exchange(bytes(data[at + 2 : end]))
            changed = data[:at]
            if card:
                changed += bytes((_CARD, len(card))) + card
            changed += data[end:]
            wipe(data)
            return changed
        at = end
    return data


def packed(pan: str, expiry: str) -> bytes:
    """A card's number and expiry as they are in an archive."""
    return unhexlify(pan + "f" * (_PAN - len(pan)) + expiry)


def unpacked(card: bytes) -> "tuple[str, str]":
    """Raises ValueError."""
    text = hexlify(card).decode()
    pan, expiry = text[:_PAN].rstrip("f"), text[_PAN:]
    if len(expiry) != 4 or not (pan + expiry).isdigit():
        raise ValueError
    return pan, expiry


def _opened(vault: "PanVault", sealed: bytes) -> bytes:
    try:
        return packed(*vault.open(sealed))
    except PanGone:
        return b""


def _item(siv: "Siv", begin: bytes, kind: int, index: int, head: bytes, data: bytearray) -> bytes:
    """The content is head and data, which is wiped."""
    content = bytearray(len(head) + len(data))
    content[: len(head)] = head
    content[len(head) :] = data
    wipe(data)
    sealed = siv.seal(content, begin, label(kind, index))
    wipe(content)
    return struct.pack(">H", len(sealed)) + sealed
