"""The kernel for Visa: what it does otherwise than UnionPay's, and each branch of the qualifiers by itself."""

import unittest

from contactless_card import (
    AAC,
    AFTER_EXPIRY,
    AIDS,
    AMOUNT,
    ARQC,
    COUNTER,
    CURRENCY,
    PPSE,
    SIGNED,
    TC,
    TTQ,
    UNPREDICTABLE,
    Fast,
    Tap,
    control_information,
    digits,
    directory,
    entry,
    read,
    related_data,
    select,
    tlv,
)
from suanpan.emv import outcome
from suanpan.emv.outcome import (
    APPROVED,
    CDCVM,
    DECLINED,
    END_APPLICATION,
    NO_CVM,
    ONLINE_PIN,
    ONLINE_REQUEST,
    SIGNATURE,
    TRY_AGAIN,
    TRY_ANOTHER_INTERFACE,
)
from suanpan.emv.preprocessing import VISA

HEAP = "1m"

OFFLINE = bytes.fromhex("3e004080")
NO_CHIP = bytes.fromhex("26004080")
NEITHER = bytes.fromhex("30004080")
SIGNING_ONLINE = bytes.fromhex("37004080")
LIMIT = 500_00
CASH = {0x9C: b"\x01"}
CASHBACK = {0x9C: b"\x09"}


def tap(kind=ARQC, ttq=TTQ, day="261123", amount=AMOUNT, limits=(), terminal=(), **changes):
    sent = changes.pop("sent", ttq)
    card = Fast(VISA, kind, amount, ttq=sent, **changes)
    reads = kind != AAC
    return Tap(VISA, amount, ttq=ttq, day=day, terminal=dict(terminal), **dict(limits)).present(card.script(reads))


def sign(card, kind, related, amount=AMOUNT):
    return card.card.sign(kind, bytes((2,)) + COUNTER, UNPREDICTABLE + digits(amount) + CURRENCY + related)


class TestDecisions(unittest.TestCase):
    def test_the_cards_own(self):
        for kind, result in ((ARQC, ONLINE_REQUEST), (TC, APPROVED), (AAC, DECLINED)):
            self.assertEqual(tap(kind).result, result)
            self.assertEqual(tap(kind, t9F27=None).result, result)

    def test_a_card_that_declines_is_not_read(self):
        self.assertEqual(tap(AAC, records=Fast(VISA, TC).records).result, DECLINED)

    def test_status_words(self):
        for sw, result in (
            (0x6984, TRY_ANOTHER_INTERFACE),
            (0x6985, END_APPLICATION),
            (0x6986, TRY_AGAIN),
            (0x6700, END_APPLICATION),
            (0x6283, END_APPLICATION),
        ):
            self.assertEqual(tap(sw=sw).result, result)

    def test_the_chip_is_asked_for(self):
        result = tap(sw=0x6984)
        self.assertTrue(result.contact)
        self.assertEqual(result.request.message, outcome.MESSAGE_INSERT)

    def test_the_magnetic_stripes_mode_is_refused(self):
        self.assertEqual(tap(t82=b"\x00\x80").result, END_APPLICATION)

    def test_an_approval_above_the_floor_limit_goes_to_the_issuer_unread_by_certificates(self):
        sent = bytes((TTQ[0], 0x80)) + TTQ[2:]
        for amount, result in ((LIMIT, APPROVED), (LIMIT + 1, ONLINE_REQUEST)):
            tapped = tap(TC, amount=amount, limits={"floor_limit": LIMIT}, sent=sent if amount > LIMIT else TTQ)
            self.assertEqual(tapped.result, result)

    def test_a_terminal_without_a_line(self):
        self.assertEqual(tap(ttq=OFFLINE).result, DECLINED)
        self.assertEqual(tap(TC, ttq=OFFLINE).result, APPROVED)

    def test_the_tvr_stays_what_the_card_was_told(self):
        """It is in the cryptogram, which the issuer checks."""
        result = tap(TC, ctq=b"\x20\0", signature=bytes(128))
        self.assertEqual(result.result, ONLINE_REQUEST)
        self.assertEqual(bytes(result.transaction.tvr), bytes(5))


