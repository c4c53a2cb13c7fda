"""Transactions that are good without the host: they wait in order, and leave with its answer alone."""

import unittest

from ledger_world import (
    ANSWER,
    CARD,
    MOMENT,
    attributes,
    chip,
    mounted,
    pending,
    sell,
    sign_in,
    silent,
    sold,
    store,
    void,
)
from suanpan.errors import BatchFull, EntryClosed, OfflineLimit, PanGone, ReversalDue, SettlementOpen, Unsent
from suanpan.ledger.kinds import OFFLINE_SALE, SALE, SCRIPT_RESULT, VOID, net
from suanpan.ledger.moment import minutes
from suanpan.ledger.offline import admit, minutes_left
from suanpan.ledger.record import APPROVED, DELIVERED, REVERSED, STORED

HEAP = "1m"  # a flash of its own for each test
KEY = (OFFLINE_SALE, "CUP")
WHEN = {"date": "261123", "time": "093105"}


class QueueTestCase(unittest.TestCase):
    def setUp(self):
        self.flash = chip(16)
        self.ledger = mounted(self.flash)
        sign_in(self.ledger)

    def both(self):
        """The ledger as it is, and as the next power-on finds it."""
        yield self.ledger
        self.ledger = mounted(self.flash)
        yield self.ledger


class TestAdvice(QueueTestCase):
    """What became of an issuer's scripts: told like a sale, and no sale."""

    REPORT = bytes(range(200)) * 2

    def advised(self, answered=True):
        """A sale whose issuer has sent scripts: they are reported while it is open."""
        with pending(self.ledger, 900) as sale:
            more = {"org": "CUP", "original": sale.batch + sale.stan, "original_reference": "112309310001"}
            report = self.ledger.store(SCRIPT_RESULT, 0, chip=self.REPORT, **more, **CARD, **MOMENT)
            if answered:
                sale.approve(**ANSWER)
        return sale, report

    def test_it_waits_and_leaves_and_the_sale_is_as_if_it_were_not_there(self):
        store(self.ledger, 5)
        sale, _ = self.advised()
        store(self.ledger, 6)
        sale, newest = self.ledger.find(sale.stan), self.ledger.last()
        self.assertEqual((sale.amount, sale.approved, newest.amount), (900, True, 6))
        for amount, data in ((5, b""), (0, self.REPORT), (6, b"")):
            for ledger in self.both():
                waiting = ledger.oldest_unsent
                self.assertEqual((waiting.amount, waiting.chip), (amount, data))
                self.assertEqual(ledger.totals(), {KEY: (2, 11), (SALE, "CUP"): (1, 900)})
                self.assertEqual([entry.amount for entry in ledger.entries()], [6, 900, 5])
            self.ledger.delivered(self.ledger.oldest_unsent, "00", False)
        self.assertEqual((self.ledger.state.queued, self.ledger.state.queued_total), (0, 0))
        self.assertEqual([entry.status for entry in self.ledger.entries()], [DELIVERED, APPROVED, DELIVERED])

    def test_it_names_the_sale_and_is_told_under_a_number_of_its_own(self):
        sale, report = self.advised()
        for ledger in self.both():
            waiting = ledger.oldest_unsent
            self.assertEqual(attributes(waiting), attributes(report))
            self.assertEqual((waiting.kind, waiting.original), (SCRIPT_RESULT, sale.batch + sale.stan))
            self.assertEqual((waiting.card(), waiting.approved), ((CARD["pan"], CARD["expiry"]), False))
            self.assertTrue(sale.stan < waiting.stan <= ledger.state.stan)

    def test_slips_of_the_sale_are_printed_after_it(self):
        sale, _ = self.advised()
        sale.copy_printed()
        for ledger in self.both():
            self.assertEqual((ledger.last().stan, ledger.last().printed), (sale.stan, 1))

    def test_a_power_cut_between_the_two_leaves_a_reversal_and_the_report(self):
        sale, report = self.advised(answered=False)
        for ledger in self.both():
            self.assertEqual(ledger.reversal.stan, sale.stan)
            self.assertEqual(ledger.oldest_unsent.stan, report.stan)
        self.ledger.reversal.reversed("00")
        self.ledger.delivered(self.ledger.oldest_unsent, "00", False)
        for ledger in self.both():
            self.assertIsNone(ledger.reversal)
            self.assertIsNone(ledger.oldest_unsent)
            self.assertEqual((ledger.find(sale.stan).status, ledger.totals()), (REVERSED, {}))


