"""Key check values."""

import unittest

import sm4_plain
from suanpan.crypto.check_value import aes_check_value, check_value
from suanpan.crypto.sm4 import Sm4
from suanpan.errors import BadKey
from vectors import load


class TestCheckValue(unittest.TestCase):
    def test_published(self):
        for vector in load("payment")["check_value"]:
            key, value = bytes.fromhex(vector["key"]), bytes.fromhex(vector["value"])
            self.assertEqual(check_value(key), value)

    def test_what_is_no_key_has_none(self):
        with self.assertRaises(BadKey):
            check_value(bytes(10))

    def test_three_bytes_where_three_are_agreed(self):
        self.assertEqual(check_value(bytes.fromhex("0123456789ABCDEF"), 3).hex().upper(), "D5D44F")


class TestSm4CheckValue(unittest.TestCase):
    def test_it_is_a_whole_block_of_zeros_encrypted(self):
        for key in (bytes(16), bytes(range(16)), bytes.fromhex("0123456789abcdeffedcba9876543210")):
            block = sm4_plain.encrypt(key, bytes(16))
            self.assertEqual(check_value(key, 4, Sm4), block[:4])
            self.assertEqual(check_value(key, 3, Sm4), block[:3])

    def test_what_is_no_key_has_none(self):
        for size in (8, 15, 24):
            with self.assertRaises(BadKey):
                check_value(bytes(size), 4, Sm4)


class TestAesCheckValue(unittest.TestCase):
    def test_published(self):
        for vector in load("payment")["aes_check_value"]:
            key, value = bytes.fromhex(vector["key"]), bytes.fromhex(vector["value"])
            self.assertEqual(aes_check_value(key), value)
            for size in (3, 4):
                self.assertEqual(aes_check_value(key, size), value[:size])

    def test_what_is_no_key_has_none(self):
        with self.assertRaises(BadKey):
            aes_check_value(bytes(8))
