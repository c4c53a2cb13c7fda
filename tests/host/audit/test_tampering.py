"""R4: whatever is done to a journal without its key is found, and named by the first record that it happened to."""

from __future__ import annotations

from itertools import combinations, pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from host_tools.audit.image import FlashImage
from host_tools.audit.reader import SECTOR
from host_tools.audit.reading import AuditError, Fault
from host_tools.audit.verify import judge
from tests.effort import EFFORT
from tests.host.audit import forger
from tests.host.audit.conftest import DAYS, YEARS
from tests.host.audit.peer import KEY

if TYPE_CHECKING:
    from host_tools.audit.reader import Frame
    from host_tools.audit.reading import Finding
    from host_tools.audit.verify import Report
    from tests.host.audit.peer import Life, Peer


def audit(area: bytes, key: bytes = KEY) -> Report:
    return judge(FlashImage(area, bare=True).reading(key))


def found(area: bytes) -> Finding:
    report = audit(area)
    assert report.finding, "nothing was found"
    return report.finding


def heard(report: Report) -> list[bytes]:
    """Every record in clear."""
    return [record.data for record in report.books.records] if report.books else []


def damaged(place: int, frames: list[Frame]) -> int:
    """The record that a byte of the partition belongs to, 0 if to none."""
    for frame in frames:
        start = frame.place.sector * SECTOR + frame.place.offset
        if start <= place < start + 11 + len(frame.link + frame.sealed):
            return frame.number
    return 0


def test_a_journal_that_nobody_has_touched(life: Life) -> None:
    report = audit(life.area)
    assert report.good
    assert (report.first, report.last) == tuple(forger.frames(life.area)[at].number for at in (0, -1))
    assert all(line.agrees for line in report.lines)