class TestQueue(QueueTestCase):
    def test_a_stored_sale_counts_at_once_and_waits(self):
        entry = store(self.ledger, 700)
        for ledger in self.both():
            waiting = ledger.oldest_unsent
            self.assertEqual(attributes(waiting), attributes(entry))
            self.assertEqual((waiting.status, waiting.approved, waiting.auth_code), (STORED, True, "654321"))
            self.assertEqual((ledger.state.queued, ledger.state.queued_total), (1, 700))
            self.assertEqual(ledger.totals(), {KEY: (1, 700)})
            self.assertEqual(ledger.state.oldest_at, minutes("261123", "093105"))

    def test_first_in_first_out_whatever_else_is_sold_between(self):
        for amount in (1, 2, 3):
            store(self.ledger, amount)
            sell(self.ledger, 100)
        for amount in (1, 2, 3):
            for ledger in self.both():
                self.assertEqual(ledger.oldest_unsent.amount, amount)
            self.ledger.delivered(self.ledger.oldest_unsent, "00", False, "112309310009")
        for ledger in self.both():
            self.assertIsNone(ledger.oldest_unsent)
            self.assertEqual((ledger.state.queued, ledger.state.queued_total, ledger.state.oldest), (0, 0, 0))
            self.assertEqual(ledger.totals(), {KEY: (3, 6), (SALE, "CUP"): (3, 300)})
            stored = [entry for entry in ledger.entries() if entry.kind == OFFLINE_SALE]
            self.assertEqual([entry.status for entry in stored], [DELIVERED] * 3)
            self.assertEqual({entry.reference for entry in stored}, {"112309310009"})

    def test_only_the_oldest_can_be_delivered_and_once(self):
        first, second = store(self.ledger, 1), store(self.ledger, 2)
        before = bytes(self.flash.cells)
        with self.assertRaises(EntryClosed):
            self.ledger.delivered(second, "00", False)
        self.assertTrue(self.flash.cells == before)
        self.ledger.delivered(first, "94", False)
        with self.assertRaises(EntryClosed):
            self.ledger.delivered(first, "00", False)
        self.assertEqual(self.ledger.oldest_unsent.amount, 2)

    def test_what_the_host_refuses_is_kept_and_told_and_counts_no_more(self):
        refused, good = store(self.ledger, 5), store(self.ledger, 6)
        self.ledger.delivered(refused, "51", True)
        self.ledger.delivered(self.ledger.oldest_unsent, "00", False)
        for ledger in self.both():
            self.assertEqual(ledger.totals(), {KEY: (1, 6)})
            for found in (ledger.find(refused.stan), list(ledger.entries())[1]):
                self.assertEqual((found.amount, found.refused, found.approved), (5, True, False))
            for found in (ledger.find(good.stan), ledger.last()):
                self.assertEqual((found.amount, found.refused, found.approved), (6, False, True))

    def test_a_refusal_after_the_batch_was_left_takes_nothing_from_the_next_one(self):
        store(self.ledger, 5)
        sign_in(self.ledger, "000002")
        store(self.ledger, 5)
        self.ledger.delivered(self.ledger.oldest_unsent, "51", True)
        for ledger in self.both():
            self.assertEqual(ledger.totals(), {KEY: (1, 5)})
            self.assertEqual(ledger.oldest_unsent.batch, "000002")

    def test_no_batch_change_and_no_full_ring_drops_anything(self):
        amounts = list(range(1, 21))
        for amount in amounts:
            store(self.ledger, amount)
        batch = 1
        while batch < 400:
            batch += 1
            sign_in(self.ledger, f"{batch:06}")
        delivered = []
        while self.ledger.oldest_unsent:
            entry = self.ledger.oldest_unsent
            self.assertEqual(entry.card()[0][:6], "621000")
            delivered.append(entry.amount)
            self.ledger.delivered(entry, "00", False)
        self.assertEqual(delivered, amounts)

    def test_paper_for_a_stored_sale(self):
        entry = store(self.ledger, 5)
        entry.copy_printed()
        for ledger in self.both():
            self.assertEqual(ledger.last().printed, 1)
        self.ledger.delivered(self.ledger.oldest_unsent, "00", False)
        self.ledger.last().copy_printed()
        for ledger in self.both():
            self.assertEqual((ledger.last().printed, ledger.last().status), (2, DELIVERED))

    def test_nothing_is_stored_while_a_reversal_is_due(self):
        silent(self.ledger)
        with self.assertRaises(ReversalDue):
            store(self.ledger)

    def test_a_late_reversal_ends_its_own_sale(self):
        store(self.ledger, 1)
        entry = silent(self.ledger, 9)
        sign_in(self.ledger, "000002")
        self.ledger.reversal.reversed("00")
        store(self.ledger, 2)
        for ledger in self.both():
            found = ledger.find(entry.stan)
            self.assertEqual((found.amount, found.response, found.approved), (9, "00", False))
            self.assertEqual([entry.amount for entry in ledger.entries()], [2, 9, 1])


