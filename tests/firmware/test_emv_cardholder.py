"""Cardholder verification (EMV 4.3 Book 3, 10.5; Book 4, 6.3.4 and its table 2), offline PIN included."""

import unittest

from emv_world import (
    PAN,
    Cardholder,
    Key,
    ScriptedCard,
    ca_table,
    card_objects,
    certify,
    issuer_objects,
    run,
    transaction,
)
from suanpan.emv.cardholder import signature_wanted, verify
from suanpan.errors.emv import Terminated

AMOUNTS = "0000271000004e20"  # X = 100.00, Y = 200.00
NONE = "0000000000"
FAILED = "0000800000"
UNKNOWN = "0000c00000"
BLOCKED = "0000a00000"
NO_PAD = "0000900000"
PASSED_OVER = "0000880000"
ONLINE = "0000040000"
PIN_1234 = "241234ffffffffff"
VERIFY = "0020008008" + PIN_1234


class CvmCase(unittest.TestCase):
    def verified(self, rules, cardholder=None, exchanges=(), cards=None, tables=None, tries=False, **changes):
        """CVM results, and TVR if it is not empty."""
        card = ScriptedCard(exchanges)
        objects = {0x8E: AMOUNTS + rules.replace(" ", "")}
        objects.update(cards or {})
        aip = changes.pop("aip", "5000")
        t = transaction(card, objects, tables=tables, cardholder=cardholder or Cardholder(), aip=aip, **changes)
        t.asks_tries = tries
        run(verify(t))
        self.assertEqual(card.left, [])
        self.t = t
        tvr = bytes(t.tvr).hex()
        results = bytes(t.objects.get(0x9F34)).hex()
        return results if tvr == NONE else f"{results} {tvr}"


class TestWhetherAtAll(CvmCase):
    def test_a_card_that_has_no_use_for_it(self):
        self.assertEqual(self.verified("0100", aip="4000"), "3f0000")
        self.assertEqual(self.t.tsi[0] & 0x40, 0)

    def test_no_list_and_a_list_without_rules(self):
        self.assertEqual(self.verified(""), "3f0000 2000000000")
        self.assertEqual(self.t.tsi[0] & 0x40, 0)
        t = transaction(aip="5000")
        run(verify(t))
        self.assertEqual(bytes(t.tvr).hex(), "2000000000")

    def test_lists_that_cannot_be(self):
        for rules in ("00", AMOUNTS[:-2], AMOUNTS + "1f", AMOUNTS + "1f001f"):
            t = transaction(cards={0x8E: rules}, aip="5000")
            with self.assertRaises(Terminated):
                run(verify(t))


class TestConditions(CvmCase):
    """Each with "no CVM required", which always succeeds, then with a rule that always fails."""

    def met(self, condition, **changes):
        result = self.verified(f"1f{condition} 0000", **changes)
        self.assertEqual(self.t.tsi[0] & 0x40, 0x40)
        self.assertIn(result, (f"1f{condition}02", f"000001 {FAILED}"))
        return result.startswith("1f")

    def test_always(self):
        self.assertTrue(self.met("00"))

    def test_by_what_is_done(self):
        purchase, cash, cashback = {}, {"x9c": "01"}, {"x9c": "09"}
        machine = {"x9c": "01", "x9f35": "14"}
        for condition, met in (
            ("01", (False, False, False, True)),
            ("02", (True, False, False, False)),
            ("04", (False, True, False, False)),
            ("05", (False, False, True, False)),
        ):
            found = [self.met(condition, **changes) for changes in (purchase, cash, cashback, machine)]
            self.assertEqual(tuple(found), met)

    def test_if_supported(self):
        self.assertTrue(self.met("03"))
        self.assertFalse(self.met("03", x9f33="e0f0c8"))

    def test_by_amount_in_the_cards_currency(self):
        for condition, amounts in (
            ("06", ("9999", None, "10000")),
            ("07", ("10001", None, "10000")),
            ("08", ("19999", None, "20000")),
            ("09", ("20001", None, "20000")),
        ):
            yes, _, no = amounts
            own = {0x9F42: "0156"}
            self.assertTrue(self.met(condition, cards=own, x9f02=f"{int(yes):012d}"))
            self.assertFalse(self.met(condition, cards=own, x9f02=f"{int(no):012d}"))
            self.assertFalse(self.met(condition, cards={0x9F42: "0840"}, x9f02=f"{int(yes):012d}"))
            self.assertFalse(self.met(condition, x9f02=f"{int(yes):012d}"))

    def test_unknown_ones(self):
        for condition in ("0a", "7f", "80", "ff"):
            self.assertFalse(self.met(condition))

    def test_none_is_met(self):
        self.assertEqual(self.verified("1f01 0205"), f"3f0001 {FAILED}")
        self.assertEqual(self.t.tsi[0] & 0x40, 0x40)


