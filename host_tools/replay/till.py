"""A terminal without a terminal: signs in at a live host, and says a trace's financial messages to it anew.

Keys are fresh from the sign-in, STANs from a new start, batch and references the live host's own. Cards are the
fixture's: track, PIN block and MAC are made again, by the acquirer's own codec and crypto.
"""

from __future__ import annotations

import secrets
import socket
from typing import TYPE_CHECKING, Final

import psec

from host_tools.acquirer import spec
from host_tools.acquirer.cards import tracks
from host_tools.replay import masking
from host_tools.replay.cryptograms import Counter, renewed
from host_tools.replay.errors import HostTrouble

if TYPE_CHECKING:
    from host_tools.acquirer.suites import Suite
    from host_tools.acquirer.terminals import Enrolment
    from host_tools.replay.trace import Message

_TPDU: Final = bytes.fromhex("6000030000")
_HEADER: Final = bytes.fromhex("603100311003")
_TIMEOUT_S: Final = 30
_PAN, _STAN, _EXPIRY, _TRACK2, _RRN, _AUTHORISATION, _PIN_FIELDS = 2, 11, 14, 35, 37, 38, (52, 59)
_BATCH_IN_60: Final = slice(2, 8)
_NAME: Final = 12  # digits of batch and STAN, which F61 begins with
_CANNOT: Final = (36, 62)  # what is of the card or the session, and is not made again here
_CHIP: Final = 55
_SEALED: Final = ("0200", "0220", "0400")

Fields = dict[int, str]


class CannotSay(Exception):
    """A message that cannot be made from its trace; the text says why."""


class Till:
    """Connected and signed in. Raises HostTrouble; close it."""

    def __init__(self, enrolment: Enrolment, host: str, port: int) -> None:
        self._enrolment = enrolment
        self._suite = enrolment.suite
        self._pik = self._mak = b""
        self._batch = f"{enrolment.batch:06d}"
        # Somewhere in the numbers, so that two runs against one batch do not meet.
        self._stan = secrets.randbelow(800_000) + 100_000
        self._counter = Counter()
        self._names: dict[str, str] = {}  # batch and STAN then: STAN now
        self._replies: dict[str, Fields] = {}  # by batch and STAN then
        try:
            self._socket = socket.create_connection((host, port), _TIMEOUT_S)
        except OSError as problem:
            raise HostTrouble(f"{host}:{port}: {problem}") from None
        try:
            self._sign_in()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._socket.close()

    def say(self, message: Message) -> Fields:
        """The live host's reply to it. Raises CannotSay, HostTrouble."""
        then = {number: value for number, _, value in message.fields}
        name = then[60][_BATCH_IN_60] + then[_STAN]
        fields = self._renewed(message, then, name)
        reply = self._exchange(message.mti, fields)
        self._replies.setdefault(name, reply)  # a reversal has the name of what it takes back
        return reply

    def _renewed(self, message: Message, then: Fields, name: str) -> Fields:
        fields = {number: value for number, value in then.items() if number not in (spec.MAC, *_PIN_FIELDS)}
        fields |= {41: self._enrolment.tid, 42: self._enrolment.mid, _STAN: self._names.setdefault(name, self._next())}
        fields[60] = then[60][:2] + self._batch + then[60][8:]
        if missing := next((number for number in _CANNOT if number in then), 0):
            raise CannotSay(f"F{missing} cannot be made again")
        card = masking.fixture().cards.get(message.card)
        if card is None and (_PAN in then or _TRACK2 in then):
            raise CannotSay("its card is not in the fixture")
        if card:
            made = {_PAN: card.pan, _TRACK2: tracks(card)[1][1:-2].replace("=", "D"), _EXPIRY: card.expiry}
            fields |= {number: value for number, value in made.items() if number in then}
            if any(number in then for number in _PIN_FIELDS):
                pin = _pin(card.pin, message.pin)
                fields[self._suite.pin_field] = _pin_field(self._suite, self._pik, pin, card.pan).hex().upper()
        if _CHIP in then:
            if not (card and message.chip):
                raise CannotSay(f"F{_CHIP} is of a card that is not in the fixture")
            fields[_CHIP] = renewed(message.chip, card.pan, self._counter.of(name))
        if 61 in then:
            original = then[61][:_NAME]
            reply = self._replies.get(original, {})
            fields[61] = (
                self._batch
                + self._names.get(original, original[6:])
                + reply.get(13, then[61][_NAME:])[:4] * (len(then[61]) > _NAME)
            )
            fields |= {number: reply[number] for number in (_RRN, _AUTHORISATION) if number in then and number in reply}
        return fields

    def _next(self) -> str:
        self._stan += 1
        return f"{self._stan:06d}"

    def _sign_in(self) -> None:
        serial = self._enrolment.serial
        reply = self._exchange(
            "0800",
            {
                _STAN: self._next(),
                41: self._enrolment.tid,
                42: self._enrolment.mid,
                60: f"00{self._batch}{self._suite.network_code}",
                62: f"Sequence No{len(serial):02d}{serial}".encode().hex().upper(),
                63: "01 ",
            },
        )
        if reply.get(39) != "00":
            raise HostTrouble(f"the sign-in is refused: {reply.get(39, 'without a code')}")
        keys = bytes.fromhex(reply[62])
        decrypt = self._suite.cipher.decrypt
        self._batch = reply[60][_BATCH_IN_60]
        self._pik = decrypt(self._enrolment.tmk, keys[:16])
        self._mak = decrypt(self._enrolment.tmk, keys[20 : 20 + self._suite.mak_length])

    def _exchange(self, mti: str, fields: Fields) -> Fields:
        message = spec.Message(mti, fields, _TPDU, _HEADER)
        if mti in _SEALED:
            message.fields[spec.MAC] = "00" * spec.MAC_LENGTH
            plain = spec.encode(message)[: -spec.MAC_LENGTH]
            frame = plain + self._suite.mac(self._mak, plain[spec.PREFIX_LENGTH :])
        else:
            frame = spec.encode(message)
        try:
            self._socket.sendall(len(frame).to_bytes(2, "big") + frame)
            reply = spec.decode(self._received(int.from_bytes(self._received(2), "big")))
        except (OSError, spec.MessageError) as problem:
            raise HostTrouble(f"no answer to {mti}: {problem}") from None
        if reply.fields.get(_STAN) != fields[_STAN]:
            raise HostTrouble(f"an answer to something else than the {mti}")
        return reply.fields

    def _received(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise HostTrouble("the host has closed the connection")
            data += piece
        return data


def _pin(right: str, offsets: str) -> str:
    """What was keyed, from its distance to the right one digit by digit; the right one where nothing is known."""
    if len(offsets) < 4:
        return right
    return "".join(str((int(right[at % len(right)]) + int(offset)) % 10) for at, offset in enumerate(offsets))


def _pin_field(suite: Suite, pik: bytes, pin: str, pan: str) -> bytes:
    """ISO 9564-1 format 0 under a cipher of 8 bytes, else format 4."""
    if suite.cipher.block == 8:
        return suite.pin_head + suite.cipher.encrypt(pik, psec.pinblock.encode_pinblock_iso_0(pin, pan))
    inner = suite.cipher.encrypt(pik, psec.pinblock.encode_pin_field_iso_4(pin))
    bound = psec.tools.xor(inner, psec.pinblock.encode_pan_field_iso_4(pan))
    return suite.pin_head + suite.cipher.encrypt(pik, bound)
