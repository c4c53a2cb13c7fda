"""What a batch comes to in F48, and whose card it is when no host has said so."""

import unittest

from suanpan.cards.organisation import organisation
from suanpan.flows.settlement import sums

HEAP = "1m"


class TestSums(unittest.TestCase):
    def test_an_empty_batch(self):
        self.assertEqual(sums({}), "0" * 62)

    def test_debits_and_credits_of_domestic_and_foreign_cards(self):
        totals = {
            ("sale", "CUP"): (3, 10_00),
            ("offline_sale", "CUP"): (1, 5_00),
            ("void", "CUP"): (1, 2_00),
            ("refund", "CUP"): (2, 1_00),
            ("sale", "VIS"): (1, 7_00),
            ("offline_sale", "MCC"): (1, 8_00),
            ("refund", "VIS"): (1, 50),
        }
        domestic = "000000001500" + "004" + "000000000300" + "003" + "0"
        foreign = "000000001500" + "002" + "000000000050" + "001" + "0"
        self.assertEqual(sums(totals), domestic + foreign)

    def test_the_largest_batch_there_can_be(self):
        text = sums({("sale", "CUP"): (999, 999_999_999_999)})
        self.assertEqual(text[:15], "999999999999999")
        self.assertEqual(len(text), 62)


class TestOrganisation(unittest.TestCase):
    def test_by_the_first_digits(self):
        for pan, letters in (
            ("6200000000000013", "CUP"),
            ("4111111111111111", "VIS"),
            ("5555555555554444", "MCC"),
            ("2223003122003222", "MCC"),
            ("378282246310005", "AMX"),
            ("343434343434343", "AMX"),
            ("3530111333300000", "JCB"),
            ("9558800000000000000", "CUP"),
        ):
            self.assertEqual(organisation(pan), letters)


if __name__ == "__main__":
    unittest.main()