class TestMethods(CvmCase):
    def test_signature(self):
        self.assertEqual(self.verified("1e03 1f00"), "1e0300")
        self.assertTrue(signature_wanted(self.t.objects.get(0x9F34)))

    def test_no_cvm_wants_no_signature(self):
        self.assertEqual(self.verified("5f00"), "5f0002")
        self.assertFalse(signature_wanted(self.t.objects.get(0x9F34)))

    def test_fail_ends_it_whatever_comes_after(self):
        self.assertEqual(self.verified("4000 1f00"), f"400001 {FAILED}")
        self.assertEqual(self.verified("0003 1f00"), f"000301 {FAILED}")

    def test_unknown_codes(self):
        self.assertEqual(self.verified("2000 1f00"), f"3f0001 {UNKNOWN}")
        self.assertEqual(self.verified("6000 1f00"), "1f0002 0000400000")
        self.assertEqual(self.verified("6000 7f00"), f"3f0001 {UNKNOWN}")

    def test_what_we_cannot_do(self):
        self.assertEqual(self.verified("1e00 1f00", x9f33="e0d8c8"), f"3f0001 {FAILED}")
        self.assertEqual(self.verified("5e00 1f00", x9f33="e0d8c8"), "1f0002")
        self.assertEqual(self.verified("1f00", x9f33="e0f0c8"), f"3f0001 {FAILED}")

    def test_pins_that_we_cannot_take(self):
        for rules in ("0200", "0100", "0400", "0300", "0500"):
            self.assertEqual(self.verified(rules, x9f33="e028c8"), f"3f0001 {NO_PAD}")

    def test_one_kind_of_pin_in_the_card_is_enough_to_have_a_pad(self):
        self.assertEqual(self.verified("0100", x9f33="e018c8"), f"3f0001 {FAILED}")
        self.assertEqual(self.verified("0400", x9f33="e088c8"), f"3f0001 {FAILED}")
        self.assertEqual(self.verified("0300", x9f33="e0c8c8"), f"3f0001 {FAILED}")  # no signature
        self.assertEqual(self.verified("0200", x9f33="e098c8"), f"3f0001 {NO_PAD}")

    def test_the_result_is_that_of_the_last_one_performed(self):
        cardholder = Cardholder(pins=[None])
        self.assertEqual(self.verified("4100 6000 4205", cardholder), "410001 0000c80000")
        self.assertEqual(self.verified("4100 1e00", Cardholder(pins=[None])), "1e0000 0000080000")


class TestOnlinePin(CvmCase):
    def test_entered(self):
        self.assertEqual(self.verified("0200", Cardholder(online=True)), f"020000 {ONLINE}")
        self.assertFalse(signature_wanted(self.t.objects.get(0x9F34)))

    def test_passed_over(self):
        self.assertEqual(self.verified("0200", Cardholder(online=False)), f"020001 {PASSED_OVER}")
        self.assertEqual(self.verified("4200 1e00", Cardholder(online=False)), "1e0000 0000080000")

    def test_who_passes_over_one_is_not_asked_again(self):
        cardholder = Cardholder(online=False)
        self.assertEqual(self.verified("4200 4100 4400 1f00", cardholder), "1f0002 0000080000")
        self.assertEqual(cardholder.heard, ["online"])

    def test_after_the_card_has_had_enough(self):
        """Book 4, 6.3.4.2: the issuer may still be asked."""
        cardholder = Cardholder(pins=["1234"], online=True)
        self.assertEqual(self.verified("4100 0200", cardholder, [(VERIFY, "63c0")]), "020000 0000240000")


