"""The flash log as long as the power lasts: order, room, wear, and damage told from absence."""

import unittest

from nor_flash import PREFIX, SECTOR, NorFlash, PowerCut
from suanpan.errors import LogCorrupt, LogFull, LogWorn
from suanpan.ledger.flash_log import FlashLog

PURE = True
HEAP = "2m"  # a flash of 512 KB among it

SIZES = (40, 1, 120, 900, 16, 105, 633)


def link(number):
    return bytes((number * 7 + i) % 256 for i in range(16))


def record(number):
    """Each different from all others; some look blank, some look dead."""
    size = SIZES[number % len(SIZES)]
    if number % 5 == 3:
        return (b"\xff" if number % 2 else b"\x00") * size + bytes([number % 251])
    if number % 5 == 4:
        return bytes([number % 251]) + b"\xff" * size
    return bytes((number * 31 + i * i) % 256 for i in range(size))


def mounted(flash):
    log = FlashLog(flash)
    log.mount()
    return log


def append(log, count=1):
    for _ in range(count):
        log.append(record(log.number + 1), link(log.number + 1))


def full(flash, count):
    log = mounted(flash)
    append(log, count)
    return log


class IdleFlash(NorFlash):
    """Does nothing in the `idle`-th program or erase from now on, 0 the next, and says nothing."""

    idle = -1

    def _operate(self, at, new, unit):
        super()._operate(at, new if self.idle else self.cells[at : at + len(new)], unit)
        self.idle -= 1

    def _program(self, at, data):
        kept = self.cells[at : at + len(data)]  # where an erase did nothing the chip keeps the bits that both have
        super()._program(at, bytes(new & was for new, was in zip(data, kept)))


class LogTestCase(unittest.TestCase):
    def assertHolds(self, log, first, last):
        """Exactly the records from first (or an earlier one) to last, in both directions."""
        forward = list(log.records())
        numbers = [number for number, _, _ in forward]
        self.assertEqual(log.number, last)
        if not last:
            self.assertEqual(numbers, [])
            return
        self.assertTrue(numbers[0] <= first)
        self.assertTrue(numbers == list(range(numbers[0], last + 1)))
        for number, linked, found in forward:
            self.assertTrue(found == record(number))
            self.assertTrue(linked in (b"", link(number)))
        self.assertEqual(forward[0][1], link(numbers[0]))
        self.assertTrue(list(log.newest_first()) == forward[::-1])
        newest = list(log.newest_sector())
        self.assertTrue(newest == forward[-len(newest) :])
        self.assertEqual([bool(linked) for _, linked, _ in newest], [True] + [False] * (len(newest) - 1))


