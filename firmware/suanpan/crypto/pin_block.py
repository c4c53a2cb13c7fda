"""PIN blocks (ISO 9564-1)."""

from micropython import const

from suanpan.crypto.des import Tdes
from suanpan.crypto.octets import wipe
from suanpan.errors import PinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable, Writable

_ZERO = const(0x30)  # of ASCII
_NINE = const(0x39)
_MIN_PIN = const(4)
_MAX_PIN = const(12)
_MIN_PAN = const(13)  # 12 digits and the check digit


def format0(key: "Readable", pin: "Writable", pan: str) -> "Writable":
    """The 8-byte PIN block of format 0, encrypted under `key`, the PIK (ISO 9564-1, 9.3.2).

    `pin` holds 4 to 12 ASCII digits; `pan` is the whole account number, at least 13 digits, and the block
    is bound to the twelve left of its check digit. Raises PinError. The clear block is wiped on every way
    out; the PIN is its owner's to wipe.
    """
    size = len(pin)
    if not _MIN_PIN <= size <= _MAX_PIN or len(pan) < _MIN_PAN or not pan.isdigit():
        raise PinError
    for digit in pin:
        if not _ZERO <= digit <= _NINE:
            raise PinError
    block = bytearray(8)
    try:
        block[0] = size
        for i in range(14):
            nibble = pin[i] & 0xF if i < size else 0xF
            if i > 1:
                nibble ^= int(pan[i - 15])
            block[1 + i // 2] |= nibble if i & 1 else nibble << 4
        with Tdes(key) as cipher:
            return cipher.encrypt(block)
    finally:
        wipe(block)
