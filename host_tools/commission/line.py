"""What an installed terminal says of itself, over the service line: the workshop's side. Frames are keys/framing.py's.

    workshop                                unit
    20 ASK      offset u32              ->
                                        <-  21 FACTS    offset u32 | the next bytes of its statement, none at its end
    22 CLOSE                            ->
                                        <-  23 CLOSED   whether release mode is on, u8
                                        <-  2F REFUSED  the error's code, 3 letters

The statement is JSON, and behind it HMAC-SHA256 of it under the terminal number's backup key, 32 bytes. Who waits in
vain says its question again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from host_tools.commission.errors import LineSilent, Malformed, NotProven, TerminalRefuses
from host_tools.keys.framing import FrameReader, frame, heard

if TYPE_CHECKING:
    from host_tools.keys.injection import Port

_LABEL: Final = b"suanpan commissioning 1"
_SEAL: Final = 32  # bytes
_TRIES: Final = 4
_LONGEST: Final = 1 << 16  # bytes of a statement


class Kind(IntEnum):
    ASK = 0x20
    FACTS = 0x21
    CLOSE = 0x22
    CLOSED = 0x23
    REFUSED = 0x2F


def statement(port: Port, backup_key: bytes) -> dict[str, Any]:
    """What the terminal says. Raises LineSilent, TerminalRefuses, Malformed, NotProven."""
    content = bytearray()
    while len(content) < _LONGEST:
        offset = len(content).to_bytes(4, "big")
        piece = _ask(port, Kind.ASK, offset, Kind.FACTS, offset)
        if not piece:
            break
        content += piece
    return opened(bytes(content), backup_key)


def opened(content: bytes, backup_key: bytes) -> dict[str, Any]:
    """A statement, if its seal is that key's. Raises Malformed, NotProven."""
    text, seal = content[:-_SEAL], content[-_SEAL:]
    if not hmac.compare_digest(seal, hmac.digest(backup_key, _LABEL + text, hashlib.sha256)):
        raise NotProven
    try:
        facts = json.loads(text)
    except ValueError:
        raise Malformed from None
    if not isinstance(facts, dict):
        raise Malformed
    return facts


def close(port: Port) -> bool:
    """Put the terminal into release mode, which it has been asked for its statement before; whether it says so.

    Raises LineSilent, TerminalRefuses.
    """
    return _ask(port, Kind.CLOSE, b"", Kind.CLOSED, b"") == b"\1"


def _ask(port: Port, kind: Kind, body: bytes, answer: Kind, begins: bytes) -> bytes:
    reader = FrameReader()
    for _ in range(_TRIES):
        port.write(frame(kind, body))
        for said, content in heard(port, reader):
            if said == Kind.REFUSED:
                raise TerminalRefuses(content.decode("ascii", "replace"))
            if said == answer and content.startswith(begins):
                return content[len(begins) :]
    raise LineSilent
