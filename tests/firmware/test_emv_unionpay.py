"""The kernel for UnionPay: online and offline (fast DDA), each branch of both qualifiers, nonsense at every step."""

import unittest

from contactless_card import (
    AAC,
    AFTER_EXPIRY,
    AIDS,
    AMOUNT,
    ARQC,
    COUNTER,
    CURRENCY,
    LOST,
    PDOL,
    PPSE,
    SIGNED,
    TC,
    TTQ,
    UNPREDICTABLE,
    Fast,
    Minted,
    Tap,
    control_information,
    digits,
    directory,
    entry,
    options,
    read,
    related_data,
    select,
    tlv,
)
from suanpan.emv import f55, outcome
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
from suanpan.emv.preprocessing import UNIONPAY

HEAP = "1m"

NO_PIN = bytes.fromhex("32004080")
NEITHER = bytes.fromhex("30004080")
OFFLINE = bytes.fromhex("3e004080")
NO_CHIP = bytes.fromhex("26004080")
SIGNING_ONLINE = bytes.fromhex("37004080")
CVM_LIMIT = 1000_01  # so that 1000.00 needs neither PIN nor signature


def wanting_cvm(ttq):
    return bytes((ttq[0], ttq[1] | 0x40)) + ttq[2:]


def tap(kind=ARQC, reads=True, ttq=TTQ, day="261123", amount=AMOUNT, limits=(), terminal=(), **changes):
    """The outcome, of a terminal that has `ttq`; the card is told what pre-processing makes of it."""
    sent = changes.pop("sent", ttq)
    card = Fast(UNIONPAY, kind, amount, ttq=sent, **changes)
    return Tap(UNIONPAY, amount, ttq=ttq, day=day, terminal=terminal, **dict(limits)).present(card.script(reads))


class TestOnline(unittest.TestCase):
    def test_three_commands_and_the_issuers_data(self):
        result = tap()
        self.assertEqual(result.result, ONLINE_REQUEST)
        self.assertEqual(result.cvm, NO_CVM)
        self.assertFalse(result.receipt)
        self.assertEqual(result.transaction.pan, "6223000000000000012")
        self.assertEqual(
            f55.request(result.transaction).hex(),
            "9f260843525950544f4752" + "9f270180" + "9f1007060111" + "03a00000" + "9f370401020304" + "9f36020017"
            "95050000000000" + "9a03261123" + "9c0100" + "9f0206000000001234" + "5f2a020156" + "82022000"
            "9f1a020156" + "9f0306000000000000" + "9f3303e0e1c8" + "9f350122" + "8408a000000333010102" + "9f09020030",
        )

    def test_the_kind_of_cryptogram_from_the_issuers_data(self):
        for kind, result in ((ARQC, ONLINE_REQUEST), (TC, APPROVED)):
            self.assertEqual(tap(kind, t9F27=None).result, result)
        self.assertEqual(tap(AAC, t9F27=None, reads=False).result, DECLINED)

    def test_a_card_that_declines(self):
        result = tap(AAC)
        self.assertEqual(result.result, DECLINED)
        self.assertEqual(result.request.message, outcome.MESSAGE_DECLINED)

    def test_a_card_on_the_exception_file(self):
        for sequence, result in ((-1, DECLINED), (1, ONLINE_REQUEST)):
            terminal = Tap(UNIONPAY)
            terminal.tables.blocked = (("6223000000000000012", sequence),)
            self.assertEqual(terminal.present(Fast(UNIONPAY).script()).result, result)
        for sequence, result in ((-1, APPROVED), (1, DECLINED)):
            terminal = Tap(UNIONPAY)
            terminal.tables.blocked = (("6223000000000000012", sequence),)
            self.assertEqual(terminal.present(Fast(UNIONPAY, TC).script()).result, result)

    def test_a_terminal_without_a_line(self):
        self.assertEqual(tap(ttq=OFFLINE).result, DECLINED)


