"""Operators and their passwords: what counts, and that it is on flash before a password is looked at (S24)."""

import os
import unittest

import vfs

from nor_flash import BITS, PREFIX, NorFlash, PowerCut
from suanpan.errors.operators import OperatorsDamaged
from suanpan.ledger import operators as module
from suanpan.ledger.operators import ADMINISTRATOR, SUPERVISOR, Operators, digits
from suanpan.ledger.roster import MOST, Roster, is_simple

TIMEOUT = 300
HEAP = "2m"  # a flash of 64 KB for each test

FOLDER = "/operators_test"
ROLL = FOLDER + "/operators.bin"
TRIES = FOLDER + "/tries.bin"
KEY = bytes(range(32))
ADMINISTRATOR_TRIES = 7

# What `cryptography`'s AESSIV and hashlib's PBKDF2 make, 3 iterations each: 00, 01 and 99 as from the factory, and 02.
FACTORY_ROLL = bytes.fromhex(
    "d4522082c417a9fbf0ea54ecadfaadb2a6f6c5ea83408f24cf7e7504850828dc38da3e4f54c49da4bf190be79c360cf6d353552c8b54190f"
    "cb6546c78ca650aa2393a268e1e45117c6c4da5617a20c6565a2f3611ee031d47acc5f4667755af8442af78e1eec949b25cc98c89490baa5"
    "cbf58c5b0ec3d4840c1e76a9d3757d30ab6eeec044e7c02af94785141cd2e3d235f0bfe0fe60afb27d1aa661b357c87e377bfd331e3eb989"
    "2ef35c1591edf60e772cd7964e13121dfffa3111892fba47ef307392092203197e66ef2594b93bcbe511bada350a0201ae112f4f6603d351"
)
FACTORY_TRIES = bytes.fromhex(
    "91f5c1ff9776358bba2b35fcad988fc2df55e93b4c4d88d0e127d077620199d8dcbdd71a64cd1e8902cb7daf397240e55727a7b1d656b11d"
    "d9621a3977ac0e03ba80237bd73e3776a8339c58c22de41fa9e75956c0ee3920149075954f8df59d4c074358a5967184d0d1f123afe7377e"
    "49d30fc4"
)
PASSWORDS = {"00": b"123456", "01": b"0000", "02": b"2580", "99": b"99999999"}
WRONG = {"00": b"654321", "01": b"0001", "02": b"2581", "99": b"99999990"}
CUTS = ((None, 0), (None, 1), (PREFIX, 7), (PREFIX, 15), (BITS, 8))


class Dice:
    """Salts that are all different."""

    def __init__(self):
        self.thrown = 0

    def __call__(self, count):
        self.thrown += 1
        return bytes((self.thrown,)) * count


class StubbornFlash(NorFlash):
    """Refuses to be written while `stubborn`."""

    stubborn = False

    def writeblocks(self, block, buf, offset=None):
        if self.stubborn:
            raise OSError(5)
        super().writeblocks(block, buf, offset)

    def ioctl(self, op, arg):
        if self.stubborn and op == 6:
            raise OSError(5)
        return super().ioctl(op, arg)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


class Case(unittest.TestCase):
    """Each test has its own LittleFS, on a flash whose power can be cut."""

    def setUp(self):
        self.random = Dice()
        self.flash = StubbornFlash(16)
        vfs.VfsLfs2.mkfs(self.flash)
        self.mount()
        write(ROLL, FACTORY_ROLL)
        write(TRIES, FACTORY_TRIES)
        self.looked_at = 0  # passwords
        self._pbkdf2 = module.pbkdf2
        module.pbkdf2 = self.look

    def tearDown(self):
        module.pbkdf2 = self._pbkdf2
        self.unmount()

    def mount(self):
        vfs.mount(vfs.VfsLfs2(self.flash), FOLDER)

    def unmount(self):
        vfs.umount(FOLDER)

    def look(self, *arguments):
        self.looked_at += 1
        return self._pbkdf2(*arguments)

    def power_cycle(self):
        self.unmount()
        self.flash.power_on()
        self.mount()

    def open(self, kind=Roster, key=KEY):
        return kind(FOLDER, key, ADMINISTRATOR_TRIES, self.random)

    def assertRefused(self):
        with self.assertRaises(OperatorsDamaged):
            self.open()


