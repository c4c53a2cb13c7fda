"""AES DUKPT against the examples of the standard's supplement, and that spent keys are gone."""

import unittest

import dukpt_plain
from suanpan.crypto import dukpt_aes
from suanpan.crypto.dukpt_aes import Register
from suanpan.crypto.pin_block import format4
from suanpan.errors import BadKey
from suanpan.errors.keys import KsnExhausted
from vectors import load

HEAP = "1m"  # the published examples take more than the registers
VECTORS = load("dukpt_aes")
IDENTIFIER = bytes.fromhex(VECTORS["initial_key_id"])
KSN = IDENTIFIER + bytes(4)
INITIAL_KEY = bytes.fromhex(VECTORS["registers"][0]["initial_key"])
LAST = 0xFFFF0000  # sixteen ones at the top of 32 bits
USES = (
    ("pin", dukpt_aes.PIN),
    ("mac_generate", dukpt_aes.MAC_GENERATE),
    ("data_encrypt", dukpt_aes.DATA_ENCRYPT),
)


def counter_of(ksn):
    return int.from_bytes(ksn[-4:], "big")


def state_at(counter):
    return dukpt_plain.state(dukpt_plain.Aes, INITIAL_KEY, KSN, counter)


class TestPublished(unittest.TestCase):
    def check(self, transaction, vector):
        self.assertEqual(transaction.ksn, IDENTIFIER + bytes.fromhex(vector["counter"]))
        if "key" in vector:
            self.assertEqual(transaction.view.hex().upper(), vector["key"])
        for name, use in USES:
            for size in (16, 32):
                if f"{name}_{size}" in vector:
                    with transaction.key(use, size) as key:
                        self.assertEqual(key.view.hex().upper(), vector[f"{name}_{size}"])
        if "pin_block" in vector:
            filler = bytes.fromhex(VECTORS["pin_filler"])
            with transaction.key(dukpt_aes.PIN) as key:
                block = format4(key.view, bytearray(VECTORS["pin"].encode()), VECTORS["pan"], lambda _: filler)
            self.assertEqual(block.hex().upper(), vector["pin_block"])

    def test_first_transactions(self):
        for published in VECTORS["registers"]:
            register = Register.load(bytes.fromhex(published["initial_key"]), KSN)
            for vector in published["transactions"][:8]:
                with register.next() as transaction:
                    self.check(transaction, vector)

    def test_far_transactions(self):
        for vector in VECTORS["registers"][0]["transactions"][8:]:
            with Register(state_at(int(vector["counter"], 16))).next() as transaction:
                self.check(transaction, vector)

    def test_update_keys(self):
        for published in VECTORS["registers"]:
            register = Register.load(bytes.fromhex(published["initial_key"]), KSN)
            for size in (16, 32):
                if f"update_key_{size}" in published:
                    with register.update_key(size) as key:
                        self.assertEqual(key.view.hex().upper(), published[f"update_key_{size}"])


class TestRegister(unittest.TestCase):
    def test_after_each_step_it_holds_what_it_must_and_no_more(self):
        for start, steps in ((1, 20), (0xFFFE, 3), (0x1FFFE, 3), (0x7FFFFFFF - 0x7FFF, 2), (0xFFFE8000, 2)):
            register = Register(state_at(start))
            for _ in range(steps):
                transaction = register.next()
                counter = counter_of(transaction.ksn)
                self.assertEqual(transaction.view, dukpt_plain.key_of(dukpt_plain.Aes, INITIAL_KEY, KSN, counter))
                self.assertFalse(bytes(transaction.view) in bytes(register.state))
                self.assertEqual(register.state, state_at(counter_of(register.ksn)))

    def test_counters_of_more_than_sixteen_ones_are_left_out(self):
        for counter, following in ((0xFFFF, 0x10000), (0x1FFFE, 0x20000), (0x3FFFC, 0x40000)):
            register = Register(state_at(counter))
            register.next()
            self.assertEqual(counter_of(register.ksn), following)

    def test_at_the_end_there_is_no_next(self):
        register = Register(state_at(LAST))
        self.assertEqual(counter_of(register.next().ksn), LAST)
        self.assertEqual(register.state, KSN + bytes(32 * 16))
        for _ in range(2):
            with self.assertRaises(KsnExhausted):
                register.next()
        with self.assertRaises(KsnExhausted):
            register.update_key()

    def test_the_update_key_is_the_same_all_along(self):
        expected = VECTORS["registers"][0]["update_key_16"]
        for counter in (1, 2, 0x7FFFFFFF - 0x7FFF, 0x80000000, 0x80000001, 0xC0000000, 0xFFF00000, 0xFFFE8000, LAST):
            with Register(state_at(counter)).update_key() as key:
                self.assertEqual(key.view.hex().upper(), expected)

    def test_keys_of_24_bytes(self):
        register = Register.load(bytes(range(24)), KSN)
        with register.next() as transaction:
            self.assertEqual(len(transaction), 24)
            for size in (16, 24):
                with transaction.key(dukpt_aes.PIN, size) as key:
                    self.assertEqual(len(key), size)

    def test_no_key_is_longer_than_what_it_is_derived_from(self):
        for size, longer in ((16, 24), (16, 32), (24, 32)):
            register = Register.load(bytes(range(size)), KSN)
            with self.assertRaises(BadKey):
                register.update_key(longer)
            with register.next() as transaction, self.assertRaises(BadKey):
                transaction.key(dukpt_aes.DATA_BOTH, longer)

    def test_keys_and_states_of_other_lengths_are_refused(self):
        for size in (0, 8, 15, 33):
            with self.assertRaises(BadKey):
                Register.load(bytes(size), KSN)
            with Register.load(bytes(32), KSN).next() as transaction, self.assertRaises(BadKey):
                transaction.key(dukpt_aes.PIN, size)
        for size in (8, 10, 11):
            with self.assertRaises(BadKey):
                Register.load(INITIAL_KEY, bytes(size))
        for size in (0, 12, 12 + 32 * 16 - 1, 12 + 32 * 16 + 1):
            with self.assertRaises(BadKey):
                Register(bytearray(size))

    def test_the_seven_keys_differ(self):
        uses = (
            dukpt_aes.PIN,
            dukpt_aes.MAC_GENERATE,
            dukpt_aes.MAC_VERIFY,
            dukpt_aes.MAC_BOTH,
            dukpt_aes.DATA_ENCRYPT,
            dukpt_aes.DATA_DECRYPT,
            dukpt_aes.DATA_BOTH,
        )
        transaction = Register.load(INITIAL_KEY, KSN).next()
        self.assertEqual(len({bytes(transaction.key(use).view) for use in uses}), 7)

    def test_a_transaction_and_its_keys_are_wiped(self):
        with Register.load(INITIAL_KEY, KSN).next() as transaction:
            whole = transaction.view
            with transaction.key(dukpt_aes.PIN) as key:
                window = key.view
        self.assertFalse(any(window))
        self.assertFalse(any(whole))
