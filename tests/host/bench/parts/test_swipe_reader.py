"""The mag-stripe reader: what a swipe sends."""

from __future__ import annotations

import pytest

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.swipe_reader import SwipeReader
from tests.host.bench.parts.wires import Line

TRACK1 = "B6217000000000001234^ZHANG SAN^30122010000000000000"
TRACK2 = "6217000000000001234=30122010000000000"
TRACK3 = "996217000000000001234=1561560000000000000000000000000000000==000000000000=000000000000"


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def reader(line: Line) -> SwipeReader:
    reader = SwipeReader()
    reader.attach(line, VirtualClock())
    return reader


def on_the_stripe(characters: str, bits: int, base: int) -> list[int]:
    """Characters as they are magnetised: their code, and the parity bit that makes its ones odd."""
    codes = [ord(character) - base for character in characters]
    assert all(0 <= code < 1 << bits for code in codes)
    return [code | (~code.bit_count() & 1) << bits for code in codes]


def lrc_as_defined(characters: str, bits: int, base: int) -> str:
    """ISO/IEC 7811-2: each bit of the LRC makes the ones in its position even, over the whole track."""
    columns = [sum(code >> bit & 1 for code in on_the_stripe(characters, bits, base)) for bit in range(bits)]
    return chr(base + sum((ones & 1) << bit for bit, ones in enumerate(columns)))


def test_a_swipe_sends_its_tracks_each_with_its_lrc(reader: SwipeReader, line: Line) -> None:
    reader.swipe(TRACK1, TRACK2, TRACK3)
    first = f"%{TRACK1}?" + lrc_as_defined(f"%{TRACK1}?", 6, 0x20)
    second = f";{TRACK2}?" + lrc_as_defined(f";{TRACK2}?", 4, 0x30)
    # On the stripe track 3 begins with ; as track 2 does: the + is the reader's own, the LRC is not.
    third = f"+{TRACK3}?" + lrc_as_defined(f";{TRACK3}?", 4, 0x30)
    assert line.take() == (first + second + third + "\r\n").encode("ascii")


def test_a_track_that_is_not_there_sends_nothing(reader: SwipeReader, line: Line) -> None:
    reader.swipe(None, TRACK2)
    sent = line.take()
    assert sent.startswith(b";6217")
    assert sent.endswith(b"\r\n")
    assert sent.count(b";") == 1
    assert b"%" not in sent


def test_a_track_that_cannot_be_read_says_so(reader: SwipeReader, line: Line) -> None:
    reader.swipe(TRACK1, TRACK2, TRACK3, bad=(1, 2, 3))
    assert line.take() == b"%E?;E?+E?\r\n"
    reader.swipe(TRACK1, TRACK2, bad=(1,))
    assert line.take().startswith(b"%E?;6217")


def test_a_corrupt_lrc_is_one_bit_off_and_still_a_character(reader: SwipeReader, line: Line) -> None:
    reader.swipe(TRACK1, TRACK2)
    good = line.take()
    reader.swipe(TRACK1, TRACK2, corrupt_lrc=True)
    bad = line.take()
    different = [i for i, (a, b) in enumerate(zip(good, bad, strict=True)) if a != b]
    assert different == [len(TRACK1) + 2, len(good) - 3]
    assert all(good[i] ^ bad[i] == 1 for i in different)


def test_without_power_nobody_hears_a_swipe(reader: SwipeReader, line: Line) -> None:
    reader.power_off()
    reader.swipe(TRACK1, TRACK2)
    assert line.take() == b""


def test_what_the_board_sends_is_ignored(reader: SwipeReader, line: Line) -> None:
    reader.receive(b"hello\r\n")
    assert line.take() == b""
