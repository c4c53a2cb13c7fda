"""The packed 16-pixel font, read from its file glyph by glyph; the format is in host_tools/fonts/pack.py."""

import struct

from micropython import const

from suanpan.ui.search import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

_HEADER_SIZE = const(8)
_NARROW = const(16)  # bytes of a glyph
_WIDE = const(32)

# What stands for a character that the font lacks: an empty box, as wide as the character would have been.
_NARROW_BOX = b"\x00\xfe\x02\x02\x02\x02\xfe\x00\x00\x7f\x40\x40\x40\x40\x7f\x00"
WIDE_BOX = b"\x00\xfe" + b"\x02" * 12 + b"\xfe\x00" + b"\x00\x7f" + b"\x40" * 12 + b"\x7f\x00"


class Font:
    def __init__(self, path: str) -> None:
        self._file: "BinaryIO" = open(path, "rb")  # read from until the power goes
        self._narrow_count, self._wide_count = struct.unpack(">HH", self._file.read(_HEADER_SIZE)[4:])

    def load(self, code: int, glyph: bytearray) -> int:
        """Put the bitmap (MONO_VLSB) of a code point into `glyph`, 32 bytes; its width in pixels, 8 or 16."""
        narrow = code < 0x80
        table = _HEADER_SIZE if narrow else _HEADER_SIZE + 2 * self._narrow_count
        index = find(self._file, table, self._narrow_count if narrow else self._wide_count, 2, code)
        size = _NARROW if narrow else _WIDE
        if index < 0:
            glyph[:size] = _NARROW_BOX if narrow else WIDE_BOX
        else:
            bitmaps = _HEADER_SIZE + 2 * (self._narrow_count + self._wide_count)
            self._file.seek(bitmaps + (0 if narrow else _NARROW * self._narrow_count) + index * size)
            self._file.readinto(memoryview(glyph)[:size])
        return size // 2
