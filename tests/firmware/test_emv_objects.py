"""What card and terminal have told, and the lists by which the card asks for it (EMV 4.3 Book 3, 5.4 and 7)."""

import unittest

from emv_world import terminal
from suanpan.emv.objects import Objects
from suanpan.errors.emv import Terminated

PURE = True


class TestLists(unittest.TestCase):
    def listed(self, dol, **changes):
        objects = Objects(terminal(**changes))
        objects.keep(0x5A, bytes.fromhex("6228000100001117"))
        return objects.listed(bytes.fromhex(dol.replace(" ", ""))).hex()

    def test_values_in_their_order(self):
        self.assertEqual(self.listed("9f0206 5f2a02 9a03"), "000000012345" + "0156" + "261123")

    def test_what_nobody_knows_and_templates_are_zeros(self):
        self.assertEqual(self.listed("9f7c03 7002 9f1a02"), "000000" + "0000" + "0156")

    def test_longer_than_it_is(self):
        self.assertEqual(self.listed("9f1a04"), "00000156")  # numeric: on its left
        self.assertEqual(self.listed("9f3305"), "e0f8c80000")  # binary: on its right
        self.assertEqual(self.listed("5a0a"), "6228000100001117ffff")  # compressed numeric

    def test_shorter_than_it_is(self):
        self.assertEqual(self.listed("9f0203"), "012345")  # numeric: the right end is what counts
        self.assertEqual(self.listed("9f3302"), "e0f8")

    def test_a_list_that_asks_for_more_than_a_command_carries(self):
        with self.assertRaises(Terminated):
            self.listed("9f7cff")
        with self.assertRaises(Terminated):
            self.listed("9f7c80 9f7c80")

    def test_a_list_that_is_cut_short(self):
        for dol in ("9f", "9f02", "95"):
            with self.assertRaises(Terminated):
                self.listed(dol)


class TestWhatACardSays(unittest.TestCase):
    def setUp(self):
        self.objects = Objects(terminal())

    def test_twice(self):
        self.objects.keep(0x57, b"\x12")
        with self.assertRaises(Terminated):
            self.objects.keep(0x57, b"\x12")

    def test_what_is_not_its_to_say(self):
        """An amount, the TVR, a response code: unheard, however often it is said."""
        for tag in (0x9F02, 0x95, 0x8A, 0x9F37, 0x91):
            self.objects.keep(tag, b"\xff\xff\xff\xff\xff\xff")
            self.objects.keep(tag, b"\xff\xff\xff\xff\xff\xff")
            self.assertIsNone(self.objects.card(tag))
        self.assertEqual(self.objects.get(0x9F02).hex(), "000000012345")

    def test_an_empty_object_is_none(self):
        self.objects.keep(0x92, b"")
        self.assertIsNone(self.objects.card(0x92))

    def test_selection_data_have_their_own_place(self):
        self.objects.keep_selected(bytes.fromhex("5001419f38039f3704bf0c055a031234565a0112".replace(" ", "")))
        self.assertEqual(self.objects.card(0x9F38).hex(), "9f3704")
        self.assertIsNone(self.objects.card(0x5A))
        self.objects.keep_all(bytes.fromhex("5001425a0112"))
        self.assertEqual(self.objects.card(0x50), b"A")
        self.assertEqual(self.objects.card(0x5A), b"\x12")

    def test_more_than_any_card_has(self):
        with self.assertRaises(Terminated):
            for tag in range(0xDF00, 0xDF7F):
                self.objects.keep(tag, bytes(200))
        objects = Objects(terminal())
        with self.assertRaises(Terminated):
            for tag in range(0xDF8000, 0xDF807F):
                objects.keep(tag, b"")
                objects.keep(tag + 0x100, b"")

    def test_what_cannot_be_read(self):
        with self.assertRaises(Terminated):
            self.objects.keep_all(b"\x5a\x08\x12")
        with self.assertRaises(Terminated):
            self.objects.keep_selected(b"\x50\x08\x12")


if __name__ == "__main__":
    unittest.main()
