"""The terminal's side of every exchange, against a scripted host that fails on the first surprise."""

import asyncio
import unittest

from scripted_host import TRACK, Entry, Keys, Line, Parameters, TdesHost
from suanpan.acquirer.responses import closes
from suanpan.acquirer.session import Session
from suanpan.acquirer.suites import suite
from suanpan.codec import iso8583
from suanpan.codec.track import parse_track2
from suanpan.crypto.secret import PinEntry
from suanpan.errors import BadReply, CheckValueError, KeyMissing, MacError, NoReply, SignInRefused
from suanpan.ledger.key_store import MAK, PIK, TMK

HOST = TdesHost()
reply = HOST.reply
genuine = HOST.genuine


class Case(unittest.TestCase):
    def session(self, *script):
        self.line = Line(*script)
        self.keys = Keys(HOST)
        return Session(self.line, Parameters, self.keys, suite("tdes"), bytes)

    def sale(self, *script, pin="123456"):
        with PinEntry() as entered:
            for digit in pin:
                entered.append(digit)
            return asyncio.run(self.session(*script).request(Entry(), parse_track2(TRACK), entered))

    def sent(self):
        self.assertEqual(len(self.line.sent), 1)
        return iso8583.decode(self.line.sent[0])


class TestSale(Case):
    def test_the_request_has_the_fields_of_a_swiped_sale(self):
        self.sale(genuine())
        mti, fields = self.sent()
        self.assertEqual(mti, "0200")
        self.assertEqual(sorted(fields), [2, 3, 4, 11, 14, 22, 25, 26, 35, 41, 42, 49, 52, 53, 60, 64])
        expected = {
            3: "000000",
            4: "000000001234",
            11: "000042",
            22: "021",
            25: "00",
            26: "12",
            35: "6200000000000013=35121200000012345",
            49: "156",
            53: "2600000000000000",
            60: "22000001000",
        }
        self.assertEqual({number: fields[number] for number in expected}, expected)

    def test_the_pin_block_is_bound_to_the_pan(self):
        self.sale(genuine())
        block = HOST.decrypt(HOST.pik, self.sent()[1][52])
        # 06123456FFFFFFFF exclusive-or 0000 and the twelve digits left of the check digit
        self.assertEqual(block.hex(), "06123456fffffffe")

    def test_without_a_pin_its_fields_stay_away(self):
        self.sale(genuine(), pin="")
        self.assertEqual(set(self.sent()[1]) & {26, 52, 53}, set())

    def test_the_mac_covers_all_before_it(self):
        self.sale(genuine())
        message = self.line.sent[0]
        self.assertEqual(message[-8:], HOST.mac(message[:-8]))

    def test_every_key_that_was_used_is_wiped(self):
        self.sale(genuine())
        self.assertEqual(len(self.keys.lent), 3)  # PIN key, MAC key for the request, MAC key for the answer
        for key in self.keys.lent:
            self.assertEqual(bytes(key), bytes(len(key)))

    def test_a_refusal_is_an_answer(self):
        self.assertEqual(self.sale(genuine(f39="51")).text(39), "51")

    def test_answers_to_something_else_are_passed_over(self):
        for wrong in (
            {"f11": "000041"},
            {"f41": "10000002"},
            {"f4": "000000001235"},
            {"f2": "6200000000000021"},
        ):
            answer = self.sale(lambda mti, fields: [reply(mti, fields, **wrong), reply(mti, fields, f37="1" * 12)])
            self.assertEqual(answer.text(37), "1" * 12)

    def test_less_than_was_asked_for_is_an_answer_where_it_says_so(self):
        answer = self.sale(genuine(f39="10", f4="000000001233"))
        self.assertEqual((answer.text(39), answer.text(4)), ("10", "000000001233"))
        for wrong in ({"f39": "10", "f4": "000000001235"}, {"f39": "00", "f4": "000000001233"}):
            with self.assertRaises(NoReply):
                self.sale(genuine(**wrong))

    def test_an_answer_of_another_type_is_passed_over(self):
        self.assertEqual(
            self.sale(lambda mti, fields: [reply("0400", fields), reply(mti, fields, f37="2" * 12)]).text(37),
            "2" * 12,
        )

    def test_an_answer_that_lacks_what_identifies_it_is_passed_over(self):
        for number in (11, 41, 42):
            with self.assertRaises(NoReply):
                self.sale(genuine(**{f"f{number}": None}))

    def test_any_flipped_bit_is_refused(self):
        """S12: exhaustive over the answer."""
        fields = {
            2: "6200000000000013",
            4: "000000001234",
            11: "000042",
            41: "10000001",
            42: "898110257340001",
        }
        good = reply("0200", fields)
        for at in range(len(good) * 8):
            flipped = bytearray(good)
            flipped[at >> 3] ^= 1 << (at & 7)
            with self.assertRaises((MacError, BadReply)):
                self.sale(lambda mti, fields: [bytes(flipped)], pin="")

    def test_an_answer_without_mac_is_refused(self):
        def bare(mti, fields):
            return [bytes(iso8583.encode("0210", {11: fields[11], 39: "00", 41: fields[41], 42: fields[42]}))]

        with self.assertRaises(MacError):
            self.sale(bare)

    def test_no_answer(self):
        for trouble in (EOFError(), OSError(104)):
            with self.assertRaises(NoReply):
                self.sale(lambda mti, fields: [trouble])

    def test_keys_are_wiped_when_it_fails_too(self):
        with self.assertRaises(NoReply):
            self.sale(lambda mti, fields: [])
        for key in self.keys.lent:
            self.assertEqual(bytes(key), bytes(len(key)))


