"""F55, and what to try when a chip has not served."""

import unittest

from emv_world import transaction
from suanpan.codec.track import parse_track2
from suanpan.emv import f55, fallback
from suanpan.emv.fallback import CHIP, NONE, STRIPE
from suanpan.errors import chip, emv

HEAP = "600k"

REQUEST = (
    "9f260811223344556677889f2701809f100707010103a0a8009f3704012345679f3602002a95050000008000"
    "9a032611239c01009f02060000000123455f2a02015682027c009f1a0201569f0306000000000000"
    "9f3303e0f8c8"
)  # fmt: skip


def finished():
    t = transaction(cards={0x82: "7c00"})
    for tag, value in (
        (0x9F26, "1122334455667788"),
        (0x9F27, "80"),
        (0x9F10, "07010103a0a800"),
        (0x9F36, "002a"),
        (0x9F06, "a000000333010101"),
        (0x9F09, "0020"),
    ):
        t.objects.set(tag, bytes.fromhex(value))
    t.tvr[3] = 0x80
    return t


class TestF55(unittest.TestCase):
    def test_a_request(self):
        more = "9f3501228408a0000003330101019f09020020"
        self.assertEqual(f55.request(finished()).hex(), REQUEST + more)

    def test_what_is_conditional_and_optional(self):
        t = finished()
        t.objects.set(0x9F1E, b"12345678")
        t.objects.set(0x9F34, bytes.fromhex("1e0300"))
        t.objects.set(0x9F41, bytes.fromhex("00000012"))
        t.objects.keep(0x9F63, bytes(16))
        t.objects.keep(0x9F74, b"ABCDEF")
        text = f55.request(t).hex()
        more = (
            "9f1e0831323334353637389f6310" + "00" * 16 + "9f74064142434445469f34031e03009f350122"
            "8408a0000003330101019f090200209f410400000012"
        )  # fmt: skip
        self.assertEqual(text, REQUEST + more)

    def test_a_field_is_never_too_long(self):
        t = finished()
        t.objects.set(0x9F10, bytes(32))
        t.objects.set(0x9F1E, b"12345678")
        t.objects.keep(0x9F63, bytes(16))
        t.objects.keep(0x9F74, bytes(120))
        t.objects.set(0x9F41, bytes(4))
        self.assertTrue(len(f55.request(t)) <= 255)
        self.assertIn("9f410400000000", f55.request(t).hex())

    def test_an_upload_says_what_was_agreed(self):
        t = finished()
        t.objects.set(0x8A, b"Y1")
        self.assertTrue(f55.upload(t).hex().startswith(REQUEST + "8a025931"))

    def test_a_reversal(self):
        t = finished()
        t.objects.set(0x9F1E, b"12345678")
        self.assertEqual(f55.reversal(t).hex(), "950500000080009f1e0831323334353637389f100707010103a0a8009f3602002a")
        t.script_results.extend(bytes.fromhex("2001020304"))
        self.assertTrue(f55.reversal(t).hex().endswith("df31052001020304"))

    def test_a_report_on_scripts(self):
        t = finished()
        self.assertEqual(f55.script_report(t), b"")
        t.script_results.extend(bytes.fromhex("20010203041105060708"))
        self.assertEqual(
            f55.script_report(t).hex(),
            "950500000080009f100707010103a0a8009f260811223344556677889f3602002a82027c00"
            "df310a200102030411050607089f1a0201569a03261123",
        )  # fmt: skip


class TestFallback(unittest.TestCase):
    def test_a_chip_that_does_not_answer_opens_the_stripe(self):
        for error in (chip.CardMute, chip.CardGarbled, chip.CardUnsupported, chip.CardSilent, chip.SlotFault):
            self.assertEqual(fallback.after_chip(error(), False), STRIPE)
        self.assertEqual(fallback.after_chip(emv.NoApplication(), False), STRIPE)

    def test_a_card_that_was_pulled_out_is_put_in_again(self):
        self.assertEqual(fallback.after_chip(chip.CardGone(), False), CHIP)

    def test_a_chip_that_has_had_its_say_does_not(self):
        for error in (emv.Terminated, emv.CardBlocked, chip.CommandError):
            self.assertEqual(fallback.after_chip(error(), False), NONE)

    def test_nothing_does_once_a_cryptogram_was_asked_for(self):
        for error in (chip.CardSilent, chip.CardGone, emv.NoApplication, emv.Terminated):
            self.assertEqual(fallback.after_chip(error(), True), NONE)

    def test_stripes(self):
        for service, has_chip in (("201", True), ("620", True), ("101", False), ("520", False)):
            track = parse_track2(f";6200000000000013=3512{service}0000012345?".encode())
            self.assertEqual(track.has_chip, has_chip)
            self.assertEqual(fallback.after_stripe(has_chip, False), CHIP if has_chip else STRIPE)
            self.assertEqual(fallback.after_stripe(has_chip, True), STRIPE)


if __name__ == "__main__":
    unittest.main()
