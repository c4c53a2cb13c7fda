"""Terminal Verification Results and Transaction Status Information (EMV 4.3 Book 3, Annexes C5 and C6), bit by bit.

A bit is written as its byte (counted from 0) times 256 and its mask, so that `raise_bit(tvr, CDA_FAILED)` reads as it
says.
"""

from micropython import const

# TVR byte 1
ODA_NOT_PERFORMED = const(0x0080)
SDA_FAILED = const(0x0040)
DATA_MISSING = const(0x0020)
ON_EXCEPTION_FILE = const(0x0010)
DDA_FAILED = const(0x0008)
CDA_FAILED = const(0x0004)
SDA_SELECTED = const(0x0002)
# byte 2
VERSIONS_DIFFER = const(0x0180)
EXPIRED = const(0x0140)
NOT_YET_EFFECTIVE = const(0x0120)
SERVICE_NOT_ALLOWED = const(0x0110)
NEW_CARD = const(0x0108)
# byte 3
CVM_FAILED = const(0x0280)
CVM_UNKNOWN = const(0x0240)
PIN_TRIES_EXCEEDED = const(0x0220)
NO_PIN_PAD = const(0x0210)
PIN_NOT_ENTERED = const(0x0208)
ONLINE_PIN_ENTERED = const(0x0204)
# byte 4
OVER_FLOOR_LIMIT = const(0x0380)
LOWER_LIMIT_EXCEEDED = const(0x0340)
UPPER_LIMIT_EXCEEDED = const(0x0320)
RANDOMLY_SELECTED = const(0x0310)
FORCED_ONLINE = const(0x0308)
# byte 5
DEFAULT_TDOL = const(0x0480)
ISSUER_AUTHENTICATION_FAILED = const(0x0440)
SCRIPT_FAILED_BEFORE = const(0x0420)
SCRIPT_FAILED_AFTER = const(0x0410)

# TSI byte 1
ODA_PERFORMED = const(0x0080)
CVM_PERFORMED = const(0x0040)
CARD_RISK_PERFORMED = const(0x0020)
ISSUER_AUTHENTICATION_PERFORMED = const(0x0010)
TERMINAL_RISK_PERFORMED = const(0x0008)
SCRIPT_PERFORMED = const(0x0004)


def raise_bit(field: bytearray, bit: int) -> None:
    field[bit >> 8] |= bit & 0xFF


def clear_bit(field: bytearray, bit: int) -> None:
    field[bit >> 8] &= 0xFF ^ bit & 0xFF


def has_bit(field: "bytes | bytearray", bit: int) -> bool:
    return bool(field[bit >> 8] & bit & 0xFF)


def meet(one: "bytes | bytearray", other: "bytes | bytearray") -> bool:
    """Whether the two have any bit in common."""
    return any(a & b for a, b in zip(one, other))
