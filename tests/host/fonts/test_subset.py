"""The vendored subset of Unifont."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from host_tools.fonts.subset import ASCII, SYMBOLS, cut, gb2312_codes
from host_tools.fonts.unifont import HEIGHT, SUBSET, columns, read_hex, unifont
from tests.plugins.debian import FileFinder


def test_it_is_what_the_tool_cuts_from_debians_file(debian_file: FileFinder) -> None:
    full = debian_file("/usr/share/unifont/unifont.hex", package="unifont")
    # Compressed bytes depend on the zlib at hand; the lines do not.
    assert gzip.decompress(cut(full)) == gzip.decompress(SUBSET.read_bytes())


def test_the_same_file_comes_out_again(tmp_path: Path) -> None:
    """Of the subset as a full file; the time of day does not get in."""
    full = tmp_path / "again.hex"
    full.write_bytes(gzip.decompress(SUBSET.read_bytes()))
    again = cut(full)
    assert gzip.decompress(again) == full.read_bytes()
    assert again[4:8] == bytes(4), "modification time in the gzip header (RFC 1952)"


def test_a_character_that_a_file_lacks_is_named(tmp_path: Path) -> None:
    full = tmp_path / "short.hex"
    lines = gzip.decompress(SUBSET.read_bytes()).decode().splitlines(keepends=True)
    full.write_text("".join(line for line in lines if not line.startswith("7B97:")))  # 算
    with pytest.raises(LookupError, match=r"U\+7B97$"):
        cut(full)


def test_it_has_ascii_gb2312_and_the_symbols() -> None:
    codes = gb2312_codes()
    assert len(codes) == 7445  # GB 2312-80: 682 symbols and 6,763 characters
    assert codes["啊"] == 0xB0A1
    assert codes["　"] == 0xA1A1
    assert codes["·"] == 0xA1A4
    assert codes["—"] == 0xA1AA
    assert codes["￥"] == 0xA3A4
    assert set(read_hex(SUBSET)) == {*ASCII, *SYMBOLS, *codes}


def test_ascii_is_narrow_and_everything_else_wide() -> None:
    for char, glyph in unifont().items():
        assert glyph.width == (8 if char in ASCII else 16)
        assert len(glyph.bitmap) == HEIGHT * glyph.width // 8


def test_a_symbol_that_is_drawn_narrow_stands_in_the_middle() -> None:
    (narrow,) = columns([read_hex(SUBSET)["→"]])
    (wide,) = columns([unifont()["→"]])
    assert len(narrow) == 8
    assert wide == (0, 0, 0, 0, *narrow, 0, 0, 0, 0)


def test_columns_are_the_picture_on_its_side() -> None:
    glyphs = [unifont()["j"], unifont()["7"]]
    for glyph, sides in zip(glyphs, columns(glyphs), strict=True):
        rows = [f"{row:08b}" for row in glyph.bitmap]
        assert [f"{side:016b}"[::-1] for side in sides] == ["".join(row[x] for row in rows) for x in range(8)]
