"""Cipher suites: what a terminal and its acquirer agreed on when it was enrolled.

A suite says which sign-in a terminal may ask for, how its working keys come, where its PIN block stands and what its
MAC is. Nothing of this is chosen on the wire: what is of another suite is refused, so that no terminal is talked down.

What of the rows below could not be confirmed is said in docs/messages.md. AES is no suite of UnionPay's: its codes are
our own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

import psec

from host_tools.acquirer.crypto import AES, SM4, TDES, BlockCipher, aes_cmac, cup_mac

if TYPE_CHECKING:
    from host_tools.acquirer.crypto import Random

KEY_LENGTH: Final = 16  # bytes of every TMK and PIK
PIN_BLOCK_8: Final = 52
PIN_BLOCK_16: Final = 59

_CHECK_VALUE: Final = 4  # bytes
_MAK_ROOM: Final = 16  # bytes that F62 has for a MAK of any length
_MAC: Final = 8  # bytes of F64
_TAGGED: Final = b"A2016"  # what stands before a PIN block in F59: a tag, and the length of the rest in three digits


class PinBlockError(ValueError):
    """What was deciphered is no PIN block of its format for this PAN. Carries nothing of what it was."""


class PinFieldError(ValueError):
    """A PIN field that does not hold one PIN block of its suite's length."""


@dataclass(frozen=True, slots=True)
class Suite:
    """One row of what three suites are made of.

    `network_code` is F60.3 of a sign-in, `security` what F53 begins with, `pin_field` the field of the PIN block and
    `pin_head` what stands in it before the block, `mak_length` in bytes, `mac` F64 by MAK and message.
    """

    name: str
    cipher: BlockCipher
    network_code: str
    security: str
    pin_field: int
    pin_head: bytes
    mak_length: int
    mac: Callable[[bytes, bytes], bytes] = field(repr=False)
    _digest: Callable[[bytes], bytes] = field(repr=False)  # whose beginning is a key's check value
    _pin: Callable[[bytes, bytes, str], str] = field(repr=False)  # by PIK, PIN block and PAN; raises ValueError

    def new_working_keys(self, random: Random) -> tuple[bytes, bytes]:
        """PIK and MAK; those of DES have odd parity."""
        pik, mak = random(KEY_LENGTH), random(self.mak_length)
        if self.cipher is TDES:
            return psec.des.adjust_key_parity(pik), psec.des.adjust_key_parity(mak)
        return pik, mak

    def check_value(self, key: bytes) -> bytes:
        """The 4 bytes that show that a key arrived whole."""
        return self._digest(key)[:_CHECK_VALUE]

    def wrap_working_keys(self, tmk: bytes, pik: bytes, mak: bytes) -> bytes:
        """The 40-byte F62 of a sign-in reply: PIK 16, check value 4, MAK 16 (of 8 bytes, 8 unused), check value 4."""
        wrapped = self.cipher.encrypt(tmk, mak).ljust(_MAK_ROOM, b"\0")
        return b"".join((self.cipher.encrypt(tmk, pik), self.check_value(pik), wrapped, self.check_value(mak)))

    def decipher_pin(self, pik: bytes, content: bytes, pan: str) -> str:
        """The PIN in the content of the suite's PIN field, bound to this PAN. Raises PinFieldError, PinBlockError."""
        head, block = content[: len(self.pin_head)], content[len(self.pin_head) :]
        if head != self.pin_head or len(block) != self.cipher.block:
            raise PinFieldError
        try:
            return self._pin(pik, block, pan)
        except ValueError:
            # psec's message quotes the block: it must not travel on as a cause.
            raise PinBlockError from None


def suite_named(name: str) -> Suite:
    """The suite of that name; raises ValueError."""
    if name not in SUITES:
        raise ValueError(f"suite is not one of {', '.join(SUITES)}")
    return SUITES[name]


def _zeros_encrypted(cipher: BlockCipher, key: bytes) -> bytes:
    return cipher.encrypt(key, bytes(cipher.block))


def _pin_of_format_0(pik: bytes, block: bytes, pan: str) -> str:
    """ISO 9564-1, under TDES."""
    return psec.pinblock.decode_pinblock_iso_0(TDES.decrypt(pik, block), pan)


def _pin_of_format_4(cipher: BlockCipher, pik: bytes, block: bytes, pan: str) -> str:
    """ISO 9564-1:2017, for AES; under SM4 the same construction."""
    bound = psec.tools.xor(cipher.decrypt(pik, block), psec.pinblock.encode_pan_field_iso_4(pan))
    return psec.pinblock.decode_pin_field_iso_4(cipher.decrypt(pik, bound))


def _aes_mac(mak: bytes, data: bytes) -> bytes:
    return aes_cmac(mak, data)[:_MAC]


SUITES: Final = {
    row.name: row
    for row in (
        Suite(
            name="tdes",
            cipher=TDES,
            network_code="003",
            security="26",
            pin_field=PIN_BLOCK_8,
            pin_head=b"",
            mak_length=8,
            mac=cup_mac,
            _digest=partial(_zeros_encrypted, TDES),
            _pin=_pin_of_format_0,
        ),
        Suite(
            name="aes",
            cipher=AES,
            network_code="006",
            security="24",
            pin_field=PIN_BLOCK_16,
            pin_head=_TAGGED,
            mak_length=16,
            mac=_aes_mac,
            _digest=lambda key: aes_cmac(key, bytes(AES.block)),  # ANSI X9.24-1:2017, annex A
            _pin=partial(_pin_of_format_4, AES),
        ),
        Suite(
            name="sm4",
            cipher=SM4,
            network_code="005",
            security="23",
            pin_field=PIN_BLOCK_16,
            pin_head=_TAGGED,
            mak_length=16,
            mac=partial(cup_mac, cipher=SM4),
            _digest=partial(_zeros_encrypted, SM4),
            _pin=partial(_pin_of_format_4, SM4),
        ),
    )
}
