"""Slips: what stands where, for the longest values and both languages, and the night between two years."""

import unittest

from slip_entry import Entry
from suanpan.terminal import Terminal
from suanpan.ui.canvas import columns
from suanpan.ui.receipt import CUSTOMER, DOUBLE, MERCHANT, QR, transaction_slip
from suanpan.ui.strings import Strings
from suanpan.ui.totals import totals_slip


class Parameters:
    merchant_name = {"zh": "算盘茶馆", "en": "SUANPAN TEA HOUSE"}  # noqa: RUF012
    merchant_id = "898110257340001"
    terminal_id = "10000001"
    paper = 58

    @classmethod
    def seldom(cls, name, otherwise):
        return cls.paper if name == "paper_mm" else otherwise


class Slips(unittest.TestCase):
    def slip(self, language="zh", copy=MERCHANT, reprint=False, expiry="3512", **changes):
        entry = Entry()
        for name, value in changes.items():
            setattr(entry, name, value)
        strings = Strings("firmware/assets/strings.tsv", language)
        return [text for text, _ in transaction_slip(entry, expiry, Parameters, strings, copy, reprint).rows]

    def test_every_row_fits_the_paper(self):
        for paper, width in ((58, 32), (80, 48)):
            Parameters.paper = paper
            try:
                self.check_rows(width)
            finally:
                Parameters.paper = 58

    def check_rows(self, limit):
        for language in ("zh", "en"):
            strings = Strings("firmware/assets/strings.tsv", language)
            entry = Entry()
            entry.gain = -999_999_999_999
            entry.kind = "void"
            entry.original = "000001000040"
            entry.pan = "620000*********0018"
            for slip in (
                transaction_slip(entry, "3512", Parameters, strings, MERCHANT, True),
                totals_slip(
                    "000001",
                    {("offline_sale", "CUP"): (999, 999_999_999_999), ("sale", ""): (1, 1)},
                    (1_000, -999_999_999_999),
                    "261123",
                    "093105",
                    Parameters,
                    strings,
                    "unbalanced",
                ),
            ):
                self.assertEqual(slip.rows[2][0], "-" * limit)
                for text, style in slip.rows:
                    width = columns(text) * (2 if style & DOUBLE else 1)
                    self.assertTrue(style == QR or width <= limit, text)

    def test_money_card_and_numbers_are_the_entrys(self):
        rows = self.slip()
        for text in ("RMB 12.34", "卡号: 620000******0013 /S", "授权码: 123456", "参考号: 632709000042"):
            self.assertTrue(text in rows, text)
        self.assertTrue("批次号: 000001  凭证号: 000042" in rows)
        self.assertTrue("发卡行: 01050000" in rows and "收单行: 48980000" in rows)

    def test_what_is_given_back_is_minus_and_names_what_it_takes_back(self):
        rows = self.slip(kind="void", gain=-12_34, original="000001000040")
        for text in ("撤销", "RMB -12.34", "原凭证号: 000040"):
            self.assertTrue(text in rows, text)

    def test_a_sale_without_the_host_has_its_own_time_and_no_empty_reference(self):
        rows = self.slip(kind="offline_sale", host_date="", host_time="", reference="", parties="", auth_code="654321")
        self.assertTrue("日期时间: 2026/11/23 09:31:05" in rows and "授权码: 654321" in rows)
        self.assertFalse([row for row in rows if row.startswith("参考号")])

    def test_the_letter_is_how_the_card_was_read(self):
        for mode, letter in (("012", "M"), ("021", "S"), ("051", "I"), ("071", "C")):
            self.assertTrue(f"卡号: 620000******0013 /{letter}" in self.slip(entry_mode=mode), mode)

    def test_time_is_the_hosts(self):
        self.assertTrue("日期时间: 2026/11/23 09:31:07" in self.slip())

    def test_the_night_between_two_years(self):
        self.assertTrue(
            "日期时间: 2027/01/01 00:00:02" in self.slip(date="261231", host_date="0101", host_time="000002")
        )
        self.assertTrue(
            "日期时间: 2026/12/31 23:59:58" in self.slip(date="270101", host_date="1231", host_time="235958")
        )

    def test_only_the_merchants_copy_is_signed(self):
        self.assertTrue("持卡人签名:" in self.slip(copy=MERCHANT))
        self.assertFalse("持卡人签名:" in self.slip(copy=CUSTOMER))

    def test_nobody_signs_who_need_not(self):
        chip = "TC: 0123456789ABCDEF\nATC: 0001 CSN: \nAPPLAB: "
        for remarks, signed in (
            ("", True),
            (chip, True),
            (chip + "\n免密免签", False),
            (chip + "\nNO PIN, NO SIGNATURE", False),  # of a day in another language
            (chip + "\n设备已验证", False),
        ):
            rows = self.slip(entry_mode="07252", remarks=remarks)
            self.assertEqual("持卡人签名:" in rows, signed, remarks)
            self.assertEqual([row for row in rows if row.startswith("本人确认")] != [], signed, remarks)

    def test_the_customers_copy_has_a_code_to_find_it_by(self):
        for language in ("zh", "en"):
            self.assertEqual(self.slip(language, copy=CUSTOMER)[-1], "10000001-000001-000042")
            self.assertFalse("10000001-000001-000042" in self.slip(language, copy=MERCHANT))

    def test_a_host_that_names_nobody_leaves_no_empty_rows(self):
        rows = self.slip(parties="")
        self.assertFalse([row for row in rows if row.startswith(("发卡行", "收单行"))])

    def test_what_the_chip_has_to_add(self):
        rows = self.slip(entry_mode="05250", remarks="ARQC: 0123456789ABCDEF\nATC: 0001 CSN: 000")
        self.assertTrue("卡号: 620000******0013 /I" in rows)
        at = rows.index("ARQC: 0123456789ABCDEF")
        self.assertEqual(rows[at + 1 : at + 3], ["ATC: 0001 CSN: 000", "-" * 32])

    def test_an_expiry_that_nobody_knows_any_more_is_left_out(self):
        self.assertTrue("有效期: 35/12" in self.slip())
        self.assertFalse([row for row in self.slip(expiry="") if row.startswith("有效期")])


class Calendar:
    def __init__(self, year, month, day):
        self.now = (year, month, day, 0, 12, 0, 0, 0)

    def datetime(self, value=None):
        if value:
            self.now = value
        return self.now


class TestClock(unittest.TestCase):
    def after(self, ours, date):
        names = ("screen", "swipe_reader", "printer", "scanner", "battery", "encoder")
        names += ("parameters", "keys", "operators", "zeroise", "ledger", "acquirer", "random", "saving")
        names += ("chip_present", "chip_slot", "contactless_reader", "emv_tables", "nvs", "slots")
        parts = dict.fromkeys(names)
        terminal = Terminal(calendar=Calendar(*ours), **parts)
        terminal.set_time(date, "093107")
        self.assertEqual(terminal.time(), "093107")
        return terminal.today()

    def test_the_hosts_date_is_taken_in_the_nearest_year(self):
        self.assertEqual(self.after((2026, 11, 23), "1124"), "261124")
        self.assertEqual(self.after((2026, 12, 31), "0101"), "270101")
        self.assertEqual(self.after((2027, 1, 1), "1231"), "261231")
        self.assertEqual(self.after((2026, 7, 1), "0101"), "260101")

    def test_a_clock_that_stands_at_its_beginning_gets_the_year_of_the_firmware(self):
        for beginning in ((2000, 1, 1), (1970, 1, 1)):
            self.assertEqual(self.after(beginning, "1231"), "261231")


if __name__ == "__main__":
    unittest.main()
