"""What a journal record says: one byte for what happened, then fields as tag 1, length 1, value.

Tags 01 to 5F are text (UTF-8), 61 to 7F bytes, 81 to FF numbers (big-endian, unsigned). Bytes longer than a length
can say are several fields of the same tag, one after the other. A tag once given keeps its meaning for ever: append to
the tables. A reader skips the tags that it does not know.
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    Fields = dict[str, str | int | bytes]

STATE = const(0)  # the fold over all records before this one: the first record of every sector
SIGNED_IN = const(1)
OPENED = const(2)  # a request is about to be sent; until an answer is recorded this is its armed reversal
APPROVED = const(3)
DECLINED = const(4)
UNANSWERED = const(5)  # nobody knows what the host did: the reversal is due, for the reason in the record
REVERSED = const(6)  # the host has answered the reversal
PRINTED = const(7)  # so many copies of the slip are on paper
STORED = const(8)  # a transaction that is good without the host, who must be told of it: it waits in the queue
DELIVERED = const(9)  # the host has answered the advice of the oldest one in the queue
SETTLING = const(10)  # the settlement is about to be asked for: the batch's sums stand still
SETTLED = const(11)  # the host has closed the batch
REOPENED = const(12)  # the host has refused the settlement: the batch goes on
RESTORED = const(13)  # all before this is another board's, by its archive of that moment; STANs go on far ahead
ADVISED = const(14)  # what moves no money, and the host must be told: it waits in the queue with the others
WATCHED = const(15)  # a trace for the workshop begins, or is ended by a person: by `operator`, at `date` and `time`

TEXTS = (
    "kind",  # "sale"
    "batch",  # 6 digits
    "stan",  # 6 digits, F11
    "pan",  # first six and last four digits, asterisks between
    "entry_mode",  # 3 digits, F22; behind them those that F60 ends with
    "operator",  # 2 digits
    "date",  # YYMMDD of the terminal
    "time",  # HHMMSS of the terminal
    "response",  # F39 of the host's answer, to the request, its reversal, the advice or the settlement
    "reason",  # F39 of the reversal: 98, 06 or A0
    "auth_code",  # F38
    "reference",  # F37
    "host_date",  # MMDD, F13
    "host_time",  # HHMMSS, F12
    "parties",  # issuer and acquirer, F44
    "org",  # card organisation, 3 letters, F63
    "original",  # batch, STAN and, for a refund, MMDD of the transaction that this one takes back: F61
    "original_reference",  # and its F37
    "sequence",  # 3 digits, F23: which of the cards of this account
    "remarks",  # rows of the slip, which the chip has to add
)
BYTES = (
    "card",  # PAN and expiry, sealed by pan_vault.py
    "totals",  # sums of the batch: kind 1, organisation 3, count 2, amount 7, and so on
    "undone",  # record numbers, of 4, of the batch's transactions that were voided, or refused by the host later
    "chip",  # F55 of the reversal
)
NUMBERS = (
    "amount",  # 分
    "printed",  # copies
    "status",  # the last event of the newest request
    "open",  # record number of the newest request's OPENED
    "newest",  # record number of the newest transaction, requested or stored
    "of",  # record number of the transaction that this is about: what a void takes back, what was delivered; in a
    # settlement, up to where the batch was uploaded; what a trace that is ended began with
    "floor",  # the record from which on nothing may be erased
    "batch_start",  # the SIGNED_IN with which the batch began
    "settled",  # the newest SETTLED
    "settling",  # the SETTLING that has not come to its end, or 0
    "queued",  # transactions that the host must still be told of,
    "queued_total",  # what they come to, 分,
    "oldest",  # the first of them,
    "oldest_at",  # and when it was, in minutes since 2000
    "refused",  # 1 if the host did not accept the advice
    "unbalanced",  # 1 if the host's sums are not ours
    "base",  # 分: what an adjustment is added to
    "tip",  # 分: how much of a sale's amount is one
)
_BYTES = const(0x60)
_NUMBER = const(0x80)
_LONGEST = const(255)


def encode(event: int, fields: "Fields") -> bytearray:
    """Raises ValueError if a field is not in the tables, of the wrong type, negative, or a text or number longer
    than 255 bytes."""
    data = bytearray((event,))
    known = 0
    for i, name in enumerate(TEXTS):
        text = fields.get(name)
        if isinstance(text, str):
            known += 1
            value = text.encode()
            data += bytes((i + 1, len(value)))
            data += value
    for i, name in enumerate(BYTES):
        octets = fields.get(name)
        if isinstance(octets, bytes):
            known += 1
            for at in range(0, len(octets), _LONGEST):
                value = octets[at : at + _LONGEST]
                data += bytes((_BYTES + i + 1, len(value)))
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
        elif _BYTES < tag <= _BYTES + len(BYTES):
            name = BYTES[tag - _BYTES - 1]
            fields[name] = bytes(fields.get(name, b"")) + bytes(value)  # type: ignore[arg-type]
        elif _NUMBER < tag <= _NUMBER + len(NUMBERS):
            fields[NUMBERS[tag - _NUMBER - 1]] = int.from_bytes(value, "big")
    return data[0], fields
