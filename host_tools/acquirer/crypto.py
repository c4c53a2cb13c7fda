"""The acquirer's cryptography, below what a cipher suite makes of it: block ciphers, MACs, PIN offsets.

Keys are bytes: 8 for single DES, 16 for two-key TDES and SM4, 16 or more for AES. DES is taken from `cryptography`
itself, because psec still reaches it by the place that `cryptography` has left.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import xor
from typing import Final

import psec
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

Random = Callable[[int], bytes]

_DECIMALISATION: Final = str.maketrans("0123456789abcdef", "0123456789012345")


@dataclass(frozen=True, slots=True)
class BlockCipher:
    """Whole blocks, each by itself (ECB).

    `letter` is the algorithm's in a TR-31 key block, `block` in bytes, `schedule` makes the library's object of a key.
    """

    letter: str
    block: int
    schedule: Callable[[bytes], BlockCipherAlgorithm]

    def encrypt(self, key: bytes, data: bytes) -> bytes:
        return _encryptor(self.schedule, key).update(data)

    def decrypt(self, key: bytes, data: bytes) -> bytes:
        return _decryptor(self.schedule, key).update(data)


# Made once for a key: of whole blocks in ECB nothing is left in them for the next.
@lru_cache(maxsize=4096)
def _encryptor(schedule: Callable[[bytes], BlockCipherAlgorithm], key: bytes) -> CipherContext:
    return Cipher(schedule(key), modes.ECB()).encryptor()


@lru_cache(maxsize=4096)
def _decryptor(schedule: Callable[[bytes], BlockCipherAlgorithm], key: bytes) -> CipherContext:
    return Cipher(schedule(key), modes.ECB()).decryptor()


def _triple_des(key: bytes) -> BlockCipherAlgorithm:
    # As K1 K2 K3: 8 bytes become K K K, which is single DES, and 16 become K1 K2 K1.
    return TripleDES((key * 3)[:24])


TDES: Final = BlockCipher("T", 8, _triple_des)
AES: Final = BlockCipher("A", 16, algorithms.AES)
# X9.143 has no letter for SM4; digits are left to those who agree on them.
SM4: Final = BlockCipher("4", 16, algorithms.SM4)


def aes_cmac(key: bytes, data: bytes) -> bytes:
    """All 16 bytes of it (SP 800-38B)."""
    cmac = CMAC(algorithms.AES(key))
    cmac.update(data)
    return cmac.finalize()


def cup_mac(mak: bytes, data: bytes, *, cipher: BlockCipher = TDES) -> bytes:
    """UnionPay's "ECB" MAC over `data`, from the MTI to the last field before F64: 8 hexadecimal characters.

    The cipher's blocks are XORed into one, which is written as two blocks of hexadecimal characters; the first is
    encrypted, XORed with the second and encrypted again; the first 8 characters of that in hexadecimal.
    """
    size = cipher.block
    filled = data + bytes(-len(data) % size)
    words = struct.unpack(f">{len(filled) // 8}Q", filled)
    # Word by word: the first ones of all blocks, and where blocks have two, the second ones.
    folded = [reduce(xor, words[at :: size // 8], 0) for at in range(size // 8)]
    text = "".join(f"{word:016X}" for word in folded).encode()
    first = cipher.encrypt(mak, text[:size])
    second = cipher.encrypt(mak, psec.tools.xor(first, text[size:]))
    return second.hex().upper()[:8].encode()


def pin_offset(pvk: bytes, pin: str, pan: str) -> str:
    """IBM 3624 offset: what is kept of a PIN instead of the PIN; worth nothing without the PVK.

    Validation data are the rightmost 16 digits of the PAN, zero-filled on the left; A-F decimalise to 0-5.
    """
    natural = TDES.encrypt(pvk, bytes.fromhex(pan[-16:].zfill(16))).hex().translate(_DECIMALISATION)
    return "".join(str((int(digit) - int(base)) % 10) for digit, base in zip(pin, natural, strict=False))


def pin_matches(pvk: bytes, pin: str, pan: str, offset: str) -> bool:
    return hmac.compare_digest(pin_offset(pvk, pin, pan), offset)
