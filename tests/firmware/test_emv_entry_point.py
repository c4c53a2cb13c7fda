"""Entry Point: limits to the fen, the card's directory, which application with which kernel, what is tried next."""

import sys
import unittest

from contactless_card import (
    AIDS,
    AMOUNT,
    LOST,
    PPSE,
    TTQ,
    Fast,
    Tap,
    control_information,
    directory,
    entry,
    select,
    tlv,
)
from suanpan.emv import outcome
from suanpan.emv.outcome import END_APPLICATION, ONLINE_REQUEST, TRY_AGAIN, TRY_ANOTHER_INTERFACE
from suanpan.emv.preprocessing import MASTERCARD, UNIONPAY, VISA, Combination, Prepared
from suanpan.emv.reader_limits import combinations
from suanpan.emv.tables import Application
from suanpan.errors.emv import TablesRefused

HEAP = "1m"

NOT_FOUND = (b"", 0x6A82)


def application(aid=AIDS[UNIONPAY], **settings):
    return Application(aid, version=b"\x00\x30", **settings)


def prepared(amount, ttq=TTQ, **limits):
    floor = limits.pop("floor", 100_000_00)
    return Prepared(Combination(application(floor_limit=floor), UNIONPAY, ttq=ttq, **limits), amount)


def cut(script, step):
    """The card leaves at this step, without an answer."""
    shorter = script[: step + 1]
    shorter[step] = script[step][0], LOST
    return shorter


class TestPreProcessing(unittest.TestCase):
    def test_from_the_transaction_limit_on_nothing_is_taken_over_the_air(self):
        for amount, allowed in ((99_999, True), (100_000, False), (100_001, False)):
            self.assertEqual(prepared(amount, transaction_limit=100_000).allowed, allowed)

    def test_the_cardholder_is_verified_from_the_cvm_limit_on(self):
        """No PIN and no signature up to 1000.00 is therefore a limit of 1000.01."""
        for amount, ttq in ((1000_00, "36004080"), (1000_01, "36404080"), (1000_02, "36404080")):
            self.assertEqual(bytes(prepared(amount, cvm_limit=1000_01).ttq).hex(), ttq)

    def test_the_issuer_is_asked_above_the_floor_limit(self):
        for amount, ttq in ((500_00, "36004080"), (500_01, "36804080")):
            self.assertEqual(bytes(prepared(amount, floor_limit=500_00, floor=0).ttq).hex(), ttq)

    def test_without_one_of_the_reader_the_terminals_floor_limit_counts(self):
        for amount, ttq in ((500_00, "36004080"), (500_01, "36804080")):
            self.assertEqual(bytes(prepared(amount, floor=500_00).ttq).hex(), ttq)

    def test_a_configured_wish_of_the_last_sale_is_forgotten(self):
        self.assertEqual(bytes(prepared(1, ttq=bytes.fromhex("36c04080")).ttq).hex(), "36004080")

    def test_no_amount_at_all(self):
        asked = prepared(0)
        self.assertTrue(asked.allowed)
        self.assertEqual(bytes(asked.ttq).hex(), "36804080")
        self.assertFalse(prepared(0, zero_allowed=False).allowed)
        self.assertFalse(prepared(0, ttq=bytes.fromhex("3e004080")).allowed)  # nobody there to ask

    def test_one_yuan_may_be_a_question(self):
        self.assertEqual(bytes(prepared(1_00, status_check=True).ttq).hex(), "36804080")
        self.assertEqual(bytes(prepared(1_00).ttq).hex(), "36004080")
        self.assertEqual(bytes(prepared(1_01, status_check=True).ttq).hex(), "36004080")

    def test_an_amount_that_no_combination_takes(self):
        refused = Tap(UNIONPAY, amount=1000_00, transaction_limit=1000_00).refused
        self.assertEqual(refused.result, TRY_ANOTHER_INTERFACE)
        self.assertEqual(refused.request.message, outcome.MESSAGE_INSERT_OR_SWIPE)
        self.assertFalse(refused.again)

    def test_an_amount_that_some_take_leaves_the_others_out(self):
        small = Combination(application(), UNIONPAY, ttq=TTQ, transaction_limit=10_00)
        large = Combination(application(AIDS[VISA], floor_limit=100_000_00), VISA, ttq=TTQ)
        tap = Tap(VISA, combinations=[small, large])
        self.assertIsNone(tap.refused)
        aids = AIDS[UNIONPAY], AIDS[VISA]
        script = list(Fast(VISA).script())
        script[0] = PPSE, directory(entry(aids[0], 1), entry(aids[1], 2))
        self.assertEqual(tap.present(script).result, ONLINE_REQUEST)


