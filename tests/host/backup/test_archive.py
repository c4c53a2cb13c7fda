"""Archives under audit (R4, R24): the first altered, dropped or reordered record is named, and exports are those of the
flash image."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from host_tools.audit.archive import ArchiveFile
from host_tools.audit.export import Format, write
from host_tools.audit.image import FlashImage
from host_tools.audit.reader import SECTOR, read
from host_tools.audit.reading import AuditError, Fault
from host_tools.audit.verify import judge
from host_tools.backup import line
from host_tools.backup.archive import Archive, Opener
from host_tools.backup.errors import NewerArchive, NotAnArchive
from tests.host.backup.boards import KEY, LIFE, TERMINAL, PowerIsGone

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.audit.reading import Finding
    from host_tools.audit.verify import Report
    from tests.host.backup.boards import Boards
    from tests.host.backup.conftest import Saved


def audit(content: bytes, key: bytes = KEY) -> Report:
    return judge(ArchiveFile(content).reading(key))


def found(content: bytes, key: bytes = KEY) -> Finding:
    report = audit(content, key)
    assert report.finding, "nothing was found"
    return report.finding


def pieces(content: bytes) -> list[bytes]:
    """The begin, and each item with its length."""
    archive = Archive.parse(content)
    return [archive.begin, *(struct.pack(">H", len(item.sealed)) + item.sealed for item in archive.items)]


def records(content: bytes) -> int:
    return len(pieces(content)) - 3


def test_a_whole_one(saved: Saved) -> None:
    report = audit(saved.content)
    assert report.good
    assert (report.first, report.last) == (1, saved.told["number"])
    assert all(each.agrees for each in report.lines)
    told = sorted(
        [each.kind, each.org, each.told_count, each.told_amount] for each in report.lines if not each.batch.settled
    )
    assert told == saved.told["totals"]


@pytest.mark.parametrize("form", list(Format))
def test_its_exports_are_those_of_the_flash_image(saved: Saved, tmp_path: Path, form: Format) -> None:
    image = judge(FlashImage(saved.area, bare=True).reading(saved.journal_key))
    archive = audit(saved.content)
    for name, report in (("image", image), ("archive", archive)):
        assert report.good
        assert report.books
        (tmp_path / name).mkdir()
        write(tmp_path / name / f"day.{form}", form, report.books.entries, report.lines)
    made = sorted(path.name for path in (tmp_path / "image").iterdir())
    assert made == sorted(path.name for path in (tmp_path / "archive").iterdir())
    for name in made:
        assert (tmp_path / "image" / name).read_bytes() == (tmp_path / "archive" / name).read_bytes()
        assert len((tmp_path / "image" / name).read_bytes()) > 200


def test_and_those_of_the_board_that_it_was_restored_to(boards: Boards, saved: Saved, tmp_path: Path) -> None:
    new = boards.fresh("exported", 2)
    line.restore(new, saved.content)
    new.on()
    told = new.told()
    image = judge(FlashImage(bytes.fromhex(told["area"]), bare=True).reading(bytes.fromhex(told["key"])))
    assert image.good, image.finding
    assert image.books
    first = audit(saved.content)
    assert first.books
    for name, report in (("old", first), ("new", image)):
        assert report.books
        assert len(report.books.watches) == 1
        write(tmp_path / f"{name}.json", Format.JSON, report.books.entries, report.lines, report.books.watches)
    assert (tmp_path / "old.json").read_text("utf-8") == (tmp_path / "new.json").read_text("utf-8")


def test_a_board_whose_restore_was_cut_off_has_no_records_and_says_so(boards: Boards, saved: Saved) -> None:
    key = bytes((2 + i) % 256 for i in range(32))
    new = boards.fresh("half", 2)
    for operation in (30, 100, 200):
        new.cut(operation, None, 1)
        with pytest.raises(PowerIsGone):
            line.restore(new, saved.content)
        report = judge(FlashImage(new.area, bare=True).reading(key))
        assert report.good
        assert not report.last
        assert "restore was begun and not finished" in report.notes[0]
        new.on()


def test_a_restored_image_is_judged_like_any_other(boards: Boards, saved: Saved) -> None:
    """Bits in its headers and records, in the ordinary sector that made it count, and without that one."""
    new = boards.fresh("judged", 2)
    line.restore(new, saved.content)
    new.on()
    told = new.told()
    area, key = bytes.fromhex(told["area"]), bytes.fromhex(told["key"])
    sectors = read(area, len(area) // SECTOR)
    places = [sector.index * SECTOR + at for sector in sectors if sector.frames for at in (2, 9)]
    frames = [(frame.number, frame) for sector in sectors for frame in sector.frames]
    for number, frame in frames:
        place = frame.place.sector * SECTOR + frame.place.offset + 20
        finding = judge(FlashImage(flipped(area, place), bare=True).reading(key)).finding
        assert finding
        assert finding.number == number
    for place in places:
        assert judge(FlashImage(flipped(area, place), bare=True).reading(key)).finding
    last = frames[-1][1].place.sector * SECTOR
    report = judge(FlashImage(area[:last] + b"\xff" * (len(area) - last), bare=True).reading(key))
    assert not report.last


def flipped(area: bytes, place: int) -> bytes:
    return area[:place] + bytes([area[place] ^ 0x10]) + area[place + 1 :]


def test_a_bit_anywhere_is_found_and_named(saved: Saved) -> None:
    archive = Archive.parse(saved.content)
    last = records(saved.content)
    for index, item in enumerate(archive.items):
        for at in (0, 15, 16, len(item.sealed) - 1):
            content = bytearray(saved.content)
            content[item.offset + 2 + at] ^= 1 << index % 8
            finding = found(bytes(content))
            assert (finding.number, finding.fault) == (min(max(index, 1), last + 1), Fault.ALTERED)


def test_an_altered_length(saved: Saved) -> None:
    for index, item in enumerate(Archive.parse(saved.content).items):
        content = bytearray(saved.content)
        content[item.offset + 1] ^= 1
        finding = found(bytes(content))
        assert finding.number == max(index, 1)
        assert finding.fault in ((Fault.ALTERED, Fault.TRUNCATED) if index else (Fault.FOREIGN,))  # nothing opens then


def test_an_altered_begin(saved: Saved) -> None:
    """The terminal's number and the archive's own are under every seal."""
    for at in (5, 12, 13, 28):
        content = bytearray(saved.content)
        content[at] ^= 1
        assert found(bytes(content)).fault is Fault.FOREIGN


def test_dropped_and_reordered(saved: Saved) -> None:
    parts = pieces(saved.content)
    for index in range(1, records(saved.content)):
        at = index + 1  # behind begin and head
        finding = found(b"".join(parts[:at] + parts[at + 1 :]))
        assert (finding.number, finding.fault) == (index, Fault.DROPPED)
        finding = found(b"".join([*parts[:at], parts[at + 1], parts[at], *parts[at + 2 :]]))
        assert (finding.number, finding.fault) == (index, Fault.REORDERED)
        finding = found(b"".join([*parts[: at + 1], *parts[at:]]))
        assert (finding.number, finding.fault) == (index + 1, Fault.REORDERED)


def test_without_its_head(saved: Saved) -> None:
    parts = pieces(saved.content)
    assert found(b"".join([parts[0], *parts[2:]])).fault is Fault.DROPPED
    assert found(b"".join([parts[0], parts[2], parts[1], *parts[3:]])).fault is Fault.REORDERED


def test_cut_short_at_every_byte_of_its_end_and_many_before(saved: Saved) -> None:
    size, items = len(saved.content), Archive.parse(saved.content).items
    for end in [*range(29, size - 600, 173), *range(size - 600, size)]:
        finding = found(saved.content[:end])
        whole = sum(item.offset + 2 + len(item.sealed) <= end for item in items)
        assert (finding.number, finding.fault) == (max(whole, 1), Fault.TRUNCATED)


def test_something_behind_its_end(saved: Saved) -> None:
    for more in (b"\0", b"\0\0", pieces(saved.content)[-1]):
        finding = found(saved.content + more)
        assert (finding.number, finding.fault) == (records(saved.content) + 1, Fault.ALTERED)


def test_records_of_another_archive_of_the_same_board(boards: Boards, saved: Saved) -> None:
    again = boards.fresh("again", 1, LIFE)
    assert line.save(again) == saved.content  # the same random numbers
    other = line.save(again)
    mine, theirs = pieces(saved.content), pieces(other)
    for index in (1, 7, 40):
        finding = found(b"".join([*mine[: index + 1], theirs[index + 1], *mine[index + 2 :]]))
        assert (finding.number, finding.fault) == (index, Fault.ALTERED)


def test_another_key_and_another_terminal(boards: Boards, saved: Saved) -> None:
    assert found(saved.content, bytes(32)).fault is Fault.FOREIGN
    other = line.save(boards.fresh("foreign", 1, LIFE, terminal="10000002", key=bytes(32)))
    assert ArchiveFile(other).terminal() == "10000002"
    assert found(other).fault is Fault.FOREIGN
    assert audit(other, bytes(32)).good


def test_an_end_that_adds_up_to_something_else(saved: Saved) -> None:
    """Sealed by somebody who has the key: the records are genuine, and the state is not theirs."""
    archive, siv = Archive.parse(saved.content), AESSIV(KEY)
    count = len(archive.items) - 2
    label = [archive.begin, struct.pack(">BI", 2, count + 1)]
    end = bytearray(siv.decrypt(archive.items[-1].sealed, label))
    for at, value, why in ((3, end[3] ^ 1, "counts"), (end.index(b"\x03\x06") + 7, 0x30 + 9, "stan")):
        changed = bytearray(end)
        changed[at] = value
        sealed = siv.encrypt(bytes(changed), label)
        finding = found(saved.content[: archive.items[-1].offset] + struct.pack(">H", len(sealed)) + sealed)
        assert (finding.number, finding.fault) == (count + 1, Fault.CONTRADICTORY)
        assert why in finding.why


def test_what_is_none(saved: Saved) -> None:
    for content in (b"", b"SPB1", bytes(100), b"SPB2" + saved.content[4:]):
        with pytest.raises(NotAnArchive):
            Archive.parse(content)
    with pytest.raises(NewerArchive):
        Archive.parse(saved.content[:4] + b"\x02" + saved.content[5:])
    with pytest.raises(AuditError):
        ArchiveFile(saved.content).key()


def test_the_head_says_when_and_which(saved: Saved) -> None:
    archive = Archive.parse(saved.content)
    assert archive.terminal == TERMINAL
    head = Opener(archive, KEY).head(archive.items[0])
    assert head
    assert (head.first, head.last, str(head.made)) == (1, saved.told["number"], "2026-11-23 18:00:00")


def test_card_numbers_are_sealed_and_come_out_masked(saved: Saved, tmp_path: Path) -> None:
    pan = b"6210000000000000007"
    packed = bytes.fromhex(pan[:18].decode())
    assert pan not in saved.content
    assert packed not in saved.content
    reading = ArchiveFile(saved.content).reading(KEY)
    inside = [record.octets("card") for record in reading.records if record.octets("card")]
    assert {card[:10].hex().rstrip("f") for card in inside} == {pan.decode()}
    assert len(inside) == sum(entry[6] is not None for entry in saved.told["entries"])  # none of the settled batch
    report = judge(reading)
    assert report.books
    (path,) = write(tmp_path / "day.json", Format.JSON, report.books.entries, report.lines)
    assert pan not in path.read_bytes()
