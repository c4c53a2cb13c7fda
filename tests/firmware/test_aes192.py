"""AES under 24-byte keys."""

import unittest

from suanpan.crypto.aes192 import Aes192
from suanpan.errors import BadKey, BlockError
from vectors import load

KEY = bytes(range(24))


class TestAes192(unittest.TestCase):
    def test_published(self):
        for vector in load("aes192")["ecb"]:
            key, plain = bytes.fromhex(vector["key"]), bytes.fromhex(vector["plain"])
            self.assertEqual(Aes192(key).encrypt(plain).hex(), vector["cipher"])

    def test_in_place_and_in_part_of_a_buffer(self):
        data = bytearray(range(48))
        expected = Aes192(KEY).encrypt(bytes(range(16, 32)))
        Aes192(KEY).encrypt(memoryview(data)[16:32], memoryview(data)[16:32])
        self.assertEqual(data, bytes(range(16)) + expected + bytes(range(32, 48)))
        self.assertEqual(Aes192(KEY).encrypt(b""), b"")

    def test_wiping_leaves_no_schedule(self):
        with Aes192(KEY) as cipher:
            self.assertTrue(any(cipher._schedule))
        self.assertFalse(any(cipher._schedule))

    def test_a_key_in_the_middle_of_a_buffer(self):
        self.assertEqual(Aes192(memoryview(b"x" + KEY)[1:]).encrypt(KEY[:16]), Aes192(KEY).encrypt(KEY[:16]))

    def test_other_lengths_are_refused(self):
        for size in (0, 16, 23, 25, 32):
            with self.assertRaises(BadKey):
                Aes192(bytes(size))
        for data, out in ((bytes(15), None), (bytes(17), None), (bytes(16), bytearray(32))):
            with self.assertRaises(BlockError):
                Aes192(KEY).encrypt(data, out)