class TestOffline(unittest.TestCase):
    def test_the_minted_signatures(self):
        related = bytes.fromhex(SIGNED["related"])
        for name in ("unionpay", "unionpay_pboc_2"):
            if name == "unionpay_pboc_2":
                related = None
            card = Fast(UNIONPAY, TC, name=name, related=related)
            card.objects["9F4B"] = bytes.fromhex(card.card.vector["signature"])
            result = Tap(UNIONPAY).present(card.script())
            self.assertEqual(result.result, APPROVED)
            self.assertEqual(result.request.message, outcome.MESSAGE_APPROVED)
            self.assertEqual(bytes(result.transaction.objects.get(0x9F4C)), COUNTER)

    def test_what_is_signed_cannot_be_changed(self):
        """Amount, currency, unpredictable number, qualifiers, static data, AIP: each by itself."""
        good = Fast(UNIONPAY, TC)
        for tag, value in (
            ("9F69", related_data(b"\0\0")[:-1] + b"\1"),
            ("9F4B", good.signature[:-1] + bytes((good.signature[-1] ^ 1,))),
            ("9F4B", good.signature[1:]),
            ("9F4B", None),
            ("82", b"\x20\x01"),
            ("82", b"\x00\x00"),  # it cannot sign
        ):
            card = Fast(UNIONPAY, TC)
            card.objects[tag] = value
            self.assertEqual(Tap(UNIONPAY).present(card.script()).result, DECLINED)
        for altered in (
            UNPREDICTABLE + digits(AMOUNT + 1) + CURRENCY,
            UNPREDICTABLE + digits(AMOUNT) + b"\x08\x40",
            b"\0\0\0\0" + digits(AMOUNT) + CURRENCY,
        ):
            signature = good.card.sign(5, bytes((2,)) + COUNTER, altered + related_data(b"\0\0"))
            self.assertEqual(tap(TC, signature=signature).result, DECLINED)
        records = list(good.records)
        records[0] = records[0].replace(b"\x5f\x34\x01\x01", b"\x5f\x34\x01\x02")
        self.assertEqual(tap(TC, records=records).result, DECLINED)

    def test_signed_data_that_are_no_dynamic_number(self):
        for data in (b"", b"\x01\x17", b"\x09" + bytes(9), b"\x02\x00"):
            card = Fast(UNIONPAY, TC)
            signature = card.card.sign(5, data, UNPREDICTABLE + digits(AMOUNT) + CURRENCY + related_data(b"\0\0"))
            self.assertEqual(tap(TC, signature=signature).result, DECLINED)

    def test_generations_are_not_mixed(self):
        """A PBOC 3 application signs as PBOC 3 does, an older one as PBOC 2; the weaker one cannot be slipped in."""
        for name, related in (("unionpay", None), ("unionpay_pboc_2", related_data(b"\0\0"))):
            self.assertEqual(tap(TC, name=name, related=related).result, DECLINED)
        card = Fast(UNIONPAY, TC)
        weak = card.card.sign(5, bytes((2,)) + COUNTER, UNPREDICTABLE)
        self.assertEqual(tap(TC, related=b"\0" + bytes(7), signature=weak).result, DECLINED)
        old = Minted("unionpay_pboc_2").sign(5, bytes((2,)) + COUNTER, UNPREDICTABLE)
        for related, result in ((None, APPROVED), (related_data(b"\0\0"), DECLINED)):
            self.assertEqual(tap(TC, name="unionpay_pboc_2", related=related, signature=old).result, result)

    def test_a_card_that_says_it_cannot_sign_is_not_believed_if_it_does(self):
        self.assertEqual(tap(TC, name="unionpay_no_dda").result, DECLINED)

    def test_related_data_of_another_size_or_version(self):
        for related in (
            related_data(b"\0\0")[:7],
            related_data(b"\0\0") + bytes(9),
            b"\x02" + related_data(b"\0\0")[1:],
        ):
            self.assertEqual(tap(TC, related=related).result, DECLINED)

    def test_a_revoked_issuer(self):
        terminal = Tap(UNIONPAY)
        terminal.tables.refused = True
        self.assertEqual(terminal.present(Fast(UNIONPAY, TC).script()).result, DECLINED)

    def test_certificates_that_are_missing(self):
        whole = Fast(UNIONPAY, TC).records
        for left in (whole[:1], whole[:2], [whole[0], whole[2]]):
            card = Fast(UNIONPAY, TC, records=left)
            card.objects["94"] = bytes((0x08, 1, len(left), 1))
            self.assertEqual(Tap(UNIONPAY).present(card.script()).result, DECLINED)

    def test_a_card_that_is_not_authentic_says_what_is_to_become_of_it(self):
        bad = bytes(128)
        for ctq, ttq, result in (
            (b"\x20\0", TTQ, ONLINE_REQUEST),
            (b"\x20\0", OFFLINE, DECLINED),
            (b"\x30\0", OFFLINE, TRY_ANOTHER_INTERFACE),
            (b"\x30\0", TTQ, ONLINE_REQUEST),
            (b"\x10\0", TTQ, TRY_ANOTHER_INTERFACE),
            (b"\x10\0", NO_CHIP, DECLINED),
            (b"\x00\0", TTQ, DECLINED),
            (None, TTQ, DECLINED),
        ):
            self.assertEqual(tap(TC, ctq=ctq, ttq=ttq, signature=bad).result, result)

    def test_an_approval_that_the_limits_do_not_allow_goes_to_the_issuer(self):
        sent = bytes.fromhex("36804080")
        for amount, expected in ((500_00, APPROVED), (500_01, ONLINE_REQUEST)):
            result = tap(TC, amount=amount, limits={"floor_limit": 500_00}, sent=TTQ if expected == APPROVED else sent)
            self.assertEqual(result.result, expected)

    def test_what_has_expired(self):
        for ctq, ttq, result in (
            (b"\x08\0", TTQ, ONLINE_REQUEST),
            (b"\x08\0", OFFLINE, DECLINED),
            (b"\x00\0", TTQ, DECLINED),
            (None, TTQ, DECLINED),
        ):
            self.assertEqual(tap(TC, ctq=ctq, ttq=ttq, day=AFTER_EXPIRY).result, result)
        self.assertEqual(tap(TC, day="301231").result, APPROVED)  # its last day

    def test_an_approval_that_does_not_say_until_when(self):
        card = Fast(UNIONPAY, TC, ctq=b"\x08\0", records=[tlv("70", tlv("5F34", b"\x01"))])
        card.objects["94"] = b"\x08\x01\x01\x00"
        self.assertEqual(Tap(UNIONPAY).present(card.script()).result, ONLINE_REQUEST)

    def test_what_has_expired_and_asks_for_its_issuer(self):
        record = Fast(UNIONPAY, TC).records[:1]
        for ctq, result in ((b"\x08\0", ONLINE_REQUEST), (b"\0\0", DECLINED)):
            card = Fast(UNIONPAY, ARQC, ctq=ctq, records=record)
            card.objects["94"] = b"\x08\x01\x01\x00"
            self.assertEqual(Tap(UNIONPAY, day=AFTER_EXPIRY).present(card.script()).result, result)

    def test_an_approval_without_records_is_none(self):
        self.assertEqual(tap(TC, records=[]).result, END_APPLICATION)

    def test_also_what_goes_online_may_have_to_be_authentic(self):
        signed = UNPREDICTABLE + digits(AMOUNT) + CURRENCY + related_data(b"\0\0")
        card = Fast(UNIONPAY, TC)
        good = card.card.sign(5, bytes((2,)) + COUNTER, signed)
        for signature, result in ((good, ONLINE_REQUEST), (bytes(128), DECLINED)):
            tapped = Fast(
                UNIONPAY, ttq=SIGNING_ONLINE, records=card.records, related=related_data(b"\0\0"), signature=signature
            )
            self.assertEqual(Tap(UNIONPAY, ttq=SIGNING_ONLINE).present(tapped.script()).result, result)