class TestLimits(QueueTestCase):
    class Parameters:
        offline_amount = 1000
        offline_count = 3
        offline_total = 2500
        offline_hours = 24

    def assertAdmits(self, amount, minute=None):
        admit(self.ledger.state, self.Parameters, amount, minutes("261123", "093105") if minute is None else minute)

    def assertRefuses(self, amount, minute=None):
        with self.assertRaises(OfflineLimit):
            self.assertAdmits(amount, minute)

    def test_each_transaction(self):
        self.assertAdmits(1000)
        self.assertRefuses(1001)

    def test_their_sum(self):
        store(self.ledger, 1000)
        store(self.ledger, 1000)
        self.assertAdmits(500)
        self.assertRefuses(501)

    def test_their_number(self):
        for _ in range(3):
            self.assertAdmits(1)
            store(self.ledger, 1)
        self.assertRefuses(1)
        self.ledger.delivered(self.ledger.oldest_unsent, "00", False)
        self.assertAdmits(1)

    def test_the_age_of_the_oldest(self):
        store(self.ledger, 1, date="261123", time="093105")
        store(self.ledger, 1, date="261124", time="080000")
        late = minutes("261124", "093105")
        self.assertAdmits(1, late - 1)
        self.assertRefuses(1, late)
        self.assertEqual(minutes_left(self.ledger.state, self.Parameters, late - 90), 90)
        self.ledger.delivered(self.ledger.oldest_unsent, "00", False)
        self.assertAdmits(1, late)

    def test_a_clock_that_was_set_back_makes_nothing_older(self):
        store(self.ledger, 1)
        self.assertAdmits(1, 0)
        self.assertEqual(minutes_left(self.ledger.state, self.Parameters, 0), 24 * 60)

    def test_the_batch(self):
        self.ledger = mounted(self.flash, limit=3)
        sell(self.ledger)
        store(self.ledger)
        void(self.ledger, self.ledger.find("000002"))
        for attempt in (pending, store):
            with self.assertRaises(BatchFull):
                attempt(self.ledger)


