"""Backup and restore: another board goes on where the first one was, or nothing has happened to it."""

import gc
import unittest

from backup_world import KEY, Board, deliver, settle
from ledger_world import (
    ANSWER,
    CARD,
    MOMENT,
    PAN,
    attributes,
    pending,
    sell,
    sign_in,
    silent,
    store,
    void,
)
from nor_flash import SECTOR
from suanpan.crypto.aes_siv import Siv
from suanpan.errors import JournalBroken, LogFull, PanGone
from suanpan.errors.backup import BackupAltered, BackupForeign, BackupUnreadable, BackupUnwanted, Restoring
from suanpan.ledger.kinds import REFUND
from suanpan.ledger.record import RESTORED, STATE

HEAP = "6m"  # flashes of their own for each test, and two lists of all records
TIMEOUT = 240


def lived():
    """A settled batch, and one in which something of everything has happened."""
    board = Board()
    ledger = board.ledger
    sign_in(ledger)
    for amount in range(20):
        sell(ledger, 100 + amount)
    settle(ledger)
    sign_in(ledger, "000002")
    for amount in range(15):
        sell(ledger, 500 + amount)
    void(ledger, ledger.last())
    store(ledger, 700)
    with pending(ledger, 9) as entry:
        entry.decline("51")
    store(ledger, 701)
    ledger.store(REFUND, 40, org="VIS", original="0000010000021122", **CARD, **MOMENT)
    deliver(ledger)
    sell(ledger, 800)
    return board


def cards(ledger):
    """What each entry's card is, oldest first; None where that is gone."""
    found = []
    for entry in ledger.entries():
        try:
            found.append(entry.card())
        except PanGone:
            found.append(None)
    return found[::-1]


def told(ledger):
    return [
        {name: value for name, value in attributes(entry).items() if name != "_sealed"} for entry in ledger.entries()
    ]


_old = []  # a board that has lived, which no test changes, and its archive


class Case(unittest.TestCase):
    def setUp(self):
        if not _old:
            board = lived()
            _old.extend((board, board.save()))
        self.old, self.items = _old

    def assertIsTheSame(self, new, old=None):
        """All that the old board knew, the new one knows, and goes on from there."""
        old = old or self.old
        records, before = new.records(), old.records()
        self.assertEqual(records[: len(before)], before)
        self.assertEqual(told(new.ledger), told(old.ledger))
        self.assertEqual(cards(new.ledger), cards(old.ledger))
        self.assertEqual(new.ledger.totals(), old.ledger.totals())
        state, expected = new.ledger.state.fields(), old.ledger.state.fields()
        del state["stan"], expected["stan"]
        self.assertEqual(state, expected)
        new.journal.verify()

    def assertNothing(self, new):
        """It is a board that was never used: what it sells is the first that it knows."""
        self.assertEqual(new.records(), [])
        self.assertEqual(new.ledger.state.fields(), Board(2).ledger.state.fields())
        self.assertEqual(new.vault.born, 0)
        self.assertIsNone(new.journal.barred)


