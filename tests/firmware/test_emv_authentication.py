"""Offline data authentication (EMV 4.3 Book 2, 5 and 6; Book 3, 10.3), with real keys; and what others have published.

The small keys sign here, in the test, so that every certificate can be wrong in one place.
"""

import unittest

from emv_world import (
    INDEX,
    PAN,
    UNPREDICTABLE,
    Key,
    ScriptedCard,
    Tables,
    ca_table,
    card_objects,
    certify,
    issuer_objects,
    run,
    signed_dynamic,
    tlv,
    transaction,
)
from suanpan.emv import certificates
from suanpan.emv.authentication import authenticate
from suanpan.emv.tables import CaKey
from suanpan.errors.emv import Terminated
from vectors import load

HEAP = "1m"

STATIC = bytes.fromhex("5f24033912315a086228000100001117")
SDA, DDA, CDA = "4000", "2000", "0100"
SELECTED = "0200000000"  # TVR of an SDA that went well
SDA_FAILED = "4200000000"
DDA_FAILED = "0800000000"
CDA_FAILED = "0400000000"
MISSING = 0x20  # of byte 1
ASK = "008800000401234567 00"
NUMBER = bytes.fromhex("041a2b3c4d")  # a dynamic number, with its length


class OdaCase(unittest.TestCase):
    def authenticated(self, aip, cards, exchanges=(), tables=None, static=STATIC, signable=True, ready=None, **changes):
        card = ScriptedCard(exchanges)
        t = transaction(card, cards, tables=tables or ca_table(), aip=aip, **changes)
        t.signed.extend(static)
        t.signable = signable
        if ready:
            ready(t)
        run(authenticate(t))
        self.assertEqual(card.left, [])
        self.t = t
        return bytes(t.tvr).hex()

    def performed(self):
        return bool(self.t.tsi[0] & 0x80)


def merged(*parts):
    found = {}
    for part in parts:
        found.update(part)
    return found


def static_objects(static=STATIC, kind=3, **wrong):
    issuer = Key("issuer")
    fields = bytes((kind, 0x01, 0xAB, 0xCD))
    signed = issuer.sign(fields + b"\xbb" * (issuer.size - 22 - len(fields)), static, **wrong)
    return {0x93: signed.hex()}


class TestWhichOne(OdaCase):
    def test_the_best_that_both_can(self):
        cards = merged(issuer_objects(), card_objects(STATIC), static_objects())
        signed = signed_dynamic(NUMBER, UNPREDICTABLE)
        ask = [(ASK, tlv("80", signed).hex() + "9000")]
        self.assertEqual(self.authenticated("6100", cards), "0000000000")
        self.assertTrue(self.t.cda and not self.performed())
        self.assertEqual(self.authenticated("6100", cards, ask, x9f33="e0f8c0"), "0000000000")
        self.assertTrue(self.performed() and not self.t.cda)
        self.assertEqual(self.authenticated("6100", cards, x9f33="e0f880"), SELECTED)
        self.assertTrue(self.performed())

    def test_none(self):
        for aip, able in (("0000", "e0f8c8"), ("6100", "e0f800"), ("2000", "e0f888"), ("0100", "e0f8c0")):
            self.assertEqual(self.authenticated(aip, {}, x9f33=able), "8000000000")
            self.assertFalse(self.performed())


