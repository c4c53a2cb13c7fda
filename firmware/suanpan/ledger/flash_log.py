"""Append-only log on raw NOR flash that a power cut cannot harm.

A power cut leaves the cells of the operation half done: they may read either way, and differently at the next
reading. Hence three rules:

* A frame is programmed, read back (and done again, or put behind, if it is not there), and only then marked. A
  marked frame that does not check is corrupt; an unmarked one was torn by a power cut, before append() returned.
* mount() makes what it decides about the end of the log certain before anybody acts on it: it programs the
  newest frame once more, with the same bytes, or programs a torn one to zeros.
* No cell that a power cut may have touched ever takes other data than zeros before it is erased.

Records are numbered from 1 without a gap, so a lost one is noticed wherever it was. The first record of each
sector has a link, 16 bytes of the caller's choice: with it a chain of records can be checked from any sector
on, whatever was erased before.
"""

from array import array

from suanpan.errors import LogCorrupt, LogFull, LogWorn
from suanpan.ledger.flash_ring import BLANK, LINK, LONGEST, PAGE, SECTOR, SLOT, WRITTEN, FlashRing, space, space_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suanpan.ledger.flash_ring import Partition, Record


class FlashLog:
    """Nothing is read or written before mount(). What is kept in RAM does not grow with the log."""

    number = 0  # of the newest record, 0 while there is none

    def __init__(self, partition: "Partition") -> None:
        self._ring = FlashRing(partition)
        self._oldest = 0  # sequence numbers: the oldest sector there is,
        self._floor = 0  # the oldest one that may not be erased,
        self._active = -1  # the one being filled
        self._spare = -1  # and the erased one to follow it, or -1
        self._tail = SECTOR  # where the active sector's next frame goes
        self._linked = False  # whether the active sector has a record yet

    # -- mounting --------------------------------------------------------------------------------------

    def mount(self) -> None:
        """Find the end of the log and make it certain. Reads the head of every sector and the whole of
        three.

        Raises LogCorrupt if the newest sector, or a committed record in it, is lost; `number` is the last
        one before that.
        """
        self.number = 0
        self._ring.magic = WRITTEN
        oldest, newest, stray, restored = self._survey()
        if restored:
            from suanpan.ledger.backup_log import forget, unfinished

            if unfinished(self._ring, oldest, newest):
                if not forget(self._ring, oldest, newest, stray):
                    self.number = stray - 1
                    raise LogCorrupt
                oldest, newest, stray = 0, -1, 0
        self._oldest = self._floor = oldest
        self._active, self._spare, self._tail, self._linked = newest, -1, SECTOR, False
        if newest >= 0:
            for _ in range(2):  # as in _settle()
                self._ring.write_header(newest)
            if self._ring.used(newest) <= SLOT:
                self._spare = newest
                self._active = self._before(newest)
        seq = self._active
        while not self.number and seq > oldest:
            seq -= 1
            for _, frame in self._ring.frames(seq):
                self.number = frame[1]
        if self._active >= 0:
            self._settle(self._active)
        if (
            restored and not self._linked and unfinished(self._ring, oldest, newest)
        ):  # what would have finished was torn
            self.mount()
            return
        if stray > self.number:
            raise LogCorrupt

    def _survey(self) -> "tuple[int, int, int, bool]":
        """The oldest and the newest sequence number (0 and -1 if there is no sector), the highest record
        number that begins a sector without a header, and whether any has restored records. A sector without
        a header was about to be erased and its records are old, unless it is the header that is corrupt."""
        oldest, newest, stray, restored = -1, -1, 0, False
        for place in range(self._ring.count):
            seq = self._ring.sequence(place)
            restored = restored or self._ring.restored
            if seq < 0:
                frame = self._ring.frame(place, SLOT)
                if frame and frame[0] != BLANK:
                    stray = max(stray, frame[1])
                continue
            if seq % self._ring.count != place:
                raise LogCorrupt
            newest = max(newest, seq)
            oldest = seq if oldest < 0 else min(oldest, seq)
        return max(oldest, 0), newest, stray, restored

    def _before(self, seq: int) -> int:
        """The sector before `seq`, -1 if there is none."""
        while seq > self._oldest:
            seq -= 1
            if self._ring.sequence(seq) == seq:
                return seq
        return -1

    def _settle(self, seq: int) -> None:
        """Find where the next frame of the active sector goes, and bring the newest one to a certain end."""
        ring = self._ring
        end = ring.used(seq)
        last, newest = 0, None
        at = tail = SLOT
        while at < end:
            frame = ring.frame(seq, at)
            if frame is None:
                at += SLOT
                continue
            if self.number and frame[1] != self.number + 1:
                raise LogCorrupt
            self.number = frame[1]
            last, newest = at, frame
            at = tail = at + space(frame)
        if newest:
            self._linked = True
            for _ in range(2):  # one program may come to nothing, and cells that waver may read well
                kept = ring.write(seq, last, newest) and ring.commit(seq, last)
            if not kept:
                if newest[0] != BLANK:
                    raise LogCorrupt
                ring.kill(seq, last, tail)
                self.number -= 1
                self._linked = not newest[2]
        while tail < end and ring.dead(seq, tail):
            tail += SLOT
        if tail < end:
            if ring.marked(seq, tail):
                raise LogCorrupt
            # The page after the last one that shows anything may have been touched as well. (Where nothing
            # shows at all, it is append() that finds weak cells, by reading back.)
            end = min(SECTOR, (end + 2 * PAGE - 1) // PAGE * PAGE)
            ring.kill(seq, tail, end)
            tail = end
        self._tail = tail

    # -- appending -------------------------------------------------------------------------------------

    def starts_sector(self, size: int) -> bool:
        """Whether a record of `size` bytes would be the first of a sector."""
        if not 0 < size <= LONGEST:
            raise ValueError
        return not self._linked or self._tail + space_for(size) > SECTOR

    def turn(self) -> None:
        """Leave the rest of the active sector, so that the next record is the first of one. Raises LogFull."""
        if self._linked:
            self._turn()

    def append(self, record: bytes, link: bytes) -> int:
        """Commit a record of 1 to 2,000 bytes; returns its number. Two program operations, and no erase if
        prepare() was called in time. `link` is 16 bytes, kept if the record is the first of a sector.

        Raises LogFull, or LogWorn if the flash did not keep what was programmed, nor in the place behind it: then the
        record is not in the log, and the next one goes to the next sector.
        """
        if not 0 < len(record) <= LONGEST or len(link) != LINK:
            raise ValueError
        if self._tail + space_for(len(record) + (0 if self._linked else LINK)) > SECTOR:
            self._turn()
        seq, at = self._active, self._tail
        frame = (BLANK, self.number + 1, b"" if self._linked else link, record)
        size = space(frame)
        self._tail = SECTOR  # should anything fail from here on, nothing more goes to this sector
        for at in range(at, min(at + 2 * size, SECTOR - size + 1), size):  # noqa: B020
            if self._ring.write(seq, at, frame) and self._ring.commit(seq, at):
                self.number += 1
                self._tail = at + size
                self._linked = True
                return self.number
            self._ring.kill(seq, at, at + size)
        raise LogWorn

    def _turn(self) -> None:
        self.prepare()
        self._active, self._spare = self._spare, -1
        self._tail, self._linked = SLOT, False

    def prepare(self) -> None:
        """Erase the next sector, unless that is done already. For idle time: an erase takes 45 ms.

        Raises LogFull if every sector holds something that is not released.
        """
        seq = self._active
        while self._spare < 0:
            seq += 1
            if seq - self._floor >= self._ring.count:
                raise LogFull
            self._oldest = max(self._oldest, seq - self._ring.count + 1)
            if self._ring.format(seq):  # a sector too worn to keep its header is left out
                self._spare = seq

    def restoring(self, number: int, magic: bytes) -> None:
        """The next record has the number after this one. As long as the magic is RESTORED what is appended does not
        count: mount() erases it. All of it counts from the first record on under WRITTEN. For an empty log alone."""
        self.number = number
        self._ring.magic = magic
        self._spare, self._tail, self._linked = -1, SECTOR, False

    def reserve(self, sectors: int) -> None:
        """Raises LogFull unless so many sectors after the active one are erased or may be."""
        if self._floor + self._ring.count - 1 - self._active < sectors:
            raise LogFull

    def release(self, number: int) -> None:
        """Allow to erase the sectors whose records all have lower numbers than this."""
        self._floor = max(self._floor, self.seek(lambda head: head[0] > number))

    # -- reading ---------------------------------------------------------------------------------------

    @property
    def sectors(self) -> "tuple[int, int]":
        """Sequence numbers: of the oldest sector there is, and of the one being filled."""
        return self._oldest, self._active

    def records(self) -> "Iterator[Record]":
        """Oldest first. Raises LogCorrupt where one is missing."""
        number = 0
        for record in self.records_from(self._oldest):
            number = record[0]
            yield record
        if number != self.number:
            raise LogCorrupt

    def seek(self, later: "Callable[[Record], bool]") -> int:
        """The newest sector whose first record is not `later` than what is looked for (the oldest, if all are);
        `later` must hold for every sector after the first that it holds for. Reads the heads of a few sectors."""
        low, high = self._oldest, self._active
        while low < high:
            middle = (low + high + 1) // 2
            at, head = middle, self._head(middle)
            while head is None and at < high:  # a sector without records: one too worn, or just turned to
                at += 1
                head = self._head(at)
            if head is None or later(head):
                high = middle - 1
            else:
                low = at
        return low

    def _head(self, seq: int) -> "Record | None":
        for _, frame in self._ring.frames(seq):
            return frame[1:]
        return None

    def records_from(self, seq: int, last: "int | None" = None, before: int = 0) -> "Iterator[Record]":
        """The records of this sector and all after it (up to the `last`), oldest first; the first of them is to follow
        the record of number `before`. Raises LogCorrupt where one is missing."""
        while seq <= (self._active if last is None else last):
            for _, frame in self._ring.frames(seq):
                if before and frame[1] != before + 1:
                    raise LogCorrupt
                before = frame[1]
                yield frame[1:]
            seq += 1

    def newest_sector(self) -> "Iterator[Record]":
        """The records of the newest sector that has any, oldest first."""
        found = False
        seq = self._active
        while not found and seq >= self._oldest:
            for _, frame in self._ring.frames(seq):
                found = True
                yield frame[1:]
            seq -= 1

    def newest_first(self) -> "Iterator[Record]":
        """From the newest record there is now to the oldest; the log may be appended to meanwhile.

        Raises LogCorrupt where one is missing.
        """
        expected = self.number
        for seq in range(self._active, self._oldest - 1, -1):
            places = array("H")
            for at, _ in self._ring.frames(seq):
                places.append(at)
            for i in range(len(places) - 1, -1, -1):
                if seq < self._oldest:  # erased since the last record was asked for
                    return
                frame = self._ring.frame(seq, places[i])
                if frame is None or frame[1] != expected:
                    raise LogCorrupt
                expected -= 1
                yield frame[1:]