class TestLogIn(Case):
    def test_the_factorys_files(self):
        operators = self.open()
        self.assertEqual(operators.numbers(), ["00", "01", "02", "99"])
        self.assertEqual(
            [number for number in operators.numbers() if operators.must_change(number)], ["00", "01", "99"]
        )
        for number, password in PASSWORDS.items():
            self.assertEqual(len(password), digits(number))
            self.assertTrue(operators.check(number, password))
            self.assertTrue(operators.matches(number, bytearray(password)))
            self.assertFalse(operators.check(number, WRONG[number]))
            self.assertFalse(operators.matches(number, WRONG[number]))

    def test_nobody_elses_password_is_good(self):
        operators = self.open()
        operators.add("03")
        self.assertTrue(operators.check("03", PASSWORDS["01"]))  # the same, under another salt
        self.assertFalse(operators.check("02", PASSWORDS["01"]))

    def test_each_failure_doubles_the_wait_and_a_good_log_in_ends_it(self):
        operators = self.open()
        waits = []
        for _ in range(4):
            waits.append(operators.wait_s("01"))
            self.assertFalse(operators.check("01", WRONG["01"]))
        waits.append(operators.wait_s("01"))
        self.assertEqual(waits, [0, 1, 2, 4, 8])
        self.assertEqual(operators.wait_s("02"), 0)
        self.assertTrue(operators.check("01", PASSWORDS["01"]))
        self.assertEqual(operators.wait_s("01"), 0)

    def test_no_wait_is_longer_than_256_seconds(self):
        operators = Operators(FOLDER, KEY, 20, self.random)
        for _ in range(19):
            operators.check(ADMINISTRATOR, WRONG["99"])
        self.assertEqual(operators.wait_s(ADMINISTRATOR), 256)
        self.assertFalse(operators.locked(ADMINISTRATOR))

    def test_how_many_failures_lock_whom(self):
        for number, most in (("01", 5), (SUPERVISOR, 10), (ADMINISTRATOR, ADMINISTRATOR_TRIES)):
            operators = self.open()
            for _ in range(most):
                self.assertFalse(operators.locked(number))
                self.assertFalse(operators.check(number, WRONG[number]))
            self.assertTrue(operators.locked(number))
            self.looked_at = 0
            self.assertFalse(operators.check(number, PASSWORDS[number]))
            self.assertEqual(self.looked_at, 0)
            self.assertTrue(self.open().locked(number))
        self.assertFalse(self.open().locked("02"))

    def test_the_last_try_may_be_the_right_one(self):
        operators = self.open()
        for _ in range(4):
            operators.check("01", WRONG["01"])
        self.assertTrue(operators.check("01", PASSWORDS["01"]))
        self.assertFalse(operators.locked("01"))

    def test_failures_and_their_end_outlive_the_power(self):
        for count in range(1, 4):
            self.open().check("02", WRONG["02"])
            self.power_cycle()
            self.assertEqual(self.open().wait_s("02"), 1 << (count - 1))
        self.open().check("02", PASSWORDS["02"])
        self.power_cycle()
        self.assertEqual(self.open().wait_s("02"), 0)

    def test_a_number_that_nobody_has_is_not_counted(self):
        operators = self.open()
        before = bytes(self.flash.cells)
        for number in ("03", "98", "50"):
            for _ in range(12):
                self.assertFalse(operators.check(number, b"0000"))
            self.assertEqual(operators.wait_s(number), 0)
            with self.assertRaises(ValueError):
                operators.must_change(number)
        self.assertTrue(self.flash.cells == before)
        self.assertEqual(self.looked_at, 0)

    def test_a_password_of_another_length(self):
        for password in (b"", b"000", b"00000", b"0" * 12):
            self.assertFalse(self.open().matches("01", password))

    def test_a_year_of_log_ins_wears_little_flash(self):
        operators = self.open()
        self.flash.erases[:] = [0] * len(self.flash.erases)
        for _ in range(1000):
            operators.check("02", PASSWORDS["02"])
        print(sum(self.flash.erases), "sectors erased, one of them", max(self.flash.erases), "times")
        self.assertTrue(max(self.flash.erases) < 200)


