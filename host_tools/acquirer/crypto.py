"""The acquirer's cryptography: working keys under the TMK, the CUP MAC, PIN blocks, PIN offsets, key blocks.

Keys are bytes: 8 for single DES, 16 for two-key TDES, 32 for the AES master key of the key box. DES is
taken from `cryptography` itself, because psec still reaches it by the place that `cryptography` has left.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

import psec
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

Random = Callable[[int], bytes]

_BLOCK: Final = 8
_CHECK_VALUE: Final = 4
_DECIMALISATION: Final = str.maketrans("0123456789abcdef", "0123456789012345")


class PinBlockError(ValueError):
    """What was deciphered is no ISO 9564-1 format 0 block for this PAN. Carries nothing of what it was."""


def tdes_encrypt(key: bytes, data: bytes) -> bytes:
    """TDES ECB over whole blocks; an 8-byte key is single DES."""
    return _cipher(key).encryptor().update(data)


def tdes_decrypt(key: bytes, data: bytes) -> bytes:
    return _cipher(key).decryptor().update(data)


@lru_cache(maxsize=1024)
def _cipher(key: bytes) -> Cipher[modes.ECB]:
    # As K1 K2 K3: 8 bytes become K K K, which is single DES, and 16 become K1 K2 K1.
    return Cipher(TripleDES((key * 3)[:24]), modes.ECB())


def check_value(key: bytes) -> bytes:
    """First 4 bytes of the key's encryption of eight zero bytes."""
    return tdes_encrypt(key, bytes(_BLOCK))[:_CHECK_VALUE]


def new_key(random: Random, length: int) -> bytes:
    """A DES (8) or two-key TDES (16) key of odd parity."""
    return psec.des.adjust_key_parity(random(length))


def wrap_working_keys(tmk: bytes, pik: bytes, mak: bytes) -> bytes:
    """The 40-byte F62 of a sign-in reply: PIK 16, check value 4, MAK 8, unused 8, check value 4."""
    return b"".join((tdes_encrypt(tmk, pik), check_value(pik), tdes_encrypt(tmk, mak), bytes(_BLOCK), check_value(mak)))


def cup_mac(mak: bytes, data: bytes) -> bytes:
    """UnionPay's "ECB" MAC over `data`, from the MTI to the last field before F64: 8 hexadecimal characters.

    The 8-byte blocks are XORed into one, which is written as 16 hexadecimal characters; the first 8 are
    encrypted, XORed with the last 8 and encrypted again; the first 8 characters of that in hexadecimal.
    """
    folded = 0
    for at in range(0, len(data), _BLOCK):
        folded ^= int.from_bytes(data[at : at + _BLOCK].ljust(_BLOCK, b"\0"), "big")
    text = b"%016X" % folded
    first = tdes_encrypt(mak, text[:_BLOCK])
    second = tdes_encrypt(mak, psec.tools.xor(first, text[_BLOCK:]))
    return second.hex().upper()[:_BLOCK].encode()


def decipher_pin(pik: bytes, block: bytes, pan: str) -> str:
    """The PIN in an ISO 9564-1 format 0 block under the PIK, bound to this PAN; raises PinBlockError."""
    try:
        return psec.pinblock.decode_pinblock_iso_0(tdes_decrypt(pik, block), pan)
    except ValueError:
        # psec's message quotes the block: it must not travel on as a cause.
        raise PinBlockError from None


def pin_offset(pvk: bytes, pin: str, pan: str) -> str:
    """IBM 3624 offset: what is kept of a PIN instead of the PIN; worth nothing without the PVK.

    Validation data are the rightmost 16 digits of the PAN, zero-filled on the left; A-F decimalise to 0-5.
    """
    natural = tdes_encrypt(pvk, bytes.fromhex(pan[-16:].zfill(16))).hex().translate(_DECIMALISATION)
    return "".join(str((int(digit) - int(base)) % 10) for digit, base in zip(pin, natural, strict=False))


def pin_matches(pvk: bytes, pin: str, pan: str, offset: str) -> bool:
    return hmac.compare_digest(pin_offset(pvk, pin, pan), offset)


class KeyBox:
    """Stands where a bank has an HSM: keys leave it only as TR-31 blocks bound to one use.

    `master_key` is the 32-byte AES key that protects the blocks (TR-31 version D). The database holds blocks
    alone, so that its file without the master key opens no PIN and forges no MAC. psec pads blocks with
    random bytes of its own: two files of the same day differ there, what crosses the wire does not.
    """

    TMK = "K0"
    PIK = "P0"
    PVK = "V1"
    MAK = "10"  # CUP's MAC has no TR-31 usage of its own: numeric usages are left to the implementer

    def __init__(self, master_key: bytes) -> None:
        self._master_key = master_key
        # A key is opened once, not once a message.
        self._unwrap = lru_cache(maxsize=4096)(partial(psec.tr31.unwrap, master_key))

    def seal(self, usage: str, key: bytes) -> str:
        header = psec.tr31.Header(version_id="D", key_usage=usage, algorithm="T", mode_of_use="N")
        return psec.tr31.wrap(self._master_key, header, key)

    def open(self, usage: str, block: str) -> bytes:
        """The key in `block`; raises psec.tr31.KeyBlockError if altered, or made for another use."""
        header, key = self._unwrap(block)
        if header.key_usage != usage:
            raise psec.tr31.KeyBlockError("Key is bound to another use.")
        return key
