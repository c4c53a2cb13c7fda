"""GENERATE AC and CDA (EMV 4.3 Book 3, 6.5.5, 9 and 10.8; Book 2, 6.6), with real signatures."""

import hashlib
import unittest

from emv_world import (
    AID,
    UNPREDICTABLE,
    Key,
    ScriptedCard,
    ca_table,
    card_objects,
    issuer_objects,
    run,
    signed_dynamic,
    tlv,
    transaction,
)
from suanpan.emv import cryptogram
from suanpan.emv.authentication import authenticate
from suanpan.emv.tables import Application
from suanpan.emv.transaction import AAC, ARQC, TC
from suanpan.errors.emv import Terminated

CDOLS = {0x8C: "9f0206 9f3704", 0x8D: "8a02 9f3704"}
FIRST = "00000001234501234567"
SECOND = "303001234567"
PLAIN = "8012{0}002a112233445566778807010103a0a800"
GOOD = {"first": ("80ae{0}000a" + FIRST + "00"), "second": ("80ae{0}0006" + SECOND + "00")}


def answer(kind, more=""):
    return PLAIN.format(f"{kind:02x}") + "9000"


class AcCase(unittest.TestCase):
    def first(self, wanted, reply, t=None, signing=False, command=None):
        t = t or transaction(cards=CDOLS)
        t.card = ScriptedCard([(command or GOOD["first"].format(f"{wanted | signing << 4:02x}"), reply)])
        kind = run(cryptogram.first(t, wanted))
        self.assertEqual(t.card.left, [])
        self.t = t
        return kind

    def second(self, wanted, reply, t=None, signing=False):
        t = t or transaction(cards=CDOLS)
        t.objects.set(0x8A, b"00")
        t.card = ScriptedCard([(GOOD["second"].format(f"{wanted | signing << 4:02x}"), reply)])
        kind = run(cryptogram.second(t, wanted))
        self.assertEqual(t.card.left, [])
        self.t = t
        return kind


class TestDecisions(AcCase):
    def test_what_a_card_may_say_first(self):
        for wanted, given in ((TC, TC), (TC, ARQC), (TC, AAC), (ARQC, ARQC), (ARQC, AAC), (AAC, AAC)):
            self.assertEqual(self.first(wanted, answer(given)), given)
            self.assertEqual(self.t.tsi[0], 0x20)

    def test_what_it_may_not_say_first(self):
        for wanted, given in ((ARQC, TC), (AAC, TC), (AAC, ARQC), (TC, 0xC0), (ARQC, 0xC0), (AAC, 0xC0)):
            with self.assertRaises(Terminated):
                self.first(wanted, answer(given))

    def test_what_it_says_last(self):
        """9.3: whatever it should not say is a decline."""
        for wanted, given, meant in (
            (TC, TC, TC),
            (TC, AAC, AAC),
            (AAC, AAC, AAC),
            (TC, ARQC, AAC),
            (AAC, TC, AAC),
            (AAC, ARQC, AAC),
            (TC, 0xC0, AAC),
        ):
            self.assertEqual(self.second(wanted, answer(given)), meant)

    def test_its_four_objects(self):
        self.first(ARQC, answer(ARQC))
        found = [bytes(self.t.objects.get(tag)).hex() for tag in (0x9F27, 0x9F36, 0x9F26, 0x9F10)]
        self.assertEqual(found, ["80", "002a", "1122334455667788", "07010103a0a800"])

    def test_the_other_format_and_without_issuer_data(self):
        text = "770d 9f270180 9f36020001"
        full = "7714 9f270180 9f36020001 9f26081122334455667788 ".replace(" ", "")
        self.assertEqual(self.first(ARQC, full + "9000"), ARQC)
        self.assertIsNone(self.t.objects.get(0x9F10))
        self.assertEqual(self.first(ARQC, "800b80002a11223344556677889000"), ARQC)
        with self.assertRaises(Terminated):
            self.first(ARQC, text.replace(" ", "").replace("770d", "7709") + "9000")

    def test_status_words(self):
        for sw in ("6283", "6300", "63c1", "6700", "6982", "6985", "6a80", "6a88", "6d00", "6f00"):
            with self.assertRaises(Terminated):
                self.first(ARQC, sw)
            with self.assertRaises(Terminated):
                self.second(TC, sw)

    def test_answers_that_cannot_be(self):
        head, counter, ac = "9f270180", "9f36020001", "9f26081122334455667788"
        for content in (
            counter + ac,
            head + ac,
            head + counter,
            head + head + counter + ac,
            "9f27028080" + counter + ac,
            head + "9f360101" + ac,
            head + counter + "9f260711223344556677",
            head + counter + ac + "9f1021" + "00" * 33,
            head + counter + ac[:-2],
        ):
            with self.assertRaises(Terminated):
                self.first(ARQC, tlv("77", bytes.fromhex(content)).hex() + "9000")
        for whole in (
            "",
            "80",
            "800a80002a11223344556677",
            "802c" + "80" + "00" * 43,
            "7000",
            "800b80002a112233445566778800",
            "7014" + head + counter + ac,
        ):
            with self.assertRaises(Terminated):
                self.first(ARQC, whole + "9000")

    def test_without_a_list(self):
        with self.assertRaises(Terminated):
            run(cryptogram.first(transaction(cards={0x8D: "8a02"}), TC))
        with self.assertRaises(Terminated):
            run(cryptogram.second(transaction(cards={0x8C: "9f0206"}), TC))


