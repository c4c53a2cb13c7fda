"""The journal: nothing in it can be read, altered, left out, moved or exchanged without being noticed."""

import unittest

from nor_flash import PREFIX, SECTOR, NorFlash, PowerCut
from suanpan.crypto.aes_siv import Siv
from suanpan.errors import JournalBroken
from suanpan.ledger.flash_log import FlashLog
from suanpan.ledger.flash_ring import FlashRing
from suanpan.ledger.journal import Journal
from suanpan.ledger.record import APPROVED, OPENED, PRINTED, SIGNED_IN, STATE, encode

HEAP = "1m"  # a flash of its own for each test

KEY = bytes(range(32))
PAN = "6210000000000000007"


def mounted(flash, key=KEY):
    journal = Journal(FlashLog(flash), Siv(key))
    journal.mount()
    return journal


def sale(journal, stan):
    journal.append(OPENED, {"kind": "sale", "stan": f"{stan:06}", "batch": "000001", "amount": 100 + stan, "pan": PAN})
    journal.append(APPROVED, {"auth_code": "123456", "reference": f"{stan:012}"})
    journal.append(PRINTED, {"printed": 1})


def day(flash, sales):
    journal = mounted(flash)
    journal.append(SIGNED_IN, {"batch": "000001", "stan": "000001"})
    for stan in range(2, 2 + sales):
        sale(journal, stan)
    return journal


def frames(flash):
    """(sector, offset, frame) of every record, oldest first."""
    ring = FlashRing(flash)
    for seq in range(ring.count):
        for at, frame in ring.frames(seq):
            yield seq, at, frame


