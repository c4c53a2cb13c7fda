"""SM3 against published answers, whole and in parts."""

import unittest

from suanpan.crypto.sm3 import Sm3, sm3
from vectors import load

MESSAGE = bytes(i * 7 & 255 for i in range(200))


class TestSm3(unittest.TestCase):
    def test_gb_t_32905(self):
        for vector in load("sm3")["sm3"]:
            self.assertEqual(sm3(bytes.fromhex(vector["message"])).hex(), vector["digest"])

    def test_parts_of_any_size_make_the_whole(self):
        expected = sm3(MESSAGE)
        for size in (1, 3, 55, 56, 63, 64, 65, 127, 128, 129, 199):
            hashing = Sm3()
            for at in range(0, len(MESSAGE), size):
                hashing.update(memoryview(MESSAGE)[at : at + size])
            self.assertEqual(hashing.digest(), expected)

    def test_empty_parts_change_nothing(self):
        hashing = Sm3()
        for part in (b"", MESSAGE[:64], b"", MESSAGE[64:], b""):
            hashing.update(part)
        self.assertEqual(hashing.digest(), sm3(MESSAGE))

    def test_every_length_around_the_padding_has_its_own_digest(self):
        self.assertEqual(len({sm3(bytes(size)) for size in range(130)}), 130)
