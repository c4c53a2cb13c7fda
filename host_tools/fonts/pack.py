"""Packs the two files of characters that the firmware carries: firmware/assets/font16.bin and gb2312.bin.

All numbers are big-endian; u16 tables are sorted, so the device finds a character by binary search in the
file without loading it.

font16.bin, the screen font: every character of the strings table and of printable ASCII,
our icons and the halves of large digits.

    offset           size    what
    0                3       magic, b"SPF"
    3                1       version, 1
    4                2       N, count of narrow glyphs (8x16)
    6                2       W, count of wide glyphs (16x16)
    8                2 N     code points of the narrow glyphs, u16, ascending
    8 + 2 N          2 W     code points of the wide glyphs, u16, ascending
    8 + 2 (N + W)    16 N    narrow bitmaps, in the order of their table
    ... + 16 N       32 W    wide bitmaps, in the order of their table

    Narrow are the glyphs of ASCII; everything else is wide (what Unifont draws 8 wide stands in the middle).
    A bitmap is what MicroPython's framebuf calls MONO_VLSB: the top eight rows as one byte per column, left
    to right, top pixel in bit 0; then the lower eight rows likewise (8 + 8 or 16 + 16 bytes).

gb2312.bin, for the printer: pairs of (Unicode u16, GB 2312 code u16, e.g. 0xB0A1), ascending by Unicode.
No header; the count is the size / 4. It has the narrow yen sign ¥ (U+00A5) too, printed as the wide one.
"""

from __future__ import annotations

import csv
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from host_tools.fonts.digits import HALVES
from host_tools.fonts.icons import ICONS
from host_tools.fonts.subset import ASCII, gb2312_codes
from host_tools.fonts.unifont import Glyph, columns, unifont

_ROOT = Path(__file__).resolve().parents[2]
ASSETS = _ROOT / "firmware" / "assets"
STRINGS = ASSETS / "strings.tsv"

_NARROW = 8
_MAGIC = b"SPF"
_VERSION = 1


class MissingGlyph(LookupError):
    """A string uses a character that cannot be shown."""

    def __init__(self, char: str, text: str) -> None:
        super().__init__(f"no glyph for {char!r} (U+{ord(char):04X}), used in {text!r}")


def texts(table: Path) -> Iterator[str]:
    """Every text of a strings table: tab-separated, one language a column, after a column of names."""
    with table.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, "excel-tab", quoting=csv.QUOTE_NONE)
        next(rows)
        for _name, *cells in rows:
            yield from cells


def pack_font(strings: Path, glyphs: Mapping[str, Glyph]) -> bytes:
    """font16.bin for a strings table; raises MissingGlyph."""
    glyphs = dict(glyphs) | {char: Glyph(2 * _NARROW, bitmap) for char, bitmap in HALVES.items()}
    used: dict[str, Glyph] = {}
    for text in (ASCII, *ICONS, *HALVES, *texts(strings)):
        for char in text:
            if char not in glyphs or ord(char) > 0xFFFF:
                raise MissingGlyph(char, text)
            used[char] = glyphs[char]
    return _packed(used)


def pack_names(names: Iterable[str], glyphs: Mapping[str, Glyph]) -> bytes:
    """names.bin, beside a terminal's parameters: what the names of its merchants need. Raises MissingGlyph."""
    used: dict[str, Glyph] = {}
    for name in names:
        for char in name:
            if char not in glyphs or ord(char) > 0xFFFF:
                raise MissingGlyph(char, name)
            used[char] = glyphs[char]
    return _packed(used)


def _packed(used: Mapping[str, Glyph]) -> bytes:
    narrow = sorted(char for char, glyph in used.items() if glyph.width == _NARROW)
    wide = sorted(char for char, glyph in used.items() if glyph.width == 2 * _NARROW)
    table = [ord(char) for char in (*narrow, *wide)]
    head = _MAGIC + struct.pack(f">BHH{len(table)}H", _VERSION, len(narrow), len(wide), *table)
    return head + b"".join(_mono_vlsb(used[char]) for char in (*narrow, *wide))


def pack_gb2312() -> bytes:
    codes = gb2312_codes()
    codes["¥"] = codes["￥"]
    return b"".join(struct.pack(">HH", ord(char), code) for char, code in sorted(codes.items()))


def assets(strings: Path = STRINGS) -> dict[str, bytes]:
    """The files that belong in firmware/assets, by name."""
    return {"font16.bin": pack_font(strings, unifont()), "gb2312.bin": pack_gb2312()}


def stale(directory: Path = ASSETS, strings: Path = STRINGS) -> list[Path]:
    """The files of `directory` that are not, byte for byte, what the strings need."""
    files = {directory / name: data for name, data in assets(strings).items()}
    return [path for path, data in files.items() if not path.is_file() or path.read_bytes() != data]


def _mono_vlsb(glyph: Glyph) -> bytes:
    (pixels,) = columns([glyph])
    return bytes(column & 0xFF for column in pixels) + bytes(column >> 8 for column in pixels)
