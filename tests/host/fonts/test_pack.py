"""The packed font and the GB 2312 table, read back by the description in pack.py alone."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.fonts.cli import app
from host_tools.fonts.digits import HALVES
from host_tools.fonts.icons import ICONS
from host_tools.fonts.pack import STRINGS, MissingGlyph, pack_font, pack_gb2312, stale, texts
from host_tools.fonts.subset import ASCII
from host_tools.fonts.unifont import unifont

RUN = CliRunner()


@pytest.fixture
def strings(tmp_path: Path) -> Path:
    table = tmp_path / "strings.tsv"
    table.write_text('name\tzh\ten\nsale\t消费 "→"\tSale\nidle\t请输入金额\tAmount\n', "utf-8")
    return table


def unpack(data: bytes) -> dict[str, list[str]]:
    """Characters to rows of # and . pixels."""
    magic, version, narrow, wide = struct.unpack(">3sBHH", data[:8])
    assert (magic, version) == (b"SPF", 1)
    codes = struct.unpack(f">{narrow + wide}H", data[8 : 8 + 2 * (narrow + wide)])
    assert list(codes[:narrow]) == sorted(codes[:narrow])
    assert list(codes[narrow:]) == sorted(codes[narrow:])
    glyphs, at = {}, 8 + 2 * (narrow + wide)
    for index, code in enumerate(codes):
        width = 8 if index < narrow else 16
        upper, lower = data[at : at + width], data[at + width : at + 2 * width]
        glyphs[chr(code)] = [
            "".join("#" if page[x] >> bit & 1 else "." for x in range(width))
            for page in (upper, lower)
            for bit in range(8)
        ]
        at += 2 * width
    assert at == len(data)
    return glyphs


def test_the_font_has_ascii_icons_and_the_strings_and_no_more(strings: Path) -> None:
    assert set(unpack(pack_font(strings, unifont()))) == {*ASCII, *ICONS, *HALVES, *"消费→请输入金额"}


def test_glyphs_are_unifonts(strings: Path) -> None:
    glyphs = unpack(pack_font(strings, unifont()))
    assert glyphs["F"] == [
        *["........"] * 4,
        ".######.",
        *[".#......"] * 3,
        ".#####..",
        *[".#......"] * 5,
        *["........"] * 2,
    ]
    for char, rows in glyphs.items():
        width = len(rows[0])
        bitmap = HALVES[char] if char in HALVES else unifont()[char].bitmap
        drawn = [
            f"{int.from_bytes(bitmap[i : i + width // 8], 'big'):0{width}b}" for i in range(0, len(bitmap), width // 8)
        ]
        assert rows == [row.replace("0", ".").replace("1", "#") for row in drawn]


@pytest.mark.parametrize("char", ["喆", "😀"])
def test_a_missing_glyph_is_an_error_that_names_it(strings: Path, char: str) -> None:
    with strings.open("a", encoding="utf-8") as table:
        table.write(f"bad\t李{char}\tLi\n")
    with pytest.raises(MissingGlyph, match=f"'{char}' .U.{ord(char):04X}., used in '李{char}'"):
        pack_font(strings, unifont())
    for command in ("pack", "check"):
        result = RUN.invoke(app, [command, "--strings", str(strings), "--assets", str(strings.parent)])
        assert result.exit_code == 2
        assert f"U+{ord(char):04X}" in result.output


def test_gb2312_pairs_are_sorted_and_right() -> None:
    pairs = list(struct.iter_unpack(">HH", pack_gb2312()))
    assert pairs == sorted(pairs)
    table = dict(pairs)
    assert len(table) == 7445 + 1
    assert table.pop(0xA5) == 0xA3A4  # ¥, printed as ￥
    for code_point, code in table.items():
        assert code.to_bytes(2, "big").decode("gb18030") == chr(code_point)


def test_pack_writes_what_check_accepts(strings: Path) -> None:
    place = ["--strings", str(strings), "--assets", str(strings.parent)]
    assert RUN.invoke(app, ["check", *place]).exit_code == 1
    assert RUN.invoke(app, ["pack", *place]).exit_code == 0
    assert RUN.invoke(app, ["check", *place]).exit_code == 0
    with strings.open("a", encoding="utf-8") as table:
        table.write("more\t撤销\tVoid\n")
    result = RUN.invoke(app, ["check", *place])
    assert result.exit_code == 1
    assert "font16.bin" in result.output
    assert "gb2312.bin" not in result.output


def test_texts_are_cells_and_neither_names_nor_headings(strings: Path) -> None:
    assert list(texts(strings)) == ['消费 "→"', "Sale", "请输入金额", "Amount"]


def test_the_firmware_carries_the_font_that_its_strings_need() -> None:
    assert stale() == [], "run `suanpan fonts pack`"
    assert "".join(texts(STRINGS))