class TestStatic(OdaCase):
    def sda(self, *parts, **others):
        return self.authenticated(SDA, merged(*(parts or (issuer_objects(), static_objects()))), **others)

    def test_right(self):
        self.assertEqual(self.sda(), SELECTED)
        self.assertEqual(self.t.objects.get(0x9F45).hex(), "abcd")

    def test_with_the_profile_that_the_tag_list_adds(self):
        aip = bytes.fromhex(SDA)
        self.assertEqual(self.sda(issuer_objects(), static_objects(STATIC + aip), {0x9F4A: "82"}), SELECTED)
        self.assertEqual(self.sda(issuer_objects(), static_objects(STATIC), {0x9F4A: "82"}), SDA_FAILED)

    def test_a_tag_list_with_anything_else(self):
        for listed in ("84", "8282", "829f36"):
            self.assertEqual(self.sda(issuer_objects(), static_objects(), {0x9F4A: listed}), SDA_FAILED)

    def test_other_data_than_those_signed(self):
        self.assertEqual(self.sda(static=STATIC + b"\0"), SDA_FAILED)
        self.assertTrue(self.performed())

    def test_a_record_that_was_no_template(self):
        self.assertEqual(self.sda(signable=False), SDA_FAILED)

    def test_signatures_that_are_none(self):
        for wrong in ({"spoil": True}, {"header": 0x6B}, {"trailer": 0xBD}, {"kind": 4}):
            self.assertEqual(self.sda(issuer_objects(), static_objects(**wrong)), SDA_FAILED)

    def test_a_signature_of_another_length(self):
        good = static_objects()[0x93]
        for text in (good[2:], good + "00", "00" * 112, "ff" * 112, "01"):
            self.assertEqual(self.sda(issuer_objects(), {0x93: text}), SDA_FAILED)

    def test_what_is_missing(self):
        whole = merged(issuer_objects(), static_objects())
        for tag in (0x8F, 0x90, 0x92, 0x9F32, 0x93):
            cards = {name: value for name, value in whole.items() if name != tag}
            self.assertEqual(self.sda(cards), f"{0x42 | MISSING:02x}00000000")


class TestIssuerCertificate(OdaCase):
    def with_issuer(self, tables=None, today="261123", **wrong):
        return self.authenticated(SDA, merged(issuer_objects(**wrong), static_objects()), tables=tables, x9a=today)

    def test_everything_that_can_be_wrong_in_it(self):
        for wrong in (
            {"kind": 4},
            {"name": "622900ff"},  # of another issuer
            {"name": "62ffffff"},  # of two digits
            {"expires": "1026"},  # October, and it is November
            {"expires": "1099"},
            {"algorithms": "0201"},
            {"algorithms": "0102"},
            {"spoil": True},
            {"header": 0x6B},
            {"trailer": 0xBB},
        ):
            self.assertEqual(self.with_issuer(**wrong), SDA_FAILED)

    def test_names_as_short_and_as_long_as_they_may_be(self):
        for name in ("622fffff", "622800ff", "62280001"):
            cards = merged(issuer_objects(name=name), static_objects())
            good = PAN.startswith(name.rstrip("f"))
            self.assertEqual(self.authenticated(SDA, cards), SELECTED if good else SDA_FAILED)

    def test_in_its_last_month(self):
        self.assertEqual(self.with_issuer(expires="1126"), SELECTED)

    def test_years_of_two_centuries(self):
        self.assertEqual(self.with_issuer(ca_table("20511231"), expires="1249", today="491231"), SELECTED)
        self.assertEqual(self.with_issuer(expires="1250"), SDA_FAILED)  # 1950

    def test_a_truncated_one(self):
        good = merged(issuer_objects(), static_objects())
        for cut in (2, 128, 254):
            cards = merged(good, {0x90: good[0x90][:cut]})
            self.assertEqual(self.authenticated(SDA, cards), SDA_FAILED)

    def test_an_exponent_that_is_not_the_one(self):
        for exponent in ("010001", "02", "0003"):
            cards = merged(issuer_objects(), static_objects(), {0x9F32: exponent})
            self.assertEqual(self.authenticated(SDA, cards), SDA_FAILED)

    def test_a_remainder_that_is_not_the_one(self):
        good = issuer_objects()
        for remainder in (good[0x92][2:], good[0x92] + "00", "00" * 20):
            cards = merged(good, static_objects(), {0x92: remainder})
            self.assertEqual(self.authenticated(SDA, cards), SDA_FAILED)

    def test_revoked(self):
        tables = ca_table()
        tables.revocations = (bytes.fromhex("000123"),)
        self.assertEqual(self.with_issuer(tables), SDA_FAILED)
        tables.revocations = (bytes.fromhex("000124"),)
        self.assertEqual(self.with_issuer(tables), SELECTED)

    def test_a_key_of_the_scheme_that_is_not_there_or_no_longer_serves(self):
        self.assertEqual(self.with_issuer(Tables()), SDA_FAILED)
        self.assertEqual(self.with_issuer(ca_table("261122")), SDA_FAILED)
        self.assertEqual(self.with_issuer(ca_table("261123")), SELECTED)
        self.assertEqual(self.with_issuer(ca_table("20511231")), SELECTED)
        self.assertEqual(self.with_issuer(ca_table("20251231")), SDA_FAILED)

    def test_another_key_of_the_scheme(self):
        other = Key("issuer")
        tables = Tables(keys={INDEX: CaKey(other.modulus, other.e, "391231")})
        self.assertEqual(self.with_issuer(tables), SDA_FAILED)


