"""The journal's check in parts: the open batch at power-on, the rest a sector at a time; and which record is named."""

import unittest

from ledger_world import CARD, MOMENT, Slice, chip, mounted, pending, sell, sign_in, silent, store
from nor_flash import SECTOR, NorFlash
from suanpan.crypto.aes_siv import Siv
from suanpan.errors import JournalBroken
from suanpan.ledger.flash_log import FlashLog
from suanpan.ledger.flash_ring import FlashRing
from suanpan.ledger.journal import Journal
from suanpan.ledger.kinds import SALE

HEAP = "2m"  # a flash of its own for each test
TIMEOUT = 120

SECTORS = 24


def settle(ledger):
    ledger.settling("01", MOMENT["date"], MOMENT["time"])
    ledger.settled("00", False, MOMENT["date"], MOMENT["time"])


def batch(ledger, number, sales, first=100):
    sign_in(ledger, f"{number:06}")
    for amount in range(sales):
        sell(ledger, first + amount)


def checked(ledger):
    """How many sectors were checked until nothing was left."""
    steps = 1
    while ledger.prepare():
        steps += 1
    return steps


class Case(unittest.TestCase):
    """Three settled batches, and one that has begun: about a dozen sectors."""

    def setUp(self):
        self.flash = chip(SECTORS)
        ledger = mounted(self.flash)
        for number in range(1, 4):
            batch(ledger, number, 20)
            settle(ledger)
        batch(ledger, 4, 12)
        self.last = ledger._journal.log.number
        self.good = bytes(self.flash.cells)

    def places(self):
        """Address, number and size in flash of every record, oldest first."""
        ring = FlashRing(Slice(self.flash, 0, SECTORS))
        for seq in range(ring.count):
            for at, (_, number, link, record) in ring.frames(seq):
                yield seq * SECTOR + at, number, (11 + len(link) + len(record) + 15) // 16 * 16

    def begin(self):
        """The record that the open batch begins with."""
        return mounted(self.flash).state.batch_start


