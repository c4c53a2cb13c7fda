"""What does not grow with the journal: sectors read for a voucher, reads and memory of mounting, uneven wear."""

import gc
import unittest

from ledger_meter import SECTORS, MeteredFlash, close_batch, deliver, opened, records, trade
from ledger_world import attributes, chip, mounted, sell, sign_in, silent, store, void
from nor_flash import SECTOR
from suanpan.ledger.kinds import SALE

HEAP = "4m"  # a flash of 512 KB among it
TIMEOUT = 120

ROOM = 16 * 1024  # of free memory, as little as mounting may need; words of 64 bits


def full():
    """A flash and its ledger, long after the journal went round for the first time."""
    flash = MeteredFlash(SECTORS + 1)
    ledger = opened(flash)
    trade(ledger, 9000)
    assert min(flash.erases) > 0
    return flash, ledger


class TestLookup(unittest.TestCase):
    def test_any_voucher_of_5000_records_in_20_sectors(self):
        flash = MeteredFlash(SECTORS + 1)
        ledger = opened(flash)
        trade(ledger, 5000)
        kinds, most = {}, 0
        newest = int(ledger.state.stan)
        numbers = list(range(2, newest + 1, 7))
        numbers += [newest, newest + 1, newest + 1000, 999999]
        for number in numbers:
            flash.touched.clear()
            entry = ledger.find(f"{number:06}")
            most = max(most, len(flash.touched))
            if entry:
                kinds[entry.kind] = kinds.get(entry.kind, 0) + 1
                self.assertEqual(entry.stan, f"{number:06}")
                if entry.kind == SALE:
                    self.assertEqual(entry.amount, number)
        print(records(ledger), "records,", kinds, "found, at most", most, "sectors touched")
        self.assertTrue(most <= 20)
        self.assertTrue(sum(kinds.values()) > 180 and len(kinds) == 3)

    def test_a_voucher_that_has_been_overwritten(self):
        flash, ledger = full()
        flash.touched.clear()
        self.assertIsNone(ledger.find("000005"))
        self.assertTrue(len(flash.touched) <= 20)


class TestLookupTellsAll(unittest.TestCase):
    """A voucher that was looked up says what the whole list says of it, whatever became of it and in whatever batch."""

    def setUp(self):
        self.flash = chip(24)
        self.ledger = mounted(self.flash)
        sign_in(self.ledger)

    def assertAgrees(self):
        for ledger in (self.ledger, mounted(self.flash)):
            listed = list(ledger.entries())
            self.assertTrue(listed)
            for entry in listed:
                self.assertEqual(attributes(ledger.find(entry.stan)), attributes(entry))

    def test_in_its_batch_and_after_it(self):
        voided, delivered, refused = sell(self.ledger, 1), store(self.ledger, 2), store(self.ledger, 3)
        void(self.ledger, voided)
        self.assertAgrees()
        deliver(self.ledger)
        void(self.ledger, self.ledger.find(delivered.stan))
        deliver(self.ledger, refused=True)
        sold = sell(self.ledger, 4)
        for after in (lambda: None, lambda: close_batch(self.ledger), lambda: trade(self.ledger, 300)):
            after()
            self.assertAgrees()
            found = [self.ledger.find(entry.stan) for entry in (voided, delivered, refused, sold)]
            self.assertEqual([entry.voided for entry in found], [True, True, False, False])
            self.assertEqual([entry.refused for entry in found], [False, False, True, False])
            self.assertEqual([entry.response for entry in found], ["00", "00", "51", "00"])

    def test_settled_and_not_signed_in_yet(self):
        voided = sell(self.ledger)
        void(self.ledger, voided)
        self.ledger.settling("01", "261123", "093105")
        self.ledger.settled("00", False, "1123", "093107")
        self.assertTrue(self.ledger.find(voided.stan).voided)
        self.assertAgrees()

    def test_a_queue_that_outlives_its_batch(self):
        for amount in range(1, 5):
            store(self.ledger, amount)
        silent(self.ledger, 9)
        sign_in(self.ledger, "000002")
        self.ledger.reversal.reversed("00")
        for answered in range(1, 5):
            self.assertAgrees()
            deliver(self.ledger, refused=answered % 2 == 0)
            trade(self.ledger, records(self.ledger) + 60)
            self.assertAgrees()


class TestMount(unittest.TestCase):
    def test_reads_of_a_full_journal(self):
        flash, ledger = full()
        most = most_bytes = 0
        for _ in range(14):  # however far the newest sector is filled
            trade(ledger, records(ledger) + 4)
            reads, size = flash.reads, flash.bytes_read
            again = mounted(flash)
            most, most_bytes = max(most, flash.reads - reads), max(most_bytes, flash.bytes_read - size)
            self.assertEqual(records(again), records(ledger))
            self.assertEqual(again.totals(), ledger.totals())
        print("at most", most, "reads,", most_bytes, "bytes, of", SECTORS, "sectors")
        self.assertTrue(most <= 5 * SECTORS and most_bytes <= 8 * SECTOR)

    def test_memory_does_not_grow_with_the_journal(self):
        flash = MeteredFlash(SECTORS + 1)
        live = []
        for last in (40, 5000, 9000):
            trade(opened(flash), last)
            live.append(self.memory_of_mounting(flash))
        print("live once mounted:", live)
        self.assertTrue(max(live) - min(live) <= 512)  # sums and the marks of voids of one batch
        self.assertTrue(max(live) <= ROOM // 2)

    def memory_of_mounting(self, flash):
        """What the ledger keeps, in bytes; it was mounted with no more than ROOM left."""
        mounted(flash)  # whatever it imports, or leaves in a cache
        gc.collect()
        hog = []
        while gc.mem_free() > ROOM:
            for _ in range((gc.mem_free() - ROOM) // 1024 + 1):
                hog = [hog, bytearray(512)]
        before = gc.mem_alloc()
        ledger = mounted(flash)
        gc.collect()
        live = gc.mem_alloc() - before
        self.assertTrue(records(ledger))
        return live


class TestWear(unittest.TestCase):
    def test_erases_are_spread(self):
        flash = MeteredFlash(33)
        for last in (2000, 7000, 20000):  # the power goes now and then
            trade(opened(flash), last)
        erases = flash.erases[:-1]  # the last sector is the card numbers'
        print("erases of a sector:", min(erases), "to", max(erases))
        self.assertTrue(min(erases) > 10)
        self.assertTrue(max(erases) <= 2 * min(erases))
