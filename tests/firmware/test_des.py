"""DES and triple DES against published answers and against the plain-Python twin."""

import unittest

import micropython

import des_plain
from suanpan.crypto.des import Tdes
from suanpan.errors import BadKey, BlockError
from vectors import load

KEY = bytes(range(16))


class TestPublishedVectors(unittest.TestCase):
    def check(self, group):
        for vector in load("des")[group]:
            key, plain, cipher = (bytes.fromhex(vector[name]) for name in ("key", "plain", "cipher"))
            self.assertEqual(Tdes(key).encrypt(plain), cipher)
            self.assertEqual(Tdes(key).decrypt(cipher), plain)
            self.assertEqual(des_plain.encrypt(key, plain), cipher)
            self.assertEqual(des_plain.decrypt(key, cipher), plain)

    def test_variable_plaintext(self):
        self.check("variable_plaintext")

    def test_variable_key(self):
        self.check("variable_key")

    def test_substitution_table(self):
        self.check("substitution_table")

    def test_one_two_and_three_keys(self):
        self.check("ecb")


class TestTwin(unittest.TestCase):
    def test_it_agrees_on_chained_keys_and_data(self):
        data = bytes(range(24))
        for i in range(60):
            key = des_plain.encrypt(KEY, data)[: (8, 16, 24)[i % 3]]
            cipher = Tdes(key).encrypt(data)
            self.assertEqual(cipher, des_plain.encrypt(key, data))
            self.assertEqual(Tdes(key).decrypt(data), des_plain.decrypt(key, data))
            data = bytes(cipher)


class TestKeys(unittest.TestCase):
    def test_parity_bits_do_not_matter(self):
        self.assertEqual(Tdes(bytes(8)).encrypt(KEY), Tdes(b"\x01" * 8).encrypt(KEY))

    def test_equal_keys_are_single_des(self):
        one = Tdes(KEY[:8]).encrypt(KEY)
        self.assertEqual(Tdes(KEY[:8] * 2).encrypt(KEY), one)
        self.assertEqual(Tdes(KEY[:8] * 3).encrypt(KEY), one)

    def test_a_key_in_the_middle_of_a_buffer(self):
        self.assertEqual(Tdes(memoryview(b"xyz" + KEY)[3:]).encrypt(KEY), Tdes(KEY).encrypt(KEY))

    def test_other_lengths_are_refused(self):
        for size in (0, 1, 7, 9, 15, 17, 23, 25, 32):
            with self.assertRaises(BadKey):
                Tdes(bytes(size))

    def test_wiping_leaves_no_schedule(self):
        cipher = Tdes(KEY)
        with cipher:
            self.assertTrue(any(cipher._schedule))
        self.assertFalse(any(cipher._schedule))

    def test_the_schedule_is_wiped_when_something_goes_wrong(self):
        cipher = Tdes(KEY)
        with self.assertRaises(BlockError), cipher:
            cipher.encrypt(b"not a block")
        self.assertFalse(any(cipher._schedule))


class TestBuffers(unittest.TestCase):
    def test_in_place(self):
        data = bytearray(range(32))
        cipher = Tdes(KEY)
        expected = cipher.encrypt(bytes(data))
        self.assertTrue(cipher.encrypt(data, data) is data)
        self.assertEqual(data, expected)
        cipher.decrypt(data, data)
        self.assertEqual(data, bytearray(range(32)))

    def test_part_of_a_buffer(self):
        data = bytearray(range(32))
        Tdes(KEY).encrypt(memoryview(data)[3:11], memoryview(data)[20:28])
        self.assertEqual(data[20:28], Tdes(KEY).encrypt(bytes(range(3, 11))))
        self.assertEqual(data[:20] + data[28:], bytes(range(20)) + bytes(range(28, 32)))

    def test_no_blocks(self):
        self.assertEqual(Tdes(KEY).encrypt(b""), b"")

    def test_anything_but_whole_blocks_is_refused(self):
        cipher = Tdes(KEY)
        for data, out in (
            (bytes(7), None),
            (bytes(9), None),
            (bytes(8), bytearray(16)),
            (bytes(16), bytearray(8)),
        ):
            with self.assertRaises(BlockError):
                cipher.encrypt(data, out)
            with self.assertRaises(BlockError):
                cipher.decrypt(data, out)

    def test_into_a_given_buffer_it_allocates_nothing(self):
        cipher = Tdes(KEY)
        data = bytearray(64)
        micropython.heap_lock()
        try:
            cipher.encrypt(data, data)
            cipher.decrypt(data, data)
        finally:
            micropython.heap_unlock()
