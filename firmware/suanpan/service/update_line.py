"""An application comes in over the service line: the unit's side. Frames are those of injection_line.py.

    workshop                                unit
    40 WRITE    offset u32 | bytes      ->
                                        <-  41 WANTED   offset u32 of what is wanted next | 1 if all is there, else 0
                                        <-  4F REFUSED  the error's code, 3 letters

The workshop goes on with what is wanted, wherever that is: a frame that was lost, or a bundle of which much is there
already, is no more than another offset. Offset 0 begins anew. Who sends it proves nothing: its signature does.
"""

import struct

from micropython import const

from suanpan.errors import SuanpanError
from suanpan.service.update import Update

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable

_WRITE = const(0x40)
_WANTED = const(0x41)
_REFUSED = const(0x4F)
_OFFSET = const(4)  # bytes


class Busy:
    """Tells the workshop why nothing can come in now: a code of `suanpan update`, which has words for it."""

    def __init__(self, code: str) -> None:
        self._code = code

    def answer(self, _kind: int, _body: "Readable") -> "tuple[int, bytes]":
        return _REFUSED, self._code.encode()


class Incoming:
    def __init__(self, update: Update) -> None:
        self.update = update

    def answer(self, kind: int, body: "Readable") -> "tuple[int, bytes]":
        update = self.update
        if kind == _WRITE and len(body) > _OFFSET:
            offset = int.from_bytes(bytes(body[:_OFFSET]), "big")
            try:
                if not offset and not update.done:
                    update.restart()
                    update.trouble = ""
                if offset == update.wanted:
                    update.feed(memoryview(body)[_OFFSET:])
            except SuanpanError as error:
                update.trouble = error.code
                return _REFUSED, error.code.encode()
        return _WANTED, struct.pack(">IB", update.wanted, update.done)
