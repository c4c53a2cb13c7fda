"""GNU Unifont glyphs, from the project's own subset or from a full .hex file.

A .hex line is the code point and the bitmap in hexadecimal, 16 rows from the top, leftmost pixel in the
highest bit: 32 digits for a glyph 8 pixels wide, 64 for one of 16 (unifoundry.com, "Unifont hex format").
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

from host_tools.fonts.icons import ICONS

HEIGHT = 16
_NARROW = 8
SUBSET = Path(__file__).with_name("unifont-gb2312.hex.gz")


@dataclass(frozen=True, slots=True)
class Glyph:
    """`bitmap` has 16 rows of width / 8 bytes, leftmost pixel in the top bit (Pillow's mode "1")."""

    width: int
    bitmap: bytes


def read_hex(path: Path) -> dict[str, Glyph]:
    """Glyphs by character; `path` is a .hex file, gzipped or not."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    glyphs = {}
    for line in data.decode("ascii").splitlines():
        code_point, digits = line.split(":")
        bitmap = bytes.fromhex(digits)
        glyphs[chr(int(code_point, 16))] = Glyph(len(bitmap) * 8 // HEIGHT, bitmap)
    return glyphs


@cache
def unifont() -> Mapping[str, Glyph]:
    """The vendored subset and our icons, as screen and paper use them: ASCII 8 pixels wide, everything else 16.

    Where Unifont draws a symbol 8 wide (most arrows, for instance), it stands in the middle of its 16.
    """
    glyphs = read_hex(SUBSET)
    icons = {char: Glyph(2 * _NARROW, bitmap) for char, bitmap in ICONS.items()}
    return {char: _widen(glyph) if ord(char) >= 0x80 else glyph for char, glyph in glyphs.items()} | icons


def _widen(glyph: Glyph) -> Glyph:
    if glyph.width == 2 * _NARROW:
        return glyph
    return Glyph(2 * _NARROW, b"".join((row << _NARROW // 2).to_bytes(2, "big") for row in glyph.bitmap))


def columns(glyphs: Sequence[Glyph]) -> list[tuple[int, ...]]:
    """Each glyph as one number per column, left to right, top pixel in bit 0. All must be of one width.

    Thousands at a time: stacked into one tall picture, mirrored so that columns become rows of 16 bits.
    """
    width, count = glyphs[0].width, len(glyphs)
    bitmaps = b"".join(glyph.bitmap for glyph in reversed(glyphs))
    stack = Image.frombytes("1", (width, HEIGHT * count), bitmaps)
    rows = struct.iter_unpack(f">{count}H", stack.transpose(Image.Transpose.TRANSVERSE).tobytes())
    return list(zip(*reversed(list(rows)), strict=True))
