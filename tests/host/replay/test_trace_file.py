"""The file: what is written is read, and what is damaged is refused by name."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

import pytest

from host_tools.replay.errors import DamagedTrace, NotATrace, TraceError, WrongVersion
from host_tools.replay.player import replay
from host_tools.replay.trace import dump, load


def _rewritten(data: bytes, change: Any) -> bytes:
    """The file after `change(rows)`, with a right last line: somebody's who knows the format."""
    rows = [json.loads(line) for line in gzip.decompress(data).splitlines()]
    change(rows)
    lines = [json.dumps(row).encode() + b"\n" for row in rows]
    if rows[-1]["line"] == "sum":
        rows[-1] |= {"lines": len(rows) - 1, "sha256": hashlib.sha256(b"".join(lines[:-1])).hexdigest()}
        lines[-1] = json.dumps(rows[-1]).encode() + b"\n"
    return gzip.compress(b"".join(lines))


def test_what_is_written_is_read(sale: bytes) -> None:
    assert dump(load(sale)) == sale


@pytest.mark.parametrize(
    "data", [b"", b"\x1f\x8b", b"PK\x03\x04", gzip.compress(b"words\n", mtime=0), gzip.compress(b"{}\n", mtime=0)]
)
def test_what_is_no_trace(data: bytes) -> None:
    with pytest.raises(TraceError):
        load(data)


def test_no_file_of_another_kind() -> None:
    with pytest.raises(NotATrace, match="gzip"):
        load(b"%PDF-1.7")
    with pytest.raises(NotATrace, match="begin"):
        load(gzip.compress(b'{"line":"start","format":"something"}\n'))


def test_another_version(sale: bytes) -> None:
    with pytest.raises(WrongVersion, match="version 3"):
        load(_rewritten(sale, lambda rows: rows[0].update(version=3)))


def test_cut_off_anywhere(sale: bytes) -> None:
    for size in range(2, len(sale), 97):
        with pytest.raises(TraceError):
            load(sale[:size])


def test_every_altered_byte_is_seen(sale: bytes) -> None:
    text = gzip.decompress(sale)
    for at in range(0, len(text) - 1, 311):
        altered = text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]
        with pytest.raises(TraceError):
            load(gzip.compress(altered))


def test_lines_that_say_nothing(sale: bytes) -> None:
    for change in (
        lambda rows: rows.insert(1, {"line": "poem"}),
        lambda rows: rows.insert(1, {"line": "event", "at": 1}),
        lambda rows: rows.insert(1, {"line": "event", "at": 1, "turn": 0, "do": "press", "what": {}, "more": 1}),
        lambda rows: rows.pop(),
        lambda rows: rows.pop(-2),
    ):
        with pytest.raises(DamagedTrace):
            load(_rewritten(sale, change))


@pytest.mark.parametrize(
    "event",
    [
        {"do": "keypad.press", "what": {"key": "bell"}},
        {"do": "keypad.press", "what": {"key": ["nobody", 0, 0]}},
        {"do": "printer.__init__", "what": {"given": []}},
        {"do": "swipe_reader.swipe", "what": {}},
    ],
)
def test_events_that_nobody_can_do_are_an_outcome(sale: bytes, event: dict[str, Any]) -> None:
    row = {"line": "event", "at": 2_000_000, "turn": 0, **event}
    outcome = replay(_rewritten(sale, lambda rows: rows.insert(2, row)), "made up")
    assert "nobody can do" in outcome.fault
    assert not outcome.good


def test_a_board_that_there_is_not(sale: bytes) -> None:
    for pins in ("../../host_tools/x.py", "pins_none.py"):
        outcome = replay(_rewritten(sale, lambda rows, pins=pins: rows[0].update(pins=pins)), "another board")
        assert outcome.fault.startswith("DamagedTrace")
