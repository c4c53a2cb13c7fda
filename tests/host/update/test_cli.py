"""`suanpan update`: what it refuses, in words, and what it says of a rollout."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.build.bundle import pack
from host_tools.cli import app
from host_tools.update.bundles import newest
from host_tools.update.errors import BadBundle


def bundle(number: int, board: str = "virtual") -> bytes:
    return pack(b"\x00" * 5000, lambda _: b"s" * 384, board=board, version="1.0.0", number=number, floor=0, schema=5)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "a.bundle").write_bytes(bundle(10))
    (tmp_path / "b.bundle").write_bytes(bundle(12) + b"\xff" * 100)
    (tmp_path / "c.bundle").write_bytes(bundle(11))
    (tmp_path / "d.bundle").write_bytes(bundle(3, "esp32_devkitc"))
    (tmp_path / "cut").write_bytes(bundle(10)[:-1])
    (tmp_path / "base.bundle").write_bytes(bundle(99, "virtual/micropython"))
    (tmp_path / "list.txt").write_text("10000001\n10000002\n", "utf-8")
    return tmp_path


def said(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["update", *map(str, words)])
    return done.exit_code, " ".join(done.output.split())


def test_the_newest_for_each_board(files: Path) -> None:
    found = newest(files)
    assert {board: each.manifest.number for board, each in found.items()} == {"virtual": 12, "esp32_devkitc": 3}
    assert found["virtual"].content == bundle(12)
    (files / "z.bundle").write_bytes(b"nothing")
    with pytest.raises(BadBundle):
        newest(files)


def test_what_it_refuses(files: Path) -> None:
    code, words = said(files / "cut", "--port", "loop://")
    assert code == 1 and "cut short" in words
    code, words = said(files / "list.txt", "--port", "loop://")
    assert code == 1 and "not a bundle" in words
    code, words = said(files / "a.bundle", "--port", files / "nothing")
    assert code == 1 and f"there is no {files / 'nothing'}" in words
    code, words = said(files / "a.bundle", "--rollout", files / "list.txt", "--stages", "5,20")
    assert code == 1 and "end with 100" in words
    code, words = said(files / "base.bundle", "--rollout", files / "list.txt")
    assert code == 1 and "by cable alone" in words
    assert said(files / "a.bundle")[0] == 2
    assert said("--port", "loop://")[0] == 2
    code, words = said("--serve", files, "--port", "loop://")
    assert code == 2 and "give one of" in words
    assert said(files / "a.bundle", "--status")[0] == 2
    assert said("--serve", files / "nothing")[0] == 2


def test_a_line_that_nobody_answers_on(files: Path) -> None:
    code, words = said(files / "a.bundle", "--port", "loop://", "--timeout", "0.1")
    assert code == 1 and "not one of this protocol" in words  # a loop says what it hears


def test_how_far_a_rollout_is(files: Path) -> None:
    code, words = said(files / "a.bundle", "--rollout", files / "list.txt", "--status")
    assert code == 0 and "rollout of 10: 5 %" in words
    (files / "list.10.json").write_text(
        '{"number": 10, "terminals": {"10000001": "failed", "10000002": "waiting"}, "cause": {"10000001": "U06"}}'
    )
    code, words = said(files / "a.bundle", "--rollout", files / "list.txt", "--status")
    assert code == 1 and "stopped" in words and "10000001" in words and "U06" in words
