"""Read application data (EMV 4.3 Book 3, 10.2), and what static data are signed (10.3)."""

import unittest

from emv_world import ScriptedCard, run, terminal, tlv
from suanpan.emv.records import read_application_data
from suanpan.emv.tables import Application
from suanpan.emv.transaction import Transaction
from suanpan.errors.emv import Terminated

PURE = True

MANDATORY = "5f24033912315a0862280001000011178c039f37048d039f3704"


def read(number, sfi):
    return f"00b2{number:02x}{sfi << 3 | 4:02x}00"


def record(content):
    return tlv("70", bytes.fromhex(content.replace(" ", ""))).hex() + "9000"


class TestRecords(unittest.TestCase):
    def read(self, afl, *exchanges):
        card = ScriptedCard(exchanges)
        t = Transaction(card, terminal(), None, None, None, Application(b"\xa0\0\0\3\x33", version=b"\0\x20"))
        t.afl = bytes.fromhex(afl)
        try:
            run(read_application_data(t))
        finally:
            self.left = len(card.left)
        self.assertEqual(self.left, 0)
        return t

    def ends(self, afl, *exchanges):
        with self.assertRaises(Terminated):
            self.read(afl, *exchanges)

    def test_every_record_in_its_order(self):
        t = self.read(
            "0801020010020200",
            (read(1, 1), record(MANDATORY)),
            (read(2, 1), record("5f340101")),
            (read(2, 2), record("9f0d05b840000000")),
        )
        self.assertEqual(t.pan, "6228000100001117")
        self.assertEqual(t.objects.card(0x9F0D).hex(), "b840000000")
        self.assertEqual(t.signed, b"")

    def test_signed_records_without_template_up_to_file_10_and_with_it_from_there(self):
        t = self.read(
            "5001010158010101",
            (read(1, 10), record(MANDATORY)),
            (read(1, 11), record("5f340101")),
        )
        self.assertEqual(t.signed.hex(), MANDATORY + "7004" + "5f340101")
        self.assertTrue(t.signable)

    def test_a_proprietary_record_that_is_signed_spoils_authentication_alone(self):
        for answer in ("6003010203", "", "7005"):
            t = self.read("0801010058010101", (read(1, 1), record(MANDATORY)), (read(1, 11), answer + "9000"))
            self.assertFalse(t.signable)

    def test_a_proprietary_record_that_is_not_signed_is_passed_over(self):
        t = self.read("0801010058010100", (read(1, 1), record(MANDATORY)), (read(1, 11), "60030102039000"))
        self.assertTrue(t.signable)

    def test_locators_that_cannot_be(self):
        for afl in (
            "",
            "08",
            "080101",
            "0801010008",
            "00010100",  # SFI 0
            "f8010100",  # SFI 31
            "08000100",  # record 0
            "08020100",  # from 2 to 1
            "08010102",  # more signed than there are
            "0801010108010103",
        ):
            self.ends(afl)

    def test_a_locator_that_never_ends(self):
        self.ends("0801ff00")
        self.ends("08011400" * 4)
        self.ends("08010100" * 63 + "10010200")

    def test_more_to_be_signed_than_any_card_has(self):
        exchanges = [(read(1, 1), record(MANDATORY))]
        exchanges += [(read(i, 11), record("00" * 250)) for i in range(1, 41)]
        self.ends("0801010058012828", *exchanges)
        self.assertEqual(self.left, 15)

    def test_status_words(self):
        for sw in ("6283", "6300", "63c1", "6700", "6981", "6982", "6985", "6a81", "6a82", "6a83", "6d00", "6f00"):
            self.ends("08010100", (read(1, 1), sw))
            self.ends("08010200", (read(1, 1), record(MANDATORY)), (read(2, 1), sw))

    def test_records_that_cannot_be(self):
        for answer in ("", "70", "7003 5a08 12", "6103 500141", "7002 5a00 00", "7081", MANDATORY):
            self.ends("08010100", (read(1, 1), answer.replace(" ", "") + "9000"))

    def test_what_must_be_there(self):
        for missing in ("5f2403391231", "5a086228000100001117", "8c039f3704", "8d039f3704"):
            self.ends("08010100", (read(1, 1), record(MANDATORY.replace(missing, ""))))
        for empty in ("5f2400", "5a00", "8c00", "8d00"):
            tag = empty[:-2]
            whole = {"5f24": "5f2403391231", "5a": "5a086228000100001117", "8c": "8c039f3704", "8d": "8d039f3704"}[tag]
            self.ends("08010100", (read(1, 1), record(MANDATORY.replace(whole, empty))))

    def test_what_is_there_twice(self):
        self.ends("08010100", (read(1, 1), record(MANDATORY + "5f340101" + "5f340101")))
        self.ends("08010200", (read(1, 1), record(MANDATORY)), (read(2, 1), record("5a086228000100001117")))

    def test_what_has_a_wrong_length(self):
        for wrong in (
            "5f28 03 015600", "5f34 02 0101", "9f07 01 ff", "9f08 03 002000", "9f0d 04 b8400000",
            "9f0e 06 000000000000", "9f0f 01 ff", "9f14 02 0001", "9f23 02 0002", "9f42 01 56", "8f 02 0102",
            "5f25 02 2001",
            "57 14 6228000100001117d39122010000012345000f00",
        ):  # fmt: skip
            self.ends("08010100", (read(1, 1), record(MANDATORY + wrong)))

    def test_what_is_no_date_and_no_number(self):
        for old, new in (
            ("5f2403391231", "5f2403391331"),
            ("5f2403391231", "5f2403390031"),
            ("5f2403391231", "5f2403391200"),
            ("5f2403391231", "5f2403391232"),
            ("5f2403391231", "5f240339a231"),
            ("5f2403391231", "5f24023912"),
            ("5a086228000100001117", "5a08622800010000111a"),
            ("5a086228000100001117", "5a086228f00100001117"),
            ("5a086228000100001117", "5a08ffffffffffffffff"),
        ):
            self.ends("08010100", (read(1, 1), record(MANDATORY.replace(old, new))))
        self.ends("08010100", (read(1, 1), record(MANDATORY + "5f34010a")))
        self.ends("08010100", (read(1, 1), record(MANDATORY + "5f2503209901")))

    def test_names_and_logs_may_be_as_they_like(self):
        """Book 3, 7.5: an error in these is passed over."""
        self.read("08010100", (read(1, 1), record(MANDATORY + "5f2001ff" + "9f4d01ff" + "5f5001ff" + "9f1f0100")))


if __name__ == "__main__":
    unittest.main()
