"""The ledger as the flows use it: entries, their ends, the armed reversal, totals, and what a reboot finds."""

import unittest

from ledger_world import (
    ANSWER,
    MASKED,
    MOMENT,
    PAN,
    Slice,
    attributes,
    chip,
    mounted,
    pending,
    sell,
    sign_in,
    silent,
    sold,
)
from nor_flash import PREFIX, SECTOR, PowerCut
from suanpan.crypto.aes_siv import Siv
from suanpan.errors import EntryClosed, JournalBroken, LogFull, LogWorn, ReversalDue
from suanpan.ledger.flash_log import FlashLog
from suanpan.ledger.journal import Journal
from suanpan.ledger.record import REVERSED
from suanpan.ledger.watched import watched

HEAP = "1m"  # a flash of its own for each test


class LedgerTestCase(unittest.TestCase):
    def setUp(self):
        self.flash = chip(8)
        self.ledger = mounted(self.flash)
        sign_in(self.ledger)

    def reboot(self):
        self.ledger = mounted(self.flash)
        return self.ledger


class TestEntries(LedgerTestCase):
    def test_a_new_terminal(self):
        ledger = mounted(chip(8))
        self.assertEqual((ledger.batch, sold(ledger), ledger.recovered), ("", (0, 0), False))
        self.assertIsNone(ledger.last())
        self.assertIsNone(ledger.last(approved=True))
        self.assertIsNone(ledger.reversal)
        self.assertIsNone(ledger.find("000001"))
        self.assertEqual(list(ledger.entries()), [])

    def test_an_approved_sale_is_read_back_whole(self):
        entry = sell(self.ledger, 123456)
        before = self.ledger
        for found in (before.last(), self.reboot().last(), before.find("000002"), before.last(approved=True)):
            self.assertEqual(attributes(found), attributes(entry))
            self.assertTrue(found.approved)
            self.assertEqual((found.kind, found.amount, found.stan, found.batch), ("sale", 123456, "000002", "000001"))
            self.assertEqual((found.pan, found.card(), found.entry_mode), (MASKED, (PAN, "3012"), "021"))
            self.assertEqual((found.operator, found.date, found.time), ("01", "261123", "093105"))
            self.assertEqual((found.response, found.auth_code, found.reference), ("00", "A12345", "112309310001"))
            self.assertEqual((found.host_date, found.host_time, found.parties), ("1123", "093107", "01020000"))
            self.assertEqual(found.printed, 2)

    def test_a_declined_sale(self):
        with pending(self.ledger) as entry:
            entry.decline("51")
        for found in (entry, self.ledger.last(), self.reboot().last()):
            self.assertFalse(found.approved)
            self.assertEqual(found.response, "51")
        self.assertIsNone(self.ledger.reversal)
        self.assertIsNone(self.ledger.last(approved=True))
        self.assertEqual(sold(self.ledger), (0, 0))

    def test_copies_are_counted_over_a_reboot(self):
        sell(self.ledger, copies=1)
        found = self.reboot().last()
        self.assertEqual(found.printed, 1)
        found.copy_printed()
        self.assertEqual((found.printed, self.reboot().last().printed), (2, 2))

    def test_newest_first_and_by_voucher(self):
        for amount in range(1, 61):
            sell(self.ledger, amount, copies=amount % 3)
        for ledger in (self.ledger, self.reboot()):
            self.assertEqual([entry.amount for entry in ledger.entries()], list(range(60, 0, -1)))
            self.assertEqual([entry.printed for entry in ledger.entries()], [n % 3 for n in range(60, 0, -1)])
            for stan in (2, 30, 61):
                self.assertEqual(ledger.find(f"{stan:06}").amount, stan - 1)
            self.assertIsNone(ledger.find("000062"))

    def test_the_last_approved_one_is_not_the_last(self):
        sell(self.ledger, 7)
        with pending(self.ledger) as entry:
            entry.decline("55")
        silent(self.ledger).reversed("00")
        self.assertEqual(self.reboot().last(approved=True).amount, 7)

    def test_totals_are_the_batchs_approved_sales(self):
        for amount in range(1, 40):
            sell(self.ledger, amount)
            with pending(self.ledger, 1000) as entry:
                entry.decline("51")
        silent(self.ledger, 5000).reversed("00")
        self.assertEqual(sold(self.ledger), (39, 780))
        self.assertEqual(sold(self.reboot()), (39, 780))
        sign_in(self.ledger)
        self.assertEqual(sold(self.ledger), (39, 780))
        sign_in(self.ledger, "000002")
        self.assertEqual((self.ledger.batch, sold(self.ledger)), ("000002", (0, 0)))
        sell(self.ledger, 3)
        self.assertEqual((self.reboot().batch, sold(self.ledger)), ("000002", (1, 3)))
        self.assertEqual(self.ledger.last().batch, "000002")


