"""Key check values: what shows that a key arrived whole without showing the key."""

from suanpan.crypto.des import Tdes
from suanpan.crypto.octets import equal
from suanpan.errors import CheckValueError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable


def check_value(key: "Readable") -> bytes:
    """The first 4 bytes of eight zero bytes under `key`, a DES or triple DES key (docs/messages.md)."""
    with Tdes(key) as cipher:
        return bytes(cipher.encrypt(bytes(8))[:4])


def verify(key: "Readable", expected: "Readable") -> None:
    """Raise CheckValueError unless `expected` is the check value of `key`, all 4 bytes of it."""
    if not equal(check_value(key), expected):
        raise CheckValueError