class TestRestore(Case):
    def test_identical_records_on_another_board(self):
        new = Board(seed=2)
        self.assertTrue(new.restore(self.items).done)
        new.switch_on()
        self.assertIsTheSame(new)
        extra = new.records()[len(self.old.records()) :]
        self.assertEqual([event for _, event, _ in extra if event != STATE], [RESTORED])

    def test_in_whatever_pieces(self):
        stream = b"".join(self.items)
        for size in (1, 7, 240, len(stream)):
            new = Board(seed=2)
            restoration = new.restore(stream[at : at + size] for at in range(0, len(stream), size))
            self.assertTrue(restoration.done)
            new.switch_on()
            self.assertIsTheSame(new)

    def test_card_numbers_of_the_open_batch_and_none_of_a_settled_one(self):
        new = Board(seed=2)
        new.restore(self.items)
        new.switch_on()
        found = cards(new.ledger)
        self.assertEqual(found, [None] * 20 + [(PAN, "3012")] * 21)
        self.assertNotEqual(new.vault._read(), self.old.vault._read())
        settle_later = new.ledger
        while settle_later.oldest_unsent:
            deliver(settle_later)
        settle(settle_later)
        self.assertEqual(set(cards(new.switch_on())), {None})

    def test_what_was_owed_to_the_host_is_owed_still(self):
        for owe in (silent, lambda ledger: pending(ledger, 77)):
            old = lived()
            owe(old.ledger)
            new = Board(seed=2)
            new.restore(old.save())
            ledger = new.switch_on()
            self.assertEqual(ledger.reversal.card(), (PAN, "3012"))
            self.assertEqual(attributes(ledger.reversal)["stan"], old.ledger.state.stan)
            ledger.reversal.reversed("00")
            amounts = []
            while ledger.oldest_unsent:
                amounts.append((ledger.oldest_unsent.amount, ledger.oldest_unsent.card()))
                deliver(ledger)
            self.assertEqual(amounts, [(701, (PAN, "3012")), (40, (PAN, "3012"))])

    def test_counters_never_go_back(self):
        """Neither STANs, whatever the old board has done since, nor record numbers."""
        new = Board(seed=2)
        new.restore(self.items)
        ledger = new.switch_on()
        last = int(self.old.ledger.state.stan)
        self.assertEqual(int(ledger.stan()), last + 10001)
        self.assertTrue(new.journal.log.number > self.old.journal.log.number)
        sell(ledger, 1)
        self.assertEqual(int(new.switch_on().last().stan), last + 10002)
        self.assertEqual(ledger.find(f"{last:06}").stan, f"{last:06}")

    def test_stans_go_round(self):
        old = Board()
        for jump in (990000, 989999, 989998):
            old = Board()
            old.ledger._stan = jump - 1
            sign_in(old.ledger)
            sell(old.ledger)
            new = Board(seed=2)
            new.restore(old.save())
            self.assertEqual(int(new.switch_on().stan()), (jump + 1 + 10000) % 999999 + 1)

    def test_again_from_the_new_board(self):
        """A journal that has been restored once is saved, and restored, like any other."""
        board = self.old
        for seed in (2, 3, 4):
            new = Board(seed=seed)
            new.restore(board.save())
            new.switch_on()
            self.assertIsTheSame(new, board)
            sell(new.ledger, seed)
            board = new
        self.assertEqual([event for _, event, _ in board.records()].count(RESTORED), 3)

    def test_a_sector_that_idle_time_has_erased_for_something_else(self):
        """Before it begins, and on the way."""
        for when in (0, 5, 60, len(self.items) - 2):
            new = Board(seed=2)
            restoration = new.restoration()
            for at, item in enumerate(self.items):
                if at == when:
                    new.journal.log.prepare()
                restoration.feed(item)
            self.assertTrue(restoration.done)
            new.switch_on()
            self.assertIsTheSame(new)

    def test_life_goes_on_round_the_ring(self):
        new = Board(seed=2)
        new.restore(self.items)
        ledger = new.switch_on()
        for batch in range(3, 12):
            while ledger.oldest_unsent:
                deliver(ledger)
            settle(ledger)
            sign_in(ledger, f"{batch:06}")
            for amount in range(12):
                sell(ledger, amount)
            ledger = new.switch_on()
            ledger.verify()
        self.assertEqual(ledger.state.batch, "000011")

    def test_an_empty_journal(self):
        new = Board(seed=2)
        self.assertTrue(new.restore(Board().save()).done)
        self.assertEqual(new.switch_on().stan(), "010001")

    def test_a_journal_that_has_been_round_its_ring(self):
        old = Board(5)
        for batch in range(1, 9):
            sign_in(old.ledger, f"{batch:06}")
            for amount in range(14):
                sell(old.ledger, amount)
            if batch < 8:
                settle(old.ledger)
        self.assertTrue(old.records()[0][0] > 100)
        new = Board(6, seed=2)
        new.restore(old.save())
        new.switch_on()
        self.assertIsTheSame(new, old)

    def test_a_flash_too_small_for_what_is_needed(self):
        new = Board(2, seed=2)
        with self.assertRaises(LogFull):
            new.restore(self.items)
        self.assertNothing(new)
        new.switch_on()
        self.assertNothing(new)

    def test_one_record_at_a_time_in_ram(self):
        """However long the journal is: what is kept is an item and a state."""
        new = Board(seed=2)
        restoration = new.restoration()
        heaps = []
        for item in self.items:
            restoration.feed(item)
            gc.collect()
            heaps.append(gc.mem_alloc())
        middle = len(heaps) // 2
        self.assertTrue(max(heaps[middle:]) < max(heaps[:middle]) + 2000, heaps)


