"""The kernel for Mastercard: cryptograms with CDA, limits, CVM list and device, torn transactions, nonsense."""

import asyncio
import unittest

from contactless_card import (
    AAC,
    AFTER_EXPIRY,
    AIDS,
    AMOUNT,
    ARQC,
    COUNTER,
    CRYPTOGRAM,
    ISSUER_DATA,
    LOST,
    TC,
    UNPREDICTABLE,
    Card,
    Tap,
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
from suanpan.emv.preprocessing import MASTERCARD
from suanpan.emv.tables import Application
from suanpan.emv.torn import TornLog, forget_later

HEAP = "1m"

AID = AIDS[MASTERCARD]
LIMIT = 500_00
CLEAN = bytes(5)


def terminal(amount=AMOUNT, **settings):
    return Tap(MASTERCARD, amount, **settings)


def pay(card, **settings):
    return terminal(card.amount, **settings).present(card.script())


class TestCryptograms(unittest.TestCase):
    def test_an_approval_and_its_objects(self):
        tap = terminal()
        result = tap.present(Card().script())
        self.assertEqual((result.result, result.cvm), (APPROVED, NO_CVM))
        objects = result.transaction.objects
        self.assertEqual(bytes(objects.need(0x9F26)), CRYPTOGRAM)
        self.assertEqual(bytes(objects.need(0x9F10)), ISSUER_DATA)
        self.assertEqual(bytes(objects.need(0x9F4C)), COUNTER)
        self.assertEqual(tap.signals, [outcome.MESSAGE_PRESENT_CARD, outcome.MESSAGE_CARD_READ])

    def test_what_a_card_may_answer(self):
        for wanted, given, result in (
            (TC, TC, APPROVED),
            (TC, ARQC, ONLINE_REQUEST),
            (TC, AAC, TRY_ANOTHER_INTERFACE),
            (ARQC, ARQC, ONLINE_REQUEST),
            (ARQC, AAC, TRY_ANOTHER_INTERFACE),
            (ARQC, TC, END_APPLICATION),  # better than was asked for
        ):
            if wanted == ARQC:
                card = Card(LIMIT + 1, wanted, given, tvr=bytes.fromhex("0000008000"))
                result_now = pay(card, floor_limit=LIMIT, application=asking(tac_online="0000008000"))
            else:
                card = Card(LIMIT, wanted, given)
                result_now = pay(card, floor_limit=LIMIT, application=asking(tac_online="0000008000"))
            self.assertEqual(result_now.result, result)

    def test_a_terminal_that_declines_asks_for_no_signature(self):
        card = Card(wanted=AAC, tvr=bytes.fromhex("0040000000"), day=AFTER_EXPIRY)
        result = pay(card, day=AFTER_EXPIRY, application=asking(tac_denial="0040000000"))
        self.assertEqual(result.result, TRY_ANOTHER_INTERFACE)
        self.assertTrue(result.contact)

    def test_a_card_that_declines_and_what_it_is_made_of(self):
        """Plastic is inserted, where there is a slot; a telephone is not."""
        slotless = {0x9F33: bytes.fromhex("40e1c8")}
        for third_party, terminal, result in (
            (None, (), TRY_ANOTHER_INTERFACE),
            (None, slotless, DECLINED),
            (b"\x01\x56\0\0" + b"00", (), TRY_ANOTHER_INTERFACE),
            (b"\x01\x56\0\0" + b"14", (), DECLINED),
            (b"\x01\x56\x80\0" + b"14", (), TRY_ANOTHER_INTERFACE),  # no device type, but something else
            (b"\x01\x56\0\0", (), TRY_ANOTHER_INTERFACE),
            (None, {0x9C: b"\x20"}, END_APPLICATION),
        ):
            card = Card(given=AAC)
            if third_party is not None:
                card.records[2] = tlv("70", card.records[2][3:] + tlv("9F6E", third_party))
            if terminal is slotless:
                card.capabilities = bytes.fromhex("4008c8")
            if 0x9C in terminal:
                card.kind = b"\x20"
            self.assertEqual(pay(card, terminal=terminal).result, result)

    def test_a_card_or_a_terminal_that_does_not_sign(self):
        for aip, capabilities in (("1880", bytes.fromhex("e008c8")), ("1980", bytes.fromhex("e008c0"))):
            card = Card(aip=bytes.fromhex(aip), capabilities=capabilities, signs=False, tvr=bytes.fromhex("8000000000"))
            settings = {0x9F33: capabilities[:1] + b"\xe1" + capabilities[2:]}
            self.assertEqual(pay(card, terminal=settings).result, APPROVED)

    def test_no_more_than_four_commands_and_the_records(self):
        self.assertEqual(len(list(Card().script())), 3 + 3 + 1)


class TestSignature(unittest.TestCase):
    def test_each_part_of_it(self):
        good = Card()
        shown = tlv("9F27", b"\x40") + tlv("9F36", COUNTER) + tlv("9F10", ISSUER_DATA)
        signed = good.signature(shown)
        for answer in (
            tlv("77", shown + tlv("9F4B", signed[:-1] + b"\0")),
            tlv("77", shown + tlv("9F4B", signed[:-1])),
            tlv("77", shown + tlv("9F26", CRYPTOGRAM)),  # no signature at all
            tlv("77", shown.replace(b"\0\x17", b"\0\x18") + tlv("9F4B", signed)),
            tlv("77", shown.replace(b"\x40", b"\x80") + tlv("9F4B", signed)),
            tlv("80", b"\x40" + COUNTER + CRYPTOGRAM + ISSUER_DATA),
        ):
            script = list(good.script(last=False))
            script.append((good.generate(), answer))
            self.assertEqual(terminal().present(script).result, END_APPLICATION)

    def test_a_signature_of_another_sale(self):
        card = Card()
        other = Card(amount=AMOUNT + 1)
        script = list(card.script(last=False))
        script.append((card.generate(), other.answer()))
        self.assertEqual(terminal().present(script).result, END_APPLICATION)

    def test_a_revoked_issuer(self):
        tap = terminal()
        tap.tables.refused = True
        self.assertEqual(tap.present(Card().script()).result, END_APPLICATION)

    def test_without_a_key_none_is_asked_for(self):
        """CDA has failed before the card is asked, which the tables may decline, or have the issuer judge."""
        records = [record.replace(b"\x8f\x01\x92", b"\x8f\x01\x91") for record in Card().records]
        for denial, wanted, result in (("0400000000", AAC, TRY_ANOTHER_INTERFACE), ("0000000000", TC, APPROVED)):
            card = Card(wanted=wanted, signs=False, tvr=bytes.fromhex("0400000000"))
            card.records = records
            self.assertEqual(pay(card, application=asking(tac_denial=denial)).result, result)

    def test_a_device_that_cannot_be_authenticated_is_asked_to_decline(self):
        card = Card(
            device=True,
            wanted=AAC,
            tvr=bytes.fromhex("0400000000"),
            results=bytes.fromhex("3f0002"),
            capabilities=bytes.fromhex("e0e1c8"),
        )
        card.records = [record.replace(b"\x8f\x01\x92", b"\x8f\x01\x91") for record in card.records]
        self.assertEqual(pay(card).result, TRY_ANOTHER_INTERFACE)


def asking(tac_denial="0000000000", tac_online="0000000000"):
    return Application(
        AID,
        version=b"\x00\x02",
        tac_denial=bytes.fromhex(tac_denial),
        tac_online=bytes.fromhex(tac_online),
        tac_default=bytes(5),
        floor_limit=100_000_00,
    )


class TestLimits(unittest.TestCase):
    def test_the_floor_limit(self):
        application = asking(tac_online="0000008000")
        card = Card(LIMIT)
        self.assertEqual(pay(card, floor_limit=LIMIT, application=application).result, APPROVED)
        card = Card(LIMIT + 1, ARQC, tvr=bytes.fromhex("0000008000"))
        self.assertEqual(pay(card, floor_limit=LIMIT, application=application).result, ONLINE_REQUEST)

    def test_what_is_taken_from_a_card_and_what_from_a_device(self):
        for device, amount, reads in ((False, LIMIT, True), (False, LIMIT + 1, False), (True, 2 * LIMIT, True)):
            card = Card(
                amount,
                device=device,
                results=bytes.fromhex("3f0002" if device else "1f0302"),
                capabilities=bytes.fromhex("e0e1c8" if device else "e008c8"),
            )
            tap = terminal(amount, limit=LIMIT, cdcvm_limit=2 * LIMIT)
            script = list(card.script())[: None if reads else 3]
            self.assertEqual(tap.present(script).result, APPROVED if reads else END_APPLICATION)
        card = Card(2 * LIMIT + 1, device=True)
        tap = terminal(2 * LIMIT + 1, limit=LIMIT, cdcvm_limit=2 * LIMIT)
        self.assertEqual(tap.present(list(card.script())[:3]).result, END_APPLICATION)

    def test_a_reader_that_trusts_no_device_takes_it_for_a_card(self):
        card = Card(LIMIT + 1, device=True)
        tap = terminal(LIMIT + 1, limit=LIMIT, cdcvm_limit=2 * LIMIT, cdcvm=False)
        self.assertEqual(tap.present(list(card.script())[:3]).result, END_APPLICATION)

    def test_the_exception_file(self):
        tap = terminal(application=asking(tac_denial="1000000000"))
        tap.tables.blocked = (("5413330000000018", 1),)
        card = Card(wanted=AAC, tvr=bytes.fromhex("1000000000"))
        self.assertEqual(tap.present(card.script()).result, TRY_ANOTHER_INTERFACE)


class TestCardholderVerification(unittest.TestCase):
    def test_by_the_list_above_the_limit(self):
        """The minted card's: online PIN if the terminal can, or else signature if it can, or else none."""
        for amount, capability, results, tvr, cvm in (
            (LIMIT, 0x60, "1f0302", CLEAN, NO_CVM),
            (LIMIT + 1, 0x60, "420300", bytes.fromhex("0000040000"), ONLINE_PIN),
            (LIMIT + 1, 0x20, "1e0300", CLEAN, SIGNATURE),
            (LIMIT + 1, 0x00, "3f0001", bytes.fromhex("0000800000"), NO_CVM),
        ):
            able = 0x08 if amount == LIMIT else capability
            card = Card(amount, results=bytes.fromhex(results), tvr=tvr, capabilities=bytes((0xE0, able, 0xC8)))
            result = pay(card, cvm_limit=LIMIT, cvm_capability=capability)
            self.assertEqual((result.result, result.cvm, result.receipt), (APPROVED, cvm, cvm == SIGNATURE))

    def test_on_the_customers_device(self):
        for amount, results, cvm in ((LIMIT, "3f0002", NO_CVM), (LIMIT + 1, "010002", CDCVM)):
            card = Card(
                amount,
                device=True,
                results=bytes.fromhex(results),
                capabilities=bytes.fromhex("e0e1c8"),
            )
            self.assertEqual(pay(card, cvm_limit=LIMIT).cvm, cvm)

    def test_a_card_that_has_no_list(self):
        card = Card(LIMIT + 1, aip=bytes.fromhex("0980"), results=bytes.fromhex("3f0000"))
        card.capabilities = bytes.fromhex("e060c8")
        card.signs = False
        card.tvr = bytes.fromhex("8000000000")
        card.aip = bytes.fromhex("0880")
        self.assertEqual(pay(card, cvm_limit=LIMIT).cvm, NO_CVM)

    def test_a_device_that_wants_its_owner(self):
        for value, result in (("000100", TRY_AGAIN), ("000008", TRY_AGAIN), ("fffcf0", APPROVED)):
            card = Card(tDF4B=bytes.fromhex(value))
            tapped = pay(card)
            self.assertEqual(tapped.result, result)
            if result == TRY_AGAIN:
                self.assertEqual(tapped.request.message, outcome.MESSAGE_SEE_PHONE)


class TestTorn(unittest.TestCase):
    """A card that has left during GENERATE AC, and comes back."""

    def setUp(self):
        self.now = 1000
        self.log = TornLog(lambda: self.now)

    def tear(self, amount=AMOUNT, torn=True, **settings):
        card = Card(amount, **settings)
        tap = terminal(amount, torn=self.log if torn else None)
        script = list(card.script(last=False))
        script.append((card.generate(), LOST))
        self.assertEqual(tap.present(script).result, TRY_AGAIN)
        tap.random = lambda size: b"\x0a\x0b\x0c\x0d"[:size]
        return card, tap

    def recover(self, number=UNPREDICTABLE):
        return bytes.fromhex("80d0000004") + number + b"\0"

    def anew(self, **settings):
        return Card(unpredictable=b"\x0a\x0b\x0c\x0d", **settings)

    def test_it_says_again_what_it_has_said(self):
        card, tap = self.tear()
        script = list(self.anew().script(last=False))
        script.append((self.recover(), card.answer()))
        result = tap.present(script)
        self.assertEqual(result.result, APPROVED)
        self.assertEqual(bytes(result.transaction.objects.need(0x9F37)), UNPREDICTABLE)

    def test_its_signature_is_over_what_it_was_sent_then(self):
        card, tap = self.tear(asks=True)
        script = list(self.anew(asks=True).script(last=False))
        script.append((self.recover(), card.answer()))
        self.assertEqual(tap.present(script).result, APPROVED)

    def test_and_only_once(self):
        card, tap = self.tear()
        script = list(self.anew().script(last=False))
        script.append((self.recover(), card.answer()))
        tap.present(script)
        self.assertEqual(tap.present(self.anew().script()).result, APPROVED)

    def test_what_it_had_not_said_it_is_asked_for(self):
        _, tap = self.tear()
        for sw in (0x6985,):
            fresh = self.anew()
            script = list(fresh.script(last=False))
            script.append((self.recover(), (b"", sw)))
            script.append((fresh.generate(), fresh.answer()))
            self.assertEqual(tap.present(script).result, APPROVED)

    def test_what_it_says_again_must_be_signed(self):
        _, tap = self.tear()
        script = list(self.anew().script(last=False))
        script.append((self.recover(), self.anew().answer()))  # of the new sale, which it was not asked about
        self.assertEqual(tap.present(script).result, END_APPLICATION)

    def test_a_card_that_leaves_again(self):
        card, tap = self.tear()
        script = list(self.anew().script(last=False))
        script.append((self.recover(), LOST))
        self.assertEqual(tap.present(script).result, TRY_AGAIN)
        script[-1] = self.recover(), card.answer()
        self.assertEqual(tap.present(script).result, APPROVED)

    def test_another_amount_is_another_sale(self):
        self.tear()
        card = Card(AMOUNT + 1)
        self.assertEqual(terminal(AMOUNT + 1, torn=self.log).present(card.script()).result, APPROVED)

    def test_after_five_minutes_it_is_forgotten(self):
        for seconds, recovers in ((300, True), (301, False)):
            card, tap = self.tear()
            self.now += seconds
            script = list(self.anew().script(last=not recovers))
            if recovers:
                script.append((self.recover(), card.answer()))
            self.assertEqual(tap.present(script).result, APPROVED)

    def test_a_clock_that_was_set_back(self):
        _, tap = self.tear()
        self.now -= 1
        self.assertEqual(tap.present(self.anew().script()).result, APPROVED)

    def test_a_reader_that_remembers_nothing(self):
        _, tap = self.tear(torn=False)
        self.assertEqual(tap.present(self.anew().script()).result, APPROVED)

    def test_a_card_that_leaves_earlier_has_said_nothing(self):
        tap = terminal(torn=self.log)
        script = list(Card().script(last=False))
        script[-1] = script[-1][0], LOST
        self.assertEqual(tap.present(script).result, TRY_AGAIN)
        self.assertEqual(tap.present(Card().script()).result, APPROVED)


class TestLife(unittest.TestCase):
    """What the log holds goes when it is of no more use, whether anybody asks or not."""

    def test_five_minutes_from_the_newest(self):
        now = [1000]
        log = TornLog(lambda: now[0], most=2)
        self.assertEqual((log.any, log.left_s), (False, 0))
        for pan, at in (("1", 1000), ("2", 1100)):
            now[0] = at
            log.keep(Record(pan))
        self.assertEqual((log.any, log.left_s), (True, 300))
        for at, left in ((1299, 101), (1301, 99), (1400, 1), (1401, 0)):
            now[0] = at
            log.expire()
            self.assertEqual(log.left_s, left)
        self.assertFalse(log.any)

    def test_a_clock_that_has_gone_round(self):
        now = [1000]
        log = TornLog(lambda: now[0])
        log.keep(Record("1"))
        now[0] = 3
        log.expire()
        self.assertFalse(log.any)

    def test_who_keeps_it_is_rid_of_it(self):
        now = [1000]

        class Keeper:
            torn = TornLog(lambda: now[0])

        slept = []

        async def sleep(seconds):
            slept.append(seconds)
            now[0] += seconds + 1

        keeper = Keeper()
        keeper.torn.keep(Record("1"))
        before, asyncio.sleep = asyncio.sleep, sleep
        try:
            asyncio.run(forget_later(keeper))
        finally:
            asyncio.sleep = before
        self.assertEqual((slept, keeper.torn), ([300], None))


class Record:
    def __init__(self, pan):
        self.pan = pan


class TestNonsense(unittest.TestCase):
    def until_options(self, answer):
        script = list(Card().script())[:3]
        script[2] = script[2][0], answer
        return terminal().present(script).result

    def test_any_refusal_of_its_options_is_the_next_ones_turn(self):
        for sw in (0x6985, 0x6984, 0x6986, 0x6700):
            self.assertEqual(self.until_options((b"", sw)), END_APPLICATION)

    def test_options_that_make_no_sense(self):
        for answer in (b"", b"\x77", tlv("77", b""), tlv("77", tlv("94", b"\x08\x01\x03\x01")), tlv("80", b"\x19")):
            self.assertEqual(self.until_options(answer), END_APPLICATION)

    def test_options_in_format_1(self):
        script = list(Card().script())
        script[2] = script[2][0], tlv("80", Card().aip + b"\x08\x01\x03\x01")
        self.assertEqual(terminal().present(script).result, APPROVED)

    def test_the_magnetic_stripes_mode_is_refused(self):
        self.assertEqual(
            self.until_options(tlv("77", tlv("82", b"\x19\0") + tlv("94", b"\x08\x01\x03\x01"))), END_APPLICATION
        )

    def test_no_file_locator(self):
        self.assertEqual(self.until_options(tlv("77", tlv("82", b"\x19\x80"))), END_APPLICATION)

    def test_what_is_mandatory(self):
        for tag, other in (
            (b"\x5a\x08\x54", b"\xc9\x08\x54"),
            (b"\x5f\x24\x03", b"\xdf\x7f\x03"),
            (b"\x8c\x1e\x9f", b"\xc9\x1e\x9f"),
        ):
            card = Card()
            card.records = [record.replace(tag, other) for record in card.records]
            self.assertNotEqual(card.records, Card().records)
            self.assertEqual(terminal().present(card.script(last=False)).result, END_APPLICATION)

    def test_last_words(self):
        card = Card()
        whole = card.answer()
        answers = [(b"", sw) for sw in (0x6985, 0x6300, 0x6283, 0x6A88)]
        answers.extend((b"", whole[:-1], whole + b"\x01", tlv("70", whole[3:]), tlv("77", b"")))
        answers.append(Card(given=0xC0).answer())
        answers.extend(whole[:size] for size in range(0, len(whole), 7))
        for answer in answers:
            script = list(card.script(last=False))
            script.append((card.generate(), answer))
            self.assertEqual(terminal().present(script).result, END_APPLICATION)


if __name__ == "__main__":
    unittest.main()
