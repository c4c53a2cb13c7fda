"""The message authentication code of F64."""

from suanpan.crypto.des import Tdes
from suanpan.crypto.octets import xor_into

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable, Writable


def cup_ecb(key: "Readable", message: "Readable") -> bytes:
    """UnionPay's "ECB" MAC: 8 hexadecimal characters, as F64 carries them (docs/messages.md).

    `key` is the MAK, 8 bytes (or 16: the same steps under triple DES); `message` runs from the MTI to the
    last field before F64. Its blocks, the last filled up with zeros, are folded into one; that one is written
    as 16 characters, and their two halves are chained through the cipher.
    """
    folded = bytearray(8)
    view = memoryview(message)
    for at in range(0, len(view), 8):
        xor_into(folded, view[at : at + 8])
    text = _characters(folded)
    with Tdes(key) as cipher:
        block = cipher.encrypt(text[:8])
        xor_into(block, text[8:])
        cipher.encrypt(block, block)
    return _characters(block)[:8]


def _characters(block: "Writable") -> bytes:
    return block.hex().upper().encode()