class TestPlainPin(CvmCase):
    def test_right(self):
        cardholder = Cardholder(pins=["1234"])
        self.assertEqual(self.verified("0100", cardholder, [(VERIFY, "9000")]), "010002")
        self.assertEqual(cardholder.heard, [-1])

    def test_blocks_of_every_length(self):
        for pin, block in (
            ("1234", "241234ffffffffff"),
            ("12345", "2512345fffffffff"),
            ("123456", "26123456ffffffff"),
            ("123456789012", "2c123456789012ff"),
        ):
            exchanges = [("0020008008" + block, "9000")]
            self.assertEqual(self.verified("0100", Cardholder(pins=[pin]), exchanges), "010002")

    def test_wrong_and_then_right(self):
        cardholder = Cardholder(pins=["0000", "1111", "1234"])
        exchanges = [
            ("0020008008240000ffffffffff", "63c2"),
            ("0020008008241111ffffffffff", "63c1"),
            (VERIFY, "9000"),
        ]
        self.assertEqual(self.verified("0100", cardholder, exchanges), "010002")
        self.assertEqual(cardholder.heard, [-1, 2, 1])

    def test_wrong_until_nothing_is_left(self):
        cardholder = Cardholder(pins=["1234", "1234"])
        self.assertEqual(self.verified("0100", cardholder, [(VERIFY, "63c1"), (VERIFY, "63c0")]), f"010001 {BLOCKED}")

    def test_blocked_from_the_first(self):
        for sw in ("6983", "6984"):
            self.assertEqual(self.verified("0100", Cardholder(pins=["1234"]), [(VERIFY, sw)]), f"010001 {BLOCKED}")

    def test_a_blocked_pin_is_asked_for_once_only(self):
        cardholder = Cardholder(pins=["1234"])
        self.assertEqual(self.verified("4100 4400 1e00", cardholder, [(VERIFY, "6983")]), "1e0000 0000200000")
        self.assertEqual(cardholder.heard, [-1])

    def test_passed_over_at_once_and_after_a_try(self):
        self.assertEqual(self.verified("0100", Cardholder(pins=[None])), f"010001 {PASSED_OVER}")
        exchanges = [(VERIFY, "63c2")]
        self.assertEqual(self.verified("0100", Cardholder(pins=["1234", None]), exchanges), f"010001 {PASSED_OVER}")

    def test_with_a_signature(self):
        self.assertEqual(self.verified("0300", Cardholder(pins=["1234"]), [(VERIFY, "9000")]), "030000")
        self.assertTrue(signature_wanted(self.t.objects.get(0x9F34)))
        self.assertEqual(self.verified("0300", Cardholder(pins=["1234"]), [(VERIFY, "6983")]), f"030001 {BLOCKED}")
        self.assertFalse(signature_wanted(self.t.objects.get(0x9F34)))

    def test_what_verify_never_says(self):
        for sw in ("6300", "6283", "6700", "6982", "6985", "6a86", "6d00", "6f00", "9001"):
            with self.assertRaises(Terminated):
                self.verified("4100 1f00", Cardholder(pins=["1234"]), [(VERIFY, sw)])

    def test_a_card_that_does_not_count(self):
        with self.assertRaises(Terminated):
            self.verified("0100", Cardholder(pins=["1234", "1234"]), [(VERIFY, "63c2"), (VERIFY, "63c2")])


class TestTryCounter(CvmCase):
    ASK = "80ca9f1700"

    def test_how_many_are_left(self):
        for answer, tries in (
            ("9f1701039000", 3),
            ("9f1701019000", 1),
            ("6a88", -1),
            ("9f17019000", -1),
            ("9f3601039000", -1),
        ):
            cardholder = Cardholder(pins=["1234"])
            exchanges = [(self.ASK, answer), (VERIFY, "9000")]
            self.assertEqual(self.verified("0100", cardholder, exchanges, tries=True), "010002")
            self.assertEqual(cardholder.heard, [tries])

    def test_none_is_left(self):
        cardholder = Cardholder()
        exchanges = [(self.ASK, "9f1701009000")]
        self.assertEqual(self.verified("0100", cardholder, exchanges, tries=True), f"010001 {BLOCKED}")
        self.assertEqual(cardholder.heard, [])