class TestSelection(unittest.TestCase):
    """Up to GET PROCESSING OPTIONS, which the kernel's application is refused, so that the next one's turn comes."""

    def names(self, card_directory, combinations, then):
        tap = Tap(UNIONPAY, combinations=combinations)
        script = [(PPSE, card_directory)]
        script.extend((select(name), NOT_FOUND) for name in then)
        result = tap.present(script)
        self.assertEqual(result.result, END_APPLICATION)
        self.assertEqual(result.request.message, outcome.MESSAGE_OTHER_CARD)

    def combination(self, kernel=UNIONPAY, aid=None, **settings):
        extended = settings.pop("extended", False)
        return Combination(application(aid or AIDS[kernel], **settings), kernel, ttq=TTQ, extended=extended)

    def test_no_directory_no_payment(self):
        for answer in (
            NOT_FOUND,
            (b"", 0x6A81),
            (b"", 0x6283),
            b"",
            b"\x6f",
            tlv("6F", b""),
            tlv("6F", tlv("A5", b"")),
        ):
            tap = Tap(UNIONPAY)
            self.assertEqual(tap.present([(PPSE, answer)]).result, END_APPLICATION)

    def test_a_directory_that_is_cut_short(self):
        whole = directory(entry(AIDS[UNIONPAY]))
        for size in range(len(whole)):
            self.assertEqual(Tap(UNIONPAY).present([(PPSE, whole[:size])]).result, END_APPLICATION)

    def test_by_priority_and_those_without_one_last(self):
        names = [AIDS[UNIONPAY][:7] + bytes((n,)) for n in range(4)]
        entries = [entry(name, priority) for name, priority in zip(names, (0, 2, 1, 2))]
        ours = self.combination(aid=AIDS[UNIONPAY][:7])
        self.names(directory(*entries), [ours], [names[2], names[1], names[3], names[0]])

    def test_what_asks_for_confirmation_asks_in_vain(self):
        a, b = AIDS[UNIONPAY], AIDS[VISA]
        both = [self.combination(), self.combination(VISA)]
        self.names(directory(entry(a, 0x81), entry(b, 2)), both, [a, b])

    def test_a_kernel_that_the_card_names(self):
        aid = AIDS[UNIONPAY]
        ours = self.combination(VISA, aid=aid)
        self.names(directory(entry(aid)), [ours], [])  # by its RID it wants UnionPay's
        self.names(directory(entry(aid, t9F2A=b"\x03")), [ours], [aid])
        self.names(directory(entry(aid, t9F2A=b"\x07")), [ours], [])
        self.names(directory(entry(aid, t9F2A=b"\x00")), [ours], [aid])  # whichever
        self.names(directory(entry(aid, t9F2A=bytes.fromhex("8301560000"))), [ours], [])  # a country's own

    def test_a_scheme_without_a_kernel_of_its_own_takes_any(self):
        aid = bytes.fromhex("f0000000010203")
        self.names(directory(entry(aid)), [self.combination(aid=aid)], [aid])

    def test_partial_names_and_the_longer_one(self):
        full = AIDS[UNIONPAY]
        short, long = self.combination(aid=full[:6]), self.combination(aid=full[:7])
        self.names(directory(entry(full)), [short, long], [full])
        self.names(directory(entry(full)), [self.combination(aid=full[:6], partial=False)], [])
        self.names(directory(entry(full[:7])), [self.combination(aid=full)], [])

    def test_entries_that_make_no_sense_are_passed_over(self):
        full = AIDS[UNIONPAY]
        entries = (entry(full[:4]), tlv("50", b"NONE"), entry(full + bytes(9)), entry(full, 1))
        self.names(directory(*entries), [self.combination(aid=full[:4])], [full])

    def test_extended_selection(self):
        full = AIDS[UNIONPAY]
        card = directory(entry(full, t9F29=b"\x01\x02"))
        self.names(card, [self.combination(extended=True)], [full + b"\x01\x02"])
        self.names(card, [self.combination()], [full])
        self.names(directory(entry(full, t9F29=bytes(9))), [self.combination(extended=True)], [full])  # 17 bytes

    def test_a_directory_without_end(self):
        full = AIDS[UNIONPAY][:7]
        entries = [entry(full + bytes((n,))) for n in range(40)]
        ours = self.combination(aid=full)
        self.names(directory(*entries), [ours], [full + bytes((n,)) for n in range(16)])

    def test_control_information_that_makes_no_sense_is_the_next_ones_turn(self):
        aid = AIDS[UNIONPAY]
        for answer in (b"", b"\x6f\x05", tlv("6F", b""), tlv("6F", tlv("84", aid)), control_information(AIDS[VISA])):
            tap = Tap(UNIONPAY)
            result = tap.present([(PPSE, directory(entry(aid))), (select(aid), answer)])
            self.assertEqual(result.result, END_APPLICATION)

    def test_a_kernel_that_sends_us_on(self):
        """Select Next: the second application is asked, with the limits of its own combination."""
        a, b = AIDS[UNIONPAY], AIDS[VISA]
        second = list(Fast(VISA).script())[1:]
        combinations = [self.combination(floor_limit=100_000_00), self.combination(VISA, floor_limit=100_000_00)]
        first = [(PPSE, directory(entry(a, 1), entry(b, 2))), (select(a), control_information(a, None))]
        self.assertEqual(Tap(VISA, combinations=combinations).present(first + second).result, ONLINE_REQUEST)

    def test_a_combination_without_a_kernel(self):
        aid = bytes.fromhex("a0000000250101")
        tap = Tap(UNIONPAY, combinations=[Combination(application(aid), 4, ttq=TTQ)])
        script = [(PPSE, directory(entry(aid))), (select(aid), control_information(aid))]
        self.assertEqual(tap.present(script).result, END_APPLICATION)