class TestDynamic(OdaCase):
    def dda(self, answer, cards=None, ask=ASK, more=None):
        cards = merged(cards or merged(issuer_objects(), card_objects(STATIC)), more or {})
        return self.authenticated(DDA, cards, [(ask, answer)] if answer else [])

    def signed(self, *args, **wrong):
        return signed_dynamic(*(args or (NUMBER, UNPREDICTABLE)), **wrong)

    def test_right_in_either_format(self):
        signed = self.signed()
        for answer in (
            tlv("80", signed),
            tlv("77", tlv("9f4b", signed)),
            tlv("77", tlv("57", b"\0") + tlv("9f4b", signed)),
        ):
            self.assertEqual(self.dda(answer.hex() + "9000"), "0000000000")
            self.assertEqual(self.t.objects.get(0x9F4C).hex(), NUMBER[1:].hex())
            self.assertTrue(self.performed())

    def test_the_list_of_the_card(self):
        beside = bytes.fromhex("0156") + UNPREDICTABLE
        answer = tlv("80", self.signed(NUMBER, beside)).hex() + "9000"
        self.assertEqual(self.dda(answer, ask="0088000006015601234567 00", more={0x9F49: "9f1a029f3704"}), "0000000000")

    def test_a_list_without_the_unpredictable_number(self):
        self.assertEqual(self.dda(None, more={0x9F49: "9f1a02"}), DDA_FAILED)
        with self.assertRaises(Terminated):
            self.dda(None, more={0x9F49: "9f"})

    def test_signatures_that_are_none(self):
        for signed in (
            self.signed(spoil=True),
            self.signed(header=0x6B),
            self.signed(trailer=0),
            self.signed(NUMBER, b"\0\0\0\0"),  # of another question
            signed_dynamic(NUMBER, UNPREDICTABLE, Key("other")),
            self.signed()[1:],
            self.signed() + b"\0",
            bytes(96),
            self.signed(b"\x01\x11", UNPREDICTABLE),  # a dynamic number of one byte
            self.signed(b"\x09" + bytes(9), UNPREDICTABLE),
            self.signed(b"\x08\x11\x22", UNPREDICTABLE),  # that is longer than what it stands in
            self.signed(b"", UNPREDICTABLE),
        ):
            self.assertEqual(self.dda(tlv("80", signed).hex() + "9000"), DDA_FAILED)

    def test_answers_that_cannot_be(self):
        for answer in ("", "80", "8060 00", "7700", "7704 9f360200", "7003500141", "770457020000"):
            with self.assertRaises(Terminated):
                self.dda(answer.replace(" ", "") + "9000")

    def test_status_words(self):
        for sw in ("6283", "63c1", "6700", "6982", "6985", "6a80", "6d00", "6f00"):
            with self.assertRaises(Terminated):
                self.dda(sw)

    def test_what_is_missing(self):
        whole = merged(issuer_objects(), card_objects(STATIC))
        for tag in (0x8F, 0x90, 0x92, 0x9F32, 0x9F46, 0x9F47, 0x9F48):
            cards = {name: value for name, value in whole.items() if name != tag}
            self.assertEqual(self.dda(None, cards), f"{0x08 | MISSING:02x}00000000")

    def test_everything_that_can_be_wrong_in_a_cards_certificate(self):
        for wrong in (
            {"kind": 2},
            {"name": "6228000100001118ffff"},  # of another card
            {"name": "6228000100001117ff0f"},
            {"expires": "1026"},
            {"algorithms": "0201"},
            {"algorithms": "0102"},
            {"spoil": True},
            {"header": 0x6B},
            {"trailer": 0xBB},
        ):
            self.assertEqual(self.dda(None, merged(issuer_objects(), card_objects(STATIC, **wrong))), DDA_FAILED)

    def test_other_static_data_than_those_certified(self):
        self.assertEqual(self.dda(None, merged(issuer_objects(), card_objects(STATIC + b"\0"))), DDA_FAILED)


