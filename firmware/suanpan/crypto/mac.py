"""Message authentication codes over block ciphers: UnionPay's of F64, ISO 9797-1's, and CMAC.

AES-CMAC for many messages under one key is `aes_siv.Cmac`, which does the same in two calls of C.
"""

from micropython import const

from suanpan.crypto.octets import wipe, xor_into
from suanpan.errors import BadKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from suanpan.crypto.octets import Readable, Writable

    class BlockCipher(Protocol):
        """Tdes, Aes, Sm4."""

        block: int

        def encrypt(self, data: "Readable", out: "Writable | None" = None) -> "Writable": ...


_TWO_KEYS = const(16)  # bytes
_R8 = const(0x1B)  # SP 800-38B, 5.3
_R16 = const(0x87)


def cup_ecb(cipher: "BlockCipher", message: "Readable") -> bytes:
    """UnionPay's "ECB" MAC: 8 hexadecimal characters, as F64 carries them (docs/messages.md).

    The cipher has the MAK: DES, or triple DES by the same steps, or SM4, whose block of 16 bytes is written as 32
    characters (unconfirmed: no published answer could be found). `message` runs from the MTI to the last field before
    F64. Its blocks, the last filled up with zeros, are folded into one; that one is written in hexadecimal, and the
    two halves of the characters are chained through the cipher.
    """
    size = cipher.block
    folded = bytearray(size)
    view = memoryview(message)
    for at in range(0, len(view), size):
        xor_into(folded, view[at : at + size])
    text = _characters(folded)
    block = cipher.encrypt(text[:size])
    xor_into(block, text[size:])
    cipher.encrypt(block, block)
    return _characters(block)[:8]


def iso9797_1(key: "Readable", message: "Readable") -> "Writable":
    """The 8 bytes of MAC algorithm 1, padding method 1 (ISO 9797-1; ANSI X9.9 under an 8-byte key)."""
    from suanpan.crypto.des import Tdes

    with Tdes(key) as cipher:
        return cbc_mac(cipher, message)


def iso9797_3(key: "Readable", message: "Readable") -> "Writable":
    """The 8 bytes of MAC algorithm 3, padding method 1 (ISO 9797-1; ANSI X9.19): `key` is 16 bytes.

    Single DES under its first half; the last block also goes through the second half and the first again.
    """
    from suanpan.crypto.des import Tdes

    if len(key) != _TWO_KEYS:
        raise BadKey
    halves = memoryview(key)
    with Tdes(halves[:8]) as first, Tdes(halves[8:]) as second:
        mac = cbc_mac(first, message)
        second.decrypt(mac, mac)
        return first.encrypt(mac, mac)


def cmac(cipher: "BlockCipher", message: "Readable") -> "Writable":
    """The CMAC of `message`, one whole block (SP 800-38B; ISO 9797-1 MAC algorithm 5)."""
    size = cipher.block
    subkey = cipher.encrypt(bytes(size))
    tail = bytearray(size)
    try:
        _double(subkey)
        rest = len(message) % size
        if rest or not message:
            _double(subkey)
            tail[rest] = 0x80
        start = max(0, len(message) - (rest or size))
        xor_into(tail, memoryview(message)[start:])
        xor_into(tail, subkey)
        return cbc_mac(cipher, tail, cbc_mac(cipher, memoryview(message)[:start]) if start else None)
    finally:
        wipe(subkey)
        wipe(tail)


def cbc_mac(cipher: "BlockCipher", message: "Readable", chain: "Writable | None" = None) -> "Writable":
    """The last block of CBC over `message`, filled up with zeros: of none at all, one block of them.

    `chain` is the block to go on from, and is used up.
    """
    size = cipher.block
    block = bytearray(size) if chain is None else chain
    view = memoryview(message)
    for at in range(0, len(view) or 1, size):
        xor_into(block, view[at : at + size])
        cipher.encrypt(block, block)
    return block


def _characters(block: "Writable") -> bytes:
    return block.hex().upper().encode()


def _double(block: "Writable") -> None:
    """Multiply by x in GF(2^64) or GF(2^128), in place."""
    carry = block[0] >> 7
    last = len(block) - 1
    for i in range(last):
        block[i] = (block[i] << 1 | block[i + 1] >> 7) & 0xFF
    block[last] = (block[last] << 1 & 0xFF) ^ carry * (_R8 if len(block) == 8 else _R16)
