"""`suanpan audit` as it is typed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from host_tools.audit.cli import app
from host_tools.flash.factory import partitions
from tests.host.audit import forger
from tests.host.audit.peer import KEY

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from tests.host.audit.peer import Life

HEX = KEY.hex()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "200"})


@pytest.fixture
def bare(days: Life, tmp_path: Path) -> Path:
    """The journal's partition alone."""
    path = tmp_path / "journal.bin"
    path.write_bytes(days.area)
    return path


@pytest.fixture
def chip(days: Life, tmp_path: Path) -> Path:
    """A whole chip with nothing in it but the journal, as with a secure element."""
    journal = partitions()["journal"]
    content = b"\xff" * journal.offset + days.area.ljust(journal.size, b"\xff") + b"\xff" * 0x80000
    path = tmp_path / "flash.bin"
    path.write_bytes(content)
    return path


def test_a_whole_journal(days: Life, bare: Path) -> None:
    done = run("verify", bare, "--bare", "--key", HEX)
    assert done.exit_code == 0, done.output
    assert f"whole: records 1 to {forger.frames(days.area)[-1].number}," in done.output
    assert "1 torn by power cuts and made harmless" in done.output
    assert re.search(r"000001 +│ settled +│ sale +│ VIS +│ +1 +│ +9\.00 +│ +1 +│ +9\.00", done.output)


def test_the_first_bad_record_is_named_and_where_it_is(days: Life, bare: Path, chip: Path) -> None:
    frame = forger.frames(days.area)[40]
    offset = frame.place.sector * 4096 + frame.place.offset + 20
    for path, more, base in ((bare, ["--bare"], 0), (chip, [], partitions()["journal"].offset)):
        content = path.read_bytes()
        path.write_bytes(forger.flipped(content, base + offset, 1))
        done = run("verify", path, *more, "--key", HEX)
        assert done.exit_code == 1
        assert "record 41 altered: what stands in its place does not check" in done.output
        assert f"0x{base + offset - 20:06X} of the file" in done.output


@pytest.mark.parametrize("form", ["raw", "hexadecimal", "digits"])
def test_a_key_in_any_form(bare: Path, tmp_path: Path, form: str) -> None:
    path = tmp_path / "journal.key"
    path.write_bytes(KEY if form == "raw" else HEX.encode() + b"\n")
    assert run("verify", bare, "--bare", "--key", HEX if form == "digits" else path).exit_code == 0


def test_another_key(bare: Path) -> None:
    done = run("verify", bare, "--bare", "--key", "00" * 32)
    assert done.exit_code == 1
    assert "record 1 from another terminal: no record opens" in done.output


def test_a_key_that_is_none_is_not_repeated(bare: Path, tmp_path: Path) -> None:
    short = HEX[:-2]
    (tmp_path / "short.key").write_text(short)
    for key in (short, tmp_path / "short.key"):
        done = run("verify", bare, "--bare", "--key", key)
        assert done.exit_code == 1
        assert "audit: the key" in done.output
        assert short not in done.output


def test_no_key_anywhere(bare: Path, chip: Path) -> None:
    for arguments in ([bare, "--bare"], [chip]):
        done = run("verify", *arguments)
        assert done.exit_code == 1
        assert "give the journal's key" in done.output


def test_export_by_suffix_or_by_word(days: Life, bare: Path, tmp_path: Path) -> None:
    for arguments in ((tmp_path / "day.json",), (tmp_path / "day.txt", "--format", "json")):
        done = run("export", bare, *arguments, "--bare", "--key", HEX)
        assert done.exit_code == 0, done.output
        assert str(arguments[0]) in done.output
        assert len(json.loads((tmp_path / "day.json").read_text("utf-8"))["transactions"]) == len(days.entries)
    done = run("export", bare, tmp_path / "day.xls", "--bare", "--key", HEX)
    assert done.exit_code == 1
    assert ".csv, .json or .parquet" in done.output


def test_a_damaged_journal_is_exported_only_when_asked_and_only_as_far_as_it_holds(
    days: Life, bare: Path, tmp_path: Path
) -> None:
    frame = forger.frames(days.area)[40]
    bare.write_bytes(forger.filled(days.area, frame, 0))
    out = tmp_path / "day.json"
    done = run("export", bare, out, "--bare", "--key", HEX)
    assert done.exit_code == 1
    assert "record 41 dropped" in done.output
    assert not out.exists()
    done = run("export", bare, out, "--bare", "--key", HEX, "--damaged")
    assert done.exit_code == 1
    assert max(row["record"] for row in json.loads(out.read_text("utf-8"))["transactions"]) < 41


def test_a_table_without_a_journal(bare: Path, tmp_path: Path) -> None:
    table = tmp_path / "partitions.csv"
    table.write_text("data, data, littlefs, 0x200000, 0x100000\n")
    done = run("verify", bare, "--key", HEX, "--partitions", table)
    assert done.exit_code == 1
    assert "no journal" in done.output
