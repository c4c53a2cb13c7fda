"""The audit file: what somebody does to it is found."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from host_tools.keys.audit import Audit
from host_tools.keys.errors import AuditBroken, NotNoted
from tests.host.keys.desk import NOW

if TYPE_CHECKING:
    from pathlib import Path

ACTS = ["enrol 登记", "make", "derive", "inject"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def audit(path: Path) -> Audit:
    audit = Audit(path, lambda: NOW)
    for act in ACTS:
        audit.record(act, ["Li Lei", "Han Meimei"], "10000001", b"\x08\xd7\xb4")
    return audit


def test_an_untouched_file_is_whole(audit: Audit) -> None:
    lines = audit.verify()
    assert [line.act for line in lines] == ACTS
    assert lines[0].check_value == "08D7B4"


def test_no_file_is_no_lines(tmp_path: Path) -> None:
    assert Audit(tmp_path / "none", lambda: NOW).verify() == []


def test_every_altered_byte_is_found(audit: Audit, path: Path) -> None:
    """Exhaustive: every byte of the file, one bit of it flipped; the line is named."""
    content = path.read_bytes()
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :])
        with pytest.raises(AuditBroken) as broken:
            audit.verify()
        assert broken.value.line == content.count(b"\n", 0, at) + 1


@pytest.mark.parametrize("dropped", range(4))
def test_every_dropped_line_is_found(audit: Audit, path: Path, dropped: int) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:dropped] + lines[dropped + 1 :]))
    with pytest.raises(AuditBroken) as broken:
        audit.verify()
    assert broken.value.line == dropped + 1


@pytest.mark.parametrize("kept", range(4))
def test_every_cut_end_is_found(audit: Audit, path: Path, kept: int) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:kept]))
    with pytest.raises(AuditBroken) as broken:
        audit.verify()
    assert broken.value.line == kept + 1


def test_a_removed_file_is_found(audit: Audit, path: Path) -> None:
    path.unlink()
    with pytest.raises(AuditBroken):
        audit.verify()


@pytest.mark.parametrize("order", list(permutations(range(4)))[1:])
def test_every_other_order_is_found(audit: Audit, path: Path, order: tuple[int, ...]) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[at] for at in order))
    with pytest.raises(AuditBroken):
        audit.verify()


def test_a_line_given_twice_is_found(audit: Audit, path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content + content.splitlines(keepends=True)[-1])
    with pytest.raises(AuditBroken):
        audit.verify()


def test_a_file_of_another_history_is_found(audit: Audit, path: Path, tmp_path: Path) -> None:
    """Whole in itself, and as long, but not the one whose last digest is kept."""
    other = Audit(tmp_path / "other.jsonl", lambda: NOW)
    for _ in ACTS:
        other.record("something else", [])
    path.write_bytes((tmp_path / "other.jsonl").read_bytes())
    with pytest.raises(AuditBroken):
        audit.verify()


@pytest.mark.parametrize("head", [b"", b"x y\n", b"-1 0\n", b"2 0\n", b"9999 0\n", b"\xc2\xb2 0\n"])
def test_a_spoilt_head_is_found(audit: Audit, path: Path, head: bytes) -> None:
    path.with_name("audit.jsonl.head").write_bytes(head)
    with pytest.raises(AuditBroken):
        audit.verify()


def test_nothing_is_added_to_a_broken_file(audit: Audit, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])
    before = path.read_bytes()
    with pytest.raises(AuditBroken):
        audit.record("make", [])
    assert path.read_bytes() == before


def test_a_power_cut_between_line_and_head_is_survived(audit: Audit, path: Path) -> None:
    head = path.with_name("audit.jsonl.head")
    before = head.read_bytes()
    audit.record("make", [])
    head.write_bytes(before)
    assert len(audit.verify()) == 5
    audit.record("inject", [])
    assert len(audit.verify()) == 6


def test_a_rewritten_file_lacks_the_digest_that_was_noted(audit: Audit, path: Path) -> None:
    noted = audit.verify()[1].digest
    assert audit.verify(noted.upper())
    for name in (path, path.with_name("audit.jsonl.head")):
        name.unlink()
    for act in ACTS:
        audit.record(act, ["Nobody"])
    assert audit.verify()
    with pytest.raises(NotNoted):
        audit.verify(noted)
