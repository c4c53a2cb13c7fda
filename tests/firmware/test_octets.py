"""Wiping, comparing, exclusive-or."""

import unittest

from suanpan.crypto.octets import equal, wipe, xor_into


class TestWipe(unittest.TestCase):
    def test_all_and_no_more(self):
        buffer = bytearray(b"abcdef")
        wipe(memoryview(buffer)[1:5])
        self.assertEqual(buffer, b"a\0\0\0\0f")
        wipe(buffer)
        self.assertEqual(buffer, bytes(6))
        wipe(bytearray())

    def test_what_may_not_be_written_is_refused(self):
        for buffer in (b"abc", memoryview(b"abc")):
            with self.assertRaises(TypeError):
                wipe(buffer)
        self.assertEqual(buffer, b"abc")


class TestEqual(unittest.TestCase):
    def test_equal_in_any_kind_of_buffer(self):
        self.assertTrue(equal(b"abc", bytearray(b"abc")))
        self.assertTrue(equal(memoryview(b"xabc")[1:], b"abc"))
        self.assertTrue(equal(b"", b""))

    def test_any_bit_makes_a_difference(self):
        for bit in range(24):
            other = bytearray(b"abc")
            other[bit >> 3] ^= 1 << (bit & 7)
            self.assertTrue(equal(b"abc", other) is False)

    def test_so_does_length(self):
        for other in (b"", b"ab", b"abc\0"):
            self.assertFalse(equal(b"abc", other))


class TestXor(unittest.TestCase):
    def test_into_the_beginning(self):
        target = bytearray(b"\x0f\x0f\x0f")
        xor_into(target, b"\xff\x0f")
        self.assertEqual(target, b"\xf0\x00\x0f")

    def test_more_than_fits_is_refused(self):
        target = bytearray(2)
        with self.assertRaises(ValueError):
            xor_into(target, bytes(3))
