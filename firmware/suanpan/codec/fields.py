"""The fields of the UnionPay-style message: what each one holds and how long it may be (docs/messages.md).

A field's value has one type, told by its row alone:
    N   str of digits, two to a byte; they stand to the left of their bytes, those of N_RIGHT to the right
    Z   str of track digits and "=", two to a byte, to the left
    A   str of printable ASCII, one to a byte
    B   bytes, whatever they mean: keys, TLV, and F63, where hosts put GB18030 text
A length that is not fixed stands in front, as two digits of BCD in one byte (LL) or three in two (LLL), and
counts what `len` of the value counts.
"""

from micropython import const

# A row is one small integer. Content stands in its highest bits: `row < Z` is "digits", `row >= A` "bytes".
N = const(0x0000)
N_RIGHT = const(0x1000)
Z = const(0x2000)
A = const(0x3000)
B = const(0x4000)
LL = const(0x0400)
LLL = const(0x0800)
VARIABLE = const(0x0C00)
LENGTH = const(0x03FF)

FIELDS = {
    2: N | LL | 19,  # primary account number
    3: N | 6,  # processing code
    4: N | 12,  # amount, in minor units
    11: N | 6,  # system trace audit number
    12: N | 6,  # local time, hhmmss
    13: N | 4,  # local date, MMDD
    14: N | 4,  # expiry of the card, YYMM
    15: N | 4,  # settlement date, MMDD
    22: N | 3,  # entry mode
    23: N_RIGHT | 3,  # card sequence number
    25: N | 2,  # condition code
    26: N | 2,  # longest PIN accepted
    32: N | LL | 11,  # acquiring institution
    35: Z | LL | 37,  # track 2
    36: Z | LLL | 104,  # track 3
    37: A | 12,  # retrieval reference number
    38: A | 6,  # authorisation code
    39: A | 2,  # response code
    41: A | 8,  # terminal
    42: A | 15,  # merchant
    44: A | LL | 25,  # additional response data: issuer, acquirer
    48: N | LLL | 322,  # additional data: totals, uploaded items
    49: A | 3,  # currency
    52: B | 8,  # PIN block
    53: N | 16,  # security control
    54: A | LLL | 20,  # balance
    55: B | LLL | 255,  # chip data, BER-TLV
    59: B | LLL | 255,  # PIN block of 16 bytes
    60: N | LLL | 17,  # transaction type, batch, network code
    61: N | LLL | 29,  # original transaction
    62: B | LLL | 512,  # working keys, parameters
    63: B | LLL | 163,  # operator, card organisation, text
    64: B | 8,  # message authentication code
}
