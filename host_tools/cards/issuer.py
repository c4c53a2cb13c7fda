"""The issuer's side: is this cryptogram the card's, and what is the card told in return (EMV 4.3 Book 2, 8 and 9).

    verdict = Issuer(population.issuers).verify(f55, pan, psn, amount)
    if verdict.genuine:
        field_55 = verdict.answer("00", verdict.script(unblock_pin()))

F55 is data objects by tag, as the request had them; what goes back is F55 of the reply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hmac import compare_digest
from typing import Final

from host_tools.cards.cryptograms import SIGNED, Cryptograms, MasterKeys, numbered
from host_tools.cards.scripts import APPLICATION_BLOCK, APPLICATION_UNBLOCK, CARD_BLOCK, PIN_CHANGE, PUT_DATA
from host_tools.cards.tlv import tlv

BEFORE: Final = 0x71  # scripts for before the second GENERATE AC, and for after it
AFTER: Final = 0x72

_RIDS: Final = {"A000000333": "UnionPay", "A000000003": "Visa", "A000000004": "Mastercard"}
_FIRST_DIGITS: Final = {"6": "UnionPay", "4": "Visa", "5": "Mastercard", "2": "Mastercard"}
_NEEDED: Final = (*SIGNED, 0x9F26, 0x9F10)
_KIND: Final = 0xC0
_APPROVED_UPDATE: Final = bytes.fromhex("00800000")  # card status update: the issuer approves
_DECLINED_UPDATE: Final = bytes(4)
_M_CHIP_APPROVED: Final = bytes.fromhex("0010")  # M/Chip's ARPC response code
_M_CHIP_DECLINED: Final = bytes(2)


@dataclass(frozen=True)
class Order:
    """A command for the card, before its MAC."""

    ins: int
    parameters: int = 0
    cla: int = 0x84
    body: bytes = b""
    pin: str = field(default="", repr=False)  # to be enciphered


def block_application() -> Order:
    return Order(APPLICATION_BLOCK)


def unblock_application() -> Order:
    return Order(APPLICATION_UNBLOCK)


def block_card() -> Order:
    return Order(CARD_BLOCK)


def unblock_pin() -> Order:
    return Order(PIN_CHANGE)


def change_pin(pin: str) -> Order:
    return Order(PIN_CHANGE, 0x0002, pin=pin)


def put_data(tag: int, value: bytes) -> Order:
    return Order(PUT_DATA, tag, 0x04, value)


@dataclass(frozen=True)
class Verdict:
    """`reason` says to people why a cryptogram is not believed; `kind` is what it is: 80 ARQC, 40 TC, 00 AAC."""

    genuine: bool
    reason: str = ""
    kind: int = 0x80
    atc: int = 0
    results: bytes = b""  # the card verification results, as the scheme lays them out
    _cryptograms: Cryptograms | None = field(default=None, repr=False)
    _data: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    def answer(self, response: str, scripts: bytes = b"", *, approved: bool | None = None) -> bytes:
        """F55 of the reply. `response` is F39, which approves if it is 00 and nobody says otherwise.

        ValueError for a request that was not genuine: nobody has the keys to answer it.
        """
        cryptograms = self._keys()
        good = response == "00" if approved is None else approved
        if cryptograms.update_size == 4:
            update = _APPROVED_UPDATE if good else _DECLINED_UPDATE
        elif cryptograms.binary_response:
            update = _M_CHIP_APPROVED if good else _M_CHIP_DECLINED
        else:
            update = response.encode()
        return tlv(0x91, cryptograms.authentication(self._data, self._data[0x9F26], update)) + scripts

    def script(self, *orders: Order, kind: int = AFTER, identifier: bytes = b"\0\0\0\1") -> bytes:
        """A template 71 or 72, its commands in this order."""
        commands = b"".join(tlv(0x86, self._command(order)) for order in orders)
        return tlv(kind, tlv(0x9F18, identifier), commands)

    def _command(self, order: Order) -> bytes:
        cryptograms = self._keys()
        atc, arqc = self._data[0x9F36], self._data[0x9F26]
        body = order.body
        if order.pin:
            body = cryptograms.encipher(cryptograms.pin_block(order.pin), atc, arqc)
        size = len(body) + cryptograms.mac_size
        header = bytes([order.cla, order.ins, order.parameters >> 8, order.parameters & 0xFF, size])
        return header + body + cryptograms.command_mac(header, body, atc, arqc)

    def _keys(self) -> Cryptograms:
        if self._cryptograms is None:
            raise ValueError("the request was not genuine")
        return self._cryptograms


class Issuer:
    """`masters` are the issuers' master keys, by scheme."""

    def __init__(self, masters: Mapping[str, MasterKeys]) -> None:
        self._masters = masters
        # A card's keys are derived once, not once a request.
        self._card = lru_cache(maxsize=4096)(self._derived)

    def verify(self, f55: Mapping[int, bytes], pan: str, psn: str | None = None, amount: int | None = None) -> Verdict:
        """Of a request or an advice. `psn` is F23 where there was one, `amount` F4 in fen; both may be left to F55.

        The cryptogram of a second GENERATE AC is checked the same way, over the data that went into that one.
        """
        if any(tag not in f55 for tag in _NEEDED):
            return Verdict(False, "data are missing")
        if amount is not None and int(f55[0x9F02].hex()) != amount:
            return Verdict(False, "the amount is another")
        scheme = self._scheme(f55, pan)
        method = numbered(scheme, f55[0x9F10])
        if method is None or scheme not in self._masters:
            return Verdict(False, "nobody knows this cryptogram version")
        sequence = psn[-2:] if psn else f55.get(0x5F34, b"\0").hex()
        cryptograms = self._card(method, scheme, pan, sequence)
        if not compare_digest(cryptograms.cryptogram(f55, f55[0x9F10]), f55[0x9F26]):
            return Verdict(False, "the cryptogram is wrong")
        kind = f55.get(0x9F27, b"\x80")[0] & _KIND
        atc = int.from_bytes(f55[0x9F36], "big")
        return Verdict(True, "", kind, atc, cryptograms.results(f55[0x9F10]), cryptograms, dict(f55))

    def _derived(self, method: type[Cryptograms], scheme: str, pan: str, sequence: str) -> Cryptograms:
        return method(self._masters[scheme], pan, sequence)

    def _scheme(self, f55: Mapping[int, bytes], pan: str) -> str:
        name = f55.get(0x84) or f55.get(0x9F06) or b""
        return _RIDS.get(name[:5].hex().upper()) or _FIRST_DIGITS.get(pan[:1], "")
