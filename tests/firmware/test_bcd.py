"""Packed decimal: alignment, padding and what is refused."""

import unittest

from suanpan.codec.bcd import pack, pack_track, unpack, unpack_track
from suanpan.errors import BcdError

PURE = True


class TestDigits(unittest.TestCase):
    def test_an_even_count_needs_no_padding_on_either_side(self):
        for right in (False, True):
            self.assertEqual(pack("0123456789", right), "0123456789")
            self.assertEqual(unpack("0123456789", 10, right), "0123456789")

    def test_an_odd_count_is_padded_on_the_side_away_from_its_alignment(self):
        self.assertEqual(pack("051"), "0510")
        self.assertEqual(pack("001", True), "0001")
        self.assertEqual(unpack("0510", 3), "051")
        self.assertEqual(unpack("0001", 3, True), "001")

    def test_no_digits_pack_to_nothing(self):
        self.assertEqual(pack(""), "")
        self.assertEqual(unpack("", 0), "")

    def test_only_ascii_digits_pack(self):
        for digits in ("12a4", "12D4", "1 34", "-123", "=", "1\x004"):
            with self.assertRaises(BcdError):
                pack(digits)

    def test_padding_other_than_zero_is_refused(self):
        for pad in "123456789abcdef":
            with self.assertRaises(BcdError):
                unpack("051" + pad, 3)
            with self.assertRaises(BcdError):
                unpack(pad + "001", 3, True)

    def test_nibbles_that_are_no_digits_are_refused(self):
        for text in ("1f", "d0", "a1"):
            with self.assertRaises(BcdError):
                unpack(text, 2)

    def test_text_of_another_length_is_refused(self):
        for text, count in (("1234", 2), ("1230", 1), ("12", 4), ("", 1), ("", 2)):
            with self.assertRaises(BcdError):
                unpack(text, count)


class TestTrack(unittest.TestCase):
    def test_the_separator_is_the_nibble_d(self):
        self.assertEqual(pack_track("62=3512"), "62d35120")
        self.assertEqual(unpack_track("62d35120", 7), "62=3512")
        self.assertEqual(pack_track("=1"), "d1")
        self.assertEqual(unpack_track("d1", 2), "=1")

    def test_a_separator_is_no_padding(self):
        with self.assertRaises(BcdError):
            unpack_track("62d3512d", 7)

    def test_a_track_may_end_with_its_separator(self):
        self.assertEqual(pack_track("621="), "621d")
        self.assertEqual(unpack_track("621d", 4), "621=")
        self.assertEqual(unpack_track(pack_track("62="), 3), "62=")

    def test_other_characters_are_refused_both_ways(self):
        for characters in ("62:35", "62d35", "62D35", "62>3", "?"):
            with self.assertRaises(BcdError):
                pack_track(characters)
        for text in ("62e3", "62c3", "f2d3"):
            with self.assertRaises(BcdError):
                unpack_track(text, 4)
