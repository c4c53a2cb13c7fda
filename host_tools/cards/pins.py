"""VERIFY (EMV 4.3 Book 3, 6.5.12; Book 2, 7.2): plain PIN blocks, and enciphered ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host_tools.cards import signatures
from host_tools.cards.application import NOT_NOW, WRONG_DATA, WRONG_LENGTH, WRONG_PARAMETERS, Status

if TYPE_CHECKING:
    from host_tools.cards.session import Session

LIMIT: Final = 3
_PLAIN: Final = 0x80
_ENCIPHERED: Final = 0x88
_BLOCKED: Final = 0x6983
_TRIES: Final = 0x63C0


def verify(session: Session, qualifier: int, data: bytes, challenge: bytes) -> bytes:
    """`challenge` is what GET CHALLENGE has given just before, if it has."""
    if qualifier not in (_PLAIN, _ENCIPHERED):
        raise Status(WRONG_PARAMETERS)
    if session.card.state.tries == 0:
        session.results.pin_tried = True
        raise Status(_BLOCKED)
    block = data if qualifier == _PLAIN else _deciphered(session, data, challenge)
    if len(block) != 8:
        raise Status(WRONG_LENGTH)
    session.results.pin_tried = True
    session.results.pin_enciphered = qualifier == _ENCIPHERED
    pin = session.card.state.pin
    if block != bytes.fromhex(f"2{len(pin):X}{pin:F<14}"):
        session.card.state.tries -= 1
        session.results.pin_right = False
        raise Status(_TRIES | session.card.state.tries)
    session.card.state.tries = LIMIT
    session.results.pin_right = True
    return b""


def _deciphered(session: Session, data: bytes, challenge: bytes) -> bytes:
    """What stands for no PIN at all costs no try."""
    keys = session.application.keys
    key = keys.pin or keys.card
    if not challenge or (session.entry.oda in ("none", "SDA") and keys.pin is None):
        raise Status(NOT_NOW)
    if len(data) != signatures.size(key):
        raise Status(WRONG_LENGTH)
    plain = signatures.private(key, data)
    if plain[0] != 0x7F or plain[9:17] != challenge:
        raise Status(WRONG_DATA)
    return plain[1:9]
