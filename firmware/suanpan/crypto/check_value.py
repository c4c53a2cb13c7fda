"""Key check values: what shows that a key arrived whole without showing the key."""

from micropython import const

from suanpan.crypto.des import Tdes
from suanpan.crypto.mac import cmac
from suanpan.crypto.octets import equal
from suanpan.errors import CheckValueError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable

_SIZE = const(4)  # bytes, as sign-in replies carry it
_AES_SIZE = const(5)


def check_value(key: "Readable", size: int = _SIZE) -> bytes:
    """The first `size` bytes, 4 or 3, of eight zero bytes under a DES or triple DES key (docs/messages.md)."""
    with Tdes(key) as cipher:
        return bytes(cipher.encrypt(bytes(8))[:size])


def aes_check_value(key: "Readable", size: int = _AES_SIZE) -> bytes:
    """The first `size` bytes, 5 or 3, of the CMAC of sixteen zero bytes under an AES key (ANSI X9.24-1:2017, A)."""
    from suanpan.crypto.aes import Aes  # a terminal of another suite never loads it

    with Aes(key) as cipher:
        return bytes(cmac(cipher, bytes(16))[:size])


def verify(key: "Readable", expected: "Readable", size: int = _SIZE) -> None:
    """Raise CheckValueError unless `expected` is the check value of the (triple) DES `key`, all `size` bytes of it."""
    if not equal(check_value(key, size), expected):
        raise CheckValueError


def verify_aes(key: "Readable", expected: "Readable", size: int = _AES_SIZE) -> None:
    """Raise CheckValueError unless `expected` is the check value of the AES `key`, all `size` bytes of it."""
    if not equal(aes_check_value(key, size), expected):
        raise CheckValueError
