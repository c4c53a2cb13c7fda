"""Cryptograms, issuer authentication and secure messaging, one class for each way that the schemes have.

What pyemv has is pyemv's: key derivations, MACs, ARPC methods 1 and 2, PIN blocks (EMV 4.3 Book 2, 8 and 9 and Annex
A1; VIS 1.6 Annexes D and E for cryptogram versions 10 and 18; M/Chip 4 and Advance for 16 and 20). PBOC's (JR/T 0025.5
and .7) are put together from its parts: a session key is the card's key over ATC and over its complement, zeros before
each.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.utils import CryptographyDeprecationWarning
from pyemv import ac, kd, sm, tools

Data = Mapping[int, bytes]

# What every version computes a cryptogram of; the card's own word on what it did comes last.
SIGNED: Final = (0x9F02, 0x9F03, 0x9F1A, 0x95, 0x5F2A, 0x9A, 0x9C, 0x9F37, 0x82, 0x9F36)


def _no_deprecation() -> warnings.catch_warnings[None]:
    """pyemv takes TripleDES, and keys of two parts, from where `cryptography` wants them no more."""
    return warnings.catch_warnings(action="ignore", category=CryptographyDeprecationWarning)


@dataclass(frozen=True)
class MasterKeys:
    """The issuer's, 16 bytes each: for cryptograms, and for integrity and confidentiality of scripts."""

    ac: bytes
    smi: bytes
    smc: bytes

    def __post_init__(self) -> None:
        if {len(self.ac), len(self.smi), len(self.smc)} != {16}:
            raise ValueError("a master key is not of 16 bytes")

    def __repr__(self) -> str:
        return "MasterKeys()"


class Cryptograms(ABC):
    """What one card's keys make. `number` is the cryptogram version number that 9F10 names."""

    number: ClassVar[int]
    mac_size: ClassVar[int] = 8  # of a script's command
    update_size: ClassVar[int] = (
        2  # of what goes with an ARPC: response code (method 1) or, with 4, card status update (2)
    )
    binary_response: ClassVar[bool] = False  # whether that code is one of bits, and not F39

    def __init__(self, keys: MasterKeys, pan: str, psn: str) -> None:
        with _no_deprecation():
            self._ac = self._derive(keys.ac, pan, psn)
            self._smi = self._derive(keys.smi, pan, psn)
            self._smc = self._derive(keys.smc, pan, psn)

    def _derive(self, master: bytes, pan: str, psn: str) -> bytes:
        """The card's key (Annex A1.4): option A."""
        return kd.derive_icc_mk_a(master, pan, psn)

    # -- cryptograms --

    def cryptogram(self, data: Data, issuer_data: bytes) -> bytes:
        """AC of 8 bytes; KeyError for data that are missing. `issuer_data` is 9F10."""
        message = b"".join(data[tag] for tag in SIGNED) + self._told(issuer_data)
        with _no_deprecation():
            return ac.generate_ac(self._session(data), message, self._padding())

    def authentication(self, data: Data, arqc: bytes, update: bytes) -> bytes:
        """Issuer authentication data, tag 91: ARPC, then `update`."""
        with _no_deprecation():
            if self.update_size == 2:
                return ac.generate_arpc_1(self._answering(data), arqc, update) + update
            return ac.generate_arpc_2(self._answering(data), arqc, update) + update

    @abstractmethod
    def results(self, issuer_data: bytes) -> bytes:
        """The card verification results in 9F10."""

    @abstractmethod
    def issuer_data(self, results: bytes) -> bytes:
        """9F10 around card verification results."""

    def _told(self, issuer_data: bytes) -> bytes:
        return self.results(issuer_data)

    def _padding(self) -> ac.PaddingType:
        return ac.PaddingType.EMV

    @abstractmethod
    def _session(self, data: Data) -> bytes: ...

    def _answering(self, data: Data) -> bytes:
        return self._session(data)

    # -- scripts --

    def command_mac(self, header: bytes, body: bytes, atc: bytes, arqc: bytes) -> bytes:
        """Over a command without its MAC; `header` has the Lc that counts the MAC too."""
        with _no_deprecation():
            key = self._messaging(self._smi, atc, arqc)
            return sm.generate_command_mac(key, header + atc + arqc + body, self.mac_size)

    def encipher(self, data: bytes, atc: bytes, arqc: bytes) -> bytes:
        with _no_deprecation():
            return sm.encrypt_command_data(self._messaging(self._smc, atc, arqc), data, sm.EncryptionType.VISA)

    def decipher(self, data: bytes, atc: bytes, arqc: bytes) -> bytes:
        """The other way; ValueError for what no issuer has enciphered."""
        with _no_deprecation():
            key = self._messaging(self._smc, atc, arqc)
        plain = Cipher(TripleDES(key + key[:8]), modes.ECB()).decryptor().update(data)
        if not plain or plain[0] >= len(plain):
            raise ValueError("no length in front")
        return plain[1 : 1 + plain[0]]

    def pin_block(self, pin: str) -> bytes:
        return sm.format_vis_pin_block(self._ac, pin)

    def pin(self, block: bytes) -> str:
        """Out of a PIN block; ValueError if there is none in it."""
        return _digits(tools.xor(block, bytes(4) + self._ac[4:8]), 0)

    @abstractmethod
    def _messaging(self, key: bytes, atc: bytes, arqc: bytes) -> bytes: ...