class TestRefusals(Case):
    def refuse(self, expected, items, **how):
        new = Board(seed=2)
        with self.assertRaises(expected):
            new.restore(items, **how)
        self.assertNothing(new)
        new.switch_on()
        self.assertNothing(new)
        self.assertTrue(new.restore(self.items).done)  # and it takes the right one

    def test_another_key(self):
        self.refuse(BackupAltered, self.items, key=bytes(32))

    def test_another_terminals(self):
        self.refuse(BackupForeign, self.old.save(terminal="10000002"))

    def test_another_terminals_under_this_ones_number(self):
        """The number at its beginning is under every seal."""
        items = self.old.save(terminal="10000002")
        items[0] = self.items[0]
        self.refuse(BackupAltered, items)

    def test_no_archive_and_one_of_a_newer_firmware(self):
        for begin in (b"SPB2" + self.items[0][4:], b"SPB1\x02" + self.items[0][5:], bytes(29), b"\xff" * 29):
            items = list(self.items)
            items[0] = begin
            self.refuse(BackupUnreadable, items)

    def test_a_flipped_bit_anywhere(self):
        stream = b"".join(self.items)
        for at in list(range(29)) + list(range(29, len(stream), 211)):
            flipped = bytearray(stream)
            flipped[at] ^= 0x20
            new = Board(seed=2)
            raised = None
            try:
                self.assertFalse(new.restore([flipped]).done)  # a length that asks for more than there is
            except (BackupAltered, BackupForeign, BackupUnreadable) as error:
                raised = error
            self.assertTrue(raised or new.journal.barred is Restoring)
            new.switch_on()
            self.assertNothing(new)

    def test_dropped_repeated_and_reordered_items(self):
        for at in (1, 2, 3, 40, len(self.items) - 2):
            self.refuse(BackupAltered, self.items[:at] + self.items[at + 1 :])
            self.refuse(BackupAltered, self.items[:at] + self.items[at : at + 1] * 2 + self.items[at + 1 :])
            self.refuse(BackupAltered, self.items[:at] + self.items[at + 1 : at - 1 : -1] + self.items[at + 2 :])

    def test_an_end_too_early_and_one_that_goes_on(self):
        self.refuse(BackupAltered, self.items[:40] + self.items[-1:])
        new = Board(seed=2)
        with self.assertRaises(BackupAltered):
            new.restore(iter((b"".join(self.items), b"\0\0")))
        new.switch_on()
        self.assertIsTheSame(new)  # it had been whole by then

    def test_items_of_another_archive_of_the_same_journal(self):
        other = self.old.save(number=bytes(16))
        for at in (1, 5, len(self.items) - 1):
            self.refuse(BackupAltered, self.items[:at] + other[at : at + 1] + self.items[at + 1 :])

    def test_cut_short(self):
        """Nobody says that it is: what came so far counts for nothing."""
        for count in range(0, len(self.items), 9):
            new = Board(seed=2)
            restoration = new.restore(self.items[:count])
            self.assertFalse(restoration.done)
            new.switch_on()
            self.assertNothing(new)
        restoration.leave()
        self.assertNothing(new)

    def test_given_up_and_begun_again_without_a_power_cycle(self):
        new = Board(seed=2)
        restoration = new.restore(self.items[:60])
        with self.assertRaises(BackupUnwanted):
            new.restoration()
        restoration.leave()
        self.assertNothing(new)
        self.assertTrue(new.restore(self.items).done)
        new.switch_on()
        self.assertIsTheSame(new)

    def test_nothing_that_was_there_is_replaced(self):
        new = Board(seed=2)
        sign_in(new.ledger)
        before = bytes(new.flash.cells)
        with self.assertRaises(BackupUnwanted):
            new.restore(self.items)
        self.assertTrue(new.flash.cells == before)
        self.assertEqual([event for _, event, _ in new.records()], [0, 1])

    def test_nobody_sells_while_it_is_going_on_nor_before_the_next_power_on(self):
        new = Board(seed=2)
        restoration = new.restoration()
        for at, item in enumerate(self.items):
            restoration.feed(item)
            if at % 20 == 5 or restoration.done:
                for act in (sell, sign_in, store):
                    with self.assertRaises(Restoring):
                        act(new.ledger)
        self.assertTrue(restoration.done)
        self.assertIsTheSame_after_power_on(new)

    def assertIsTheSame_after_power_on(self, new):
        new.switch_on()
        self.assertIsTheSame(new)
        sell(new.ledger, 5)