class TestJournal(unittest.TestCase):
    def test_reads_back_what_was_written(self):
        flash = NorFlash(8)
        journal = mounted(flash)
        written = [
            (SIGNED_IN, {"batch": "000007", "stan": "000001", "operator": "01"}),
            (OPENED, {"kind": "sale", "stan": "000002", "batch": "000007", "amount": 999999999999, "pan": PAN}),
            (APPROVED, {"auth_code": "", "parties": "算盘"}),
        ]
        for event, fields in written:
            journal.append(event, fields)
        for each in (journal, mounted(flash)):
            found = [(event, fields) for _, event, fields in each.newest_first()]
            self.assertEqual(found[:3], written[::-1])
            self.assertEqual(found[3][0], STATE)
            self.assertEqual([number for number, _, _ in each.newest_first()], [4, 3, 2, 1])

    def test_every_sector_begins_with_the_sums_so_far(self):
        flash = NorFlash(8)
        journal = day(flash, 90)
        first = {}
        for sector, _, frame in frames(flash):
            first.setdefault(sector, frame[1])
        self.assertTrue(len(first) >= 4)
        events = {number: event for number, event, _ in journal.newest_first()}
        states = [number for number in events if events[number] == STATE]
        self.assertEqual(sorted(states), sorted(first.values()))

    def test_and_with_nothing_else_whatever_does_not_fit_the_sector_before(self):
        for small in range(60):  # leaves room for a STATE or not, but not for what comes next
            flash = NorFlash(4)
            journal = mounted(flash)
            journal.append(PRINTED, {"parties": "x" * small})
            while not journal.log.starts_sector(600):
                journal.append(PRINTED, {"parties": "x" * 200})
            journal.append(PRINTED, {"parties": "x" * 250, "auth_code": "y" * 250, "reference": "z" * 80})
            linked = [frame[1] for _, _, frame in frames(flash) if frame[2]]
            states = [number for number, event, _ in journal.newest_first() if event == STATE]
            self.assertEqual((linked, linked[-1]), (states[::-1], journal.log.number - 1))
            self.assertEqual(mounted(flash).state.fields(), journal.state.fields())

    def test_and_with_the_sums_again_where_torn_records_have_left_no_room_behind_them(self):
        flash = NorFlash(4)
        journal = mounted(flash)
        journal.append(SIGNED_IN, {"batch": "000001", "stan": "000001"})
        sale(journal, 2)
        journal.log.turn()
        while not 200 < SECTOR - journal.log._tail < 600:
            flash.cut(0, PREFIX, 9)
            with self.assertRaises(PowerCut):
                sale(journal, 3)
            flash.power_on()
            journal = mounted(flash)
        journal.append(PRINTED, {"parties": "x" * 250, "auth_code": "y" * 250, "reference": "z" * 80})
        self.assertEqual([bool(frame[2]) for _, _, frame in frames(flash)][-3:], [True, True, False])
        self.assertEqual(mounted(flash).state.fields(), journal.state.fields())
        journal.verify()

    def test_the_state_after_mounting_is_the_state_before(self):
        flash = NorFlash(8)
        journal = mounted(flash)
        self.assertEqual(mounted(flash).state.fields(), journal.state.fields())
        journal.append(SIGNED_IN, {"batch": "000001", "stan": "000001"})
        for stan in range(2, 62):
            sale(journal, stan)
            self.assertEqual(mounted(flash).state.fields(), journal.state.fields())
        self.assertEqual(journal.state.totals, {("sale", ""): (60, sum(range(102, 162)))})
        journal.verify()
        mounted(flash).verify()

    def test_nothing_in_clear_and_no_two_alike(self):
        flash = NorFlash(8)
        day(flash, 60)
        image = bytes(flash.cells)
        for clear in (PAN.encode(), PAN[:16].encode(), b"sale", b"000001", bytes.fromhex(PAN[:18])):
            self.assertEqual(image.find(clear), -1)
        sealed = [frame[3] for _, _, frame in frames(flash)]
        self.assertEqual(len(set(sealed)), len(sealed))

    def test_two_programs_a_record_and_four_where_a_sector_begins(self):
        flash = NorFlash(16)
        journal = day(flash, 1)
        costs = set()
        for stan in range(3, 100):
            journal.log.prepare()
            before = flash.programs, sum(flash.erases)
            journal.append(APPROVED, {"reference": f"{stan:012}"})
            costs.add((flash.programs - before[0], sum(flash.erases) - before[1]))
        self.assertEqual(costs, {(2, 0), (4, 0)})

    def test_mounting_reads_one_sector_of_records(self):
        flash = NorFlash(16)
        journal = day(flash, 180)
        sectors = {sector for sector, _, _ in frames(flash)}
        self.assertTrue(len(sectors) > 6)
        flash.bytes_read = 0
        again = mounted(flash)
        self.assertTrue(flash.bytes_read < 5 * SECTOR)
        self.assertEqual(again.state.fields(), journal.state.fields())


class TestVersions(unittest.TestCase):
    def test_a_sector_that_begins_with_anything_but_the_sums(self):
        flash = NorFlash(4)
        log = FlashLog(flash)
        log.mount()
        log.append(bytes(Siv(KEY).seal(encode(PRINTED, {"printed": 1}), bytes(7) + b"\x01" + bytes(16))), bytes(16))
        with self.assertRaises(JournalBroken):
            mounted(flash)