def _digits(block: bytes, control: int) -> str:
    """ISO 9564-1's formats 0 and 2, the PAN's part of which is already out of it."""
    size = block[0] & 0x0F
    pin, filler = block[1:].hex()[:size], block[1:].hex()[size:]
    if len(block) != 8 or block[0] >> 4 != control or not 4 <= size <= 12 or not pin.isdecimal():
        raise ValueError("no PIN block")
    if filler.strip("f"):
        raise ValueError("no PIN block")
    return pin


class _Vis(Cryptograms):
    """Visa's: 9F10 is its length, derivation key index, version, results of 4 bytes."""

    def results(self, issuer_data: bytes) -> bytes:
        return issuer_data[3:7]

    def issuer_data(self, results: bytes) -> bytes:
        return bytes([2 + len(results), 0x01, self.number]) + results

    def _messaging(self, key: bytes, atc: bytes, arqc: bytes) -> bytes:
        return kd.derive_visa_sm_sk(key, atc)


class Visa10(_Vis):
    """The card's key itself, ISO/IEC 9797-1 padding 1, ARPC method 1."""

    number = 10

    def _session(self, data: Data) -> bytes:
        return self._ac

    def _padding(self) -> ac.PaddingType:
        return ac.PaddingType.VISA


class Visa18(_Vis):
    """Keys by option B, common session keys, all of 9F10 signed, ARPC method 2."""

    number = 18
    update_size = 4

    def _derive(self, master: bytes, pan: str, psn: str) -> bytes:
        return kd.derive_icc_mk_b(master, pan, psn)

    def _told(self, issuer_data: bytes) -> bytes:
        return issuer_data

    def _session(self, data: Data) -> bytes:
        return kd.derive_common_sk(self._ac, data[0x9F36] + bytes(6))


class Pboc(_Vis):
    """PBOC 3.0 with TDES: 9F10 ends with the algorithm, 01; MACs of scripts have 4 bytes."""

    number = 1
    mac_size = 4

    def issuer_data(self, results: bytes) -> bytes:
        return bytes([3 + len(results), 0x00, self.number]) + results + b"\x01"

    def _session(self, data: Data) -> bytes:
        return self._diversified(self._ac, data[0x9F36])

    def _messaging(self, key: bytes, atc: bytes, arqc: bytes) -> bytes:
        return self._diversified(key, atc)

    def _diversified(self, key: bytes, atc: bytes) -> bytes:
        return tools.encrypt_tdes_ecb(key, bytes(6) + atc + bytes(6) + tools.xor(atc, b"\xff\xff"))


class Mastercard16(Cryptograms):
    """M/Chip 4: session keys of ATC and unpredictable number, ARPC by the card's key itself.

    9F10: derivation key index, version, results of 6 bytes, data authentication code, counters of 8 bytes, which this
    version does not sign.
    """

    number = 0x10
    binary_response = True

    def results(self, issuer_data: bytes) -> bytes:
        return issuer_data[2:8]

    def issuer_data(self, results: bytes) -> bytes:
        return bytes([0x01, self.number]) + results + bytes(2) + b"\xff" * 8

    def _session(self, data: Data) -> bytes:
        return kd.derive_common_sk(self._ac, data[0x9F36] + bytes(2) + data[0x9F37])

    def _answering(self, data: Data) -> bytes:
        return self._ac

    def encipher(self, data: bytes, atc: bytes, arqc: bytes) -> bytes:
        with _no_deprecation():
            return sm.encrypt_command_data(self._messaging(self._smc, atc, arqc), data, sm.EncryptionType.MASTERCARD)

    def decipher(self, data: bytes, atc: bytes, arqc: bytes) -> bytes:
        with _no_deprecation():
            key = self._messaging(self._smc, atc, arqc)
        return Cipher(TripleDES(key + key[:8]), modes.CBC(bytes(8))).decryptor().update(data)

    def pin_block(self, pin: str) -> bytes:
        return sm.format_iso9564_2_pin_block(pin)

    def pin(self, block: bytes) -> str:
        return _digits(block, 2)

    def _messaging(self, key: bytes, atc: bytes, arqc: bytes) -> bytes:
        return kd.derive_common_sk(key, arqc)


class Mastercard20(Mastercard16):
    """The same with common session keys, for the ARPC too."""

    number = 0x14

    def _session(self, data: Data) -> bytes:
        return kd.derive_common_sk(self._ac, data[0x9F36] + bytes(6))

    def _answering(self, data: Data) -> bytes:
        return self._session(data)


METHODS: Final[dict[str, type[Cryptograms]]] = {
    "PBOC": Pboc,
    "Visa 10": Visa10,
    "Visa 18": Visa18,
    "Mastercard 16": Mastercard16,
    "Mastercard 20": Mastercard20,
}


def numbered(scheme: str, issuer_data: bytes) -> type[Cryptograms] | None:
    """By the scheme's name and the version that 9F10 names; None for one that nobody here can check."""
    at = 1 if scheme == "Mastercard" else 2
    known = {"UnionPay": (Pboc,), "Visa": (Visa10, Visa18), "Mastercard": (Mastercard16, Mastercard20)}
    found = issuer_data[at : at + 1]
    return next((method for method in known.get(scheme, ()) if found == bytes([method.number])), None)