class TestBeforeThePassword(Case):
    """What a thief could gain by pulling the plug at the right moment."""

    def test_the_failure_is_on_flash_when_a_password_is_looked_at(self):
        found = []

        def spy(*arguments):
            found.append(self.open(Operators).wait_s("01"))  # from flash
            return self._pbkdf2(*arguments)

        module.pbkdf2 = spy
        operators = self.open()
        operators.check("01", WRONG["01"])
        operators.check("01", PASSWORDS["01"])
        operators.check("01", PASSWORDS["01"])
        self.assertEqual(found, [1, 2, 1])

    def cut_everywhere(self, number, password, tries):
        """Log in with the power cut in each operation on flash, after so many failures; (looked at, tries) of each."""
        for _ in range(tries):
            self.open().check(number, WRONG[number])
        cells = bytes(self.flash.cells)
        operation, cut = 0, True
        while cut:
            cut = False
            for way, depth in CUTS:
                self.unmount()
                self.flash.cells[:] = cells
                self.flash.power_on()
                self.mount()
                operators = self.open()
                self.looked_at = 0
                self.flash.cut(operation, way, depth)
                try:
                    operators.check(number, password)
                    self.flash.power_on()
                    break
                except PowerCut:
                    cut = True
                self.power_cycle()
                after = self.open()
                self.assertTrue(after.matches("02", PASSWORDS["02"]))
                yield self.looked_at - 1, self.tries(after, number)
            operation += 1
        self.assertTrue(operation >= 1)

    def tries(self, operators, number):
        wait = operators.wait_s(number)
        count = 0
        while wait:
            wait >>= 1
            count += 1
        return count

    def test_no_cut_gives_a_free_try(self):
        cuts = 0
        for looked_at, tries in self.cut_everywhere("01", WRONG["01"], 2):
            cuts += 1
            self.assertTrue(tries in (2, 3))
            if looked_at:
                self.assertEqual(tries, 3)
        self.assertTrue(cuts >= 5)

    def test_a_cut_costs_the_right_password_one_try_at_most(self):
        seen = [tries for _, tries in self.cut_everywhere("01", PASSWORDS["01"], 2)]
        self.assertEqual(set(seen), {0, 2, 3})

    def test_the_thief_who_cuts_every_time_is_locked_out(self):
        """However he times it: of the tries that he gets an answer to, there are no more than anybody has."""
        for operation in range(4):
            looked = 0
            self.unmount()
            self.flash.power_on()
            self.mount()
            write(TRIES, FACTORY_TRIES)
            for _ in range(30):
                operators = self.open()
                self.looked_at = 0
                self.flash.cut(operation, None, 1)
                try:
                    operators.check("01", WRONG["01"])
                except PowerCut:
                    pass
                looked += self.looked_at
                self.power_cycle()
            self.assertTrue(looked <= 5)

    def test_what_cannot_be_counted_is_not_looked_at(self):
        operators = self.open()
        self.looked_at = 0
        self.flash.stubborn = True
        with self.assertRaises(OperatorsDamaged):
            operators.check("01", PASSWORDS["01"])
        self.assertEqual(self.looked_at, 0)
        for change in (
            lambda: operators.change("01", b"2468"),
            lambda: operators.add("03"),
            lambda: operators.remove("01"),
            lambda: operators.reset("02"),
        ):
            with self.assertRaises(OperatorsDamaged):
                change()
        self.flash.stubborn = False
        self.assertEqual(operators.numbers(), ["00", "01", "02", "99"])
        self.assertTrue(operators.matches("02", PASSWORDS["02"]))


class TestTampering(Case):
    def test_any_altered_byte(self):
        for path in (ROLL, TRIES):
            good = read(path)
            for at in range(len(good)):
                bad = bytearray(good)
                bad[at] ^= 1 << at % 8
                write(path, bad)
                self.assertRefused()
            for bad in (b"", good[:15], good[:-1], good + b"\0", good[:-52]):
                write(path, bad)
                self.assertRefused()
            write(path, good)
            self.open()

    def test_another_terminals_files(self):
        with self.assertRaises(OperatorsDamaged):
            self.open(key=bytes(32))

    def test_one_file_in_the_others_place(self):
        write(ROLL, FACTORY_TRIES)
        self.assertRefused()
        write(ROLL, FACTORY_ROLL)
        write(TRIES, FACTORY_ROLL)
        self.assertRefused()

    def test_a_file_that_was_removed(self):
        """Neither are there no failures then, nor the factory's passwords."""
        for path in (ROLL, TRIES):
            good = read(path)
            os.remove(path)
            self.assertRefused()
            write(path, good)