class TestStan(LedgerTestCase):
    def test_counts_on_over_a_reboot(self):
        self.assertEqual(sell(self.ledger).stan, "000002")
        self.assertEqual(sell(self.reboot()).stan, "000003")
        sign_in(self.reboot())
        self.assertEqual(sell(self.reboot()).stan, "000005")
        sign_in(self.ledger, "000002")
        self.assertEqual(sell(self.ledger).stan, "000007")

    def test_is_taken_as_soon_as_it_is_asked_for(self):
        self.assertEqual([self.ledger.stan() for _ in range(3)], ["000002", "000003", "000004"])
        self.assertEqual(sell(self.ledger).stan, "000005")

    def test_goes_round_without_zero(self):
        self.ledger.signed_in("000001", "999998", **MOMENT)
        ledger = self.reboot()
        self.assertEqual([sell(ledger).stan for _ in range(3)], ["999999", "000001", "000002"])
        self.assertEqual(self.reboot().stan(), "000003")


class TestReversal(LedgerTestCase):
    def assertDue(self, reason, amount=100):
        for ledger in (self.ledger, self.reboot()):
            entry = ledger.reversal
            self.assertEqual((entry.amount, entry.reason), (amount, reason))
            self.assertEqual((entry.card()[0], entry.stan, entry.batch), (PAN, "000002", "000001"))
            with self.assertRaises(ReversalDue):
                pending(ledger)
        self.assertEqual(sold(ledger), (0, 0))

    def test_is_armed_on_flash_before_the_block_begins_and_not_due_in_it(self):
        with pending(self.ledger) as entry:
            self.assertIsNone(self.ledger.reversal)
            rebooted = mounted(self.flash)
            self.assertTrue(rebooted.recovered)
            self.assertEqual(attributes(rebooted.reversal), attributes(entry))
            entry.approve(**ANSWER)
        self.assertIsNone(self.ledger.reversal)
        self.assertIsNone(self.reboot().reversal)
        self.assertFalse(self.ledger.recovered)

    def test_each_reason(self):
        for reason in ("98", "06", "A0"):
            self.setUp()
            with pending(self.ledger) as entry:
                entry.unanswered(reason)
                self.assertIsNone(self.ledger.reversal)
            self.assertDue(reason)
            self.assertFalse(self.ledger.recovered)

    def test_a_block_left_by_an_error_or_without_a_word(self):
        with self.assertRaises(KeyboardInterrupt), pending(self.ledger):
            raise KeyboardInterrupt
        self.assertDue("98")
        self.setUp()
        with pending(self.ledger):
            self.assertIsNone(self.ledger.reversal)
        self.assertDue("98")
        self.assertTrue(self.ledger.recovered)

    def test_ends_with_the_hosts_answer_alone(self):
        silent(self.ledger)
        self.reboot()
        self.reboot().reversal.reversed("25")
        for ledger in (self.ledger, self.reboot()):
            self.assertIsNone(ledger.reversal)
            self.assertEqual((ledger.last().response, ledger.last().approved), ("25", False))
        self.assertEqual(sell(self.ledger).stan, "000003")

    def test_survives_a_new_batch_and_a_full_ring(self):
        silent(self.ledger, 777)
        batch = 1
        with self.assertRaises(LogFull):
            while batch < 2000:
                batch += 1
                sign_in(self.ledger, f"{batch:06}")
                if batch % 9 == 0:
                    self.reboot()
                self.ledger.prepare()
        self.assertTrue(batch > 300)
        entry = self.reboot().reversal
        self.assertEqual((entry.amount, entry.batch), (777, "000001"))
        entry.reversed("00")
        sign_in(self.ledger, "000999")
        sell(self.ledger)
        self.assertIsNone(self.reboot().reversal)

    def test_worn_flash_costs_an_approval_nothing(self):
        with pending(self.ledger) as entry:
            end = len(bytes(self.flash.cells[:-SECTOR]).rstrip(b"\xff"))
            for address in range(end, end + 200):
                self.flash.worn[address] = 0xFF
            entry.approve(**ANSWER)
        self.assertEqual(sold(self.ledger), (1, 100))
        self.assertEqual(sold(self.reboot()), (1, 100))
        self.ledger.verify()
        self.assertIsNone(self.ledger.reversal)

    def test_an_approval_that_cannot_be_recorded_is_reversed(self):
        ledger = self.ledger
        with self.assertRaises(LogWorn), pending(ledger) as entry:
            end = len(bytes(self.flash.cells[:-SECTOR]).rstrip(b"\xff"))
            for address in list(range(end, end + 200)) + list(range(SECTOR + 17, SECTOR + 400)):
                self.flash.worn[address] = 0xFF
            entry.approve(**ANSWER)
        self.assertEqual(sold(ledger), (0, 0))
        ledger.reversal.reversed("00")
        self.assertIsNone(self.reboot().reversal)
        self.assertEqual(sold(self.ledger), (0, 0))