class TestCardholderVerification(unittest.TestCase):
    """Below the limit and from it on."""

    def above(self, ttq=TTQ, kind=ARQC, **changes):
        return tap(kind, ttq=ttq, amount=CVM_LIMIT, limits={"cvm_limit": CVM_LIMIT}, sent=wanting_cvm(ttq), **changes)

    def below(self, ttq=TTQ, kind=ARQC, **changes):
        return tap(kind, ttq=ttq, amount=CVM_LIMIT - 1, limits={"cvm_limit": CVM_LIMIT}, **changes)

    def check(self, result, expected, cvm=outcome.CVM_NOT_APPLICABLE):
        self.assertEqual((result.result, result.cvm), (expected, cvm))

    def test_up_to_a_thousand_nothing_is_wanted(self):
        self.check(self.below(), ONLINE_REQUEST, NO_CVM)
        self.check(self.below(ctq=None), ONLINE_REQUEST, NO_CVM)

    def test_above_it_a_card_that_offers_nothing_is_declined(self):
        """However it came to say so: its qualifiers come in clear."""
        self.check(self.above(), DECLINED)

    def test_online_pin(self):
        self.check(self.above(ctq=b"\x80\0"), ONLINE_REQUEST, ONLINE_PIN)
        self.check(self.below(ctq=b"\x80\0"), ONLINE_REQUEST, ONLINE_PIN)
        self.check(self.above(ctq=b"\x80\x80"), ONLINE_REQUEST, ONLINE_PIN)  # though the device has verified already
        self.check(self.above(ctq=b"\x80\0", ttq=NO_PIN), DECLINED)

    def test_a_pin_for_the_issuer_makes_an_approval_a_question(self):
        self.check(self.below(kind=TC, ctq=b"\x80\0"), ONLINE_REQUEST, ONLINE_PIN)

    def test_signature(self):
        result = self.above(ctq=b"\x40\0")
        self.check(result, ONLINE_REQUEST, SIGNATURE)
        self.assertTrue(result.receipt)
        self.check(self.above(ctq=b"\xc0\0", ttq=NO_PIN), ONLINE_REQUEST, SIGNATURE)
        self.check(self.above(ctq=b"\xc0\0", ttq=NEITHER), DECLINED)
        self.check(self.below(ctq=b"\xc0\0", ttq=NEITHER), ONLINE_REQUEST, NO_CVM)

    def test_an_approval_with_a_signature(self):
        result = self.below(kind=TC, ctq=b"\x40\0")
        self.check(result, APPROVED, SIGNATURE)
        self.assertEqual(result.request.message, outcome.MESSAGE_APPROVED_SIGN)
        self.assertTrue(result.receipt)

    def test_a_card_without_qualifiers(self):
        self.check(self.above(ctq=None), ONLINE_REQUEST, SIGNATURE)
        self.check(self.above(ctq=None, ttq=bytes.fromhex("34004080")), ONLINE_REQUEST, ONLINE_PIN)
        self.check(self.above(ctq=None, ttq=NEITHER), DECLINED)
        self.check(self.above(ctq=b"\x80"), ONLINE_REQUEST, SIGNATURE)  # one byte says nothing

    def test_verified_on_the_customers_device(self):
        self.check(self.above(ctq=b"\0\x80"), ONLINE_REQUEST, CDCVM)
        self.check(self.below(kind=TC, ctq=b"\0\x80"), APPROVED, CDCVM)

    def test_a_device_whose_signed_word_is_another(self):
        self.check(self.above(ctq=b"\0\x80", related=related_data(b"\0\0")), DECLINED)
        self.check(self.above(ctq=b"\0\x80", related=related_data(b"\0\x80")), ONLINE_REQUEST, CDCVM)
        self.check(self.above(ctq=b"\0\x80", related=related_data(b"\0\x80")[:6]), DECLINED)
        self.check(self.below(kind=TC, ctq=b"\0\x80", related=related_data(b"\0\0")), DECLINED)
        old = Minted("unionpay_pboc_2").sign(5, bytes((2,)) + COUNTER, UNPREDICTABLE)
        for ctq, expected in ((b"\0\x80", (DECLINED,)), (b"\0\0", (APPROVED, NO_CVM))):
            self.check(self.below(kind=TC, ctq=ctq, name="unionpay_pboc_2", related=None, signature=old), *expected)


