"""The suites of ciphers whose block has 16 bytes: their PIN block does not fit F52."""

from micropython import const

from suanpan.acquirer.suites import Suite
from suanpan.crypto.mac import cmac, cup_ecb
from suanpan.ledger.key_store import AES, SM4
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.suites import PinField, Random
    from suanpan.crypto.octets import Readable, Writable

_CHECK_VALUE = const(4)  # bytes
_MAC = const(8)


class _WideSuite(Suite):
    def pin_field(self, key: "Readable", pin: "Writable", pan: str, random: "Random") -> "PinField":
        """Format 4 in F59, behind its name there and its length. Unconfirmed."""
        with Overlay():
            from suanpan.crypto.pin_block import format4

            return 59, b"A2016" + format4(key, pin, pan, random, self.cipher)


class Sm4Suite(_WideSuite):
    network = "005"  # unconfirmed, and so is the 3 of F53
    security = "2300000000000000"
    algorithm = SM4

    def __init__(self) -> None:
        from suanpan.crypto.sm4 import Sm4

        self.cipher = Sm4

    def mac(self, key: "Readable", message: "Readable") -> "Readable":
        with self.cipher(key) as cipher:
            return cup_ecb(cipher, message)


class AesSuite(_WideSuite):
    network = "006"  # our own, and so is the 4 of F53
    security = "2400000000000000"
    algorithm = AES

    def __init__(self) -> None:
        from suanpan.crypto.aes import Aes

        self.cipher = Aes

    def check_value(self, key: "Readable") -> bytes:
        from suanpan.crypto.check_value import aes_check_value

        return aes_check_value(key, _CHECK_VALUE)

    def mac(self, key: "Readable", message: "Readable") -> "Readable":
        with self.cipher(key) as cipher:
            return cmac(cipher, message)[:_MAC]
