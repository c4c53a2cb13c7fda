"""What a journal record says: one byte for what happened, then fields as tag 1, length 1, value.

Tags 01 to 7F are text (UTF-8), 81 to FF numbers (big-endian, unsigned). A tag once given keeps its meaning for ever:
append to the tables. A reader skips the tags that it does not know.
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    Fields = dict[str, str | int]

STATE = const(0)  # the fold over all records before this one: the first record of every sector
SIGNED_IN = const(1)
OPENED = const(2)  # a request is about to be sent; until an answer is recorded this is its armed reversal
APPROVED = const(3)
DECLINED = const(4)
UNANSWERED = const(5)  # nobody knows what the host did: the reversal is due, for the reason in the record
REVERSED = const(6)  # the host has answered the reversal
PRINTED = const(7)  # so many copies of the slip are on paper

TEXTS = (
    "kind",  # "sale"
    "batch",  # 6 digits
    "stan",  # 6 digits, F11
    "pan",
    "expiry",  # YYMM
    "entry_mode",  # 3 digits, F22
    "operator",  # 2 digits
    "date",  # YYMMDD of the terminal
    "time",  # HHMMSS of the terminal
    "response",  # F39 of the host's answer, to the request or to its reversal
    "reason",  # F39 of the reversal: 98, 06 or A0
    "auth_code",  # F38
    "reference",  # F37
    "host_date",  # MMDD, F13
    "host_time",  # HHMMSS, F12
    "parties",  # issuer and acquirer, F44
)
NUMBERS = (
    "amount",  # 分
    "printed",  # copies
    "status",  # the last event but PRINTED of the newest transaction
    "opened",  # record number of the newest transaction's OPENED
    "count",  # sales of the batch that are approved,
    "total",  # and what they come to, 分
    "floor",  # the record from which on nothing may be erased
)
_NUMBER = const(0x80)


def encode(event: int, fields: "Fields") -> bytearray:
    """Raises ValueError if a field is not in the tables, of the wrong type, negative or longer than 255 bytes."""
    data = bytearray((event,))
    known = 0
    for i, name in enumerate(TEXTS):
        text = fields.get(name)
        if isinstance(text, str):
            known += 1
            value = text.encode()
            data += bytes((i + 1, len(value)))
            data += value
    for i, name in enumerate(NUMBERS):
        number = fields.get(name)
        if isinstance(number, int):
            known += 1
            if number < 0:
                raise ValueError
            size = 1
            while number >> 8 * size:
                size += 1
            data += bytes((_NUMBER + i + 1, size))
            data += number.to_bytes(size, "big")
    if known != len(fields):
        raise ValueError
    return data


def decode(data: "bytearray | memoryview") -> "tuple[int, Fields]":
    fields: "Fields" = {}
    at = 1
    while at < len(data):
        tag, end = data[at], at + 2 + data[at + 1]
        value = data[at + 2 : end]
        at = end
        if 0 < tag <= len(TEXTS):
            fields[TEXTS[tag - 1]] = str(value, "utf-8")
        elif _NUMBER < tag <= _NUMBER + len(NUMBERS):
            fields[NUMBERS[tag - _NUMBER - 1]] = int.from_bytes(value, "big")
    return data[0], fields
