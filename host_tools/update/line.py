"""A bundle over the service line: the workshop's side. Frames are those of keys/framing.py.

    workshop                                unit
    40 WRITE    offset u32 | bytes      ->
                                        <-  41 WANTED   offset u32 of what is wanted next | 1 if all is there, else 0
                                        <-  4F REFUSED  the error's code, 3 letters

What is sent is what is wanted, wherever that is. A frame without an answer is sent again.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from host_tools.keys.framing import MAX_BODY, FrameReader, frame, heard
from host_tools.update.errors import CutShort, LineSilent, Malformed, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from host_tools.keys.injection import Port

    Progress = Callable[[int], None]  # how many bytes the terminal has

_OFFSET: Final = struct.Struct(">I")
_WANTED: Final = struct.Struct(">IB")
PIECE: Final = MAX_BODY - _OFFSET.size  # bytes of a WRITE
_TRIES: Final = 4


class Kind(IntEnum):
    WRITE = 0x40
    WANTED = 0x41
    REFUSED = 0x4F


def send(port: Port, bundle: bytes, progress: Progress = lambda _: None) -> None:
    """Until the terminal has all of it, and is about to start anew. Raises UpdateError.

    A terminal that has some of it already goes on there.
    """
    reader = FrameReader()
    at, silent = 0, 0
    while True:
        port.write(frame(Kind.WRITE, _OFFSET.pack(at) + bundle[at : at + PIECE]))
        answer = _answer(port, reader)
        if answer is None:
            silent += 1
            if silent == _TRIES:
                raise LineSilent
            continue
        silent = 0
        at, done = answer
        if done:
            progress(len(bundle))
            return
        if at >= len(bundle):
            raise CutShort
        progress(at)


def _answer(port: Port, reader: FrameReader) -> tuple[int, bool] | None:
    """What is wanted next, and whether all is there; None if nothing was heard."""
    for kind, body in heard(port, reader):
        if kind == Kind.REFUSED:
            raise refusal(body)
        if kind != Kind.WANTED or len(body) != _WANTED.size:
            raise Malformed
        at, done = _WANTED.unpack(body)
        return at, bool(done)
    return None
