"""PIN blocks (ISO 9564-1), each made and encrypted in one step: no clear block leaves this module.

`pin` holds 4 to 12 ASCII digits and is its owner's to wipe; `pan` is the whole account number, 13 to 19
digits, and every block is bound to it. All raise PinError on anything else, and wipe the clear block on every
way out. A cipher is imported where it is used: a terminal of another suite never loads it.
"""

from micropython import const

from suanpan.crypto.octets import wipe, xor_into
from suanpan.errors import PinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.crypto.block_cipher import BlockCipher
    from suanpan.crypto.octets import Readable, Writable

    CipherClass = Callable[[Readable], BlockCipher]

_ZERO = const(0x30)  # of ASCII
_NINE = const(0x39)
_MIN_PIN = const(4)
_MAX_PIN = const(12)
_MIN_PAN = const(13)  # 12 digits and the check digit
_MAX_PAN = const(19)
_PIN_DIGITS = const(14)  # nibbles of a block for the PIN and its filler
_FILLER_0 = const(0xF)
_FILLER_4 = const(0xA)
_FILLERS_3 = const(6)  # A to F
_FAIR = const(252)  # as far as a byte is worth whole rounds of six


def format0(key: "Readable", pin: "Writable", pan: str, cipher: "CipherClass | None" = None) -> "Writable":
    """The 8-byte block of format 0 under triple DES (9.3.2): the PIN filled up with F, the PAN's twelve
    digits left of its check digit exclusive-or'ed in. `cipher` is Tdes, from whoever has loaded it already."""
    return _with_pan(key, pin, pan, 0, lambda: _FILLER_0, cipher)


def format3(key: "Readable", pin: "Writable", pan: str, random: "Callable[[int], bytes]") -> "Writable":
    """The 8-byte block of format 3 under triple DES (9.3.5): as format 0, but filled up with chance, A to F.

    `random(n)` gives n random bytes.
    """

    def filler() -> int:
        byte = _FAIR
        while byte >= _FAIR:
            byte = random(1)[0]
        return 10 + byte % _FILLERS_3

    return _with_pan(key, pin, pan, 3, filler)


def format4(
    key: "Readable",
    pin: "Writable",
    pan: str,
    random: "Callable[[int], bytes]",
    cipher: "CipherClass | None" = None,
) -> "Writable":
    """The 16-byte block of format 4 under AES (ISO 9564-1:2017, 9.4): the PIN block of PIN, filler and eight
    random bytes is encrypted, the PAN block exclusive-or'ed in, and all of it encrypted again.

    `cipher` is the class of another block cipher of 16 bytes, if the construction is to stand on that: Sm4. No
    published answer for it could be found.
    """
    if not cipher:
        from suanpan.crypto.aes import Aes

        cipher = Aes
    _check(pin, pan)
    block = bytearray(16)
    try:
        _write_pin(block, pin, 4, lambda: _FILLER_4)
        block[8:] = random(8)
        with cipher(key) as keyed:
            keyed.encrypt(block, block)
            digits = f"{len(pan) - 12}{pan}"
            xor_into(block, bytes.fromhex(digits + "0" * (32 - len(digits))))
            return keyed.encrypt(block)
    finally:
        wipe(block)


def _with_pan(
    key: "Readable",
    pin: "Writable",
    pan: str,
    control: int,
    filler: "Callable[[], int]",
    cipher: "CipherClass | None" = None,
) -> "Writable":
    if not cipher:
        from suanpan.crypto.des import Tdes

        cipher = Tdes
    _check(pin, pan)
    block = bytearray(8)
    try:
        _write_pin(block, pin, control, filler)
        xor_into(block, bytes.fromhex("0000" + pan[-13:-1]))
        with cipher(key) as keyed:
            return keyed.encrypt(block)
    finally:
        wipe(block)


def _check(pin: "Writable", pan: str) -> None:
    if not _MIN_PIN <= len(pin) <= _MAX_PIN or not _MIN_PAN <= len(pan) <= _MAX_PAN or not pan.isdigit():
        raise PinError
    for digit in pin:
        if not _ZERO <= digit <= _NINE:
            raise PinError


def _write_pin(block: bytearray, pin: "Writable", control: int, filler: "Callable[[], int]") -> None:
    """Control nibble, length, digits and filler: the first 8 bytes of `block`, which is all zero."""
    size = len(pin)
    block[0] = control << 4 | size
    for i in range(_PIN_DIGITS):
        nibble = pin[i] & 0xF if i < size else filler()
        block[1 + i // 2] |= nibble if i & 1 else nibble << 4