class TestTransactionCertificate(AcCase):
    """9.2.2: the hash over what the card's own list asks for, or ours."""

    def hashed(self, cards, ours=b"", value="000000012345"):
        wanted = hashlib.sha1(bytes.fromhex(value)).digest().hex()
        lists = {0x8C: "9814", 0x8D: "8a02"}
        lists.update(cards)
        t = transaction(cards=lists, ours=Application(AID, version=b"\0\x20", tdol=ours))
        self.first(TC, answer(TC), t, command="80ae400014" + wanted + "00")
        return bytes(t.tvr).hex()

    def test_by_the_cards_list(self):
        self.assertEqual(self.hashed({0x97: "9f0206"}, b"\x95\x05"), "0000000000")

    def test_by_our_list_which_is_told(self):
        wanted = "000000012345"
        self.assertEqual(self.hashed({}, bytes.fromhex("9f0206"), wanted), "0000000080")

    def test_lists_that_are_cut_short(self):
        for cards in ({0x8C: "98", 0x8D: "8a02"}, {0x8C: "9814", 0x8D: "8a02", 0x97: "9f"}):
            with self.assertRaises(Terminated):
                run(cryptogram.first(transaction(cards=cards), TC))

    def test_by_none(self):
        self.assertEqual(self.hashed({}, b"", ""), "0000000000")


