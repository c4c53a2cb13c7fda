"""Text for the printer, which speaks GB 2312: MicroPython has no codecs, so the table is a file."""

import os

from micropython import const

from suanpan.ui.canvas import codes
from suanpan.ui.search import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

_PAIR = const(4)


class Encoder:
    def __init__(self, path: str) -> None:
        self._file: "BinaryIO" = open(path, "rb")  # read from until the power goes
        self._count = os.stat(path)[6] // _PAIR

    def encode(self, text: str) -> bytes:
        """ASCII as it is, the rest as two bytes; what GB 2312 lacks becomes the geta mark 〓 (0xA1FE)."""
        encoded = bytearray()
        for code in codes(text):
            if code < 0x80:
                encoded.append(code)
            else:
                encoded += self._pair(code)
        return bytes(encoded)

    def _pair(self, code: int) -> bytes:
        if find(self._file, 0, self._count, _PAIR, code) < 0:
            return b"\xa1\xfe"
        return self._file.read(2)  # it stands behind the code point, which has just been read
