"""Key check values: what shows that a key arrived whole without showing the key.

A cipher is imported where it is used: a terminal of another suite never loads it.
"""

from micropython import const

from suanpan.crypto.mac import cmac

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.crypto.block_cipher import BlockCipher
    from suanpan.crypto.octets import Readable

    CipherClass = Callable[[Readable], BlockCipher]

_SIZE = const(4)  # bytes, as sign-in replies carry it
_AES_SIZE = const(5)


def check_value(key: "Readable", size: int = _SIZE, cipher: "CipherClass | None" = None) -> bytes:
    """The first `size` bytes, 4 or 3, of a block of zeros under a DES or triple DES key (docs/messages.md).

    `cipher` is the class of another block cipher, if it is its key: Sm4, where the same is unconfirmed.
    """
    if not cipher:
        from suanpan.crypto.des import Tdes

        cipher = Tdes
    with cipher(key) as keyed:
        return bytes(keyed.encrypt(bytes(keyed.block))[:size])


def aes_check_value(key: "Readable", size: int = _AES_SIZE) -> bytes:
    """The first `size` bytes, 5, 4 or 3, of the CMAC of sixteen zero bytes under an AES key (ANSI X9.24-1:2017, A)."""
    from suanpan.crypto.aes import Aes

    with Aes(key) as cipher:
        return bytes(cmac(cipher, bytes(16))[:size])