class TestEncipheredPin(CvmCase):
    CHALLENGE = ("0084000000", "1122334455667788" + "9000")

    def enciphered(self, key, exchanges, cards=None, filler=None, **others):
        """Checks what the card was sent, with its private key; answers with 9000."""
        sent = []
        case = self

        class Card(ScriptedCard):
            async def exchange(self, command):
                command = bytes(command)
                if command[:4] != b"\x00\x20\x00\x88":
                    return await ScriptedCard.exchange(self, command)
                case.assertEqual(command[4], key.size)
                n = int.from_bytes(key.modulus, "big")
                sent.append(pow(int.from_bytes(command[5:], "big"), key._d, n).to_bytes(key.size, "big"))
                return self.answer(b"\x90\x00")

        card = Card(exchanges)
        objects = {0x8E: AMOUNTS + "0400"}
        objects.update(cards or {})
        t = transaction(card, objects, tables=ca_table(), cardholder=Cardholder(pins=["123456"]), aip="5000", **others)
        run(verify(t))
        self.assertEqual(card.left, [])
        return t, sent

    def pin_objects(self):
        certificate, remainder = certify(Key("issuer"), 4, PAN + "ffff", Key("pin"))
        return {0x9F2D: certificate.hex(), 0x9F2E: "010001", 0x9F2F: remainder.hex()}

    def merged(self, *parts):
        found = {}
        for part in parts:
            found.update(part)
        return found

    def test_under_the_key_for_pins(self):
        t, (message,) = self.enciphered(Key("pin"), [self.CHALLENGE], self.merged(issuer_objects(), self.pin_objects()))
        self.assertEqual(message[:17].hex(), "7f" + "26123456ffffffff" + "1122334455667788")
        self.assertEqual(message[17:].hex(), ("01234567" * 20)[: (80 - 17) * 2])
        self.assertEqual(bytes(t.objects.get(0x9F34)).hex(), "040002")

    def test_under_the_cards_own_key_and_after_dda_without_opening_it_again(self):
        cards = self.merged(issuer_objects(), card_objects())
        _, (message,) = self.enciphered(Key("card"), [self.CHALLENGE], cards)
        self.assertEqual(message[:17].hex(), "7f" + "26123456ffffffff" + "1122334455667788")

    def test_with_a_tag_list_the_profile_is_added_only_once(self):
        from suanpan.emv.authentication import authenticate

        cards = self.merged(issuer_objects(), card_objects(b"\x50\x00"), {0x9F4A: "82", 0x93: "00" * 112})
        t = transaction(ScriptedCard([]), cards, tables=ca_table(), aip="5000", x9f33="e0f880")
        run(authenticate(t))
        self.assertEqual(bytes(t.signed), b"\x50\x00")
        from suanpan.emv.offline_pin import _pin_key

        self.assertTrue(_pin_key(t) is not None)
        self.assertTrue(_pin_key(t) is not None)

    def test_keys_that_cannot_be_had_are_no_bit_of_their_own(self):
        spoilt = self.merged(issuer_objects(), self.pin_objects(), {0x9F2D: "00" * 112})
        for cards in ({}, issuer_objects(), self.pin_objects(), spoilt):
            t, sent = self.enciphered(Key("pin"), [], cards)
            self.assertEqual(sent, [])
            self.assertEqual(bytes(t.objects.get(0x9F34)).hex(), "040001")
            self.assertEqual(bytes(t.tvr).hex(), FAILED)

    def test_challenges_that_are_none(self):
        for answer in ("6a81", "6d00", "9000", "11223344556677" + "9000", "112233445566778899" + "9000"):
            cards = self.merged(issuer_objects(), self.pin_objects())
            t, sent = self.enciphered(Key("pin"), [("0084000000", answer)], cards)
            self.assertEqual(sent, [])
            self.assertEqual(bytes(t.tvr).hex(), FAILED)


if __name__ == "__main__":
    unittest.main()
