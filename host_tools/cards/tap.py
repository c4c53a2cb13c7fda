"""A tap by one command: GET PROCESSING OPTIONS with the reader's wishes (TTQ), answered with everything.

EMV Contactless Book C-3 (qVSDC) and C-7 (qPBOC): the card decides by itself, gives ARQC, TC or AAC at once, and for a
TC a signature over what the transaction is about: fDDA, version 01. Version 00, PBOC 2.0's, signs the unpredictable
number alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host_tools.cards import decisions
from host_tools.cards.application import AAC, ARQC, NOT_NOW, TC, Phase, Status
from host_tools.cards.entries import track_2
from host_tools.cards.tlv import tlv

if TYPE_CHECKING:
    from host_tools.cards.session import Session

# Terminal transaction qualifiers (9F66)
_QUICK: Final = (0, 0x20)
_OFFLINE_ONLY: Final = (0, 0x08)
_CAN_ONLINE_PIN: Final = (0, 0x04)
_CAN_SIGNATURE: Final = (0, 0x02)
_MUST_ONLINE: Final = (1, 0x80)
_MUST_CVM: Final = (1, 0x40)
_CAN_DEVICE: Final = (2, 0x40)
# Card transaction qualifiers (9F6C)
_ONLINE_PIN: Final = b"\x80\x00"
_SIGNATURE: Final = b"\x40\x00"
_DEVICE: Final = b"\x00\x80"
_NONE: Final = b"\x00\x00"

_CERTIFICATES: Final = 6  # SFI
_FORM: Final = b"\x01"  # version of fDDA


def answer(session: Session) -> bytes:
    """Raises Status: 6985 sends the reader to another application, or to another interface."""
    qualifiers = session.known[0x9F66]

    def asks(bit: tuple[int, int]) -> bool:
        return bool(qualifiers[bit[0]] & bit[1])

    if not asks(_QUICK):
        raise Status(NOT_NOW)
    cvm = _cvm(session, asks(_MUST_CVM), asks(_CAN_DEVICE), asks(_CAN_ONLINE_PIN), asks(_CAN_SIGNATURE))
    given = TC if session.entry.tap == "offline" and session.face.aip[0] & 0x20 else ARQC
    if asks(_MUST_ONLINE) and given == TC:
        given = ARQC
    if session.entry.tap == "declines" or cvm is None or (given == ARQC and asks(_OFFLINE_ONLY)):
        given = AAC
    wanted = decisions.first(session, given)
    session.phase = Phase.OVER
    qualifiers_back = cvm or _NONE
    issuer_data, cryptogram = decisions.compute(session)
    session.arqc = cryptogram
    parts = [
        tlv(0x82, session.face.aip),
        tlv(0x9F36, session.atc),
        tlv(0x9F26, cryptogram),
        tlv(0x9F27, bytes([wanted])),
        tlv(0x9F10, issuer_data),
        tlv(0x57, track_2(session.entry)),
        tlv(0x9F6C, qualifiers_back),
    ]
    if wanted == TC:  # the sequence number is in the records, and is said once
        parts.append(tlv(0x94, _signed(session, qualifiers_back)))
    else:
        parts.append(tlv(0x5F34, bytes.fromhex(session.entry.psn)))
    return tlv(0x77, *parts)


def _cvm(session: Session, wanted: bool, device: bool, online_pin: bool, signature: bool) -> bytes | None:
    """What the card asks of the reader; None where one is wanted and they have none in common."""
    if not wanted:
        return _NONE
    if device and session.entry.device_verified:
        return _DEVICE
    able = {"online PIN": (online_pin, _ONLINE_PIN), "signature": (signature, _SIGNATURE)}
    return next((able[method][1] for method in session.entry.taps_with if able[method][0]), None)


def _signed(session: Session, qualifiers: bytes) -> bytes:
    """Put the last record there, with the signature, and say where everything lies."""
    beside, related = session.known[0x9F37], b""
    if session.entry.fast_dda:
        related = _FORM + session.card.random(4) + qualifiers + b"\0"
        beside += session.known[0x9F02] + session.known[0x5F2A] + related
    signature = session.sign(b"\x02" + session.atc, beside)
    last = max(number for sfi, number in session.records if sfi == _CERTIFICATES) + 1
    session.records[_CERTIFICATES, last] = tlv(0x70, tlv(0x9F69, related) if related else b"", tlv(0x9F4B, signature))
    located = session.face.afl
    return located[:-4] + bytes([_CERTIFICATES << 3, 1, last, 0])