class TestAgain(unittest.TestCase):
    def test_a_card_that_leaves_at_any_step_is_asked_for_again(self):
        script = list(Fast(UNIONPAY, kind=0x40).script())
        for step in range(len(script)):
            tap = Tap(UNIONPAY)
            result = tap.present(cut(script, step))
            self.assertEqual(result.result, TRY_AGAIN)
            self.assertTrue(result.again)
            self.assertEqual(result.restart.message, outcome.MESSAGE_AGAIN)
            self.assertEqual(result.restart.status, outcome.READY_TO_READ)
            self.assertEqual(tap.present(script).result, outcome.APPROVED)

    def test_every_presentation_has_a_number_of_its_own(self):
        tap = Tap(UNIONPAY)
        card = Fast(UNIONPAY)
        numbers = [b"\1\2\3\4", b"\5\6\7\x08"]
        tap.random = lambda size: numbers.pop(0)
        tap.present(cut(list(card.script()), 2))
        result = tap.present(
            [(command.replace(b"\1\2\3\4", b"\5\6\7\x08"), answer) for command, answer in card.script()]
        )
        self.assertEqual(result.result, ONLINE_REQUEST)


class TestMemory(unittest.TestCase):
    def loaded(self):
        return [name for name in ("unionpay", "contactless_data", "records") if "suanpan.emv." + name in sys.modules]

    def test_kernels_are_there_for_a_card_and_not_for_its_issuer(self):
        tap = Tap(UNIONPAY)
        tap.present(Fast(UNIONPAY, kind=0x40).script())
        self.assertEqual(self.loaded(), [])
        self.assertEqual(tap.present(cut(list(Fast(UNIONPAY).script()), 2)).result, TRY_AGAIN)
        self.assertEqual(self.loaded(), ["unionpay", "contactless_data", "records"])  # it may be back in a second
        self.assertEqual(tap.present(Fast(UNIONPAY).script()).result, ONLINE_REQUEST)
        self.assertEqual(self.loaded(), [])