class TestDamage(Case):
    """A restored journal that is damaged is not one that was never finished: nothing of it is erased."""

    def setUp(self):
        super().setUp()
        self.new = Board(seed=2)
        self.new.restore(self.items)
        ledger = self.new.switch_on()
        self.sector = self.new.journal.log.sectors[1]
        self.begun = len(bytes(self.new.flash.cells[self.sector * SECTOR :][:SECTOR]).rstrip(b"\xff"))
        self.fresh = bytes(self.new.flash.cells)
        sell(ledger, 5)
        sell(ledger, 6)
        self.good = bytes(self.new.flash.cells)

    def assertKept(self, cells):
        """With these cells it is whole, or says that it is not; either way its records stay."""
        self.new.flash.cells[:] = cells
        before = bytes(cells[: self.sector * SECTOR])
        whole = True
        try:
            self.new.switch_on()
            self.new.journal.verify()
        except JournalBroken:
            whole = False
        self.assertTrue(self.new.flash.cells[: self.sector * SECTOR] == before)
        return whole

    def test_a_bit_of_the_sector_that_makes_it_count(self):
        at = self.sector * SECTOR
        for cells in (self.fresh, self.good):
            broken = 0
            for offset in list(range(28)) + list(range(28, self.begun, 7)):
                damaged = bytearray(cells)
                damaged[at + offset] ^= 0x20
                broken += not self.assertKept(damaged)
            self.assertTrue(broken > 20)

    def test_its_header_gone(self):
        for cells in (self.fresh, self.good):
            damaged = bytearray(cells)
            damaged[self.sector * SECTOR : self.sector * SECTOR + 12] = bytes(12)
            self.assertFalse(self.assertKept(damaged))

    def test_without_it_there_was_no_end_to_the_restore(self):
        damaged = bytearray(self.good)
        damaged[self.sector * SECTOR : (self.sector + 1) * SECTOR] = b"\xff" * SECTOR
        self.new.flash.cells[:] = damaged
        self.new.switch_on()
        self.assertNothing(self.new)


class TestArchive(Case):
    def test_nothing_of_it_can_be_read_without_the_key(self):
        stream = b"".join(self.items)
        for clear in (PAN.encode(), bytes.fromhex(PAN[:18]), b"sale", b"000002", ANSWER["reference"].encode()):
            self.assertEqual(stream.find(clear), -1)

    def test_no_key_is_in_it(self):
        """Neither the board's, nor what the card numbers are sealed with."""
        secrets = [
            bytes(1 + i for i in range(32)),
            bytes(7 + i for i in range(32)),
            bytes(self.old.vault._read()[12:44]),
        ]
        siv = Siv(KEY)
        for index, item in enumerate(self.items[1:]):
            kind = 0 if not index else 2 if index == len(self.items) - 2 else 1
            data = bytes(siv.open(item[2:], self.items[0], bytes((kind,)) + index.to_bytes(4, "big")))
            for secret in secrets:
                for at in range(0, 32, 8):
                    self.assertEqual(data.find(secret[at : at + 8]), -1)

    def test_two_of_one_journal_have_nothing_in_common(self):
        other = self.old.save(number=bytes(16))
        self.assertEqual(len(set(self.items) & set(other)), 0)

    def test_saving_changes_nothing(self):
        before = bytes(self.old.flash.cells)
        self.assertEqual(self.old.save(), self.items)
        self.assertTrue(self.old.flash.cells == before)