class TestFlashLog(LogTestCase):
    def test_empty(self):
        log = mounted(NorFlash(3))
        self.assertHolds(log, 0, 0)
        self.assertEqual(list(log.newest_first()), [])
        self.assertTrue(log.starts_sector(1))

    def test_mounted_again_after_every_record(self):
        flash = NorFlash(6)
        log = mounted(flash)
        for number in range(1, 80):
            log.append(record(number), link(number))
            self.assertHolds(mounted(flash), 1, number)
        self.assertHolds(log, 1, 79)

    def test_a_full_sector_is_followed_by_the_next(self):
        for size in range(990, 1030):
            flash = NorFlash(3)
            log = mounted(flash)
            log.append(bytes(2000), link(1))  # up to 2048
            log.append(bytes(1000), link(2))  # up to 3072
            starts = size + 11 > 4096 - 3072
            self.assertEqual(log.starts_sector(size), starts)
            log.append(b"x" * size, link(3))
            if size == 1013:
                self.assertEqual(bytes(flash.cells[4095:4097]), b"x\xff")
            self.assertEqual(list(mounted(flash).records())[2], (3, link(3) if starts else b"", b"x" * size))

    def test_turn_leaves_the_rest_of_a_sector_but_no_sector_empty(self):
        flash = NorFlash(6)
        log = mounted(flash)
        for number in range(1, 5):
            log.turn()
            log.turn()
            append(log)
            self.assertEqual([n for n, linked, _ in log.records() if linked], list(range(1, number + 1)))
        self.assertHolds(mounted(flash), 1, 4)

    def test_starts_sector_is_what_append_does(self):
        log = mounted(NorFlash(8))
        for number in range(1, 100):
            says = log.starts_sector(len(record(number)))
            append(log)
            self.assertEqual(next(log.newest_first())[1] != b"", says)

    def test_only_some_lengths(self):
        log = mounted(NorFlash(3))
        for bad in (b"", bytes(2001)):
            with self.assertRaises(ValueError):
                log.append(bad, link(1))
            with self.assertRaises(ValueError):
                log.starts_sector(len(bad))
        with self.assertRaises(ValueError):
            log.append(b"x", b"")

    def test_two_programs_and_no_erase_for_an_append(self):
        flash = NorFlash(4)
        log = mounted(flash)
        for _ in range(60):
            log.release(log.number)
            log.prepare()
            before = flash.programs, sum(flash.erases)
            append(log)
            self.assertEqual((flash.programs, sum(flash.erases)), (before[0] + 2, before[1]))

    def test_full_before_anything_is_programmed(self):
        flash = NorFlash(4)
        log = mounted(flash)
        with self.assertRaises(LogFull):
            while True:
                cells, number = bytes(flash.cells), log.number
                append(log)
        self.assertTrue(flash.cells == cells)
        self.assertHolds(log, 1, number)
        self.assertHolds(mounted(flash), 1, number)
        with self.assertRaises(LogFull):
            log.prepare()

    def test_reserve_counts_the_sectors_that_may_be_used(self):
        flash = NorFlash(4)
        log = mounted(flash)
        log.reserve(4)
        with self.assertRaises(LogFull):
            log.reserve(5)
        for sectors in (3, 2, 1, 0):
            before = log.number
            while log.number == before or not log.starts_sector(700):
                log.append(bytes(700), link(1))
                log.reserve(sectors)
                with self.assertRaises(LogFull):
                    log.reserve(sectors + 1)
        log.release(log.number)
        log.reserve(3)

    def test_released_records_make_room_and_others_never(self):
        flash = NorFlash(4)
        log = mounted(flash)
        for last in range(1, 400):
            log.release(max(1, last - 10))
            append(log)
            self.assertTrue(next(log.records())[0] <= max(1, last - 10))
        self.assertHolds(log, 389, 399)
        log = mounted(flash)
        log.release(389)
        self.assertHolds(log, 389, 399)
        append(log, 10)
        self.assertHolds(log, 389, 409)

    def test_release_frees_the_sectors_whose_records_are_all_older(self):
        flash = NorFlash(9)
        log = full(flash, 80)
        first = [number for number, linked, _ in log.records() if linked]
        self.assertTrue(len(first) > 4)
        for number in range(1, 81):
            freed = sum(1 for begins in first[1:] if begins <= number)
            log.release(number)
            again = mounted(flash)
            again.release(number)
            for each in (log, again):
                each.reserve(9 - len(first) + freed)
                with self.assertRaises(LogFull):
                    each.reserve(9 - len(first) + freed + 1)

    def test_wear_is_even(self):
        flash = NorFlash(5)
        log = mounted(flash)
        for _ in range(600):
            log.release(log.number)
            append(log)
        self.assertTrue(min(flash.erases) > 4)
        self.assertTrue(max(flash.erases) - min(flash.erases) <= 1)

    def test_reading_while_the_log_goes_on(self):
        flash = NorFlash(4)
        log = full(flash, 40)
        listing = log.newest_first()
        seen = [next(listing)[0] for _ in range(12)]
        for _ in range(60):  # overtakes what is being listed
            log.release(log.number)
            append(log)
        seen += [number for number, _, _ in listing]
        self.assertEqual(seen, list(range(40, 40 - len(seen), -1)))
        self.assertTrue(len(seen) >= 12)


