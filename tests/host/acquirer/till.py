"""A terminal for these tests: it builds requests and checks what every reply must be, whatever it says.

It is made of the acquirer's own codec and crypto, so it proves nothing about the bytes themselves: those are
held by the vectors in test_spec.py and test_crypto.py, and by the firmware's own implementation end to end.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

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
Side = tuple[int, int]  # fen, count

_REPLIES = {
    "0100": "0110",
    "0200": "0210",
    "0220": "0230",
    "0400": "0410",
    "0320": "0330",
    "0500": "0510",
    "0620": "0630",
    "0800": "0810",
    "0820": "0830",
}


class Sold(NamedTuple):
    """A sale as its slip has it; `day` is MMDD."""

    card: Card
    amount: int
    batch: str
    stan: str
    reference: str
    authorisation: str
    day: str


def half_of_sums(debit: Side = (0, 0), credit: Side = (0, 0)) -> str:
    """Of F48: domestic or foreign cards, with the digit of a request."""
    return "".join(f"{amount:012d}{count:03d}" for amount, count in (debit, credit)) + "0"


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
        if mti not in ("0100", "0200", "0220", "0400", "0620") or 64 in (changes or {}):
            return spec.encode(Message(mti, chosen, TPDU, HEADER))
        unsealed = spec.encode(Message(mti, chosen | {64: "00" * 8}, TPDU, HEADER))[:-8]
        return unsealed + self.suite.mac(self.mak, unsealed[spec.PREFIX_LENGTH :])

    def exchange(self, frame: bytes) -> Message:
        """Send it and take the reply: one of the same kind, to the same request, under a correct MAC."""
        raw = self._answer(frame)
        assert raw is not None
        reply, request = spec.decode(raw), spec.decode(frame)
        assert (reply.tpdu, reply.header) == (TPDU_BACK, HEADER)
        assert reply.mti == _REPLIES[request.mti]
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
        return self.take_keys(self.exchange(self.sign_in_frame()))

    def take_keys(self, reply: Message) -> Message:
        """What a terminal does with the answer to its sign-in."""
        assert reply.fields[39] == "00"
        self.batch = reply.fields[60][2:8]
        keys = bytes.fromhex(reply.fields[62])
        decrypt = self.suite.cipher.decrypt
        self.pik = decrypt(self._enrolment.tmk, keys[:16])
        self.mak = decrypt(self._enrolment.tmk, keys[20 : 20 + self.suite.mak_length])
        return reply

    def manage_frame(self, network_code: str) -> bytes:
        return self.frame("0820", {11: self.next_stan(), 60: f"00{self.batch}{network_code}"})

    def sign_off(self) -> Message:
        return self.exchange(self.manage_frame("002"))

    def sale_frame(
        self, card: Card, amount: int = 100, *, pin: str | None = None, changes: Changes | None = None
    ) -> bytes:
        fields = self._presented(card, amount, pin or card.pin) | {3: "000000", 60: f"22{self.batch}000"}
        return self.frame("0200", fields, changes)

    def sale(self, card: Card, amount: int = 100, *, pin: str | None = None, changes: Changes | None = None) -> Message:
        return self.exchange(self.sale_frame(card, amount, pin=pin, changes=changes))

    def sell(self, card: Card, amount: int = 100) -> Sold:
        """A sale that is approved."""
        return self.sold(card, self.sale(card, amount))

    def sold(self, card: Card, reply: Message, authorisation: str = "") -> Sold:
        fields = reply.fields
        assert fields[39] == "00"
        code = authorisation or fields[38]
        return Sold(card, int(fields[4]), fields[60][2:8], fields[11], fields[37], code, fields[13])

    def void_frame(
        self, sold: Sold, amount: int | None = None, *, pin: str = "", changes: Changes | None = None
    ) -> bytes:
        fields = self._presented(sold.card, sold.amount if amount is None else amount, pin)
        fields |= {3: "200000", 37: sold.reference, 38: sold.authorisation, 60: f"23{self.batch}000"}
        return self.frame("0200", fields | {61: sold.batch + sold.stan}, changes)

    def void(self, sold: Sold, amount: int | None = None, *, pin: str = "", changes: Changes | None = None) -> Message:
        return self.exchange(self.void_frame(sold, amount, pin=pin, changes=changes))

    def refund_frame(self, sold: Sold, amount: int, changes: Changes | None = None) -> bytes:
        fields = self._told(sold.card, amount) | {3: "200000", 37: sold.reference, 38: sold.authorisation}
        fields |= {60: f"25{self.batch}000", 61: sold.batch + sold.stan + sold.day}
        return self.frame("0220", fields, changes)

    def refund(self, sold: Sold, amount: int, changes: Changes | None = None) -> Message:
        return self.exchange(self.refund_frame(sold, amount, changes))

    def offline_frame(self, card: Card, amount: int = 100, changes: Changes | None = None) -> bytes:
        """A sale that was authorised by voice at half past nine."""
        fields = self._told(card, amount) | {3: "000000", 12: "093000", 13: "1123", 38: "VOICE1"}
        return self.frame("0220", fields | {60: f"30{self.batch}000"}, changes)

    def offline(self, card: Card, amount: int = 100, changes: Changes | None = None) -> Message:
        return self.exchange(self.offline_frame(card, amount, changes))

    def pre_auth_frame(self, card: Card, amount: int = 100, changes: Changes | None = None) -> bytes:
        fields = self._presented(card, amount, card.pin) | {3: "030000", 25: "06", 60: f"10{self.batch}000"}
        return self.frame("0100", fields, changes)

    def hold(self, card: Card, amount: int = 100) -> Sold:
        """An authorisation that is approved."""
        return self.sold(card, self.exchange(self.pre_auth_frame(card, amount)))

    def held_frame(self, kind: str, held: Sold, amount: int, changes: Changes | None = None) -> bytes:
        """What is about an authorisation, by the first two digits of F60: 11 a void, 20 a completion, 24 its advice."""
        mti, processing = {"11": ("0100", "200000"), "20": ("0200", "000000"), "24": ("0220", "000000")}[kind]
        advice = {12: "093000", 13: "1123"}
        fields = self._told(held.card, amount) | advice if kind == "24" else self._presented(held.card, amount, "")
        fields |= {3: processing, 25: "06", 38: held.authorisation, 60: f"{kind}{self.batch}000"}
        return self.frame(mti, fields | {61: "0" * 12 + held.day}, changes)

    def about(self, kind: str, held: Sold, amount: int, changes: Changes | None = None) -> Message:
        return self.exchange(self.held_frame(kind, held, amount, changes))

    def tip_frame(self, sold: Sold, tip: int, kind: str = "34", changes: Changes | None = None) -> bytes:
        """What is added: by the first two digits of F60, 32 to an offline sale, 34 to another."""
        fields = self._told(sold.card, sold.amount + tip) | {3: "000000", 12: "213000", 13: "1123", 48: f"{tip:012d}"}
        fields |= {60: f"{kind}{self.batch}000", 61: sold.batch + sold.stan}
        return self.frame("0220", fields, changes)

    def tip(self, sold: Sold, tip: int, kind: str = "34", changes: Changes | None = None) -> Message:
        return self.exchange(self.tip_frame(sold, tip, kind, changes))

    def completion_void_frame(self, sold: Sold, changes: Changes | None = None) -> bytes:
        about = {25: "06", 60: f"21{self.batch}000", 61: sold.batch + sold.stan + sold.day}
        return self.void_frame(sold, changes={**about, **(changes or {})})

    def settlement_frame(self, domestic: str = "", foreign: str = "", changes: Changes | None = None) -> bytes:
        """See half_of_sums; nothing of a kind where it is empty."""
        nothing = half_of_sums()
        fields = {
            11: self.next_stan(),
            48: (domestic or nothing) + (foreign or nothing),
            49: "156",
            60: f"00{self.batch}201",
            63: "01 ",
        }
        return self.frame("0500", fields, changes)

    def settle(self, domestic: str = "", foreign: str = "", changes: Changes | None = None) -> Message:
        return self.exchange(self.settlement_frame(domestic, foreign, changes))

    def upload(self, items: list[tuple[str, str, str, int]], batch: str, count: int | None = None) -> Message:
        """Of each 00 or 01, STAN, card number and fen; with a count the end of it."""
        text = f"{len(items):02d}" + "".join(f"{org}{stan}{pan:0>20}{fen:012d}" for org, stan, pan, fen in items)
        fields = {11: self.next_stan(), 48: text, 60: f"00{batch}201"}
        if count is not None:
            fields |= {48: f"{count:04d}", 60: f"00{batch}202"}
        return self.exchange(self.frame("0320", fields))

    def _told(self, card: Card, amount: int) -> dict[int, str]:
        """A card of which no track was kept."""
        return {
            2: card.pan,
            4: f"{amount:012d}",
            11: self.next_stan(),
            14: card.expiry,
            22: "022",
            25: "00",
            49: "156",
            63: f"{card.scheme} ",
        }

    def _presented(self, card: Card, amount: int, pin: str) -> dict[int, str]:
        """A card that was swiped, and the PIN if one was typed."""
        fields = self._told(card, amount) | {
            35: f"{card.pan}D{card.expiry}{card.service_code}{card.discretionary}",
        }
        del fields[63]
        if pin:
            block = pin_field(self.suite, self.pik, pin, card.pan).hex().upper()
            fields |= {22: "021", 26: "12", self.suite.pin_field: block, 53: self.suite.security.ljust(16, "0")}
        return fields

    def reversal_frame(self, request: bytes, changes: Changes | None = None) -> bytes:
        """The 0400 of a 0200 that got no answer."""
        original = spec.decode(request).fields
        fields = {n: original[n] for n in (2, 3, 4, 11, 14, 22, 25, 49, 60, 61) if n in original} | {39: "98"}
        return self.frame("0400", fields, changes)

    def reverse(self, request: bytes, changes: Changes | None = None) -> Message:
        return self.exchange(self.reversal_frame(request, changes))
