"""Keys as people bring them: two components, each with its check value, which make a key only together.

A component is as long as the key and as random, so that one custodian's alone says nothing of the key. The key is
their exclusive-or (X9.24-1, key establishment by components).
"""

from __future__ import annotations

import hmac
from enum import Enum
from itertools import product
from typing import TYPE_CHECKING, Final

import psec

from host_tools.acquirer.crypto import SM4, TDES, aes_cmac
from host_tools.keys.errors import BrokenParity, SameComponent, WeakKey, WrongCheckValue, WrongLength

if TYPE_CHECKING:
    from collections.abc import Callable

    Random = Callable[[int], bytes]


class Algorithm(Enum):
    """A block cipher; the value is its name in files and commands."""

    TDES = "tdes"
    AES = "aes"
    SM4 = "sm4"

    @property
    def sizes(self) -> tuple[int, ...]:
        """The bytes that a key may have."""
        return _SIZES[self]


_SIZES: Final = {Algorithm.TDES: (16, 24), Algorithm.AES: (16, 32), Algorithm.SM4: (16,)}

_DES_KEY: Final = 8
# A DES key is weak or half weak (SP 800-67, 3.4.2) if its bytes alternate between two of these, the second number
# in its second half: then what it encrypts twice, or what its partner encrypts once more, is the plaintext.
_WEAK_BYTES: Final = ((0x01, 0x01), (0x1F, 0x0E), (0xE0, 0xF1), (0xFE, 0xFE))
_WEAK_DES: Final = frozenset(bytes((a, b) * 2 + (c, d) * 2) for (a, c), (b, d) in product(_WEAK_BYTES, repeat=2))


def check_value(algorithm: Algorithm, key: bytes) -> bytes:
    """What shows that a key is the same one, without showing it (X9.24-1:2017, annex A).

    AES: the first 5 bytes of the CMAC of a block of zeros. Else: the first 3 of that block encrypted.
    """
    match algorithm:
        case Algorithm.TDES:
            return TDES.encrypt(key, bytes(TDES.block))[:3]
        case Algorithm.SM4:
            return SM4.encrypt(key, bytes(SM4.block))[:3]
        case Algorithm.AES:
            return aes_cmac(key, bytes(16))[:5]


def require_check_value(algorithm: Algorithm, key: bytes, expected: bytes) -> None:
    """Raise WrongCheckValue unless `expected` is the whole check value of `key`."""
    if not hmac.compare_digest(check_value(algorithm, key), expected):
        raise WrongCheckValue


def require_sound(algorithm: Algorithm, key: bytes) -> None:
    """Raise WrongLength, BrokenParity or WeakKey unless `key` is one that may be used."""
    if len(key) not in algorithm.sizes:
        raise WrongLength
    if any(key == key[:period] * (len(key) // period) for period in (1, 2, 4, 8) if period < len(key)):
        raise WeakKey
    if algorithm is Algorithm.TDES:
        if psec.des.adjust_key_parity(key) != key:
            raise BrokenParity
        parts = {key[at : at + _DES_KEY] for at in range(0, len(key), _DES_KEY)}
        # Two parts alike make it a shorter key than it seems.
        if len(parts) * _DES_KEY < len(key) or parts & _WEAK_DES:
            raise WeakKey


def new_component(algorithm: Algorithm, size: int, random: Random) -> bytes:
    """A component of `size` bytes, of odd parity for TDES. Raises WrongLength."""
    if size not in algorithm.sizes:
        raise WrongLength
    return _adjusted(algorithm, random(size))


def combine(algorithm: Algorithm, first: bytes, second: bytes) -> bytes:
    """The key of two components, each sound and the key too; raises what `require_sound` does, and SameComponent.

    Two bytes of odd parity make one of even parity: the parity bits of a TDES key, which DES does not look at, are
    set anew.
    """
    require_sound(algorithm, first)
    require_sound(algorithm, second)
    if len(first) != len(second):
        raise WrongLength
    if hmac.compare_digest(first, second):
        raise SameComponent
    key = _adjusted(algorithm, psec.tools.xor(first, second))
    require_sound(algorithm, key)
    return key


def _adjusted(algorithm: Algorithm, key: bytes) -> bytes:
    return psec.des.adjust_key_parity(key) if algorithm is Algorithm.TDES else key
