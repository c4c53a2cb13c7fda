"""A restore whose power goes in any operation of the flash, in any way, and again while it is being cleared away:
afterwards there is the whole journal, or an empty one that takes the archive anew."""

from backup_world import Board, settle
from ledger_world import sell, sign_in, silent, store
from nor_flash import DEPTH, WAYS, PowerCut
from suanpan.errors.backup import BackupUnwanted
from test_backup import Case

HEAP = "8m"  # the emulated chip remembers each weak cell of an interrupted erase
TIMEOUT = 300

SECTORS = 4


def small(settled=6, sales=5):
    """A batch that is settled and one that is not, over two sectors, with something owed to the host."""
    board = Board(SECTORS)
    ledger = board.ledger
    sign_in(ledger)
    for amount in range(settled):
        sell(ledger, amount, copies=1)
    settle(ledger)
    sign_in(ledger, "000002")
    for amount in range(sales):
        sell(ledger, amount, copies=1)
    store(ledger, 700)
    silent(ledger, 7)
    return board


class CutCase(Case):
    """Each operation of the restore is cut before, after, and in every way; the depth goes round."""

    def setUp(self):
        self.old = self.lived()
        self.items = self.old.save()
        self.good = bytes(Board(SECTORS, seed=2).flash.cells)

    def lived(self):
        return small()

    def faults(self, salt):
        yield None, 0
        yield None, 1
        for way in WAYS:
            yield way, (salt * 5 + way * 3) % (DEPTH + 1)

    def fresh(self):
        new = Board(SECTORS, seed=2)
        new.flash.cells[:] = self.good
        new.switch_on()
        return new

    def operations(self):
        """How many a restore takes."""
        new = self.fresh()
        before = new.flash.programs + sum(new.flash.erases)
        self.assertTrue(new.restore(self.items).done)
        return new.flash.programs + sum(new.flash.erases) - before

    def cut_boards(self, operation=0, step=1):
        """Each board just after its power has come back, from this operation on, every `step`."""
        cut = True
        while cut:
            cut = False
            for way, depth in self.faults(operation):
                if way is None and not depth and operation and step == 1:
                    continue  # before this one is after the one before
                new = self.fresh()
                new.flash.cut(operation, way, depth)
                restoration = new.restoration()
                try:
                    for item in self.items:
                        restoration.feed(item)
                    break
                except PowerCut:
                    cut = True
                new.flash.power_on()
                yield new
            operation += step

    def assertAllOrNothing(self, new):
        """And it stays like that; returns whether it is all."""
        new.switch_on()
        whole = new.journal.log.number > 0
        for _ in range(2):
            if whole:
                self.assertIsTheSame(new)
            else:
                self.assertNothing(new)
            new.switch_on()
        return whole


class TestPowerCut(CutCase):
    def test_all_or_nothing_and_then_life_goes_on(self):
        count = whole = 0
        for new in self.cut_boards():
            count += 1
            if self.assertAllOrNothing(new):
                whole += 1
                with self.assertRaises(BackupUnwanted):
                    new.restoration()
                new.ledger.reversal.reversed("00")
                sell(new.ledger, 9)
            elif count % 3 == 0:
                self.assertTrue(new.restore(self.items).done)
                new.switch_on()
                self.assertIsTheSame(new)
            else:
                sign_in(new.ledger)
                sell(new.ledger, 9)
                settle(new.ledger)
            last = new.journal.log.number
            new.switch_on()
            self.assertEqual(new.journal.log.number, last)
            new.ledger.verify()
        print(count, "cuts,", whole, "times all of it")
        self.assertTrue(count > 400 and 3 <= whole < 40)

    def test_a_second_cut_while_it_is_cleared_away(self):
        count = 0
        for run, new in enumerate(self.cut_boards()):
            if run % 17:
                continue
            cells, weak = bytes(new.flash.cells), dict(new.flash.weak)
            operation = 0
            while True:
                new.flash.cells[:] = cells
                new.flash.weak = dict(weak)
                new.flash.cut(operation, WAYS[(operation + count) % len(WAYS)], 1 + count % DEPTH)
                operation += 1
                try:
                    new.mount()
                    break
                except PowerCut:
                    count += 1
                new.flash.power_on()
                self.assertAllOrNothing(new)
        print(count, "double cuts")
        self.assertTrue(count > 200)


class TestFullRing(CutCase):
    """A journal that fills the whole ring: on the way its oldest records, which nobody needs, make room again."""

    def lived(self):
        return small(settled=24, sales=20)

    def assertIsTheSame(self, new, old=None):
        """But for the oldest sector."""
        records = new.records()
        before = [record for record in self.old.records() if record[0] >= records[0][0]]
        self.assertTrue(40 < len(before) < len(self.old.records()))
        self.assertEqual(records[: len(before)], before)
        self.assertEqual(new.ledger.totals(), self.old.ledger.totals())
        self.assertEqual(new.ledger.reversal.card(), self.old.ledger.reversal.card())
        new.journal.verify()

    def test_all_or_nothing(self):
        oldest, newest = self.old.journal.log.sectors
        self.assertEqual(newest - oldest + 1, SECTORS)
        count = whole = 0
        for new in self.cut_boards((self.operations() - 1) % 2, step=2):  # so that the last is among them
            count += 1
            whole += self.assertAllOrNothing(new)
        print(count, "cuts,", whole, "times all of it")
        self.assertTrue(count > 500 and 3 <= whole < 40)