class TestNonsense(unittest.TestCase):
    def test_status_words(self):
        for sw, ttq, result in (
            (0x6985, TTQ, END_APPLICATION),  # the next one, and there is none
            (0x6986, TTQ, TRY_AGAIN),
            (0x6984, TTQ, TRY_ANOTHER_INTERFACE),
            (0x6700, TTQ, TRY_ANOTHER_INTERFACE),
            (0x6A81, NO_CHIP, END_APPLICATION),
            (0x6283, NO_CHIP, END_APPLICATION),
        ):
            self.assertEqual(tap(sw=sw, ttq=ttq).result, result)

    def test_a_device_that_wants_its_owner(self):
        result = tap(sw=0x6986)
        self.assertEqual(result.request.message, outcome.MESSAGE_SEE_PHONE)
        self.assertEqual((result.request.hold, result.field_off), (13, 10))
        self.assertEqual(result.restart.message, outcome.MESSAGE_AGAIN)

    def test_a_card_that_does_not_ask_who_we_are(self):
        aid = AIDS[UNIONPAY]
        for pdol in (None, bytes.fromhex("9f0206")):
            script = [(PPSE, directory(entry(aid))), (select(aid), control_information(aid, pdol))]
            self.assertEqual(Tap(UNIONPAY).present(script).result, END_APPLICATION)

    def test_a_list_that_is_cut_short(self):
        aid = AIDS[UNIONPAY]
        for size in (1, 2, len(PDOL) - 1):
            script = [(PPSE, directory(entry(aid))), (select(aid), control_information(aid, PDOL[:size]))]
            self.assertEqual(Tap(UNIONPAY).present(script).result, END_APPLICATION)

    def test_what_is_mandatory(self):
        for tag in ("82", "9F26", "9F36", "9F10", "57"):
            card = Fast(UNIONPAY)
            for value in (None, b"", b"\0", bytes(33)):
                card.objects[tag] = value
                self.assertEqual(Tap(UNIONPAY).present(card.script()).result, END_APPLICATION, tag)

    def test_kinds_of_cryptogram_that_there_are_not(self):
        self.assertEqual(tap(t9F27=b"\xc0").result, END_APPLICATION)
        self.assertEqual(tap(t9F27=b"\x80\x80").result, END_APPLICATION)
        self.assertEqual(tap(t9F27=None, t9F10=bytes((6, 1, 0x11, 3, 0xB0, 0, 0))).result, END_APPLICATION)

    def test_an_answer_that_is_cut_short_or_goes_on(self):
        card = Fast(UNIONPAY)
        whole = card.answer()
        for answer in (whole + b"\x9f\x6e\x01\0", b"", b"\x77", tlv("70", whole[2:]), tlv("80", card.card.aip)):
            card.answer = lambda answer=answer: answer
            self.assertEqual(Tap(UNIONPAY).present(card.script()).result, END_APPLICATION)
        for size in range(len(whole)):
            card.answer = lambda size=size: whole[:size]
            self.assertEqual(Tap(UNIONPAY).present(card.script()).result, END_APPLICATION)

    def test_what_is_said_twice(self):
        card = Fast(UNIONPAY)
        whole = card.answer()
        card.answer = lambda: tlv("77", whole[2:] + tlv("9F36", COUNTER))
        self.assertEqual(Tap(UNIONPAY).present(card.script()).result, END_APPLICATION)

    def test_what_is_not_the_cards_to_say(self):
        """A card that says the amount, or another unpredictable number, is not listened to."""
        card = Fast(UNIONPAY, TC, t9F02=bytes(6), t9F37=bytes(4), t95=b"\xff" * 5)
        result = Tap(UNIONPAY).present(card.script())
        self.assertEqual(result.result, APPROVED)
        self.assertEqual(bytes(result.transaction.objects.need(0x9F02)), digits(AMOUNT))

    def test_file_locators(self):
        for afl in ("00010101", "f8010101", "08000101", "08020101", "08010102", "080101", "080101ff", "0801ff00"):
            card = Fast(UNIONPAY, TC)
            card.objects["94"] = bytes.fromhex(afl)
            self.assertEqual(Tap(UNIONPAY).present(card.script(reads=False)).result, END_APPLICATION, afl)

    def test_records(self):
        good = Fast(UNIONPAY, TC).records
        for answer in ((b"", 0x6A83), (good[0], 0x6281), b"", good[0][:-1], tlv("77", good[0][2:]), good[0] + b"\x01"):
            card = Fast(UNIONPAY, TC)
            script = list(card.script(reads=False))
            script.append((read(1, 1), answer))
            self.assertEqual(Tap(UNIONPAY).present(script).result, END_APPLICATION)

    def test_a_record_that_contradicts_track_2(self):
        card = Fast(UNIONPAY, TC, t57=bytes.fromhex("4761730000000011d30122010000000000"))
        self.assertEqual(Tap(UNIONPAY).present(card.script()).result, END_APPLICATION)

    def test_track_2_that_is_none(self):
        for track in ("62230000", "d3012", "62230000000000000123456d3012201", "abcdefd30122010", "d30122010000"):
            card = Fast(UNIONPAY, t57=bytes.fromhex(track + "f" * (len(track) % 2)))
            self.assertEqual(Tap(UNIONPAY).present(card.script()).result, END_APPLICATION, track)

    def test_a_card_that_leaves_and_comes_back(self):
        terminal = Tap(UNIONPAY)
        script = list(Fast(UNIONPAY, TC).script())
        script[5] = script[5][0], LOST
        self.assertEqual(terminal.present(script).result, TRY_AGAIN)
        self.assertEqual(terminal.present(Fast(UNIONPAY, TC).script()).result, APPROVED)

    def test_commands_of_other_lengths(self):
        """A list may ask for anything, and for whatever length."""
        aid = AIDS[UNIONPAY]
        pdol = bytes.fromhex("9f6604df7f029f02039a039f7a01")
        script = [
            (PPSE, directory(entry(aid))),
            (select(aid), control_information(aid, pdol)),
            (options(TTQ + b"\0\0" + digits(AMOUNT)[3:] + bytes.fromhex("261123") + b"\0"), Fast(UNIONPAY).answer()),
        ]
        self.assertEqual(Tap(UNIONPAY).present(script).result, ONLINE_REQUEST)


if __name__ == "__main__":
    unittest.main()
