"""ISO 8583 messages of the UnionPay style: message type, bitmap of 64 bits, fields (docs/messages.md).

What stands around a message on the line, length and TPDU and header, is the acquirer link's. There is no
second bitmap in this dialect: a field above 64, or bit 1, is refused like any other that is not in the table.
A message is read strictly: what `decode` accepts, `encode` writes back byte for byte.
"""

from micropython import const

from suanpan.codec import bcd
from suanpan.codec.fields import FIELDS, LENGTH, LLL, N_RIGHT, VARIABLE, A, B, Z
from suanpan.errors import BcdError, Iso8583Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    Readable = bytes | bytearray | memoryview

_MTI = const(4)  # digits
_BODY = const(10)  # bytes before the fields: 2 of message type, 8 of bitmap
_MAC = const(8)  # bytes of F64
_PRINTABLE = bytes(range(0x20, 0x7F))


def encode(mti: str, values: "Mapping[int, str | Readable]") -> bytearray:
    """The message of type `mti`, 4 digits, with the fields `values` by number, each of the type in `fields`.

    A message that is to carry a MAC is given F64 as eight zero bytes; the MAC of `mac_input(message)` is then
    put in their place: `message[-8:] = mac`. Raises CodecError.
    """
    if len(mti) != _MTI:
        raise Iso8583Error
    parts = [bcd.pack(mti), ""]
    bitmap = 0
    try:
        for number in sorted(values):
            row = FIELDS[number]
            value: "Any" = values[number]
            size = len(value)
            if row & VARIABLE:
                if size > row & LENGTH:
                    raise Iso8583Error
                parts.append(("%04d" if row & LLL else "%02d") % size)
            elif size != row & LENGTH:
                raise Iso8583Error
            if row < A:
                if row >= Z:
                    value = bcd.pack_track(value)
                elif size & 1:
                    value = bcd.pack(value, row >= N_RIGHT)
                elif not value.isdigit() and size:  # an even count needs no packing
                    raise BcdError
            else:
                if row < B:
                    value = value.encode()
                    if value.strip(_PRINTABLE):
                        raise Iso8583Error
                value = value.hex()
            parts.append(value)
            bitmap |= 1 << 64 - number
        parts[1] = f"{bitmap:016x}"
        return bytearray.fromhex("".join(parts))
    except KeyError:  # no such field
        raise Iso8583Error from None
    except ValueError:  # a digit, but not of ASCII
        raise BcdError from None


def decode(message: "Readable") -> "tuple[str, dict[int, str | bytes]]":
    """The type and the fields of `message`, in ascending order. Raises CodecError on anything amiss."""
    text = message.hex()
    at = 2 * _BODY
    if len(text) < at:
        raise Iso8583Error
    mti = bcd.unpack(text[:_MTI], _MTI)
    values: "dict[int, str | bytes]" = {}
    try:
        bits = f"{int('1' + text[_MTI:at], 16):b}"  # a digit for each field, at its number
        number = bits.find("1", 1)
        while number > 0:
            row = FIELDS[number]
            size = row & LENGTH
            if row & VARIABLE:
                end = at + (4 if row & LLL else 2)
                size = int(text[at:end])
                if size > row & LENGTH:
                    raise Iso8583Error
                at = end
            if row < A:
                end = at + (size + 1 & -2)
                value: "Any" = text[at:end]
                if row >= Z:
                    value = bcd.unpack_track(value, size)
                elif size & 1:
                    value = bcd.unpack(value, size, row >= N_RIGHT)
                elif not value.isdigit() and size:
                    raise BcdError
            else:
                end = at + 2 * size
                value = bytes.fromhex(text[at:end])
                if row < B:
                    if value.strip(_PRINTABLE):
                        raise Iso8583Error
                    value = value.decode()
            values[number] = value
            at = end
            number = bits.find("1", number + 1)
    except (KeyError, ValueError):  # no such field; a length that is not a number, or not there
        raise Iso8583Error from None
    if at != len(text):
        raise Iso8583Error
    return mti, values


def mac_input(message: "Readable") -> memoryview:
    """What the MAC of `message` is computed over: all before F64. Raises Iso8583Error if it has none."""
    if len(message) < _BODY + _MAC or not message[_BODY - 1] & 1:
        raise Iso8583Error
    return memoryview(message)[:-_MAC]