class TestMisuse(LedgerTestCase):
    def assertClosed(self, event, *arguments, **more):
        before = bytes(self.flash.cells)
        with self.assertRaises(EntryClosed):
            event(*arguments, **more)
        self.assertTrue(self.flash.cells == before)

    def assertNothingFollows(self, entry):
        self.assertClosed(entry.approve, **ANSWER)
        self.assertClosed(entry.decline, "51")
        self.assertClosed(entry.unanswered, "98")

    def test_a_second_end(self):
        for end in (lambda e: e.approve(**ANSWER), lambda e: e.decline("51"), lambda e: e.unanswered("98")):
            self.setUp()
            with pending(self.ledger) as entry:
                end(entry)
                self.assertNothingFollows(entry)
                self.assertClosed(entry.reversed, "00")
            self.assertNothingFollows(entry)
            self.assertNothingFollows(self.ledger.last())

    def test_an_end_outside_the_block(self):
        entry = pending(self.ledger)
        self.assertNothingFollows(entry)
        with entry:
            pass
        self.assertNothingFollows(entry)
        self.assertNothingFollows(self.ledger.reversal)

    def test_a_reversal_that_is_not_due(self):
        self.assertClosed(sell(self.ledger).reversed, "00")
        with pending(self.ledger) as entry:
            self.assertClosed(entry.reversed, "00")
        again = self.ledger.reversal
        entry.reversed("00")
        self.assertClosed(entry.reversed, "00")
        self.assertClosed(again.reversed, "00")

    def test_paper_for_what_is_not_approved_or_not_the_newest(self):
        with pending(self.ledger) as entry:
            self.assertClosed(entry.copy_printed)
            entry.decline("51")
        self.assertClosed(entry.copy_printed)
        old = sell(self.ledger)
        sell(self.ledger)
        self.assertClosed(old.copy_printed)

    def test_two_at_once(self):
        with pending(self.ledger) as entry:
            with self.assertRaises(ReversalDue):
                pending(self.ledger)
            entry.approve(**ANSWER)
        self.assertEqual(sold(self.ledger), (1, 100))