class TestCombined(AcCase):
    def ready(self, key="card"):
        cards = dict(issuer_objects())
        cards.update(card_objects())
        cards.update(CDOLS)
        t = transaction(cards=cards, tables=ca_table(), aip="0100")
        t.signed_values.extend(b"\x01\x56")  # what its PDOL has asked for
        run(authenticate(t))
        self.assertTrue(t.cda)
        return t

    def signed(
        self,
        kind,
        sent="0156" + FIRST,
        clear=None,
        beside=UNPREDICTABLE,
        number=b"\x04\1\2\3\4",
        key=None,
        more=b"",
        **wrong,
    ):
        before = tlv("9f27", bytes((kind if clear is None else clear,))) + tlv("9f36", b"\x00\x2a")
        behind = tlv("9f10", b"\x07\x01")
        digest = hashlib.sha1(bytes.fromhex(sent) + before + behind).digest()[: wrong.pop("hashed", 20)]
        dynamic = number + bytes((kind,)) + bytes.fromhex("aabbccddeeff0011") + digest
        signature = signed_dynamic(dynamic, beside, key, **wrong)
        return tlv("77", before + tlv("9f4b", signature) + behind + more).hex() + "9000"

    def failed(self):
        return bool(self.t.tvr[0] & 0x04)

    def test_both_answers(self):
        t = self.ready()
        self.assertEqual(self.first(ARQC, self.signed(ARQC), t, True), ARQC)
        self.assertFalse(self.failed() or t.cda_failed)
        self.assertEqual(t.tsi[0], 0xA0)
        self.assertEqual(bytes(t.objects.get(0x9F26)).hex(), "aabbccddeeff0011")
        self.assertEqual(bytes(t.objects.get(0x9F4C)).hex(), "01020304")
        self.assertEqual(self.second(TC, self.signed(TC, "0156" + FIRST + SECOND), t, True), TC)
        self.assertFalse(self.failed() or t.cda_failed)

    def test_offline(self):
        self.assertEqual(self.first(TC, self.signed(TC), self.ready(), True), TC)
        self.assertFalse(self.failed())

    def test_a_decline_is_not_signed(self):
        t = self.ready()
        self.assertEqual(self.first(ARQC, answer(AAC), t, True), AAC)
        self.assertEqual(bytes(t.tvr).hex(), "8000000000")  # nothing was authenticated
        t = self.ready()
        self.assertEqual(self.first(AAC, answer(AAC), t), AAC)
        self.assertEqual(bytes(t.tvr).hex(), "8000000000")
        self.assertEqual(self.second(AAC, answer(AAC), self.ready()), AAC)

    def test_signatures_that_are_none(self):
        for wrong in (
            {"sent": "0156"},
            {"sent": FIRST},
            {"beside": b"\0\0\0\0"},
            {"key": Key("other")},
            {"spoil": True},
            {"header": 0x6B},
            {"trailer": 0xBD},
            {"hashed": 19},
            {"number": b"\x01\1"},
            {"number": b"\x09" + bytes(9)},
            {"more": tlv("57", b"\x12")},
        ):
            t = self.ready()
            self.assertEqual(self.first(ARQC, self.signed(ARQC, **wrong), t, True), ARQC)
            self.assertTrue(self.failed() and t.cda_failed)
            self.assertEqual(bytes(t.objects.get(0x9F26)), bytes(8))

    def test_what_is_signed_counts_more_than_what_is_said(self):
        """Book 4, 6.3.2.1: it fails, and its kind is that of the signature."""
        t = self.ready()
        self.assertEqual(self.first(TC, self.signed(ARQC, clear=TC), t, True), ARQC)
        self.assertTrue(t.cda_failed)

    def test_no_signature_where_one_was_asked_for(self):
        for reply in (answer(ARQC), "7714 9f270180 9f36020001 9f26081122334455667788".replace(" ", "") + "9000"):
            t = self.ready()
            self.assertEqual(self.first(ARQC, reply, t, True), ARQC)
            self.assertTrue(self.failed() and t.cda_failed)

    def test_a_signature_that_is_cut_short(self):
        text = self.signed(ARQC)
        content = bytes.fromhex(text[:-4])
        for cut in (1, 40):
            inner = content[2 + (content[1] == 0x81) :]
            at = inner.index(b"\x9f\x4b")
            signature = inner[at + 3 : at + 3 + 96]
            whole = inner[:at] + tlv("9f4b", signature[:-cut]) + inner[at + 3 + 96 :]
            t = self.ready()
            self.assertEqual(self.first(ARQC, tlv("77", whole).hex() + "9000", t, True), ARQC)
            self.assertTrue(t.cda_failed)

    def test_a_signature_that_nobody_asked_for(self):
        with self.assertRaises(Terminated):
            self.first(ARQC, self.signed(ARQC))


if __name__ == "__main__":
    unittest.main()