class TestCombined(OdaCase):
    """What CDA needs before the cryptogram; the rest of it is in test_emv_cryptogram.py."""

    def test_keys_that_cannot_be_had(self):
        cards = merged(issuer_objects(), card_objects(STATIC))
        self.assertEqual(self.authenticated(CDA, cards), "0000000000")
        self.assertTrue(self.t.cda)
        self.assertEqual(self.authenticated(CDA, cards, tables=Tables()), CDA_FAILED)
        self.assertTrue(self.performed() and not self.t.cda)
        self.assertEqual(self.authenticated(CDA, {}), f"{0x04 | MISSING:02x}00000000")


class TestKeysThatAreTooLong(OdaCase):
    def test_for_a_command(self):
        """A certificate may say that its key has 249 bytes and more; no answer could be asked of it."""

        class Long:
            size = 249
            modulus = bytes((0x80,)) + bytes(247) + b"\x01"
            exponent = b"\x03"

        certificate, remainder = certify(Key("issuer"), 4, PAN + "ffff", Long, STATIC)
        cards = merged(issuer_objects(), {0x9F46: certificate.hex(), 0x9F47: "03", 0x9F48: remainder.hex()})
        self.assertEqual(self.authenticated(DDA, cards), DDA_FAILED)


class TestKeysThatAreNone(OdaCase):
    def test_even_or_with_an_exponent_of_another_kind(self):
        """The certificate is right, and what it certifies is no key."""

        class Even(Key):
            def __init__(self, modulus, exponent):
                Key.__init__(self, "card")
                self.modulus = modulus
                self.exponent = exponent

        good = Key("card").modulus
        for modulus, exponent in ((good[:-1] + b"\0", b"\3"), (b"\0" + good[1:], b"\3"), (good, b"\x11")):
            key = Even(modulus, exponent)
            certificate, remainder = certify(Key("issuer"), 4, PAN + "ffff", key, STATIC)
            cards = merged(
                issuer_objects(), {0x9F46: certificate.hex(), 0x9F47: exponent.hex(), 0x9F48: remainder.hex()}
            )
            self.assertEqual(self.authenticated(DDA, cards), DDA_FAILED)


class TestPublished(unittest.TestCase):
    """openemv/emv-utils, tests/emv_rsa_cda_test.c: a card of a scheme's own test keys."""

    def test_issuer_key_and_a_signature_with_a_cryptogram(self):
        found = load("emv_published")["cda"]
        ca = found["ca_key"]
        tables = Tables(keys={0xF1: CaKey(bytes.fromhex(ca["modulus"]), ca["exponent"], "20411231")})
        tables.key = lambda rid, index: tables.keys.get(index)
        key = certificates.ca_key(tables, bytes.fromhex(ca["rid"]), ca["index"], "250506")
        tvr = bytearray(5)
        issuer, serial = certificates.issuer_key(
            key, bytes.fromhex(found["issuer_certificate"]), b"\x03", b"", found["pan"], "2505", tvr
        )
        self.assertEqual(serial.hex(), "000001")
        self.assertEqual(issuer._n, int(found["issuer_modulus"], 16))
        self.assertEqual(bytes(tvr), bytes(5))
        card = certificates.RsaPublicKey(bytes.fromhex(found["card_modulus"]), 3)
        beside = bytes.fromhex(found["unpredictable"])
        fields = certificates.opened(card, bytes.fromhex(found["signed"]), certificates.DYNAMIC, 2, beside)
        self.assertEqual(fields[5:13].hex(), found["dynamic_number"].lower())
        self.assertEqual(fields[13], 0)  # an AAC
        self.assertEqual(fields[14:22].hex(), found["cryptogram"].lower())
        spoilt = bytearray(bytes.fromhex(found["signed"]))
        spoilt[-1] ^= 1
        self.assertIsNone(certificates.opened(card, spoilt, certificates.DYNAMIC, 2, beside))


if __name__ == "__main__":
    unittest.main()