class TestSignals(unittest.TestCase):
    def test_lights_and_tones_are_the_statuses(self):
        shown = [
            (request.message, request.lights, request.tone)
            for request in (
                outcome.present_card(),
                outcome.card_read(),
                outcome.end_application().request,
                outcome.collision(),
                outcome.try_again().restart,
            )
        ]
        self.assertEqual(
            shown,
            [
                (0x15, 0b0001, outcome.SILENT),
                (0x17, 0b1111, outcome.SUCCESS_TONE),
                (0x1C, 0b0000, outcome.ALERT_TONE),
                (0x19, 0b0001, outcome.ALERT_TONE),
                (0x21, 0b0001, outcome.SILENT),
            ],
        )

    def test_ready_then_read_then_the_outcome(self):
        tap = Tap(VISA)
        result = tap.present(Fast(VISA).script())
        self.assertEqual(tap.signals, [outcome.MESSAGE_PRESENT_CARD, outcome.MESSAGE_CARD_READ])
        self.assertEqual(result.request.message, outcome.MESSAGE_AUTHORISING)
        self.assertEqual(AMOUNT, result.transaction.amount)


class Store:
    """One application, as the acquirer sends it."""

    def __init__(self, aid, **more):
        self.content = tlv("9F06", aid) + b"".join(tlv(tag[1:], value) for tag, value in sorted(more.items()))

    def items(self, kind):
        return [self.content] if kind == 1 else []

    def combination(self):
        aid = self.content[3 : 3 + self.content[2]]
        found = combinations(self, [application(aid[:5]), application(aid)])
        return found[0] if found else None


class TestTables(unittest.TestCase):
    def test_limits_as_they_come(self):
        limits = {"tDF19": "000000000500", "tDF20": "000000200000", "tDF21": "000000100001"}
        ours = Store(AIDS[UNIONPAY], **{tag: bytes.fromhex(value) for tag, value in limits.items()}).combination()
        self.assertEqual((ours.kernel, ours.application.aid), (UNIONPAY, AIDS[UNIONPAY]))
        self.assertEqual((ours.floor_limit, ours.transaction_limit, ours.cvm_limit), (5_00, 2000_00, 1000_01))
        self.assertEqual(ours.ttq, TTQ)

    def test_where_nothing_is_said_a_thousand_needs_no_pin(self):
        ours = Store(AIDS[VISA]).combination()
        for amount, required in ((1000_00, False), (1000_01, True)):
            self.assertEqual(Prepared(ours, amount).cvm_required, required)
        self.assertIsNone(ours.transaction_limit)

    def test_mastercards_limits_are_the_last_amount_below(self):
        ours = Store(AIDS[MASTERCARD], tDF20=bytes.fromhex("000000200000")).combination()
        self.assertEqual((ours.limit, ours.cdcvm_limit, ours.cvm_limit), (1999_99, 1999_99, 1000_00))
        self.assertEqual(ours.ttq, b"")
        self.assertEqual(Store(AIDS[MASTERCARD], tDF21=bytes.fromhex("000000030001")).combination().cvm_limit, 300_00)

    def test_qualifiers_of_the_acquirer_and_a_terminal_without_pins(self):
        self.assertEqual(Store(AIDS[UNIONPAY], t9F66=b"\x26\0\0\0").combination().ttq, b"\x26\0\0\0")
        self.assertEqual(Store(AIDS[UNIONPAY], tDF18=b"\0").combination().ttq[0], 0x32)
        self.assertEqual(Store(AIDS[UNIONPAY], tDF18=b"\1").combination().ttq[0], 0x36)

    def test_what_is_no_amount_is_refused(self):
        for tag, value in (("tDF21", b"\0" * 5), ("tDF20", b"\0\0\0\0\0\x0a"), ("t9F66", b"\x26")):
            with self.assertRaises(TablesRefused):
                Store(AIDS[UNIONPAY], **{tag: value}).combination()

    def test_a_scheme_that_we_have_no_kernel_for(self):
        self.assertIsNone(Store(bytes.fromhex("a0000000250101")).combination())


if __name__ == "__main__":
    unittest.main()