class TestDamage(LogTestCase):
    def records_before(self, log):
        numbers = []
        with self.assertRaises(LogCorrupt):
            for number, _, found in log.records():
                self.assertTrue(found == record(number))
                numbers.append(number)
        return numbers

    def test_each_flipped_byte_is_noticed_or_harmless(self):
        flash = NorFlash(3)
        log = full(flash, 24)
        self.assertTrue(len(list(log.newest_sector())) < 24)
        good = bytes(flash.cells)
        places = [at for at in range(len(good)) if good[at] != 0xFF]
        noticed = 0
        for at in places[:: 1 if len(places) < 1000 else 7]:
            for mask in (0x01, 0xFF):
                flash.cells[:] = good
                flash.cells[at] ^= mask
                try:
                    log = mounted(flash)
                    self.assertHolds(log, 1, 24)
                except LogCorrupt:
                    noticed += 1
                    continue
                except AssertionError:
                    # What may go unnoticed here is the loss of whole released sectors at the oldest end.
                    found = [number for number, _, _ in log.records()]
                    self.assertEqual(found, list(range(found[0], 25)))
                    self.assertTrue(at < SECTOR)
        self.assertTrue(noticed > 100)

    def test_a_corrupt_newest_record_is_not_taken_for_a_torn_one(self):
        flash = NorFlash(3)
        full(flash, 10)
        good = bytes(flash.cells)
        end = len(good.rstrip(b"\xff"))
        full(flash, 1)
        at = (end + 15) // 16 * 16
        frame = len(bytes(flash.cells).rstrip(b"\xff")) - at
        good = bytes(flash.cells)
        for i in range(1, frame):
            for bit in range(8):
                flash.cells[:] = good
                flash.cells[at + i] ^= 1 << bit
                with self.assertRaises(LogCorrupt):
                    mounted(flash)

    def test_reading_stops_where_a_record_is_missing(self):
        flash = NorFlash(8)
        log = full(flash, 60)
        first = [number for number, linked, _ in log.records() if linked][1]
        good = bytes(flash.cells)
        flash.cells[SECTOR + 16 + 40] ^= 4
        log = mounted(flash)
        self.assertEqual(self.records_before(log), list(range(1, first)))
        backwards = []
        with self.assertRaises(LogCorrupt):
            for number, _, _ in log.newest_first():
                backwards.append(number)
        self.assertEqual(backwards, list(range(60, first, -1)))

        flash.cells[:] = good
        flash.cells[SECTOR + 5] ^= 4  # a header: the whole sector is missing
        self.assertEqual(self.records_before(mounted(flash)), list(range(1, first)))

        flash.cells[:] = good
        log = mounted(flash)
        newest = len(list(log.newest_sector()))
        flash.cells[log._active * SECTOR] ^= 4  # and one that went after it had been mounted
        self.assertEqual(self.records_before(log), list(range(1, 61 - newest)))

    def test_a_newest_sector_without_its_header_is_missed(self):
        flash = NorFlash(6)
        log = full(flash, 10)
        while not log.starts_sector(len(record(log.number + 1))):
            append(log)
        append(log, 2)
        for spare in (False, True):
            if spare:
                log.prepare()
            good = bytes(flash.cells)
            flash.cells[log._active * SECTOR + 3] ^= 1
            with self.assertRaises(LogCorrupt):
                mounted(flash)
            flash.cells[:] = good

    def test_a_log_of_another_size_is_refused(self):
        flash = NorFlash(4)
        full(flash, 40)
        smaller = NorFlash(3)
        smaller.cells[:] = flash.cells[SECTOR:]
        with self.assertRaises(LogCorrupt):
            mounted(smaller)

    def test_noise_is_an_empty_log(self):
        flash = NorFlash(4)
        for i in range(len(flash.cells)):
            flash.cells[i] = flash.random(256)
        log = mounted(flash)
        self.assertHolds(log, 0, 0)
        append(log, 30)
        self.assertHolds(mounted(flash), 1, 30)

    def test_worn_cells_cost_a_record_its_place_and_nothing_else(self):
        moved = 0
        for at in (16 + 1, 16 + 5, 16 + 9, 16 + 30, 300, 1000, 2000):
            flash = NorFlash(8)
            flash.worn[SECTOR + at] = 0xFF
            log = mounted(flash)
            while log.number < 60:
                programs = flash.programs
                append(log)
                if flash.programs - programs > 5:  # with those of a sector's header
                    moved += 1
                    self.assertHolds(mounted(flash), 1, log.number)
            self.assertHolds(log, 1, 60)
            self.assertHolds(mounted(flash), 1, 60)
        self.assertTrue(moved >= 5)

    def test_a_record_that_two_places_do_not_keep_is_refused_and_does_not_come_back(self):
        flash = NorFlash(3)
        log = full(flash, 3)
        sector = log._active
        for place in (log._tail, log._tail + 32):
            flash.worn[sector * SECTOR + place + 11] = 0xFF
        with self.assertRaises(LogWorn):
            append(log)
        self.assertHolds(mounted(flash), 1, 3)
        append(log)
        self.assertEqual(log.sectors, (sector, sector + 1))
        self.assertHolds(mounted(flash), 1, 4)

    def test_an_operation_that_does_nothing_is_done_again(self):
        """Every one in turn: neither a record nor a sector goes by it."""
        sectors = full(NorFlash(6), 30).sectors
        operation, done = 0, True
        while done:
            flash = IdleFlash(6)
            log = mounted(flash)
            flash.idle = operation
            append(log, 30)
            done = flash.idle < 0
            self.assertEqual(log.sectors, sectors)
            self.assertHolds(log, 1, 30)
            self.assertHolds(mounted(flash), 1, 30)
            operation += 1
        self.assertTrue(operation > 60)

    def test_an_operation_that_fails_costs_the_record_and_no_other(self):
        for operation in (0, 1):
            for way in (None, PREFIX):
                flash = NorFlash(4)
                log = full(flash, 3)
                flash.cut(operation, way, 9 if way is not None else 0)
                with self.assertRaises(PowerCut):  # for want of another error
                    append(log)
                flash.power_on()
                append(log)
                self.assertHolds(log, 1, 4)
                self.assertHolds(mounted(flash), 1, 4)

    def test_a_sector_that_keeps_no_header_is_left_out(self):
        flash = NorFlash(8)
        flash.worn[2 * SECTOR + 6] = 0xFF
        flash.cells[2 * SECTOR + 6] = 0xFF
        log = full(flash, 60)
        self.assertTrue(60 > max(number for number, linked, _ in log.records() if linked) > 30)
        self.assertHolds(mounted(flash), 1, 60)


class TestMount(LogTestCase):
    def test_reads_are_bounded(self):
        flash = NorFlash(128)
        log = mounted(flash)
        for number in range(1, 5000):
            log.release(max(1, number - 500))
            log.append(bytes(105), link(number))
        worst = 0
        while not log.starts_sector(105):
            log.append(bytes(105), link(5000))
            flash.reads = flash.bytes_read = 0
            self.assertEqual(mounted(flash).number, log.number)
            worst = max(worst, flash.bytes_read)
        print(log.number - next(log.records())[0] + 1, "records,", flash.reads, "reads,", worst, "bytes")
        self.assertTrue(worst < 128 * (12 + 11) + 4 * SECTOR)
        self.assertTrue(flash.reads < 500)