class TestRoom(LedgerTestCase):
    def test_full_before_anything_leaves(self):
        count = 0
        with self.assertRaises(LogFull):
            while True:
                before = bytes(self.flash.cells)
                sell(self.ledger)
                count += 1
        self.assertTrue(self.flash.cells == before)
        self.assertTrue(count > 80)
        self.assertIsNone(self.ledger.reversal)
        self.assertEqual(sold(self.reboot()), (count, 100 * count))
        with self.assertRaises(LogFull):
            pending(self.ledger)
        for _ in range(80):  # what may lead out of it can still be recorded
            sign_in(self.ledger)
        sign_in(self.ledger, "000002")
        sell(self.ledger)
        self.assertEqual(sold(self.reboot()), (1, 100))

    def test_a_trace_leaves_room_for_what_leads_out_of_it(self):
        """Begun again and again it is refused in the end, as a sale is; the one that goes on can be ended."""
        sell(self.ledger)
        begun = 0
        with self.assertRaises(LogFull):
            while True:
                before = bytes(self.flash.cells)
                begun = watched(self.ledger, **MOMENT)
        self.assertTrue(self.flash.cells == before)
        self.assertTrue(watched(self.ledger, **MOMENT, of=begun) > begun > 100)
        self.assertEqual(sold(self.reboot()), (1, 100))
        with self.assertRaises(LogFull):
            pending(self.ledger)
        for _ in range(80):
            sign_in(self.ledger)
        sign_in(self.ledger, "000002")
        sell(self.ledger)
        self.assertEqual(sold(self.reboot()), (1, 100))

    def test_a_trace_while_a_reversal_is_due(self):
        sale = sell(self.ledger)
        silent(self.ledger, 700)
        begun = watched(self.ledger, **MOMENT)
        due = self.reboot().reversal
        self.assertEqual((due.amount, due.stan), (700, "000003"))
        due.reversed("00")
        watched(self.ledger, **MOMENT, of=begun)
        newest, found = list(self.reboot().entries())
        self.assertEqual((newest.status, found.number), (REVERSED, sale.number))
        self.assertEqual(self.ledger.find("000003").status, REVERSED)

    def test_a_worn_journal_refuses_a_trace(self):
        self.ledger._journal.barred = LogWorn
        with self.assertRaises(LogWorn):
            watched(self.ledger, **MOMENT)

    def test_whatever_follows_an_opened_sale_has_room(self):
        while True:
            try:
                entry = pending(self.ledger)
            except LogFull:
                break
            with entry:
                pass
            for _ in range(8):  # the supply fails again and again: a torn record takes room as well
                self.flash.cut(0, PREFIX, 8)
                with self.assertRaises(PowerCut):
                    self.ledger.reversal.reversed("00")
                self.flash.power_on()
                self.reboot()
            self.ledger.reversal.reversed("00")
        self.assertIsNone(self.reboot().reversal)

    def test_years_on_a_small_flash(self):
        for batch in range(1, 60):
            sign_in(self.ledger, f"{batch:06}")
            for amount in range(1, 16):
                sell(self.ledger, amount, copies=1)
                self.ledger.prepare()
            self.assertEqual(sold(self.ledger), (15, 120))
            if batch % 7 == 0:
                self.reboot()
                self.ledger.verify()
            self.assertEqual([entry.amount for entry in self.ledger.entries()][:15], list(range(15, 0, -1)))
        self.assertTrue(min(self.flash.erases[:-1]) > 2)
        self.assertTrue(max(self.flash.erases[:-1]) - min(self.flash.erases[:-1]) <= 1)

    def test_no_erase_while_the_customer_waits(self):
        for _ in range(60):
            sign_in(self.ledger, self.ledger.stan())
            self.ledger.prepare()
            erases = sum(self.flash.erases)
            sell(self.ledger)
            self.assertEqual(sum(self.flash.erases), erases)


class TestBroken(LedgerTestCase):
    def test_another_terminals_flash(self):
        with self.assertRaises(JournalBroken):
            Journal(FlashLog(Slice(self.flash, 0, 8)), Siv(bytes(32))).mount()