class TestReversal(Case):
    def test_it_repeats_the_sale_and_gives_the_reason(self):
        code = asyncio.run(self.session(genuine(f39="25")).reverse(Entry()))
        self.assertEqual(code, "25")
        mti, fields = self.sent()
        self.assertEqual(mti, "0400")
        self.assertEqual(sorted(fields), [2, 3, 4, 11, 14, 22, 25, 39, 41, 42, 49, 60, 64])
        self.assertEqual((fields[11], fields[39], fields[60]), ("000042", "98", "22000001000"))

    def test_the_late_answer_of_what_it_takes_back_is_not_its_own(self):
        """It has an approval, this STAN, terminal and amount, and a right MAC."""
        late = lambda fields: reply("0200", fields, f37="1" * 12, f38="123456")  # noqa: E731
        answers = self.session(lambda mti, fields: [late(fields), reply(mti, fields, f39="25"), late(fields)])
        self.assertEqual(asyncio.run(answers.reverse(Entry())), "25")
        with self.assertRaises(NoReply):
            asyncio.run(self.session(lambda mti, fields: [late(fields), late(fields)]).reverse(Entry()))

    def test_the_answer_of_a_reversal_is_none_to_what_it_took_back(self):
        with self.assertRaises(NoReply):
            asyncio.run(self.session(lambda mti, fields: [reply("0400", fields)]).request(Entry()))

    def test_only_these_answers_close_it(self):
        closing = [f"{code:02}" for code in range(100) if closes(f"{code:02}")]
        self.assertEqual(closing, ["00", "25"])
        self.assertFalse(closes("A0"))
        self.assertFalse(closes(""))


# What each kind is named by on the wire: F3, F25, the beginning of F60.
NAMED = {
    "sale": ("000000", "00", "22"),
    "void": ("200000", "00", "23"),
    "refund": ("200000", "00", "25"),
    "offline_sale": ("000000", "00", "30"),
    "pre_auth": ("030000", "06", "10"),
    "pre_auth_void": ("200000", "06", "11"),
    "completion": ("000000", "06", "20"),
    "completion_void": ("200000", "06", "21"),
    "completion_advice": ("000000", "06", "24"),
    "adjustment": ("000000", "00", "32"),
    "tip": ("000000", "00", "34"),
}


