"""A shop's day with the power cut in every operation on the journal's flash: after each reboot the books are right."""

import unittest

from ledger_world import ANSWER, attributes, chip, mounted, pending, sign_in
from ledger_world import sold as sums
from nor_flash import DEPTH, WAYS, PowerCut
from suanpan.ledger.record import APPROVED, DECLINED, OPENED, REVERSED, UNANSWERED
from suanpan.ledger.watched import watched

HEAP = "8m"  # the emulated chip remembers each weak cell of an interrupted erase
TIMEOUT = 120

SECTORS = 4


def approved(ledger, said):
    with pending(ledger, 300) as entry:
        said.append(OPENED)
        entry.approve(**ANSWER)
        said.append(APPROVED)
    entry.copy_printed()
    entry.copy_printed()


def declined(ledger, said):
    with pending(ledger, 500) as entry:
        said.append(OPENED)
        entry.decline("51")
        said.append(DECLINED)


def unanswered(ledger, said):
    with pending(ledger, 700) as entry:
        said.append(OPENED)
        entry.unanswered("06")
        said.append(UNANSWERED)
    entry.reversed("00")
    said.append(REVERSED)


def left(ledger, said):
    with pending(ledger, 900):
        said.append(OPENED)
    ledger.reversal.reversed("25")
    said.append(REVERSED)


def signed_in(ledger, said):
    sign_in(ledger, ledger.batch)


def next_batch(ledger, said):
    sign_in(ledger, f"{int(ledger.batch) + 1:06}")


def prepared(ledger, said):
    ledger.prepare()


def told(ledger, said):
    """The workshop, of what goes on: it changes nothing."""
    watched(ledger, "01", "261123", "093105")


DAY = (approved, declined, unanswered, left, approved, prepared, signed_in, approved, told, next_batch, approved)
DAY += (unanswered,)


def sold(entries, batch):
    """(count, total) of the entries of a batch that are approved."""
    amounts = [entry.amount for entry in entries if entry.approved and entry.batch == batch]
    return len(amounts), sum(amounts)


class TestRecovery(unittest.TestCase):
    def cuts(self, flash, step):
        """Each (flash, what the step had recorded for certain), just after the power came back."""
        cells = bytes(flash.cells)
        operation, cut = 0, True
        while cut:
            cut = False
            for fault in range(2 + len(WAYS)):
                way, depth = (None, fault) if fault < 2 else (WAYS[fault - 2], (fault + 5 * operation) % (DEPTH + 1))
                flash.cells[:] = cells
                flash.weak.clear()
                ledger = mounted(flash)
                flash.cut(operation, way, depth)
                said = []
                try:
                    step(ledger, said)
                    break
                except PowerCut:
                    cut = True
                flash.power_on()
                yield said
            operation += 1

    def assertBooksAreRight(self, flash, before, batch, said, step):
        """Exactly one of approved, declined, to be reversed, or never sent; and all else as it was."""
        ledger = mounted(flash)
        entries = list(ledger.entries())
        statuses = [OPENED, APPROVED, DECLINED, UNANSWERED, REVERSED]
        new = len(entries) - len(before)
        self.assertTrue(new in (0, 1) and new >= (OPENED in said))
        self.assertTrue([attributes(entry) for entry in entries[new:]] == before)
        if new:
            entry = entries[0]
            due = entry.status in (OPENED, UNANSWERED)
            self.assertTrue(statuses.index(entry.status) >= statuses.index(max(said) if said else OPENED))
            told = step is unanswered and entry.status in (UNANSWERED, REVERSED)
            self.assertEqual(entry.reason, "06" if told else "98")
            self.assertEqual(ledger.recovered, entry.status == OPENED)
            self.assertEqual(ledger.reversal is not None, due)
            if due:
                ledger.reversal.reversed("00")
        else:
            self.assertIsNone(ledger.reversal)
        if step is not next_batch:
            self.assertEqual(ledger.batch, batch)
        self.assertEqual(sums(ledger), sold(ledger.entries(), ledger.batch))
        approved(ledger, [])
        stans = [entry.stan for entry in ledger.entries()]
        self.assertEqual(len(set(stans)), len(stans))
        ledger = mounted(flash)
        ledger.verify()
        self.assertEqual(sums(ledger), sold(ledger.entries(), ledger.batch))
        self.assertIsNone(ledger.reversal)

    def test_a_cut_in_every_operation_of_a_day(self):
        flash = chip(SECTORS)
        ledger = mounted(flash)
        sign_in(ledger)
        while sum(flash.erases[:-1]) < SECTORS or len(list(ledger._journal.log.newest_sector())) < 12:
            ledger.signed_in(ledger.stan(), ledger.stan(), "0" * 200, "", "")  # fills the ring
        count = 0
        for step in DAY:
            before = [attributes(entry) for entry in ledger.entries()]
            batch, totals = ledger.batch, sums(ledger)
            cells = bytes(flash.cells)
            for said in self.cuts(flash, step):
                self.assertBooksAreRight(flash, before, batch, said, step)
                count += 1
            flash.cells[:] = cells
            flash.weak.clear()
            flash.power_on()
            ledger = mounted(flash)
            self.assertEqual((ledger.batch, sums(ledger)), (batch, totals))
            step(ledger, [])
        print(count, "cuts")
        self.assertTrue(count > 350)