class TestTampering(unittest.TestCase):
    def setUp(self):
        self.flash = NorFlash(6)
        self.journal = day(self.flash, 30)
        self.places = [(sector * SECTOR + at, frame) for sector, at, frame in frames(self.flash)]
        self.good = bytes(self.flash.cells)

    def rewrite(self, address, number, link, record):
        """Put a well-formed frame where another one of the same size is, as an attacker would."""
        size = 11 + len(link) + len(record)
        self.flash.cells[address : address + size] = b"\xff" * size
        FlashRing(self.flash).write(address // SECTOR, address % SECTOR, (0xFF, number, link, record))
        self.flash.cells[address] = 0

    def assertBroken(self, number):
        """Noticed when everything is verified, by the number of the record, and at once if it is new."""
        self.assertEqual(self.first_broken(), number)
        journal = Journal(FlashLog(self.flash), Siv(KEY))
        numbers = []
        with self.assertRaises(JournalBroken):
            journal.mount()
            for found, _, _ in journal.newest_first():
                numbers.append(found)
        self.assertTrue(number not in numbers)

    def first_broken(self):
        journal = Journal(FlashLog(self.flash), Siv(KEY))
        with self.assertRaises(JournalBroken):
            journal.mount()
            journal.verify()
        return journal.broken_at

    def test_an_altered_record(self):
        for address, (_, number, link, record) in self.places:
            for at in (0, 7, 15, 16, len(record) - 1):
                self.flash.cells[:] = self.good
                altered = bytearray(record)
                altered[at] ^= 0x10
                self.rewrite(address, number, link, bytes(altered))
                self.assertBroken(number)

    def test_an_altered_link(self):
        for address, (_, number, link, record) in self.places:
            if link:
                self.flash.cells[:] = self.good
                self.rewrite(address, number, bytes(16) if any(link) else b"\x01" * 16, record)
                self.assertEqual(self.first_broken(), number)

    def test_a_flipped_bit_anywhere_in_a_record(self):
        for address, (_, number, link, record) in self.places:
            for at in (1, 2, 5, 8, 11 + len(link), 10 + len(link) + len(record)):
                self.flash.cells[:] = self.good
                self.flash.cells[address + at] ^= 0x04
                self.assertEqual(self.first_broken(), number)

    def test_two_records_exchanged(self):
        exchanged = 0
        for first, a in self.places:
            for second, b in self.places:
                if first // SECTOR == second // SECTOR and a[1] + 3 == b[1] and len(a[3]) == len(b[3]):
                    self.flash.cells[:] = self.good
                    self.rewrite(first, a[1], b"", b[3])
                    self.rewrite(second, b[1], b"", a[3])
                    self.assertBroken(a[1])
                    exchanged += 1
        self.assertTrue(exchanged > 20)

    def test_records_renumbered(self):
        """As if one had never been: the tags still follow one another."""
        for skipped in (1, 5):
            self.flash.cells[:] = self.good
            for address, (_, number, link, record) in self.places:
                if number > skipped:
                    self.rewrite(address, number - 1, link, record)
            newest_sector = [frame[1] for _, _, frame in frames(self.flash) if frame[2]][-1]
            self.assertEqual(self.first_broken(), newest_sector)

    def test_a_record_left_out(self):
        for address, (_, number, link, record) in self.places:
            self.flash.cells[:] = self.good
            size = (11 + len(link) + len(record) + 15) // 16 * 16
            self.flash.cells[address : address + size] = bytes(size)
            newest = number == self.journal.log.number
            if newest:  # as if it had never been: only the host's books can tell
                journal = mounted(self.flash)
                journal.verify()
                self.assertEqual(journal.log.number, number - 1)
            else:
                self.assertEqual(self.first_broken(), number)

    def test_the_oldest_sector_left_out(self):
        self.flash.cells[:SECTOR] = b"\xff" * SECTOR
        self.assertEqual(self.first_broken(), 2)  # where the batch begins

    def test_a_released_sector_left_out(self):
        self.journal.append(SIGNED_IN, {"batch": "000002", "stan": "000900"})
        self.flash.cells[:SECTOR] = b"\xff" * SECTOR
        mounted(self.flash).verify()

    def test_another_terminals_journal(self):
        journal = Journal(FlashLog(self.flash), Siv(bytes(range(1, 33))))
        with self.assertRaises(JournalBroken):
            journal.mount()
        self.assertTrue(journal.broken_at > 1)

    def test_a_sector_of_another_time(self):
        """The same terminal's journal, but of a different history with the same numbers."""
        other = NorFlash(6)
        journal = mounted(other)
        journal.append(SIGNED_IN, {"batch": "000001", "stan": "000001"})
        for stan in range(2, 32):
            sale(journal, stan + 1)
        self.flash.cells[SECTOR : 2 * SECTOR] = other.cells[SECTOR : 2 * SECTOR]
        first = next(frame[1] for address, frame in self.places if address // SECTOR == 1)
        self.assertEqual(self.first_broken(), first)
