"""Key check values."""

import unittest

from suanpan.crypto.check_value import aes_check_value, check_value, verify, verify_aes
from suanpan.errors import BadKey, CheckValueError
from vectors import load


class TestCheckValue(unittest.TestCase):
    def test_published(self):
        for vector in load("payment")["check_value"]:
            key, value = bytes.fromhex(vector["key"]), bytes.fromhex(vector["value"])
            self.assertEqual(check_value(key), value)
            verify(key, value)

    def test_another_key_or_value_is_refused(self):
        key, value = bytes.fromhex("0123456789ABCDEF"), bytes.fromhex("D5D44FF7")
        for bit in range(32):
            wrong = bytearray(value)
            wrong[bit >> 3] ^= 1 << (bit & 7)
            with self.assertRaises(CheckValueError):
                verify(key, wrong)
        with self.assertRaises(CheckValueError):
            verify(bytes(8), value)

    def test_part_of_a_check_value_proves_nothing(self):
        for size in (0, 1, 3):
            with self.assertRaises(CheckValueError):
                verify(bytes.fromhex("0123456789ABCDEF"), bytes.fromhex("D5D44FF7")[:size])

    def test_what_is_no_key_has_none(self):
        with self.assertRaises(BadKey):
            check_value(bytes(10))

    def test_three_bytes_where_three_are_agreed(self):
        key = bytes.fromhex("0123456789ABCDEF")
        self.assertEqual(check_value(key, 3).hex().upper(), "D5D44F")
        verify(key, bytes.fromhex("D5D44F"), 3)
        with self.assertRaises(CheckValueError):
            verify(key, bytes.fromhex("D5D44FF7"), 3)


class TestAesCheckValue(unittest.TestCase):
    def test_published(self):
        for vector in load("payment")["aes_check_value"]:
            key, value = bytes.fromhex(vector["key"]), bytes.fromhex(vector["value"])
            self.assertEqual(aes_check_value(key), value)
            verify_aes(key, value)
            verify_aes(key, value[:3], 3)

    def test_another_key_or_value_is_refused(self):
        key, value = bytes.fromhex("3F419E1CB7079442AA37474C2EFBF8B8"), bytes.fromhex("08793E25AB")
        for bit in range(40):
            wrong = bytearray(value)
            wrong[bit >> 3] ^= 1 << (bit & 7)
            with self.assertRaises(CheckValueError):
                verify_aes(key, wrong)
        for part in (b"", value[:3], value[:4]):
            with self.assertRaises(CheckValueError):
                verify_aes(key, part)
        with self.assertRaises(CheckValueError):
            verify_aes(bytes(32), value)

    def test_what_is_no_key_has_none(self):
        with self.assertRaises(BadKey):
            aes_check_value(bytes(8))
