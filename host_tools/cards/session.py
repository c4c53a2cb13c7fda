"""A selected application until the next selection or the end of power: which commands it takes, and when.

EMV 4.3 Book 3, 6.5. What comes in the wrong order is answered 6985.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host_tools.cards import decisions, pins, scripts, signatures, tap
from host_tools.cards.application import (
    ARQC,
    ELSEWHERE,
    NO_DATA,
    NO_RECORD,
    NOT_FOUND,
    NOT_NOW,
    WRONG_DATA,
    WRONG_LENGTH,
    WRONG_PARAMETERS,
    Application,
    Interface,
    Phase,
    Status,
)
from host_tools.cards.tlv import Malformed, find, take, tlv

if TYPE_CHECKING:
    from host_tools.cards.card import Card
    from host_tools.cards.state import ApplicationState

_LOG_FILE: Final = 11
_LOG_RECORDS: Final = 10
_AIP_ISSUER_AUTHENTICATION: Final = 0x04


class Session:
    def __init__(self, card: Card, application: Application, state: ApplicationState) -> None:
        self.card = card
        self.application = application
        self.entry = application.entry
        self.state = state
        self.face = application.faces[card.interface]
        self.phase = Phase.SELECTED
        self.records = dict(self.face.records)
        self.known: dict[int, bytes] = {0x82: self.face.aip}  # what the terminal has said, and the card, by tag
        self.sent = b""  # values of PDOL and CDOLs, which CDA signs
        self.results = decisions.Results()
        self.arqc = b""
        self.authenticated: bool | None = None  # the issuer, None: it has not tried
        self.declined = False  # by the issuer, in what it was authenticated with
        self.challenge = b""

    @property
    def contactless(self) -> bool:
        return self.card.interface is Interface.CONTACTLESS

    @property
    def atc(self) -> bytes:
        return self.state.atc.to_bytes(2, "big")

    def command(self, cla: int, ins: int, p1: int, p2: int, data: bytes) -> bytes | None:
        """What is answered before 9000; None for an instruction that there is not. Raises Status."""
        challenge, self.challenge = self.challenge, b""
        match cla, ins:
            case 0x80, 0xA8:
                return self._processing_options(p1, p2, data)
            case 0x00, 0xB2:
                return self._read_record(p1, p2)
            case 0x80, 0xCA:
                return self._get_data(p1 << 8 | p2)
            case 0x00, 0x84:
                self.challenge = self.card.random(8)
                return self.challenge
            case 0x00, 0x20:
                self._need(Phase.INITIATED)
                return pins.verify(self, p2, data, challenge)
            case 0x00, 0x88:
                return self._internal_authenticate(data)
            case 0x00, 0x82:
                return self._external_authenticate(data)
            case 0x80, 0xAE:
                return self._generate(p1, data)
            case 0x80, 0xD0 if self.contactless and self.application.scheme == "Mastercard":
                return self._recover(data)
            case ((0x84 | 0x04 | 0x8C), _):
                return scripts.run(self, cla, ins, p1, p2, data)
        return None

    def _need(self, *phases: Phase) -> None:
        if self.phase not in phases:
            raise Status(NOT_NOW)

    # -- initiate application processing (6.5.8) --

    def _processing_options(self, p1: int, p2: int, data: bytes) -> bytes:
        self._need(Phase.SELECTED)
        if p1 or p2:
            raise Status(WRONG_PARAMETERS)
        if self.entry.refuses_here or self.state.blocked or self.state.atc == 0xFFFF:
            raise Status(NOT_NOW)
        if self.contactless and self.entry.tap == "insert":
            raise Status(ELSEWHERE)
        try:
            values = find(data, 0x83) if self.face.pdol else b""
        except (KeyError, Malformed):
            raise Status(WRONG_DATA) from None
        listed = take(self.face.pdol, values)
        if listed is None or (not self.face.pdol and data != b"\x83\x00"):
            raise Status(WRONG_LENGTH)
        self.state.atc += 1
        self.known |= listed
        self.known[0x9F36] = self.atc
        self.sent = values
        if self.contactless and self.application.scheme != "Mastercard":
            return tap.answer(self)
        self.phase = Phase.INITIATED
        if self.application.scheme == "Mastercard":
            return tlv(0x77, tlv(0x82, self.face.aip), tlv(0x94, self.face.afl))
        return tlv(0x80, self.face.aip, self.face.afl)

    # -- data --

    def _read_record(self, record: int, reference: int) -> bytes:
        if reference & 7 != 4:
            raise Status(WRONG_PARAMETERS)
        sfi = reference >> 3
        if sfi != _LOG_FILE:
            self._need(Phase.INITIATED, Phase.ONLINE, Phase.OVER)
        elif record <= len(self.state.log):
            return bytes.fromhex(self.state.log[record - 1])
        if sfi != _LOG_FILE and all(each != sfi for each, _ in self.records):
            raise Status(NOT_FOUND)
        found = self.records.get((sfi, record))
        if found is None:
            raise Status(NO_RECORD)
        return found

    def _get_data(self, tag: int) -> bytes:
        values = {
            0x9F36: self.atc,
            0x9F13: self.state.last_online.to_bytes(2, "big"),
            0x9F17: bytes([self.card.state.tries]),
            0x9F4F: self.application.log_format,
        }
        written = self.state.data.get(f"{tag:X}")
        value = bytes.fromhex(written) if written else values.get(tag)
        if value is None:
            raise Status(NO_DATA)
        return tlv(tag, value)

    def log(self) -> None:
        """The transaction, as the log format has it; ten are kept, the last one first."""
        entry = b"".join(
            self.known.get(tag, b"").rjust(size, b"\0")[:size] for tag, size in decisions.listed(self.application)
        )
        self.state.log = [entry.hex(), *self.state.log][:_LOG_RECORDS]

    # -- authentication (6.5.9, 6.5.4) --

    def _internal_authenticate(self, data: bytes) -> bytes:
        self._need(Phase.INITIATED)
        if self.entry.oda not in ("DDA", "CDA"):
            raise Status(NOT_NOW)
        if len(data) != 4:
            raise Status(WRONG_LENGTH)
        signed = self.sign(b"\x08" + self.card.random(8), data)
        return tlv(0x77, tlv(0x9F4B, signed)) if self.application.scheme == "Mastercard" else tlv(0x80, signed)

    def sign(self, dynamic: bytes, beside: bytes) -> bytes:
        signed = signatures.dynamic_signature(self.application.keys.card, dynamic, beside)
        return signed[:-1] + bytes([signed[-1] ^ 1]) if self.entry.spoil == "dynamic" else signed

    def _external_authenticate(self, data: bytes) -> bytes:
        """Once in a transaction."""
        self._need(Phase.ONLINE)
        if not self.face.aip[0] & _AIP_ISSUER_AUTHENTICATION or self.authenticated is not None:
            raise Status(NOT_NOW)
        if not 8 <= len(data) <= 16:
            raise Status(WRONG_LENGTH)
        if not decisions.authenticate(self, data):
            raise Status(0x6300)
        return b""

    # -- cryptograms (6.5.5) --

    def _generate(self, control: int, data: bytes) -> bytes:
        self._need(Phase.INITIATED, Phase.ONLINE)
        if control & ~0xD0 or control & 0xC0 == 0xC0:
            raise Status(WRONG_PARAMETERS)
        first = self.phase is Phase.INITIATED
        values = take(self.face.lists[0x8C if first else 0x8D], data)
        if values is None:
            raise Status(WRONG_LENGTH)
        if not first and control & 0xC0 == ARQC:
            raise Status(WRONG_PARAMETERS)
        self.known |= values
        self.sent += data
        given = (decisions.first if first else decisions.second)(self, control & 0xC0)
        self.phase = Phase.ONLINE if given == ARQC and not self.contactless else Phase.OVER
        answer = decisions.answer(self, given, bool(control & 0x10))
        if self.contactless:
            self.card.torn = (decisions.recovery_data(self), answer)
        return answer

    def _recover(self, data: bytes) -> bytes:
        """RECOVER AC (C-2, 5.4): the answer that a reader has lost, to the reader that has lost it."""
        if self.phase is not Phase.SELECTED and self.phase is not Phase.INITIATED:
            raise Status(NOT_NOW)
        torn = self.card.torn
        if torn is None or torn[0] != data:
            raise Status(NOT_NOW)
        self.phase = Phase.OVER
        return torn[1]