class TestRestrictions(unittest.TestCase):
    def test_what_has_expired(self):
        for ctq, ttq, result in (
            (b"\x08\0", TTQ, ONLINE_REQUEST),
            (b"\x08\0", OFFLINE, DECLINED),
            (b"\0\0", TTQ, DECLINED),
            (None, TTQ, DECLINED),
        ):
            self.assertEqual(tap(TC, ctq=ctq, ttq=ttq, day=AFTER_EXPIRY).result, result)
        self.assertEqual(tap(TC, day="301231").result, APPROVED)

    def test_what_does_not_say_when_it_expires(self):
        records = [tlv("70", tlv("5F34", b"\x01"))]
        for ctq, result in ((b"\x08\0", ONLINE_REQUEST), (b"\0\0", DECLINED)):
            card = Fast(VISA, TC, ctq=ctq, records=records)
            card.objects["94"] = b"\x08\x01\x01\x00"
            self.assertEqual(Tap(VISA).present(card.script()).result, result)

    def test_the_issuer_judges_what_is_sent_to_it_expired_or_not(self):
        self.assertEqual(tap(day=AFTER_EXPIRY).result, ONLINE_REQUEST)

    def test_the_exception_file(self):
        terminal = Tap(VISA)
        terminal.tables.blocked = (("4761730000000011", 1),)
        self.assertEqual(terminal.present(Fast(VISA, TC).script()).result, DECLINED)

    def test_cash_and_cashback_by_usage_control(self):
        """The minted card allows cash, and cashback nowhere; one that says nothing allows neither."""
        for terminal, switch in ((CASH, b"\x04\0"), (CASHBACK, b"\x02\0"), ({0x9F03: digits(1)}, b"\x02\0")):
            self.assertEqual(tap(terminal=terminal).result, DECLINED)
            self.assertEqual(tap(terminal=terminal, ctq=switch).result, TRY_ANOTHER_INTERFACE)
            self.assertEqual(tap(terminal=terminal, ctq=switch, ttq=NO_CHIP).result, DECLINED)
            self.assertEqual(tap(TC, terminal=terminal).result, APPROVED if terminal is CASH else DECLINED)

    def usage(self, value, country, terminal):
        return tap(terminal=terminal, t9F07=bytes.fromhex(value), t5F28=bytes.fromhex(country)).result

    def test_at_home_and_abroad(self):
        for value, country, terminal, result in (
            ("8000", "0156", CASH, ONLINE_REQUEST),
            ("7f00", "0156", CASH, DECLINED),
            ("4000", "0840", CASH, ONLINE_REQUEST),
            ("bf00", "0840", CASH, DECLINED),
            ("0080", "0156", CASHBACK, ONLINE_REQUEST),
            ("ff7f", "0156", CASHBACK, DECLINED),
            ("0040", "0840", CASHBACK, ONLINE_REQUEST),
            ("ffbf", "0840", CASHBACK, DECLINED),
        ):
            self.assertEqual(self.usage(value, country, terminal), result)


class TestAuthentication(unittest.TestCase):
    def test_the_minted_signatures(self):
        related = bytes.fromhex(SIGNED["related"])
        card = Fast(VISA, TC, related=related)
        card.objects["9F4B"] = bytes.fromhex(card.card.vector["signature"])
        self.assertEqual(Tap(VISA).present(card.script()).result, APPROVED)
        for name, result in (("signature", ONLINE_REQUEST), ("signature_online", ONLINE_REQUEST)):
            online = Fast(VISA, ARQC, related=related, ttq=SIGNING_ONLINE, records=card.records)
            online.objects["9F4B"] = bytes.fromhex(online.card.vector[name])
            self.assertEqual(Tap(VISA, ttq=SIGNING_ONLINE).present(online.script()).result, result)

    def test_an_approval_is_not_signed_as_a_question(self):
        card = Fast(VISA, TC)
        self.assertEqual(tap(TC, signature=sign(card, 0x95, related_data(b"\0\0"))).result, DECLINED)

    def test_what_goes_online_and_must_be_authentic(self):
        records = Fast(VISA, TC).records
        for signature in (None, bytes(128)):
            result = tap(
                ttq=SIGNING_ONLINE, ctq=b"\x30\0", records=records, related=related_data(b"\x30\0"), signature=signature
            )
            self.assertEqual(result.result, DECLINED)

    def test_what_a_card_that_is_not_authentic_wants(self):
        for ctq, ttq, result in (
            (b"\x20\0", TTQ, ONLINE_REQUEST),
            (b"\x20\0", OFFLINE, DECLINED),
            (b"\x30\0", OFFLINE, TRY_ANOTHER_INTERFACE),
            (b"\x10\0", TTQ, TRY_ANOTHER_INTERFACE),
            (b"\x10\0", NO_CHIP, DECLINED),
            (b"\0\0", TTQ, DECLINED),
            (None, TTQ, DECLINED),
        ):
            self.assertEqual(tap(TC, ctq=ctq, ttq=ttq, signature=bytes(128)).result, result)

    def test_only_version_1(self):
        card = Fast(VISA, TC)
        weak = card.card.sign(5, bytes((2,)) + COUNTER, UNPREDICTABLE)
        self.assertEqual(tap(TC, related=None, signature=weak, ctq=None).result, DECLINED)
        for version in (0, 2):
            related = bytes((version,)) + related_data(b"\0\0")[1:]
            self.assertEqual(tap(TC, related=related, signature=sign(card, 5, related)).result, DECLINED)


