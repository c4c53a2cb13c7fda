"""Initiate application processing (EMV 4.3 Book 3, 10.1 and 6.5.8)."""

import unittest

from emv_world import ScriptedCard, run, transaction
from suanpan.emv.initiate import initiate
from suanpan.errors.emv import Terminated

PURE = True

PLAIN = "80a8000002830000"


class TestInitiate(unittest.TestCase):
    def initiated(self, answer, command=PLAIN, pdol=""):
        card = ScriptedCard([(command, answer)])
        self.t = transaction(card)
        if pdol:
            self.t.objects.keep(0x9F38, bytes.fromhex(pdol))
        taken = run(initiate(self.t))
        self.assertEqual(card.left, [])
        return taken

    def test_format_1(self):
        self.assertTrue(self.initiated("800a3c0008020200100102009000"))
        self.assertEqual((self.t.aip.hex(), self.t.afl.hex()), ("3c00", "0802020010010200"))

    def test_format_2(self):
        self.assertTrue(self.initiated("770a82023c009404080202009000"))
        self.assertEqual((self.t.aip.hex(), self.t.afl.hex()), ("3c00", "08020200"))

    def test_with_a_list(self):
        self.assertTrue(
            self.initiated(
                "80063c00080202009000", "80a8000008830600000001234500".replace("000000012345", "000000012345"), "9f0206"
            )
        )
        self.assertEqual(self.t.signed_values.hex(), "000000012345")

    def test_a_list_of_more_than_127_bytes_has_a_longer_length(self):
        answer = "80063c00080202009000"
        self.assertTrue(self.initiated(answer, "80a8000083" + "838180" + "00" * 128 + "00", "9f7c80"))

    def test_a_card_that_does_not_want_to(self):
        self.assertFalse(self.initiated("6985"))

    def test_any_other_status_ends_it(self):
        for sw in ("6283", "6300", "63c1", "6700", "6982", "6983", "6a80", "6a81", "6d00", "6e00", "6f00", "9001"):
            with self.assertRaises(Terminated):
                self.initiated(sw)

    def test_answers_that_cannot_be(self):
        for answer in (
            "",
            "80",
            "8006",
            "80023c00",  # no locator
            "80013c",
            "8000",
            "7700",
            "770482023c00",  # no locator
            "7706940408020200",  # no profile
            "770782013c9402 0802".replace(" ", ""),
            "770d82033c0000 9404 08020200 00".replace(" ", ""),  # a profile of three bytes
            "770e82023c0082023c00940408020200",  # two of them
            "70063c0008020200",  # another template
            "80063c0008020200 00".replace(" ", ""),  # something behind it
            "770882023c00940508020200",
        ):
            with self.assertRaises(Terminated):
                self.initiated(answer + "9000")

    def test_a_list_that_makes_no_sense(self):
        t = transaction(ScriptedCard([]))
        t.objects.keep(0x9F38, b"\x9f")
        with self.assertRaises(Terminated):
            run(initiate(t))


if __name__ == "__main__":
    unittest.main()