class TestSettlement(QueueTestCase):
    def settle(self, unbalanced=False):
        self.ledger.settling("01", **WHEN)
        self.ledger.settled("00", unbalanced, **WHEN)

    def test_refused_while_anything_is_unsent(self):
        store(self.ledger)
        with self.assertRaises(Unsent):
            self.ledger.settling("01", **WHEN)
        self.ledger.delivered(self.ledger.oldest_unsent, "00", False)
        silent(self.ledger)
        with self.assertRaises(ReversalDue):
            self.ledger.settling("01", **WHEN)
        self.ledger.reversal.reversed("00")
        self.settle()

    def test_nothing_is_sold_until_it_is_answered_and_a_second_try_is_the_same_message(self):
        sell(self.ledger, 5)
        stan = self.ledger.settling("01", **WHEN)
        for ledger in self.both():
            for attempt in (pending, store):
                with self.assertRaises(SettlementOpen):
                    attempt(ledger)
            self.assertEqual(ledger.settling("01", **WHEN), stan)
            self.assertEqual(sold(ledger), (1, 5))
        self.ledger.settled("00", False, **WHEN)
        sign_in(self.ledger, "000002")
        sell(self.ledger)

    def test_refused_by_the_host_the_batch_goes_on(self):
        sell(self.ledger, 5)
        self.ledger.settling("01", **WHEN)
        self.ledger.reopened("96")
        for ledger in self.both():
            self.assertEqual(sold(ledger), (1, 5))
        sell(self.ledger, 6)
        self.assertEqual(sold(self.ledger), (2, 11))
        with self.assertRaises(EntryClosed):
            self.ledger.reopened("96")

    def test_the_sums_are_kept_and_the_batch_begins_anew(self):
        sell(self.ledger, 5)
        sale = sell(self.ledger, 9)
        void(self.ledger, sale)
        before = self.ledger.totals()
        self.assertEqual(before, {(SALE, "CUP"): (2, 14), (VOID, "CUP"): (1, 9)})
        self.assertEqual(net(before), (3, 5))
        self.settle(unbalanced=True)
        for ledger in self.both():
            self.assertEqual(ledger.totals(), {})
            self.assertEqual(ledger.last_settlement()["unbalanced"], 1)
            self.assertEqual(ledger.last_settlement()["batch"], "000001")
        with self.assertRaises(EntryClosed):
            self.ledger.settled("00", False, **WHEN)

    def test_card_numbers_are_gone_with_it_and_the_rest_stays(self):
        entry = sell(self.ledger, 5)
        self.assertEqual(entry.card()[1], "3012")
        self.settle()
        for ledger in self.both():
            found = ledger.find(entry.stan)
            self.assertEqual((found.pan, found.amount), ("621000*********0007", 5))
            with self.assertRaises(PanGone):
                found.card()
        sign_in(self.ledger, "000002")
        self.assertEqual(sell(self.ledger).card()[0], "6210000000000000007")

    def test_and_not_before_what_is_unsent_has_been_sent(self):
        entry = store(self.ledger, 5)
        sign_in(self.ledger, "000002")
        for ledger in self.both():
            self.assertEqual(ledger.oldest_unsent.card()[0], "6210000000000000007")
        self.assertEqual(entry.stan, self.ledger.oldest_unsent.stan)

    def test_settled_batches_make_room(self):
        for batch in range(1, 40):
            sign_in(self.ledger, f"{batch:06}")
            for _ in range(20):
                sell(self.ledger)
            self.settle()
        self.ledger.verify()
        self.assertEqual(self.ledger.last_settlement()["batch"], "000039")


class TestLookup(QueueTestCase):
    def test_voided_by_whatever_way_it_is_found(self):
        sales = [sell(self.ledger, amount) for amount in range(1, 31)]
        undone = void(self.ledger, sales[7])
        declined = sales[9]
        with pending(self.ledger, declined.amount, VOID, declined) as entry:
            entry.decline("22")
        for ledger in self.both():
            for entry in ledger.entries():
                self.assertEqual(entry.voided, entry.stan == sales[7].stan)
                self.assertEqual(attributes(ledger.find(entry.stan)), attributes(entry))
            found = ledger.find(undone.stan)
            self.assertEqual((found.of, found.original), (sales[7].number, "000001" + sales[7].stan))
            self.assertEqual(found.original_reference, sales[7].reference)
        sign_in(self.ledger, "000002")
        sell(self.ledger)
        for ledger in self.both():
            self.assertTrue(ledger.find(sales[7].stan).voided)
            self.assertFalse(ledger.find(sales[8].stan).voided)

    def test_every_voucher_of_a_mixed_day(self):
        for n in range(1, 120):
            if n % 5 == 0:
                store(self.ledger, n)
            elif n % 7 == 0:
                silent(self.ledger, n).reversed("00")
            elif n % 11 == 0:
                sign_in(self.ledger)
            else:
                sell(self.ledger, n, copies=n % 3)
            if n % 13 == 0 and self.ledger.oldest_unsent:
                self.ledger.delivered(self.ledger.oldest_unsent, "00", False)
        for ledger in self.both():
            count = 0
            for entry in ledger.entries():
                found = ledger.find(entry.stan)
                self.assertEqual(
                    (found.amount, found.status, found.printed), (entry.amount, entry.status, entry.printed)
                )
                count += 1
            self.assertTrue(count > 100)
            self.assertIsNone(ledger.find("000900"))

    def test_over_the_end_of_the_numbers(self):
        sell(self.ledger, 7)
        self.ledger.signed_in("000001", "999980", **MOMENT)
        self.ledger = mounted(self.flash)
        for amount in range(60):
            sell(self.ledger, 100 + amount)
        for ledger in self.both():
            self.assertEqual(ledger.find("999981").amount, 100)
            self.assertEqual(ledger.find("999999").amount, 118)
            self.assertEqual(ledger.find("000001").amount, 119)
            self.assertEqual(ledger.find("000041").amount, 159)
