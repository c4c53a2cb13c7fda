"""A text without room is found before it reaches a display: on either size, as a title, a message or a hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.fonts import fit
from host_tools.fonts.pack import STRINGS


def table(directory: Path, name: str, chinese: str, english: str) -> Path:
    path = directory / "strings.tsv"
    path.write_text(f"name\tzh\ten\n{name}\t{chinese}\t{english}\n", "utf-8")
    return path


def test_all_that_the_terminal_says_fits() -> None:
    fit.check(STRINGS)


@pytest.mark.parametrize(
    ("name", "chinese", "english", "display"),
    [
        ("title.x", "一二三四五六七八", "x", "large"),
        ("title.x", "x", "sixteen columns.", "large"),
        ("error.D04", "x", "sixteen columns.", "large"),
        ("message.idle_A09", "x", "sixteen columns.", "large"),
        ("message.x", "一二三四五六七八 一二三四五六七八 一二三四五六七八 又", "x", "small"),
        ("message.x", "x", "seventeen-columns", "small"),
        ("message.x", "x", "sixteen-columns!", "large"),
        ("message.tear", "一二三四 五六七八", "x", "small"),
        ("message.may_stop", "x", "CANCEL stops #s", "small"),
        ("response.x", "一二三四五六七八 一二三四五六七八 一二三四五六七", "x", "small"),
        ("error.x", "x", "fourteen-long. fourteen-long. fourteen-long. one", "small"),
    ],
)
def test_a_text_without_room_is_named(tmp_path: Path, name: str, chinese: str, english: str, display: str) -> None:
    with pytest.raises(fit.DoesNotFit, match=f"{name} does not fit the {display} display"):
        fit.check(table(tmp_path, name, chinese, english))


@pytest.mark.parametrize(
    ("name", "chinese", "english"),
    [
        ("title.x", "一二三四五六七", "fifteen columns"),
        ("message.x", "一二三四五六七 一二三四五六七八 一二三四五六七", "one two three four five six seven eight"),
        ("message.tear", "一二三四 五六七", "sixteen columns."),
        ("slip.x", "一二三四五六七八九十一二三四五六七八九十", "paper wraps by itself, whatever it is"),
    ],
)
def test_what_has_room_is_let_through(tmp_path: Path, name: str, chinese: str, english: str) -> None:
    fit.check(table(tmp_path, name, chinese, english))


def test_lines_are_those_of_the_terminal() -> None:
    assert list(fit.wrap("请勿重复收款 终端将自动冲正", 16)) == ["请勿重复收款", "终端将自动冲正"]
    assert list(fit.wrap("请 正在冲正上笔交易 好", 14)) == ["请 正在冲正", "上笔交易 好"]
    assert list(fit.wrap("abcdefgh ij", 4)) == ["abcdefgh", "ij"]
