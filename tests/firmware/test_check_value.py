"""Key check values."""

import unittest

from suanpan.crypto.check_value import check_value, verify
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
