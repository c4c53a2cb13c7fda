"""What a trace may have of cards and messages: of a number first six and last four digits, of secrets nothing."""

import unittest

from suanpan.codec import iso8583
from suanpan.service.tracing_masks import masked_message, masked_track, without_numbers

HEAP = "192k"
PURE = True

PAN = "6200000000000013"


class TestTrack(unittest.TestCase):
    def told(self, track):
        return masked_track(memoryview(track.encode()))

    def test_expiry_and_service_code_are_told_and_nothing_behind_them(self):
        self.assertEqual(self.told(f";{PAN}=35122011234567890?8"), "620000******0013=3512201")
        self.assertEqual(self.told(f";{PAN}D35122011234567890?8"), "620000******0013=3512201")

    def test_the_longest_and_the_shortest_number(self):
        self.assertEqual(self.told(";6212345678901234567=3512201?8"), "621234*********4567=3512201")
        self.assertEqual(self.told(";6212345678901=3512201?8"), "621234***8901=3512201")

    def test_what_is_too_short_for_a_card_is_not_told_at_all(self):
        self.assertEqual(self.told(";621234567890=3512201?8"), "************=3512201")

    def test_a_track_without_a_separator(self):
        self.assertEqual(self.told(f";{PAN}3512201?8"), "*************************=")

    def test_none(self):
        self.assertEqual(masked_track(None), "-")


class TestMessage(unittest.TestCase):
    def told(self, mti, values):
        mti, *lines = masked_message(iso8583.encode(mti, values)).split("\n")
        return dict([line.split("=") for line in lines])

    def test_only_what_is_harmless_is_told(self):
        told = self.told(
            "0200",
            {
                2: PAN,
                4: "000000001234",
                11: "000007",
                14: "3512",
                35: f"{PAN}=35122011234567890",
                52: bytes(range(8)),
                64: bytes(8),
            },
        )
        self.assertEqual(
            told,
            {
                "2": "620000******0013",
                "4": "000000001234",
                "11": "000007",
                "14": "(4)",
                "35": "(34)",
                "52": "(8)",
                "64": "(8)",
            },
        )

    def test_sums_of_a_settlement_but_no_card_numbers_of_an_upload(self):
        self.assertEqual(self.told("0500", {48: "12" * 31})["48"], "12" * 31)
        self.assertEqual(self.told("0320", {48: PAN * 3})["48"], "(48)")

    def test_working_keys(self):
        self.assertEqual(self.told("0810", {62: b"\x41" * 40})["62"], "(40)")

    def test_what_is_no_message(self):
        self.assertEqual(masked_message(PAN.encode()), "(16)")


class TestScreen(unittest.TestCase):
    def test_a_row_with_a_number_as_long_as_a_cards(self):
        self.assertEqual(without_numbers("620000******0013"), "620000******0013")
        self.assertEqual(without_numbers("632709000003"), "632709000003")
        self.assertEqual(without_numbers(f"卡 {PAN}"), "(18)")


if __name__ == "__main__":
    unittest.main()