class TestOthers(Case):
    """Void, refund and sale without the host: what their rows of the table come to."""

    def sent_by(self, mti, script, **how):
        asyncio.run(self.session(script).request(**how))
        sent, fields = self.sent()
        kind = how["entry"].kind
        self.assertEqual(sent, mti)
        processing, condition, kind_of_message = NAMED[kind]
        self.assertEqual(fields[3], processing)
        self.assertEqual(fields[25], condition)
        self.assertEqual(fields[60], kind_of_message + "000001000" + how["entry"].entry_mode[3:])
        return fields

    def test_a_void_names_the_sale_and_has_the_card_and_its_pin(self):
        entry = Entry(kind="void", original="000001000040", original_reference="632709000040")
        with PinEntry() as pin:
            for digit in "1234":
                pin.append(digit)
            fields = self.sent_by(
                "0200", genuine(), entry=entry, track=parse_track2(TRACK), pin=pin, auth_code="123456"
            )
            self.assertEqual(len(pin), 0)
        present = [2, 3, 4, 11, 14, 22, 25, 26, 35, 37, 38, 41, 42, 49, 52, 53, 60, 61, 64]
        self.assertEqual(sorted(fields), present)
        self.assertEqual((fields[37], fields[38], fields[61]), ("632709000040", "123456", "000001000040"))

    def test_the_reversal_of_a_void_names_the_sale_too(self):
        entry = Entry(kind="void", original="000001000040", original_reference="632709000040")
        asyncio.run(self.session(genuine()).reverse(entry))
        mti, fields = self.sent()
        self.assertEqual(mti, "0400")
        self.assertEqual(sorted(fields), [2, 3, 4, 11, 14, 22, 25, 39, 41, 42, 49, 60, 61, 64])
        self.assertEqual((fields[3], fields[60][:2], fields[61]), ("200000", "23", "000001000040"))

    def test_a_sale_by_the_chip_has_its_data_and_says_what_has_read_it(self):
        entry = Entry(entry_mode="05250", sequence="001", chip=bytes.fromhex("9f3602000a"))
        fields = self.sent_by("0200", genuine(), entry=entry, track=parse_track2(TRACK))
        self.assertEqual(sorted(fields), [2, 3, 4, 11, 14, 22, 23, 25, 35, 41, 42, 49, 55, 60, 64])
        self.assertEqual((fields[22], fields[23], fields[60]), ("052", "001", "2200000100050"))
        asyncio.run(self.session(genuine()).reverse(entry))
        mti, fields = self.sent()
        self.assertEqual((mti, fields[23], fields[55], fields[60]), ("0400", "001", entry.chip, "2200000100050"))

    def test_a_refund_says_when_the_sale_was_and_whose_card_it_is(self):
        entry = Entry(
            kind="refund",
            entry_mode="022",
            original="0000010000401121",
            original_reference="632709000040",
            org="CUP",
        )
        fields = self.sent_by("0220", genuine(), entry=entry, track=parse_track2(TRACK))
        self.assertEqual(sorted(fields), [2, 3, 4, 11, 14, 22, 25, 35, 37, 41, 42, 49, 60, 61, 63, 64])
        self.assertEqual((fields[61], fields[63]), ("0000010000401121", b"CUP"))

    def test_a_refund_from_the_queue_has_no_track_any_more(self):
        entry = Entry(kind="refund", entry_mode="022", original="0000010000401121", org="CUP")
        fields = self.sent_by("0220", genuine(), entry=entry)
        self.assertEqual(set(fields) & {26, 35, 37, 52, 53}, set())

    def test_a_sale_without_the_host_says_when_it_was_and_who_agreed(self):
        entry = Entry(kind="offline_sale", entry_mode="022", auth_code="654321", org="CUP")
        fields = self.sent_by("0220", genuine(), entry=entry)
        self.assertEqual(sorted(fields), [2, 3, 4, 11, 12, 13, 14, 22, 25, 38, 41, 42, 49, 60, 63, 64])
        self.assertEqual((fields[12], fields[13], fields[38]), ("093105", "1123", "654321"))

    def test_what_is_about_an_authorisation_names_it_by_its_code_and_day(self):
        for kind, mti, advice in (
            ("pre_auth_void", "0100", False),
            ("completion", "0200", False),
            ("completion_advice", "0220", True),
        ):
            entry = Entry(kind=kind, entry_mode="022", auth_code="123456", original="0000000000001123", org="CUP")
            fields = self.sent_by(mti, genuine(), entry=entry, track=parse_track2(TRACK))
            expected = {2, 3, 4, 11, 14, 22, 25, 38, 41, 42, 49, 60, 61, 64} | ({12, 13, 63} if advice else {35})
            self.assertEqual(set(fields), expected)
            self.assertEqual((fields[38], fields[61]), ("123456", "0000000000001123"))

    def test_what_takes_a_request_about_an_authorisation_back_repeats_it(self):
        for kind in ("pre_auth", "pre_auth_void", "completion", "completion_void"):
            entry = Entry(kind=kind, entry_mode="022", original="0000010000401123" if kind != "pre_auth" else "")
            asyncio.run(self.session(genuine()).reverse(entry))
            mti, fields = self.sent()
            self.assertEqual(mti, "0400")
            self.assertEqual((fields[3], fields[25], fields[60][:2]), NAMED[kind])
            self.assertEqual(39 in fields and 38 not in fields, True)
            self.assertEqual(61 in fields, kind != "pre_auth")

    def test_a_tip_has_what_is_added_and_what_it_comes_to(self):
        for kind in ("adjustment", "tip"):
            entry = Entry(kind=kind, entry_mode="022", amount=1_00, base=12_34, original="000001000040", org="CUP")
            fields = self.sent_by("0220", genuine(), entry=entry)
            self.assertEqual((fields[4], fields[48]), ("000000001334", "000000000100"))
            self.assertEqual(35 in fields, False)

    def test_an_advice_is_answered_by_a_0230_and_nothing_else(self):
        entry = Entry(kind="offline_sale", entry_mode="022", auth_code="654321", org="CUP")
        session = self.session(lambda mti, fields: [reply("0200", fields), reply(mti, fields)])
        self.assertEqual(asyncio.run(session.request(entry)).mti, "0230")