class TestInParts(Case):
    def test_power_on_reads_the_open_batch_and_idle_time_the_rest(self):
        ledger = mounted(self.flash)
        oldest, newest = ledger._journal.log.sectors
        self.flash.bytes_read = 0
        ledger.verify()
        power_on = self.flash.bytes_read
        self.assertTrue(power_on < 6 * 2 * SECTOR, power_on)
        self.flash.bytes_read = 0
        steps = checked(ledger)
        self.assertTrue(newest - oldest - 4 <= steps <= newest - oldest + 1)
        self.assertTrue(self.flash.bytes_read > 2 * power_on)
        self.flash.bytes_read = 0
        self.assertFalse(ledger.prepare())
        self.assertEqual(self.flash.bytes_read, 0)  # nothing is checked twice

    def test_no_step_reads_more_than_a_sector_or_two(self):
        ledger = mounted(self.flash)
        ledger.verify()
        more = True
        while more:
            self.flash.bytes_read = 0
            more = ledger.prepare()
            self.assertTrue(self.flash.bytes_read < 3 * SECTOR, self.flash.bytes_read)

    def test_every_altered_record_is_found_by_one_or_the_other(self):
        begin = self.begin()
        found = {True: 0, False: 0}
        for address, number, size in list(self.places()):
            if number % 3:
                continue
            self.flash.cells[:] = self.good
            self.flash.cells[address + size - 20] ^= 0x10
            at_once = False
            ledger = None
            try:
                ledger = mounted(self.flash)
                ledger.verify()
            except JournalBroken:
                at_once = True
            if number >= begin:
                self.assertTrue(at_once, number)
            if not at_once:
                with self.assertRaises(JournalBroken):
                    checked(ledger)
                self.assertEqual(ledger._journal.broken_at, number)
            found[at_once] += 1
        self.assertTrue(found[True] > 10 and found[False] > 30, found)

    def test_a_whole_sector_is_missed_wherever_it_was(self):
        oldest, newest = mounted(self.flash)._journal.log.sectors
        for seq in range(oldest + 1, newest):
            self.flash.cells[:] = self.good
            first = next(number for address, number, _ in self.places() if address // SECTOR == seq)
            self.flash.cells[seq * SECTOR : (seq + 1) * SECTOR] = b"\xff" * SECTOR
            journal = Journal(FlashLog(Slice(self.flash, 0, SECTORS)), Siv(bytes(range(32))))
            with self.assertRaises(JournalBroken):
                journal.mount()
                journal.verify(self.last)
                while journal.verify_more():
                    pass
            self.assertEqual(journal.broken_at, first)

    def test_the_seam_between_the_two(self):
        """A genuine sector of another history, exactly before the first one that power-on looks at."""
        other = chip(SECTORS)
        ledger = mounted(other)
        for number in range(1, 4):
            batch(ledger, number, 20, 110)
            settle(ledger)
        batch(ledger, 4, 12)
        ledger = mounted(self.flash)
        first = ledger._journal.log.seek(lambda head: head[0] > self.begin())
        self.assertTrue(first > 2)
        self.flash.cells[(first - 1) * SECTOR : first * SECTOR] = other.cells[(first - 1) * SECTOR : first * SECTOR]
        ledger = mounted(self.flash)
        ledger.verify()
        with self.assertRaises(JournalBroken):
            checked(ledger)

    def test_what_is_found_in_idle_time_stops_everything(self):
        address = next(address for address, number, _ in self.places() if number == 5)
        self.flash.cells[address + 40] ^= 1
        ledger = mounted(self.flash)
        ledger.verify()
        with self.assertRaises(JournalBroken):
            checked(ledger)
        before = bytes(self.flash.cells)
        acts = (
            lambda: pending(ledger),
            lambda: store(ledger),
            lambda: sign_in(ledger, "000009"),
            lambda: settle(ledger),
            ledger.prepare,
        )
        for act in acts:
            with self.assertRaises(JournalBroken):
                act()
        self.assertTrue(self.flash.cells == before)

    def test_sales_go_on_between_the_steps(self):
        """And sectors that are not needed any more are erased on the way: nobody misses them."""
        ledger = mounted(self.flash)
        ledger.verify()
        erased = sum(self.flash.erases)
        for amount in range(170):
            sell(ledger, 100 + amount, copies=1)
            if amount % 20 == 19:
                settle(ledger)
            ledger.prepare()
        self.assertTrue(sum(self.flash.erases) - erased > 12)
        checked(ledger)
        mounted(self.flash).verify()

    def test_power_on_reads_what_is_still_owed_however_old(self):
        ledger = mounted(self.flash)
        first = store(ledger)
        for number in range(5, 8):
            batch(ledger, number, 20)
        self.assertTrue(ledger.state.queued)
        address = next(address for address, number, _ in self.places() if number == first.number)
        self.flash.cells[address + 30] ^= 1
        ledger = mounted(self.flash)
        with self.assertRaises(JournalBroken):
            ledger.verify()
        self.assertEqual(ledger._journal.broken_at, first.number)

    def test_an_empty_journal(self):
        ledger = mounted(chip(4))
        ledger.verify()
        self.assertFalse(ledger.prepare())
        silent(ledger)
        ledger.verify()


class TestNaming(Case):
    """The number that is told for a mark that somebody has cleared, and for the very first record."""

    def first_broken(self, sectors=SECTORS):
        journal = Journal(FlashLog(Slice(self.flash, 0, sectors)), Siv(bytes(range(32))))
        try:
            journal.mount()
            journal.verify()
        except JournalBroken:
            return journal.broken_at
        return None

    def test_a_cleared_mark(self):
        places = list(self.places())
        newest_sector = places[-1][0] // SECTOR
        for address, number, _ in places:
            self.flash.cells[:] = self.good
            self.flash.cells[address] = 0xFF
            expected = None if number == self.last else number  # the newest one is marked again
            self.assertEqual(self.first_broken(), expected)
        self.assertTrue(places[-3][0] // SECTOR == newest_sector)

    def test_two_cleared_marks(self):
        places = list(self.places())
        for at in range(len(places) - 3, len(places) - 60, -1):
            if places[at - 1][0] // SECTOR != places[at + 1][0] // SECTOR:
                continue  # of a sector that has lost its beginning, only where it begins again is known
            self.flash.cells[:] = self.good
            for address, _, _ in places[at : at + 2]:
                self.flash.cells[address] = 0xFF
            self.assertEqual(self.first_broken(), places[at][1])

    def test_the_first_record(self):
        """In every way in which it can be bad: there is no record 0."""
        ring = FlashRing(Slice(self.flash, 0, SECTORS))
        _, number, link, record = ring.frame(0, 16)
        self.assertEqual(number, 1)
        self.flash.cells[16 : 16 + 11 + len(link) + len(record)] = b"\xff" * (11 + len(link) + len(record))
        ring.write(0, 16, (0xFF, 1, b"", record))  # without its link
        ring.commit(0, 16)
        self.assertEqual(self.first_broken(), 1)

    def test_the_first_record_where_there_is_one_sector(self):
        flash = self.flash = NorFlash(5)
        ledger = mounted(flash)
        with ledger.pending(SALE, 5, **CARD, **MOMENT) as entry:
            entry.decline("51")
        good = bytes(flash.cells)
        ring = FlashRing(Slice(flash, 0, 4))
        _, _, link, record = ring.frame(0, 16)
        for how in range(4):
            flash.cells[:] = good
            if how == 0:
                flash.cells[16] = 0xFF
            elif how == 1:
                flash.cells[16 + 30] ^= 1
            else:
                flash.cells[16 : 16 + 11 + len(link) + len(record)] = b"\xff" * (11 + len(link) + len(record))
                if how == 2:
                    ring.write(0, 16, (0xFF, 1, b"", record))
                    ring.commit(0, 16)
            self.assertEqual(self.first_broken(4), 1)
