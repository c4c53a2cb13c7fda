"""What the card makes of a transaction: its own risk management, the cryptogram, and what it tells its issuer in 9F10.

EMV 4.3 Book 3, 9 and 10.8 to 10.11; Book 2, 6.6 and 8. The verification results are laid out as VIS 1.6 (and PBOC)
and M/Chip 4 have them, of which only what these cards do is ever set; the latter's layout is unchecked.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha1
from typing import TYPE_CHECKING, Final

from host_tools.cards.application import AAC, ARQC, TC, Application
from host_tools.cards.tlv import entries, give, tag_bytes, tlv

if TYPE_CHECKING:
    from host_tools.cards.session import Session

_UNABLE: Final = (b"Y3", b"Z3")
_NOT_REQUESTED: Final = 0x80
_ISSUER_APPROVES: Final = 0x80  # card status update, byte 2 (Common Core Definitions)
_LOWER, _UPPER = 0x9F14, 0x9F23


@dataclass
class Results:
    """Of this transaction. Kinds of cryptograms are as GENERATE AC has them; `second` is None before it."""

    first: int = ARQC
    second: int | None = None
    pin_tried: bool = False
    pin_right: bool = False
    pin_enciphered: bool = False
    unable: bool = False
    velocity: bool = False
    scripts: int = 0
    script_failed: bool = False
    combined: bool = False


def first(session: Session, wanted: int) -> int:
    """What is given for what is wanted: never more than that."""
    results, state, entry = session.results, session.state, session.entry
    opinion = entry.tap if session.contactless else entry.decides
    results.velocity = bool(lower(session) and state.offline >= lower(session))
    given = wanted
    if opinion == "declines" or state.blocked:
        given = AAC
    elif wanted == TC and (opinion == "online" or results.velocity or state.unauthenticated):
        given = ARQC
    results.first = given
    if given == TC:
        _spend(session)
    if given == ARQC:
        state.unauthenticated = bool(entry.issuer_must_authenticate)
    return given


def second(session: Session, wanted: int) -> int:
    results, state, entry = session.results, session.state, session.entry
    authentication = session.known.get(0x91, b"")
    if session.application.scheme == "Mastercard" and any(authentication):
        authenticate(session, authentication)
    results.unable = session.known.get(0x8A) in _UNABLE
    given = wanted
    if results.unable:
        limit = upper(session)
        if limit and state.offline >= limit:
            given = AAC
    elif (
        session.declined
        or session.authenticated is False
        or (session.authenticated is None and entry.issuer_must_authenticate)
    ):
        given = AAC
    results.second = given
    if results.unable and given == TC:
        _spend(session)
    elif not results.unable and session.authenticated is not False:
        state.last_online, state.offline, state.spent = state.atc, 0, 0
        if given == TC:
            session.log()
    if session.authenticated:
        state.unauthenticated = False
    return given


def answer(session: Session, given: int, combined: bool) -> bytes:
    """The answer to GENERATE AC: with a signature (6.6.1 of Book 2) where it is asked for, and there is one to give."""
    session.results.combined = combined and given != AAC and session.entry.oda == "CDA"
    issuer_data, cryptogram = compute(session)
    information = bytes([given])
    if given == ARQC or not session.arqc:
        session.arqc = cryptogram
    if session.results.combined:
        others = tlv(0x9F27, information) + tlv(0x9F36, session.atc) + tlv(0x9F10, issuer_data)
        number = b"\x08" + session.card.random(8)
        digest = sha1(session.sent + others).digest()
        signed = session.sign(number + information + cryptogram + digest, session.known[0x9F37])
        return tlv(0x77, others, tlv(0x9F4B, signed))
    if session.application.scheme == "Mastercard":
        return tlv(
            0x77,
            tlv(0x9F27, information),
            tlv(0x9F36, session.atc),
            tlv(0x9F26, cryptogram),
            tlv(0x9F10, issuer_data),
        )
    return tlv(0x80, information, session.atc, cryptogram, issuer_data)


def compute(session: Session) -> tuple[bytes, bytes]:
    """9F10 and the cryptogram."""
    cryptograms = session.application.cryptograms
    results = _m_chip(session) if session.application.scheme == "Mastercard" else _vis(session)
    issuer_data = cryptograms.issuer_data(results)
    return issuer_data, cryptograms.cryptogram(session.known, issuer_data)


def authenticate(session: Session, data: bytes) -> bool:
    """Whether issuer authentication data (91) are its issuer's; with method 2 the issuer's decision is in them too."""
    cryptograms = session.application.cryptograms
    update = data[-cryptograms.update_size :]
    right = cryptograms.authentication(session.known, session.arqc, update) == data
    session.authenticated = right
    session.declined = right and cryptograms.update_size == 4 and not update[1] & _ISSUER_APPROVES
    return right


def lower(session: Session) -> int:
    return _limit(session, _LOWER, session.entry.lower)


def upper(session: Session) -> int:
    return _limit(session, _UPPER, session.entry.upper)


def listed(application: Application) -> list[tuple[int, int]]:
    return list(entries(application.log_format))


def recovery_data(session: Session) -> bytes:
    """What DRDOL asks for."""
    return give(session.face.lists.get(0x9F51, b""), session.known)


def _limit(session: Session, tag: int, personalised: int) -> int:
    written = session.state.data.get(tag_bytes(tag).hex().upper())
    return int(written, 16) if written else personalised


def _spend(session: Session) -> None:
    session.state.offline += 1
    session.state.spent += int(session.known[0x9F02].hex())
    session.log()


def _vis(session: Session) -> bytes:
    results, state = session.results, session.state
    kinds = (_NOT_REQUESTED if results.second is None else results.second) | results.first >> 2
    failed = results.pin_tried and not results.pin_right
    byte_2 = kinds | (session.authenticated is False) << 3 | results.pin_tried << 2 | failed << 1 | results.unable
    byte_3 = (session.card.state.tries == 0) << 6 | results.velocity << 5 | (state.last_online == 0) << 4
    byte_4 = min(state.scripts, 15) << 4 | results.script_failed << 3
    return bytes([0x03, byte_2, byte_3, byte_4])


def _m_chip(session: Session) -> bytes:
    results, state = session.results, session.state
    kinds = (_NOT_REQUESTED if results.second is None else results.second) | results.first >> 2
    failed = results.pin_tried and not results.pin_right
    byte_1 = kinds | results.pin_tried << 2 | results.pin_enciphered << 1 | results.pin_right
    byte_2 = results.combined << 6 | bool(session.authenticated) << 4
    byte_3 = min(state.scripts, 15) << 4 | session.card.state.tries
    byte_4 = results.unable << 6 | (not results.pin_tried) << 5 | failed << 4 | (session.card.state.tries == 0) << 3
    byte_5 = results.velocity << 6 | (session.authenticated is False) << 1 | results.script_failed
    return bytes([byte_1, byte_2, byte_3, byte_4, byte_5, 0x00])