class TestCardholderVerification(unittest.TestCase):
    def at(self, amount, ctq, ttq=TTQ, kind=ARQC, **changes):
        sent = bytes((ttq[0], ttq[1] | (0x40 if amount >= LIMIT else 0))) + ttq[2:]
        result = tap(kind, ttq=ttq, amount=amount, limits={"cvm_limit": LIMIT}, sent=sent, ctq=ctq, **changes)
        return result.result, result.cvm

    def test_from_the_limit_on(self):
        self.assertEqual(self.at(LIMIT - 1, b"\0\0"), (ONLINE_REQUEST, NO_CVM))
        self.assertEqual(self.at(LIMIT, b"\0\0"), (DECLINED, outcome.CVM_NOT_APPLICABLE))

    def test_what_both_sides_can_do(self):
        for ctq, ttq, result in (
            (b"\x80\0", TTQ, (ONLINE_REQUEST, ONLINE_PIN)),
            (b"\x40\0", TTQ, (ONLINE_REQUEST, SIGNATURE)),
            (b"\x80\0", bytes.fromhex("32004080"), (DECLINED, 0)),
            (b"\x40\0", NEITHER, (DECLINED, 0)),
            (b"\0\x80", NEITHER, (ONLINE_REQUEST, CDCVM)),
            (None, TTQ, (ONLINE_REQUEST, SIGNATURE)),
            (None, NEITHER, (DECLINED, 0)),
        ):
            self.assertEqual(self.at(LIMIT, ctq, ttq), result)

    def test_a_signed_approval_by_a_device(self):
        self.assertEqual(self.at(LIMIT, b"\0\x80", kind=TC), (APPROVED, CDCVM))
        self.assertEqual(self.at(LIMIT, b"\0\x80", kind=TC, related=related_data(b"\0\0")), (DECLINED, 0))

    def test_a_pin_makes_an_approval_a_question(self):
        self.assertEqual(self.at(LIMIT, b"\x80\0", kind=TC), (ONLINE_REQUEST, ONLINE_PIN))
        self.assertEqual(self.at(LIMIT, b"\x80\0", ttq=OFFLINE, kind=TC), (DECLINED, 0))


class TestNonsense(unittest.TestCase):
    def test_a_card_that_does_not_ask_who_we_are(self):
        aid = AIDS[VISA]
        script = [(PPSE, directory(entry(aid))), (select(aid), control_information(aid, None))]
        self.assertEqual(Tap(VISA).present(script).result, END_APPLICATION)

    def test_what_is_mandatory(self):
        for tag in ("82", "9F26", "9F36", "9F10", "57"):
            card = Fast(VISA)
            for value in (None, b"", b"\0"):
                card.objects[tag] = value
                self.assertEqual(Tap(VISA).present(card.script()).result, END_APPLICATION)

    def test_a_kind_of_cryptogram_that_there_is_not(self):
        self.assertEqual(tap(t9F27=b"\xc0").result, END_APPLICATION)

    def test_records(self):
        good = Fast(VISA, TC).records
        for answer in ((b"", 0x6A83), b"", good[0][:-1], good[0] + b"\x01"):
            script = list(Fast(VISA, TC).script(reads=False))
            script.append((read(1, 1), answer))
            self.assertEqual(Tap(VISA).present(script).result, END_APPLICATION)


if __name__ == "__main__":
    unittest.main()