class TestManagement(Case):
    def test_a_sign_off(self):
        answer = asyncio.run(self.session(genuine()).manage("sign_off", "000009", "000001", {}))
        self.assertEqual(answer.mti, "0830")
        fields = {11: "000009", 41: "10000001", 42: "898110257340001", 60: "00000001002"}
        self.assertEqual(self.sent(), ("0820", fields))

    def test_a_settlement_has_the_sums_and_no_mac(self):
        sums = {48: "1" * 62, 63: b"01 "}
        answer = asyncio.run(self.session(genuine(f48="2" * 62)).manage("settlement", "000009", "000001", sums))
        self.assertEqual((answer.mti, answer.text(48)), ("0510", "2" * 62))
        mti, fields = self.sent()
        self.assertEqual(mti, "0500")
        self.assertEqual(sorted(fields), [11, 41, 42, 48, 49, 60, 63])
        self.assertEqual(fields[60], "00000001201")


class TestSignIn(Case):
    def sign_in(self, *script):
        return asyncio.run(self.session(*script).sign_in("000007", "000001", "01"))

    def test_the_request(self):
        self.sign_in(genuine(f62=HOST.wrapped()))
        mti, fields = self.sent()
        self.assertEqual(mti, "0800")
        self.assertEqual(
            fields,
            {
                11: "000007",
                41: "10000001",
                42: "898110257340001",
                60: "00000001003",
                62: b"Sequence No12SP-VB-000001",
                63: b"01 ",
            },
        )

    def test_new_keys_are_stored(self):
        pik, mak = bytes(range(16)), bytes(range(8, 16))
        self.sign_in(genuine(f62=HOST.wrapped(pik, mak)))
        self.assertEqual(self.keys.slots[PIK], (HOST.algorithm, pik))
        self.assertEqual(self.keys.slots[MAK], (HOST.algorithm, mak))

    def test_a_key_that_fails_its_check_value_is_not_stored(self):
        for wrong in ({"pik_check": b"1234"}, {"mak_check": b"1234"}):
            with self.assertRaises(CheckValueError):
                self.sign_in(genuine(f62=HOST.wrapped(bytes(16), bytes(8), **wrong)))
            self.assertEqual(self.keys.slots, Keys(HOST).slots)

    def test_a_key_block_of_another_length(self):
        for size in (0, 24, 39, 41, 60):
            with self.assertRaises(BadReply):
                self.sign_in(genuine(f62=bytes(size) if size else None))

    def test_without_a_master_key_nothing_is_sent(self):
        session = self.session()
        del self.keys.slots[TMK]
        with self.assertRaises(KeyMissing):
            asyncio.run(session.sign_in("000007", "000001", "01"))
        self.assertEqual(self.line.sent, [])

    def test_a_refusal(self):
        with self.assertRaises(SignInRefused):
            self.sign_in(genuine(f39="97"))


if __name__ == "__main__":
    unittest.main()
