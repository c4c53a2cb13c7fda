"""A terminal for these tests: it builds requests and checks what every reply must be, whatever it says.

It is made of the acquirer's own codec and crypto, so it proves nothing about the bytes themselves: those are
held by the vectors in test_spec.py and test_crypto.py, and by the firmware's own implementation end to end.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import psec

from host_tools.acquirer import spec
from host_tools.acquirer.spec import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from host_tools.acquirer.cards import Card
    from host_tools.acquirer.suites import Suite
    from host_tools.acquirer.terminals import Enrolment

TPDU = bytes.fromhex("6000030000")
TPDU_BACK = bytes.fromhex("6000000003")
HEADER = bytes.fromhex("603100311003")

Changes = dict[int, str | None]  # field: another value, or None to leave it out


def pin_field(suite: Suite, pik: bytes, pin: str, pan: str) -> bytes:
    """What the suite's PIN field holds: ISO 9564-1 format 0, or 4 behind its tag and length."""
    encrypt = partial(suite.cipher.encrypt, pik)
    if suite.cipher.block == 8:
        return encrypt(psec.pinblock.encode_pinblock_iso_0(pin, pan))
    bound = psec.tools.xor(
        encrypt(psec.pinblock.encode_pin_field_iso_4(pin)), psec.pinblock.encode_pan_field_iso_4(pan)
    )
    return b"A2016" + encrypt(bound)


def serial_field(serial: str) -> str:
    return f"Sequence No{len(serial):02d}{serial}".encode().hex().upper()


class Till:
    def __init__(self, answer: Callable[[bytes], bytes | None], enrolment: Enrolment) -> None:
        self._answer = answer
        self._enrolment = enrolment
        self.suite = enrolment.suite
        self._stan = 0
        self.batch = f"{enrolment.batch:06d}"
        self.pik = bytes(16)
        self.mak = bytes(self.suite.mak_length)

    def next_stan(self) -> str:
        self._stan += 1
        return f"{self._stan:06d}"

    def frame(self, mti: str, fields: dict[int, str], changes: Changes | None = None) -> bytes:
        """The request; with its MAC if it is a financial one."""
        chosen = {41: self._enrolment.tid, 42: self._enrolment.mid} | fields
        for number, value in (changes or {}).items():
            chosen.pop(number, None)
            if value is not None:
                chosen[number] = value
        if mti not in ("0200", "0400") or 64 in (changes or {}):
            return spec.encode(Message(mti, chosen, TPDU, HEADER))
        unsealed = spec.encode(Message(mti, chosen | {64: "00" * 8}, TPDU, HEADER))[:-8]
        return unsealed + self.suite.mac(self.mak, unsealed[spec.PREFIX_LENGTH :])

    def exchange(self, frame: bytes) -> Message:
        """Send it and take the reply: one of the same kind, to the same request, under a correct MAC."""
        raw = self._answer(frame)
        assert raw is not None
        reply, request = spec.decode(raw), spec.decode(frame)
        assert (reply.tpdu, reply.header) == (TPDU_BACK, HEADER)
        assert reply.mti == {"0200": "0210", "0400": "0410", "0800": "0810", "0820": "0830"}[request.mti]
        assert {reply.fields[n] == request.fields[n] for n in (11, 41)} == {True}
        if 64 in reply.fields:
            assert raw[-8:] == self.suite.mac(self.mak, raw[spec.PREFIX_LENGTH : -8])
        return reply

    def sign_in_frame(self, changes: Changes | None = None) -> bytes:
        fields = {
            11: self.next_stan(),
            60: f"00{self.batch}{self.suite.network_code}",
            62: serial_field(self._enrolment.serial),
            63: "01 ",
        }
        return self.frame("0800", fields, changes)

    def sign_in(self) -> Message:
        reply = self.exchange(self.sign_in_frame())
        assert reply.fields[39] == "00"
        keys = bytes.fromhex(reply.fields[62])
        decrypt = self.suite.cipher.decrypt
        self.pik = decrypt(self._enrolment.tmk, keys[:16])
        self.mak = decrypt(self._enrolment.tmk, keys[20 : 20 + self.suite.mak_length])
        return reply

    def manage_frame(self, network_code: str) -> bytes:
        return self.frame("0820", {11: self.next_stan(), 60: f"00{self.batch}{network_code}"})

    def sale_frame(
        self, card: Card, amount: int = 100, *, pin: str | None = None, changes: Changes | None = None
    ) -> bytes:
        fields = {
            2: card.pan,
            3: "000000",
            4: f"{amount:012d}",
            11: self.next_stan(),
            14: card.expiry,
            22: "021",
            25: "00",
            26: "12",
            35: f"{card.pan}D{card.expiry}{card.service_code}{card.discretionary}",
            49: "156",
            self.suite.pin_field: pin_field(self.suite, self.pik, pin or card.pin, card.pan).hex().upper(),
            53: self.suite.security.ljust(16, "0"),
            60: f"22{self.batch}000",
        }
        return self.frame("0200", fields, changes)

    def sale(self, card: Card, amount: int = 100, *, pin: str | None = None, changes: Changes | None = None) -> Message:
        return self.exchange(self.sale_frame(card, amount, pin=pin, changes=changes))

    def reversal_frame(self, sale: bytes, changes: Changes | None = None) -> bytes:
        """The 0400 of a 0200 that got no answer."""
        original = spec.decode(sale).fields
        fields = {n: original[n] for n in (2, 3, 4, 11, 14, 22, 25, 49, 60)} | {39: "98"}
        return self.frame("0400", fields, changes)

    def reverse(self, sale: bytes, changes: Changes | None = None) -> Message:
        return self.exchange(self.reversal_frame(sale, changes))