class TestChanges(Case):
    def test_a_password_of_ones_own(self):
        operators = self.open()
        operators.change("01", bytearray(b"2468"))
        for found in (operators, self.open()):
            self.assertFalse(found.must_change("01"))
            self.assertTrue(found.check("01", b"2468"))
            self.assertFalse(found.check("01", PASSWORDS["01"]))
            self.assertTrue(found.must_change(SUPERVISOR))
            self.assertTrue(found.check("02", PASSWORDS["02"]))
        self.assertEqual(sorted(os.listdir(FOLDER)), ["operators.bin", "tries.bin"])

    def test_the_same_password_never_looks_the_same(self):
        operators = self.open()
        operators.change("01", b"2468")
        first = read(ROLL)
        operators.change("01", b"2468")
        self.assertTrue(read(ROLL) != first)
        self.assertFalse(b"2468" in first)

    def test_operators_come_and_go(self):
        operators = self.open()
        for number in ("10", "98", "03"):
            operators.add(number)
            self.assertTrue(operators.must_change(number))
            self.assertTrue(operators.check(number, b"0000"))
        self.assertEqual(self.open().numbers(), ["00", "01", "02", "03", "10", "98", "99"])
        operators.remove("02")
        self.assertFalse(operators.knows("02"))
        self.assertFalse(operators.check("02", PASSWORDS["02"]))
        self.assertEqual(self.open().numbers(), ["00", "01", "03", "10", "98", "99"])
        for number in ("10", SUPERVISOR, ADMINISTRATOR):
            with self.assertRaises(ValueError):
                operators.add(number)
        for number in ("02", SUPERVISOR, ADMINISTRATOR):
            with self.assertRaises(ValueError):
                operators.remove(number)
        self.assertTrue(self.open().check("01", PASSWORDS["01"]))

    def test_there_is_room_for_thirty(self):
        operators = self.open()
        for number in range(3, 31):
            operators.add(f"{number:02}")
        self.assertEqual(len(operators.numbers()), MOST)
        with self.assertRaises(ValueError):
            operators.add("31")
        self.assertEqual(len(self.open().numbers()), MOST)
        self.assertTrue(self.open().check("30", b"0000"))

    def test_a_new_operator_does_not_inherit_a_lock(self):
        operators = self.open()
        for _ in range(5):
            operators.check("02", WRONG["02"])
        operators.remove("02")
        operators.add("02")
        self.assertFalse(self.open().locked("02"))
        self.assertTrue(self.open().check("02", b"0000"))

    def test_unlocked(self):
        operators = self.open()
        for _ in range(5):
            operators.check("02", WRONG["02"])
        operators.unlock("02")
        self.assertTrue(self.open().check("02", PASSWORDS["02"]))

    def test_a_supervisor_who_has_forgotten_it(self):
        operators = self.open()
        operators.change(SUPERVISOR, b"135790")
        for _ in range(10):
            operators.check(SUPERVISOR, WRONG["00"])
        operators.reset(SUPERVISOR)
        for found in (operators, self.open()):
            self.assertFalse(found.locked(SUPERVISOR))
            self.assertTrue(found.must_change(SUPERVISOR))
            self.assertTrue(found.check(SUPERVISOR, PASSWORDS["00"]))

    def test_what_is_too_simple(self):
        for password in ("0000", "9999", "1234", "4321", "7890", "2109", "123456", "876543", "11111111", "23456789"):
            self.assertTrue(is_simple(password.encode()))
        for password in ("0001", "1357", "1232", "2580", "123457", "121212", "19283746", "12345679"):
            self.assertFalse(is_simple(password.encode()))
        for password in (PASSWORDS["00"], PASSWORDS["01"], PASSWORDS["99"]):
            self.assertTrue(is_simple(password))

    def test_a_power_cut_leaves_the_old_roll_or_the_new_one(self):
        changes = (
            (lambda found: found.change("01", b"2468"), lambda found: found.matches("01", b"2468")),
            (lambda found: found.add("03"), lambda found: found.knows("03")),
            (lambda found: found.remove("02"), lambda found: not found.knows("02")),
        )
        cells = bytes(self.flash.cells)
        for change, changed in changes:
            seen = []
            operation, cut = 0, True
            while cut:
                cut = False
                for way, depth in CUTS:
                    self.unmount()
                    self.flash.cells[:] = cells
                    self.flash.power_on()
                    self.mount()
                    operators = self.open()
                    self.flash.cut(operation, way, depth)
                    try:
                        change(operators)
                        self.flash.power_on()
                        break
                    except PowerCut:
                        cut = True
                    self.power_cycle()
                    seen.append(changed(self.open()))
                operation += 1
            print(len(seen), "cuts,", seen.count(True), "times the new roll")
            self.assertTrue(seen.count(True) and seen.count(False))
