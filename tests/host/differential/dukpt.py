"""DUKPT as a host does it, over `cryptography`: every key of a terminal from the base key alone.

Written from ANSI X9.24-1:2009 and X9.24-3:2017. `state` is what a register in the terminal has to hold when a given
counter is next: for each bit of the counter the key of the next value in which it is the lowest one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

TDES_MASKS: Final = {
    "pin": 0xFF,
    "mac_request": 0xFF00,
    "data_request": 0xFF0000,
    "mac_response": 0xFF000000,
    "data_response": 0xFF00000000,
}
AES_USES: Final = {
    "pin": 0x1000,
    "mac_generate": 0x2000,
    "mac_verify": 0x2001,
    "mac_both": 0x2002,
    "data_encrypt": 0x3000,
    "data_decrypt": 0x3001,
    "data_both": 0x3002,
}
_VARIANT: Final = bytes.fromhex("C0C0C0C000000000") * 2


def tdes(key: bytes, data: bytes) -> bytes:
    """ECB; 8 bytes of key are single DES."""
    return Cipher(TripleDES((key * 3)[:24]), modes.ECB()).encryptor().update(data)


def aes(key: bytes, data: bytes) -> bytes:
    return Cipher(AES(key), modes.ECB()).encryptor().update(data)


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


@dataclass(frozen=True)
class Dukpt:
    """One terminal's keys: `ksn` is its KSN, whatever its counter."""

    initial_key: bytes
    ksn: bytes
    bits: int
    ones: int

    @property
    def exhausted(self) -> int:
        """The first counter that there is not."""
        return 1 << self.bits

    def derive(self, key: bytes, tail: bytes) -> bytes:
        raise NotImplementedError

    def ksn_of(self, counter: int) -> bytes:
        fixed = int.from_bytes(self.ksn, "big") >> self.bits << self.bits
        return (fixed | counter % self.exhausted).to_bytes(len(self.ksn), "big")

    def key_of(self, counter: int) -> bytes:
        key, value = self.initial_key, 0
        for bit in reversed(range(self.bits)):
            if counter >> bit & 1:
                value |= 1 << bit
                key = self.derive(key, self.ksn_of(value)[-8:])
        return key

    def following(self, counter: int) -> int:
        """The next counter with few enough ones, or the end."""
        counter += 1
        while counter.bit_count() > self.ones:
            counter += counter & -counter
        return counter

    def state(self, counter: int) -> bytes:
        if counter == self.exhausted:
            return self.ksn_of(0) + bytes(self.bits * len(self.initial_key))
        keys = []
        for bit in range(self.bits):
            value = (-(-counter >> bit) | 1) << bit
            parent = value - (1 << bit)
            there = parent < counter and value < self.exhausted and value.bit_count() <= self.ones
            keys.append(self.key_of(value) if there else bytes(len(self.initial_key)))
        return self.ksn_of(counter) + b"".join(keys)


class TdesDukpt(Dukpt):
    def __init__(self, initial_key: bytes, ksn: bytes) -> None:
        super().__init__(initial_key, ksn, bits=21, ones=10)

    @staticmethod
    def initial_key_of(bdk: bytes, ksn: bytes) -> bytes:
        identifier = (int.from_bytes(ksn, "big") >> 21 << 21).to_bytes(10, "big")[:8]
        return tdes(bdk, identifier) + tdes(_xor(bdk, _VARIANT), identifier)

    def derive(self, key: bytes, tail: bytes) -> bytes:
        halves = [
            _xor(tdes(register[:8], _xor(tail, register[8:])), register[8:]) for register in (_xor(key, _VARIANT), key)
        ]
        return b"".join(halves)

    def working_key(self, counter: int, use: str) -> bytes:
        mask = TDES_MASKS[use].to_bytes(8, "big")
        key = _xor(self.key_of(counter), mask * 2)
        return tdes(key, key) if use.startswith("data") else key


class AesDukpt(Dukpt):
    def __init__(self, initial_key: bytes, ksn: bytes) -> None:
        super().__init__(initial_key, ksn, bits=32, ones=16)

    @staticmethod
    def initial_key_of(bdk: bytes, identifier: bytes) -> bytes:
        return _derived(bdk, 0x8001, len(bdk), identifier)

    def derive(self, key: bytes, tail: bytes) -> bytes:
        return _derived(key, 0x8000, len(key), tail)

    def working_key(self, counter: int, use: str, size: int) -> bytes:
        return _derived(self.key_of(counter), AES_USES[use], size, self.ksn_of(counter)[-8:])

    def update_key(self, size: int) -> bytes:
        every = self.exhausted - 1
        return _derived(self.key_of(every), 0x0002, size, self.ksn_of(every)[-8:])


def _derived(key: bytes, use: int, size: int, tail: bytes) -> bytes:
    algorithm = {16: 2, 24: 3, 32: 4}[size]
    blocks = [
        bytes([1, block]) + b"".join(number.to_bytes(2, "big") for number in (use, algorithm, 8 * size)) + tail
        for block in range(1, 1 + -(-size // 16))
    ]
    return aes(key, b"".join(blocks))[:size]
