"""Commands of the issuer's scripts (EMV 4.3 Book 3, 6.5.1, 6.5.2, 6.5.3, 6.5.10; Book 2, 9), each under its MAC."""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from host_tools.cards.application import NO_DATA, NOT_NOW, WRONG_DATA, WRONG_LENGTH, WRONG_PARAMETERS, Status
from host_tools.cards.pins import LIMIT

if TYPE_CHECKING:
    from host_tools.cards.session import Session

APPLICATION_BLOCK: Final = 0x1E
APPLICATION_UNBLOCK: Final = 0x18
CARD_BLOCK: Final = 0x16
PIN_CHANGE: Final = 0x24
PUT_DATA: Final = 0xDA
_KNOWN: Final = (APPLICATION_BLOCK, APPLICATION_UNBLOCK, CARD_BLOCK, PIN_CHANGE, PUT_DATA)

# What PUT DATA may write, and its length: limits on consecutive transactions (EMV's, PBOC's), and PBOC's on sums.
_WRITABLE: Final = {0x9F14: 1, 0x9F23: 1, 0x9F58: 1, 0x9F59: 1, 0x9F54: 6, 0x9F5C: 6}
_WRONG_MAC: Final = 0x6988


def run(session: Session, cla: int, ins: int, p1: int, p2: int, data: bytes) -> bytes | None:
    """Only once the issuer has been asked. A wrong MAC changes nothing but the results of the next cryptogram."""
    if ins not in _KNOWN:
        return None
    if not session.arqc or session.entry.scripts == "refuse":
        raise Status(NOT_NOW)
    cryptograms = session.application.cryptograms
    body, mac = data[: -cryptograms.mac_size], data[-cryptograms.mac_size :]
    if len(mac) != cryptograms.mac_size:
        raise Status(WRONG_LENGTH)
    header = bytes([cla, ins, p1, p2, len(data)])
    if not compare_digest(mac, cryptograms.command_mac(header, body, session.atc, session.arqc)):
        session.results.script_failed = True
        raise Status(_WRONG_MAC)
    try:
        _do(session, ins, p1 << 8 | p2, body)
    except Status:
        session.results.script_failed = True
        raise
    session.state.scripts = (session.state.scripts + 1) & 0x0F
    return b""


def _do(session: Session, ins: int, parameters: int, body: bytes) -> None:
    if ins == PUT_DATA:
        if parameters not in _WRITABLE:
            raise Status(NO_DATA)
        if len(body) != _WRITABLE[parameters]:
            raise Status(WRONG_LENGTH)
        session.state.data[f"{parameters:X}"] = body.hex()
    elif ins == PIN_CHANGE:
        _change_pin(session, parameters, body)
    elif parameters or body:
        raise Status(WRONG_PARAMETERS)
    elif ins == CARD_BLOCK:
        session.card.state.blocked = True
    else:
        session.state.blocked = ins == APPLICATION_BLOCK


def _change_pin(session: Session, parameters: int, body: bytes) -> None:
    """P2 is 00: tries are given back; 02: and there is a new PIN, enciphered."""
    if parameters not in (0x0000, 0x0002) or (parameters == 0) != (not body):
        raise Status(WRONG_PARAMETERS)
    if body:
        cryptograms = session.application.cryptograms
        if len(body) % 8:
            raise Status(WRONG_LENGTH)
        try:
            session.card.state.pin = cryptograms.pin(cryptograms.decipher(body, session.atc, session.arqc))
        except ValueError:
            raise Status(WRONG_DATA) from None
    session.card.state.tries = LIMIT
