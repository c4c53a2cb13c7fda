"""The commands of EMV 4.3 Book 3, 6.5 and Book 1, 11.3, as APDUs.

Each answers with the card's data and its status word. The data may be the reader's own buffer: what is to be kept of
them is copied before the next command.
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from suanpan.codec.tlv import Readable

    class Card(Protocol):
        async def exchange(self, command: bytes) -> "tuple[bytearray | memoryview, int]":
            """A command APDU, short form, and what it is answered with."""

    Answer = tuple[bytearray | memoryview, int]

OK = const(0x9000)
FIRST = const(0x00)  # P2 of SELECT
NEXT = const(0x02)


async def select(card: "Card", name: "Readable", which: int = FIRST) -> "Answer":
    """By the name of a directory or an application, or by how its name begins."""
    return await card.exchange(bytes((0x00, 0xA4, 0x04, which, len(name))) + bytes(name) + b"\0")


async def read_record(card: "Card", sfi: int, record: int) -> "Answer":
    return await card.exchange(bytes((0x00, 0xB2, record, sfi << 3 | 0x04, 0x00)))


async def get_processing_options(card: "Card", values: "Readable") -> "Answer":
    """`values` are those that the PDOL asks for; at most 252 bytes."""
    data = (b"\x83" if len(values) < 0x80 else b"\x83\x81") + bytes((len(values),)) + bytes(values)
    return await card.exchange(bytes((0x80, 0xA8, 0x00, 0x00, len(data))) + data + b"\0")


async def internal_authenticate(card: "Card", values: "Readable") -> "Answer":
    return await card.exchange(bytes((0x00, 0x88, 0x00, 0x00, len(values))) + bytes(values) + b"\0")


async def external_authenticate(card: "Card", issuer_data: "Readable") -> "Answer":
    return await card.exchange(bytes((0x00, 0x82, 0x00, 0x00, len(issuer_data))) + bytes(issuer_data))


async def get_data(card: "Card", tag: int) -> "Answer":
    """`tag` has two bytes."""
    return await card.exchange(bytes((0x80, 0xCA, tag >> 8, tag & 0xFF, 0x00)))


async def get_number(card: "Card", tag: int) -> int:
    """A counter of the card; -1 where it does not say."""
    data, sw = await get_data(card, tag)
    if sw != OK or not 4 <= len(data) <= 5 or data[0] << 8 | data[1] != tag or data[2] != len(data) - 3:
        return -1
    return int.from_bytes(data[3:], "big")


async def get_challenge(card: "Card") -> "Answer":
    return await card.exchange(b"\x00\x84\x00\x00\x00")


async def verify(card: "Card", qualifier: int, data: "bytearray") -> "Answer":
    """`qualifier` is 80 for a plain PIN block, 88 for an enciphered one; the command is wiped once it is sent."""
    command = bytearray((0x00, 0x20, 0x00, qualifier, len(data)))
    command.extend(data)
    try:
        return await card.exchange(command)  # type: ignore[arg-type]
    finally:
        for i in range(len(command)):
            command[i] = 0


async def generate_ac(card: "Card", control: int, values: "Readable") -> "Answer":
    """`control` is the kind of cryptogram that is wanted, and whether with a signature."""
    return await card.exchange(bytes((0x80, 0xAE, control, 0x00, len(values))) + bytes(values) + b"\0")
