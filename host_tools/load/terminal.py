"""A terminal without a screen: what it sends, what it believes, and what it has to answer for. No I/O.

It has its own keys from its sign-in, its own STANs, cards with chips that make real cryptograms, PIN blocks, MACs on
all that moves money; it checks each answer as a terminal must, and adds up its batch for the settlement.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from hmac import compare_digest
from typing import TYPE_CHECKING, Final, NamedTuple

import psec

from host_tools.acquirer import spec, sums
from host_tools.cards.cryptograms import METHODS, SIGNED
from host_tools.cards.tlv import objects, tlv

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from host_tools.acquirer.cards import Card
    from host_tools.acquirer.spec import Message
    from host_tools.acquirer.terminals import Enrolment
    from host_tools.cards.cryptograms import Cryptograms, MasterKeys

APPROVED: Final = "00"
CLOSED: Final = ("00", "25")  # what closes a reversal: reversed, or nothing there to reverse
DELIVERED: Final = ("00", "94")  # of an advice
SIGN_IN: Final = "77"

_TPDU: Final = bytes.fromhex("6000030000")
_HEADER: Final = bytes.fromhex("603100311003")
_NO_MAC: Final = "00" * spec.MAC_LENGTH
_AIDS: Final = {"CUP": "A000000333010101", "VIS": "A0000000031010"}
_METHODS: Final = {"CUP": ("UnionPay", "PBOC"), "VIS": ("Visa", "Visa 10")}
_SENT: Final = (0x9F26, 0x9F27, 0x9F10, 0x9F37, 0x9F36, 0x95, 0x9A, 0x9C, 0x9F02, 0x5F2A, 0x82, 0x9F1A, 0x9F03, 0x9F33)
_STANS: Final = 999_999
_SIDES: Final = ("debit", "credit")


class BadAnswer(Exception):
    """An answer that no terminal may believe; the text says why, and carries nothing of it."""


@dataclass(frozen=True, slots=True)
class Request:
    """`frame` is what goes over the line; `kind` as the acquirer calls it."""

    kind: str
    mti: str
    frame: bytes
    fields: dict[int, str] = field(repr=False)
    card: Holder | None = None
    data: dict[int, bytes] = field(default_factory=dict, repr=False)  # of its chip

    @property
    def amount(self) -> int:
        return int(self.fields[4])


class Sold(NamedTuple):
    """A sale that can be taken back."""

    request: Request
    reference: str
    authorisation: str
    day: str


class Holder:
    """A card in somebody's hand, and its chip: a counter and the keys of its own."""

    def __init__(self, card: Card, issuers: dict[str, MasterKeys]) -> None:
        self.card = card
        scheme, method = _METHODS[card.scheme]
        self.cryptograms: Cryptograms = METHODS[method](issuers[scheme], card.pan, "01")
        self._atc = 0

    def asks(self, amount: int, at: datetime, unpredictable: bytes) -> dict[int, bytes]:
        """The data of a first GENERATE AC that goes online."""
        self._atc = self._atc % 0xFFFF + 1
        data = {
            0x9F02: bytes.fromhex(f"{amount:012d}"),
            0x9F03: bytes(6),
            0x9F1A: b"\x01\x56",
            0x95: bytes(5),
            0x5F2A: b"\x01\x56",
            0x9A: bytes.fromhex(f"{at:%y%m%d}"),
            0x9C: b"\0",
            0x9F37: unpredictable,
            0x82: b"\x7c\0",
            0x9F36: self._atc.to_bytes(2, "big"),
            0x9F10: self.cryptograms.issuer_data(b"\x03\xa0\0\0"),
            0x9F27: b"\x80",
            0x9F33: b"\xe0\xe1\xc8",
            0x84: bytes.fromhex(_AIDS[self.card.scheme]),
        }
        assert data.keys() >= set(SIGNED)
        data[0x9F26] = self.cryptograms.cryptogram(data, data[0x9F10])
        return data