def test_any_byte_altered_is_named_or_does_no_harm(peer: Peer, life: Life) -> None:
    """A bit in every 53rd byte, and in each of many frames' and all sectors' headers. The terminal's own verdict is
    the same, but for what it does not need any more."""
    rng = Random(1)
    frames = forger.frames(life.area)
    whole = heard(audit(life.area))
    heads = [frame.place.sector * SECTOR + frame.place.offset + at for frame in frames for at in range(11)]
    headers = [sector + at for sector in range(0, len(life.area), SECTOR) for at in range(16)]
    peer.load(life.area)
    altered = 0
    step = max(1, round(53 / EFFORT))
    for offset in sorted({*range(rng.randrange(step), len(life.area), step), *heads[:: len(heads) // 120], *headers}):
        area = forger.flipped(life.area, offset, 1 << rng.randrange(8))
        report = audit(area)
        number = report.finding.number if report.finding else None
        broken = peer.judge((offset, area[offset : offset + 1]))
        assert broken == number or (broken is None and number and number < life.state["floor"]), f"byte {offset}"
        record = damaged(offset, frames)
        if report.finding and record:
            assert (number, report.finding.fault) == (record, Fault.ALTERED), f"byte {offset}: {report.finding}"
            altered += 1
        elif not report.finding and heard(report) != whole:  # the header of the sector that is next to be erased
            assert whole[-len(heard(report)) :] == heard(report)
            assert any("being erased" in note for note in report.notes)
    assert altered > 120


def test_any_record_dropped(peer: Peer, life: Life) -> None:
    """Programmed to zeros, erased, or with those behind it moved up; the newest one leaves no trace."""
    frames = forger.frames(life.area)
    peer.load(life.area)
    for frame in frames:
        sector = frame.place.sector
        rest = [forger.content(each) for each in frames if each is not frame and each.place.sector == sector]
        for area in (
            forger.filled(life.area, frame, 0),
            forger.filled(life.area, frame, 0xFF),
            forger.repacked(life.area, sector, rest),
        ):
            if frame is frames[-1]:
                assert audit(area).good
            else:
                finding = found(area)
                assert (finding.number, finding.fault) == (frame.number, Fault.DROPPED)
        assert peer.judge((0, area)) == (None if frame is frames[-1] else frame.number)


def test_any_record_dropped_and_all_after_it_renumbered(peer: Peer, life: Life) -> None:
    frames = forger.frames(life.area)
    peer.load(life.area)
    for frame in frames[:-2]:
        contents: dict[int, list[forger.Content]] = {}
        for each in frames:
            if each is not frame:
                number = each.number - (each.number > frame.number)
                contents.setdefault(each.place.sector, []).append((number, each.link, each.sealed))
        area = forger.rewritten(life.area, contents)
        finding = found(area)
        oldest = frame is frames[0] and frame.number > 1  # then it is the one before the oldest that is missed
        assert (finding.number, finding.fault) == (frame.number - oldest, Fault.DROPPED)
        assert peer.judge((0, area)) is not None


def test_any_two_records_swapped(peer: Peer, life: Life) -> None:
    """As they are, or each under the other's number."""
    frames = forger.frames(life.area)
    sectors = forger.by_sector(frames)
    rng = Random(2)
    pairs = [*pairwise(frames), *rng.sample(list(combinations(frames, 2)), 60)]
    swaps = 0
    peer.load(life.area)
    for first, second in pairs[::2]:
        for renumbered in (False, True):
            contents = {sector: list(each) for sector, each in sectors.items()}
            for here, other in ((first, second), (second, first)):
                index = sectors[here.place.sector].index(forger.content(here))
                number = here.number if renumbered else other.number
                contents[here.place.sector][index] = number, other.link, other.sealed
            try:
                area = forger.rewritten(life.area, contents)
            except AssertionError:  # one sector has no room for the longer one
                continue
            finding = found(area)
            assert (finding.number, finding.fault) == (first.number, Fault.REORDERED)
            assert peer.judge((0, area)) is not None
            swaps += 1
    assert swaps > 100


def test_a_record_that_stands_there_twice(life: Life) -> None:
    frames = forger.frames(life.area)
    for before, frame in pairwise(frames[3:40]):
        contents = forger.by_sector(frames)[frame.place.sector]
        at = contents.index(forger.content(frame))
        again = [*contents[:at], forger.content(before), *contents[at:]]
        try:
            area = forger.repacked(life.area, frame.place.sector, again)
        except AssertionError:
            continue
        assert (found(area).number, found(area).fault) == (frame.number, Fault.REORDERED)


def test_a_mark_taken_away(peer: Peer, life: Life) -> None:
    """Of the newest record it says that the power went before the terminal had marked it, which it will do."""
    frames = forger.frames(life.area)
    peer.load(life.area)
    for frame in frames:
        offset = frame.place.sector * SECTOR + frame.place.offset
        report = audit(forger.patched(life.area, offset, b"\xff"))
        assert (peer.judge((offset, b"\xff")) is None) == (frame is frames[-1])
        if frame is frames[-1]:
            assert report.good
            assert report.last == frame.number
            assert any("not yet marked" in note for note in report.notes)
        else:
            assert report.finding
            assert (report.finding.number, report.finding.fault) == (frame.number, Fault.ALTERED)


# -- whole sectors ----------------------------------------------------------------------------------------


def sector_of(area: bytes, index: int) -> bytes:
    return area[index * SECTOR : (index + 1) * SECTOR]


def firsts(life: Life) -> dict[int, int]:
    """The number of the first record of each sector."""
    return {sector: each[0][0] for sector, each in forger.by_sector(forger.frames(life.area)).items()}


def test_a_sector_of_another_time(peer: Peer, days: Life) -> None:
    """The same terminal, the same numbers, another history."""
    acts = [("sign_in", "000001"), *(("sell", amount) for amount in range(1, 60))]
    other = peer.live(5, acts)
    peer.load(days.area)
    for sector in (1, 2):
        area = forger.patched(days.area, sector * SECTOR, sector_of(other.area, sector))
        first = forger.by_sector(forger.frames(other.area))[sector][0][0]
        contents = forger.by_sector(forger.frames(days.area))[sector]
        finding = found(area)
        if first == contents[0][0]:
            assert (finding.number, finding.fault) == (first, Fault.ANOTHER_TIME)
        assert finding.number == contents[0][0]
        assert peer.judge((0, area)) is not None


@pytest.mark.parametrize("then", [60, 80])
def test_a_sector_as_it_was_some_time_ago(peer: Peer, years: Life, then: int) -> None:
    """A round of the ring ago, or when it was half full: one of the records that were in it is named."""
    older = peer.live(4, YEARS[:then])
    begins = firsts(years)
    for sector, first in begins.items():
        area = forger.patched(years.area, sector * SECTOR, sector_of(older.area, sector))
        last = max(number for number, _, _ in forger.by_sector(forger.frames(years.area))[sector])
        finding = found(area)
        assert first <= finding.number <= last
        assert finding.fault is (Fault.ANOTHER_TIME if firsts(older).get(sector) != first else Fault.DROPPED)


def test_an_end_as_it_was_some_time_ago(peer: Peer, days: Life) -> None:
    """It is as good as the newest one: only the host's books can tell."""
    older = peer.live(5, DAYS[:-8])
    area = forger.patched(days.area, 2 * SECTOR, sector_of(older.area, 2))
    assert area != days.area
    assert audit(area).good
    peer.load(area)
    assert peer.judge() is None


def test_a_sector_of_another_terminal(peer: Peer, life: Life) -> None:
    frames = forger.by_sector(forger.frames(life.area))
    siv = AESSIV(bytes(range(1, 33)))
    peer.load(life.area)
    for sector, contents in frames.items():
        tag, theirs = contents[0][1], []
        for number, link, sealed in contents:
            plain = bytes(len(sealed) - 16)
            sealed = siv.encrypt(plain, [number.to_bytes(8, "big") + tag])  # noqa: PLW2901
            theirs.append((number, link, sealed))
            tag = sealed[:16]
        area = forger.repacked(life.area, sector, theirs)
        finding = found(area)
        assert (finding.number, finding.fault) == (contents[0][0], Fault.FOREIGN)
        assert peer.judge((0, area)) is not None


def test_a_sector_erased(peer: Peer, life: Life) -> None:
    """The oldest one is missed too, where the terminal itself does not need it any more."""
    peer.load(life.area)
    for sector, first in firsts(life).items():
        finding_or_none = audit(forger.patched(life.area, sector * SECTOR, b"\xff" * SECTOR)).finding
        broken = peer.judge((sector * SECTOR, b"\xff" * SECTOR))
        if first == max(firsts(life).values()):
            assert finding_or_none is None  # the newest records: for the host's books
        elif first == min(firsts(life).values()) and first > 1:
            assert (finding_or_none, broken) == (None, None)  # its turn to be erased had come
        else:
            assert finding_or_none
            assert (finding_or_none.number, finding_or_none.fault) == (first, Fault.DROPPED)
            assert broken is not None or first < life.state["floor"]


def test_sectors_in_each_others_place(peer: Peer, life: Life) -> None:
    peer.load(life.area)
    for a, b in combinations(firsts(life), 2):
        area = forger.patched(life.area, a * SECTOR, sector_of(life.area, b))
        area = forger.patched(area, b * SECTOR, sector_of(life.area, a))
        finding = found(area)
        assert (finding.number, finding.fault) == (min(firsts(life)[a], firsts(life)[b]), Fault.REORDERED)
        assert peer.judge((0, area)) is not None


def test_a_header_that_lies(life: Life) -> None:
    """A sector with a number that nothing has come to, and one with that of another place."""
    count = len(life.area) // SECTOR
    for sector, contents in forger.by_sector(forger.frames(life.area)).items():
        for sequence in (sector + 1000 * count, sector + 1):
            area = forger.patched(life.area, sector * SECTOR, forger.header(sequence))
            assert contents[0][0] <= found(area).number <= contents[-1][0]


def test_needed_records_missing(peer: Peer, years: Life) -> None:
    """A sector is erased in its turn, and an open batch had begun in it."""
    acts = [*YEARS[:-3], ("sign_in", "000009"), *(("sell", amount) for amount in range(40))]
    life = peer.live(4, acts)
    frames = forger.frames(life.area)
    floor = life.state["floor"]
    assert frames[0].number <= floor
    oldest = next(frame for frame in frames if frame.link and frame.number > floor)
    kept = {sector: each for sector, each in forger.by_sector(frames).items() if each[0][0] >= oldest.number}
    area = life.area
    for sector in range(4):
        if sector not in kept and sector_of(area, sector) != b"\xff" * SECTOR and sector in firsts(life):
            area = forger.patched(area, sector * SECTOR, b"\xff" * SECTOR)
    finding = found(area)
    assert finding.fault is Fault.DROPPED
    assert finding.number < oldest.number


# -- whole images -----------------------------------------------------------------------------------------


def test_an_image_cut_off_anywhere(days: Life) -> None:
    image = FlashImage(b"\xff" * 0x300000 + days.area.ljust(0x80000, b"\xff"))
    assert judge(image.reading(KEY)).good
    for size in range(1, 0x80000, 37_111):
        content = (b"\xff" * 0x300000 + days.area.ljust(0x80000, b"\xff"))[: 0x300000 + size]
        finding = judge(FlashImage(content).reading(KEY)).finding
        assert finding
        assert finding.fault is Fault.TRUNCATED
    with pytest.raises(AuditError, match="before the journal begins"):
        FlashImage(bytes(0x300000)).reading(KEY)


def test_another_key(life: Life) -> None:
    finding = audit(life.area, bytes(range(1, 33))).finding
    assert finding
    assert (finding.number, finding.fault) == (forger.frames(life.area)[0].number, Fault.FOREIGN)


def test_a_journal_without_a_record(peer: Peer) -> None:
    for area in (b"\xff" * SECTOR * 4, bytes(SECTOR * 4)):
        report = audit(area)
        assert report.good
        assert any("only the host's books" in note for note in report.notes)


@pytest.mark.parametrize("seed", range(20))
def test_noise(seed: int) -> None:
    """Nothing that can be in a chip stops the audit."""
    rng = Random(seed)
    area = bytearray(rng.randbytes(4 * SECTOR))
    for sector in range(rng.randrange(5)):
        area[sector * SECTOR : sector * SECTOR + 16] = forger.header(rng.choice([sector, sector + 4, 2**32 - 1]))
    audit(bytes(area))
