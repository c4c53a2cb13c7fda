"""The flash log after the power went in any operation, in any way, and went again while it was being mounted."""

from nor_flash import DEPTH, PREFIX, SWAYING, WAYS, WEAK, NorFlash, PowerCut
from test_ledger_flash_log import IdleFlash, LogTestCase, append, full, link, mounted

HEAP = "8m"  # the emulated chip remembers each weak cell of an interrupted erase
TIMEOUT = 120


class TestPowerCut(LogTestCase):
    """A script of appends, with an erase in idle time or on the way, on so few sectors that all that can happen
    happens soon. Each of its operations is cut before, after, and in every way; the depth goes round."""

    STEPS = 46

    def step(self, log, number):
        if number % 3 == 0:
            log.prepare()
        log.release(max(1, number - 5))
        append(log)

    def faults(self, salt):
        yield None, 0
        yield None, 1
        for way in WAYS:
            yield way, (salt * 5 + way * 3) % (DEPTH + 1)

    def runs(self):
        """Each (flash, records that had been returned), just after the power came back."""
        cells = bytes(NorFlash(4).cells)
        for number in range(1, self.STEPS):
            operation, cut = 0, True
            while cut:
                cut = False
                for way, depth in self.faults(number + operation):
                    flash = NorFlash(4, seed=number * 1000 + operation * 100 + depth + 1)
                    flash.cells[:] = cells
                    log = mounted(flash)
                    flash.cut(operation, way, depth)
                    try:
                        self.step(log, number)
                        break
                    except PowerCut:
                        cut = True
                    flash.power_on()
                    yield flash, number - 1
                operation += 1
            cells = bytes(flash.cells)

    def assertRecovers(self, flash, returned):
        """The log holds what was returned, with the one under way whole or not at all, and stays like that."""
        log = mounted(flash)
        found = log.number
        self.assertTrue(found in (returned, returned + 1))
        self.assertHolds(log, max(1, returned - 5), found)
        log = mounted(flash)
        self.assertHolds(log, max(1, returned - 5), found)
        return log

    def test_what_was_returned_is_there_and_the_rest_whole_or_not(self):
        count = whole = 0
        for flash, returned in self.runs():
            log = self.assertRecovers(flash, returned)
            count += 1
            whole += log.number - returned
            for _ in range(3):
                log.release(max(1, log.number - 5))
                append(log)
            self.assertHolds(mounted(flash), max(1, log.number - 8), log.number)
        print(count, "cuts,", whole, "unfinished records whole")
        self.assertTrue(count > 600 and count // 4 < whole < count * 3 // 4)

    def test_a_second_cut_while_mounting(self):
        count = 0
        for run, (flash, returned) in enumerate(self.runs()):
            if run % 2:
                continue
            cells, weak = bytes(flash.cells), dict(flash.weak)
            operation = 0
            while True:
                flash.cells[:] = cells
                flash.weak = dict(weak)
                flash.cut(operation, WAYS[(operation + count) % len(WAYS)], 1 + count % DEPTH)
                operation += 1
                try:
                    mounted(flash)
                    break
                except PowerCut:
                    count += 1
                flash.power_on()
                log = self.assertRecovers(flash, returned)
                append(log)
                self.assertHolds(mounted(flash), max(1, returned - 5), log.number)
        print(count, "double cuts")
        self.assertTrue(count > 900)

    def test_a_torn_first_record_of_a_sector(self):
        for depth in range(DEPTH + 1):
            flash = NorFlash(4)
            log = full(flash, 14)
            log.prepare()
            log.turn()
            flash.cut(0, PREFIX, depth)
            with self.assertRaises(PowerCut):
                append(log)  # the smallest there is: some depths end within its first 16 bytes
            flash.power_on()
            log = self.assertRecovers(flash, 14)
            log.turn()
            other = log.append(b"other", link(log.number + 1))
            self.assertEqual(next(mounted(flash).newest_first()), (other, link(other), b"other"))

    def test_a_torn_record_that_looks_whole_once_its_killing_has_begun(self):
        killings = 0
        for seed in range(1, 41):
            flash = NorFlash(4, seed)
            log = full(flash, 14)
            flash.cut(0, SWAYING, DEPTH)
            with self.assertRaises(PowerCut):
                append(log)  # it fits 16 bytes, so that it is whole if these are
            flash.power_on()
            flash.cut(6, WEAK, DEPTH)  # after the header, the newest record and its mark, each of them twice
            try:
                mounted(flash)
            except PowerCut:
                killings += 1
            flash.power_on()
            self.assertRecovers(flash, 14)
        self.assertTrue(10 < killings < 40)

    def test_weak_cells_that_show_nothing_take_no_data(self):
        """A frame over two pages, the second of them interrupted but reading as blank while it is decided upon."""
        for way in (WEAK, SWAYING):
            for size in range(240, 500, 20):
                flash = NorFlash(4)
                log = mounted(flash)
                log.prepare()
                flash.cut(0, way, DEPTH)
                with self.assertRaises(PowerCut):
                    log.append(bytes(size), link(1))
                flash.power_on()
                flash.calm = True
                log = mounted(flash)
                flash.calm = False
                self.assertEqual(log.number, 0)
                append(log, 4)
                for _ in range(4):
                    self.assertHolds(mounted(flash), 1, 4)

    def test_an_operation_that_does_nothing_while_mounting(self):
        """Cells that waver are done over, and what then comes to nothing is not the only time they are."""
        count = 0
        for cut in range(2, 5):  # in a header, a record, or its mark
            for seed in range(71, 80):
                for idle in range(10):
                    flash = IdleFlash(5, seed)
                    log = full(flash, 13)
                    flash.cut(cut, SWAYING, DEPTH)
                    with self.assertRaises(PowerCut):
                        log.prepare()
                        append(log)
                    flash.power_on()
                    flash.idle = idle
                    log = mounted(flash)
                    count += flash.idle < 0
                    flash.idle = -1
                    self.assertTrue(log.number in (13, 14))
                    if seed % 3:
                        if seed % 3 == 1:
                            log.turn()
                        append(log)
                    for _ in range(3):
                        self.assertHolds(mounted(flash), 1, log.number)
        print(count, "mounts")
        self.assertTrue(count > 100)

    def test_torn_again_and_again(self):
        """A terminal whose supply fails at every attempt does not wear its journal out."""
        flash = NorFlash(3)
        full(flash, 3)
        for attempt in range(12):
            log = mounted(flash)
            flash.cut(0, WAYS[attempt % 4], 9)
            with self.assertRaises(PowerCut):
                append(log)
            flash.power_on()
        log = mounted(flash)
        self.assertTrue(3 <= log.number <= 15)
        log.reserve(1)
        append(log)
        self.assertHolds(mounted(flash), 1, log.number)
