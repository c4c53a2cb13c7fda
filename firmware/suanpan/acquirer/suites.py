"""Cipher suites: what terminal and acquirer agreed on when the terminal was provisioned (docs/messages.md).

A suite says which cipher the keys of this terminal are for, and how a PIN block and a MAC travel. Nothing on the
wire chooses it. Its own cipher's module is loaded with it, those of the others never; and what is not of the common
suite, triple DES, has a module of its own, suites_wide.
"""

from micropython import const

from suanpan.crypto.mac import cup_ecb
from suanpan.crypto.octets import equal, wipe
from suanpan.errors import BadReply, CheckValueError
from suanpan.ledger.key_store import TDES
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.crypto.block_cipher import BlockCipher
    from suanpan.crypto.octets import Readable, Writable

    CipherClass = Callable[[Readable], BlockCipher]
    PinField = tuple[int, Readable]  # number, value
    Random = Callable[[int], bytes]

_WORKING_KEYS = const(40)  # bytes of F62 of a sign-in's answer
_CHECK_VALUE = const(4)


class Suite:
    """`network` is F60.3 of a sign-in and of its answer, `security` F53, `algorithm` the key store's.

    `mak_size` is in bytes; all other keys have 16.
    """

    network = ""
    security = ""
    algorithm = 0
    mak_size = 16
    cipher: "CipherClass"

    def working_keys(self, key: "Readable", data: "Readable") -> "tuple[bytearray, bytearray]":
        """PIK and MAK, for whoever asked to wipe: `data` is F62 of a sign-in's answer, `key` the TMK.

        F62 is PIK 16, check value 4, MAK 8 and 8 unused or MAK 16, check value 4. Raises BadReply if it is of
        another length, CheckValueError if a key is not what its check value says.
        """
        if len(data) != _WORKING_KEYS:
            raise BadReply
        pik, mak = bytearray(data[:16]), bytearray(data[20 : 20 + self.mak_size])
        try:
            with self.cipher(key) as cipher:
                cipher.decrypt(pik, pik)
                cipher.decrypt(mak, mak)
            if not (equal(self.check_value(pik), data[16:20]) and equal(self.check_value(mak), data[36:])):
                raise CheckValueError
        except BaseException:
            wipe(pik)
            wipe(mak)
            raise
        return pik, mak

    def check_value(self, key: "Readable") -> bytes:
        """4 bytes."""
        from suanpan.crypto.check_value import check_value

        return check_value(key, _CHECK_VALUE, self.cipher)

    def pin_field(self, key: "Readable", pin: "Writable", pan: str, random: "Random") -> "PinField":
        """The field that carries the PIN, encrypted under the PIK. Raises PinError; `pin` is its owner's to wipe."""
        raise NotImplementedError

    def mac(self, key: "Readable", message: "Readable") -> "Readable":
        """The 8 bytes of F64 under the MAK; `message` runs from the MTI to the last field before it."""
        raise NotImplementedError


class TdesSuite(Suite):
    network = "003"
    security = "2600000000000000"  # PIN block bound to the PAN (2), triple DES (6), track in clear (0)
    algorithm = TDES
    mak_size = 8

    def __init__(self) -> None:
        from suanpan.crypto.des import Tdes

        self.cipher = Tdes

    def pin_field(self, key: "Readable", pin: "Writable", pan: str, random: "Random") -> "PinField":
        with Overlay():
            from suanpan.crypto.pin_block import format0

            return 52, format0(key, pin, pan, self.cipher)

    def mac(self, key: "Readable", message: "Readable") -> "Readable":
        with self.cipher(key) as cipher:
            return cup_ecb(cipher, message)


def suite(name: str) -> Suite:
    """The suite that `parameters.suite` names."""
    if name == "tdes":
        return TdesSuite()
    from suanpan.acquirer.suites_wide import AesSuite, Sm4Suite

    return Sm4Suite() if name == "sm4" else AesSuite()