class Terminal:
    """`random(n)` gives n bytes. The methods that make a Request use up a STAN; `believe` is for each answer."""

    def __init__(self, enrolment: Enrolment, random: Callable[[int], bytes]) -> None:
        self.tid = enrolment.tid
        self.signed_in = False
        self.balanced = False  # as the host said to the last settlement
        self.sold: list[Sold] = []
        self.sums: Counter[tuple[str, str]] = Counter()  # fen by organisation and side, for the settlement
        self.counts: Counter[tuple[str, str]] = Counter()
        self._enrolment = enrolment
        self._suite = enrolment.suite
        self._random = random
        self._batch = f"{enrolment.batch:06d}"
        self._stan = int.from_bytes(random(3), "big") % _STANS
        self._pik = self._mak = b""

    def sign_in(self) -> Request:
        serial = self._enrolment.serial
        fields = {
            60: f"00{self._batch}{self._suite.network_code}",
            62: f"Sequence No{len(serial):02d}{serial}".encode().hex().upper(),
            63: "01 ",
        }
        return self._request("sign_in", "0800", fields)

    def sale(self, holder: Holder, amount: int, at: datetime, *, by_chip: bool = True) -> Request:
        """With its PIN."""
        card, suite = holder.card, self._suite
        block = psec.pinblock.encode_pinblock_iso_0(card.pin, card.pan)
        fields = self._presented(card, amount) | {
            3: "000000",
            22: "051" if by_chip else "021",
            26: "12",
            35: f"{card.pan}D{card.expiry}{card.service_code}{card.discretionary}",
            suite.pin_field: suite.cipher.encrypt(self._pik, block).hex().upper(),
            53: suite.security.ljust(16, "0"),
            60: f"22{self._batch}000{'50' if by_chip else ''}",
        }
        data: dict[int, bytes] = {}
        if by_chip:
            data = holder.asks(amount, at, self._random(4))
            fields |= {23: "001", 55: b"".join(tlv(tag, data[tag]) for tag in (*_SENT, 0x84)).hex().upper()}
        return self._request("sale", "0200", fields, holder, data)

    def void(self, sold: Sold) -> Request:
        holder = sold.request.card
        assert holder is not None
        card = holder.card
        fields = self._presented(card, sold.request.amount) | {
            3: "200000",
            22: "022",
            35: f"{card.pan}D{card.expiry}{card.service_code}{card.discretionary}",
            37: sold.reference,
            38: sold.authorisation,
            60: f"23{self._batch}000",
            61: self._batch + sold.request.fields[11],
        }
        return self._request("void", "0200", fields, holder)

    def refund(self, sold: Sold, amount: int) -> Request:
        holder = sold.request.card
        assert holder is not None
        fields = self._presented(holder.card, amount) | {
            3: "200000",
            22: "012",
            37: sold.reference,
            38: sold.authorisation,
            60: f"25{self._batch}000",
            61: self._batch + sold.request.fields[11] + sold.day,
            63: f"{holder.card.scheme} ",
        }
        return self._request("refund", "0220", fields, holder)

    def reversal(self, request: Request) -> Request:
        """Of a sale or void that was not answered as it should have been; it has its STAN."""
        kept = (2, 3, 4, 11, 14, 22, 23, 25, 49, 60, 61)
        fields = {number: request.fields[number] for number in kept if number in request.fields} | {39: "98"}
        if request.data:
            told = (0x95, 0x9F10, 0x9F36)
            fields[55] = b"".join(tlv(tag, request.data[tag]) for tag in told).hex().upper()
        return self._request(f"reversal of a {request.kind}", "0400", fields, request.card)

    def settlement(self) -> Request:
        halves = []
        for organisation in ("CUP", "VIS"):
            sides = (f"{self.sums[organisation, side]:012d}{self.counts[organisation, side]:03d}" for side in _SIDES)
            halves.append("".join(sides) + "0")
        fields = {48: "".join(halves), 49: "156", 60: f"00{self._batch}201", 63: "01 "}
        return self._request("settlement", "0500", fields)

    def believe(self, request: Request, frame: bytes) -> str:
        """The response code of an answer that is this request's, under a right MAC and ARPC; raises BadAnswer.

        What follows from it for this terminal is done: keys taken, sums added up.
        """
        try:
            reply = spec.decode(frame)
        except spec.MessageError:
            raise BadAnswer("no message") from None
        if reply.mti != f"{int(request.mti) + 10:04d}":
            raise BadAnswer("an answer to something else")
        for number in (4, 11, 41, 42):
            if number in request.fields and reply.fields.get(number) != request.fields[number]:
                raise BadAnswer(f"field {number} is another's")
        code = reply.fields.get(39, "")
        if spec.MAC in request.fields and code not in ("97", SIGN_IN):
            mac = self._suite.mac(self._mak, frame[spec.PREFIX_LENGTH : -spec.MAC_LENGTH])
            if spec.MAC not in reply.fields or not compare_digest(mac, frame[-spec.MAC_LENGTH :]):
                raise BadAnswer("its MAC is wrong")
        self._follow(request, reply, code)
        return code

    # -- --

    def _follow(self, request: Request, reply: Message, code: str) -> None:
        fields = reply.fields
        if code == SIGN_IN:
            self.signed_in = False
        if request.kind == "refund" and code in DELIVERED:
            self._add(request, "credit")
        if code != APPROVED:
            return
        if request.kind == "sign_in":
            self._take_keys(fields)
        elif request.kind == "sale":
            if request.data:
                self._authenticate(request, fields)
            self._add(request, "debit")
            self.sold.append(Sold(request, fields[37], fields[38], fields[13]))
        elif request.kind == "void":
            self._add(request, "credit")
        elif request.kind == "settlement":
            halves = sums.halves(fields[48])
            self.balanced = all(digit == sums.EQUAL for _, digit in halves)
            self.signed_in = False  # the next batch begins with a sign-in
            self.sums.clear()
            self.counts.clear()
            self.sold.clear()

    def _authenticate(self, request: Request, fields: dict[int, str]) -> None:
        """The issuer's own word, which the card checks."""
        assert request.card is not None
        answer = dict(objects(bytes.fromhex(fields.get(55, ""))))
        expected = request.card.cryptograms.authentication(request.data, request.data[0x9F26], APPROVED.encode())
        if answer.get(0x91) != expected:
            raise BadAnswer("its ARPC is wrong")

    def _add(self, request: Request, side: str) -> None:
        assert request.card is not None
        self.sums[request.card.card.scheme, side] += request.amount
        self.counts[request.card.card.scheme, side] += 1

    def _take_keys(self, fields: dict[int, str]) -> None:
        keys = bytes.fromhex(fields[62])
        decrypt = partial(self._suite.cipher.decrypt, self._enrolment.tmk)
        self._batch = fields[60][2:8]
        self._pik, self._mak = decrypt(keys[:16]), decrypt(keys[20 : 20 + self._suite.mak_length])
        checks = self._suite.check_value(self._pik), self._suite.check_value(self._mak)
        if (keys[16:20], keys[36:40]) != checks:
            raise BadAnswer("a key's check value is wrong")
        self.signed_in = True

    def _presented(self, card: Card, amount: int) -> dict[int, str]:
        return {2: card.pan, 4: f"{amount:012d}", 14: card.expiry, 25: "00", 49: "156"}

    def _request(
        self,
        kind: str,
        mti: str,
        fields: dict[int, str],
        holder: Holder | None = None,
        data: dict[int, bytes] | None = None,
    ) -> Request:
        if 11 not in fields:
            self._stan = self._stan % _STANS + 1
            fields[11] = f"{self._stan:06d}"
        fields |= {41: self.tid, 42: self._enrolment.mid}
        if mti in ("0200", "0220", "0400"):
            fields[spec.MAC] = _NO_MAC
            plain = spec.encode(spec.Message(mti, fields, _TPDU, _HEADER))[: -spec.MAC_LENGTH]
            frame = plain + self._suite.mac(self._mak, plain[spec.PREFIX_LENGTH :])
        else:
            frame = spec.encode(spec.Message(mti, fields, _TPDU, _HEADER))
        return Request(kind, mti, frame, fields, holder, data or {})
