"""The messages of a UnionPay-style terminal as one table, and how each field gets its value.

A row says what makes a message this message; everything else is the terminal's, the entry's or the card's and is
filled in by field number. Adding a transaction is adding a row.
"""

from micropython import const

from suanpan.codec import iso8583
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.suites import Suite
    from suanpan.crypto.octets import Readable
    from suanpan.ledger.parameters import Parameters

    Values = dict[int, str | Readable]

_CURRENCY = const("156")  # CNY, ISO 4217
_PIN_LENGTH_LIMIT = const("12")

MAC_SIZE = 8

# MTI, processing code (F3), condition (F25), type (60.1), network code (60.3, "-": the suite's), numbers of the fields.
# A transaction is called what its kind in the ledger is; what takes it back when nobody knows, `kind`_reversal.
# Each row is one string, as a tuple of so many numbers takes four times the memory.
MESSAGES = {
    "sign_in": "0800 - - 00 - 11 41 42 60 62 63",
    "sign_off": "0820 - - 00 002 11 41 42 60",
    "settlement": "0500 - - 00 201 11 41 42 48 49 60 63",
    "sale": "0200 000000 00 22 000 2 3 4 11 14 22 23 25 26 35 41 42 48 49 52 53 55 59 60 64",
    "sale_reversal": "0400 000000 00 22 000 2 3 4 11 14 22 23 25 39 41 42 49 55 60 64",
    "void": "0200 200000 00 23 000 2 3 4 11 14 22 25 26 35 37 38 41 42 49 52 53 59 60 61 64",
    "void_reversal": "0400 200000 00 23 000 2 3 4 11 14 22 25 39 41 42 49 60 61 64",
    "refund": "0220 200000 00 25 000 2 3 4 11 14 22 25 35 37 41 42 49 60 61 63 64",
    "offline_chip": "0200 000000 00 36 000 2 3 4 11 12 13 14 22 23 25 41 42 49 55 60 63 64",
    "script_result": "0620 000000 00 00 951 2 3 11 14 22 23 25 37 41 42 49 55 60 61 64",
    "offline_sale": "0220 000000 00 30 000 2 3 4 11 12 13 14 22 25 38 41 42 49 60 63 64",
}


def build(
    name: str, parameters: "Parameters", suite: "Suite", batch: str, values: "Values", reading: str = ""
) -> bytearray:
    """The message called `name`, or of a row that is not in the table, with its MAC field, if it has one, still zero.

    `values` holds what is known of this transaction, by field number, and may hold more than this message has; fields
    of the row that have no value there nor a constant one (a PIN block when none was entered) are left out. `reading`
    is what F60 ends with.
    """
    mti, processing, condition, kind, network, *numbers = (MESSAGES.get(name) or _seldom(name)).split()
    known: "Values" = {
        3: processing,
        25: condition,
        41: parameters.terminal_id,
        42: parameters.merchant_id,
        49: _CURRENCY,
        60: kind + batch + (suite.network if network == "-" else network) + reading,
        64: bytes(MAC_SIZE),
    }
    known.update(values)
    if 52 in known or 59 in known:
        known[26] = _PIN_LENGTH_LIMIT
        known[53] = suite.security
    fields: "Values" = {}
    for text in numbers:
        number = int(text)
        if number in known:
            fields[number] = known[number]
    return iso8583.encode(mti, fields)


def _seldom(name: str) -> str:
    """A row that is not in memory with the others; a row of one's own as it is."""
    if " " in name:
        return name
    with Overlay():
        from suanpan.acquirer.messages_seldom import SELDOM

        return SELDOM[name]


def reply_mti(mti: str) -> str:
    """0200 -> 0210, 0220 -> 0230."""
    return f"{mti[:2]}{int(mti[2]) + 1}{mti[3]}"
