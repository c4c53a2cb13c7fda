"""Every word fits where it is shown, in every language; and the table as it is looked things up in."""

import os
import unittest

from suanpan.ui.canvas import columns, wrap
from suanpan.ui.strings import Strings

TABLE = "firmware/assets/strings.tsv"
_COLUMNS = 16
_BODY_LINES = 3
_SLIP_COLUMNS = 32
_LONGEST_FIELD = 15  # the merchant number
_ON_ONE_ROW = ("merchant_id", "terminal_id", "operator", "batch", "voucher", "auth_code", "reference")

_HINTS = tuple(
    f"message.{name}"
    for name in (
        "amount_hint", "any_card", "card_or_chip", "customer_card", "insert_card", "leave_card", "pin_hint",
        "please_wait", "printing", "remove_card", "take_card", "tap_again",
    )
)  # fmt: skip


def _rows():
    with open(TABLE) as table:
        header = table.readline().rstrip("\n").split("\t")
        for line in table:
            cells = line.rstrip("\n").split("\t")
            yield cells[0], cells[1:], len(header) - 1


class TestTable(unittest.TestCase):
    def test_every_language_has_every_text(self):
        names = set()
        for name, texts, languages in _rows():
            self.assertEqual(len(texts), languages, name)
            self.assertTrue(all(texts), name)
            self.assertFalse(name in names, f"{name} twice")
            names.add(name)

    def test_titles_fit_in_one_line(self):
        for name, texts, _ in _rows():
            # Trouble with the printer stands in the title, what to do about it below.
            if name.startswith("title.") or name in ("error.D03", "error.D04", "error.D05", "error.D06"):
                for text in texts:
                    self.assertTrue(columns(text) <= _COLUMNS, text)

    def test_messages_fit_under_a_title(self):
        for name, texts, _ in _rows():
            kind = name.split(".")[0]
            if kind in ("message", "error", "response"):
                for text in texts:
                    lines = wrap(text + " [00]" if kind == "response" else text, _COLUMNS)
                    self.assertTrue(len(lines) <= _BODY_LINES, f"{name}: {lines}")
                    for line in lines:
                        self.assertTrue(columns(line) <= _COLUMNS, f"{name}: {line}")

    def test_hints_under_an_amount_fit_in_one_line(self):
        for name, texts, _ in _rows():
            if name in _HINTS:
                for text in texts:
                    self.assertTrue(columns(text) <= _COLUMNS, text)

    def test_labels_leave_room_for_their_values(self):
        for name, texts, _ in _rows():
            if name.startswith("slip.") and name[5:] in _ON_ONE_ROW:
                for text in texts:
                    self.assertTrue(columns(text) + 2 + _LONGEST_FIELD <= _SLIP_COLUMNS, text)


class TestStrings(unittest.TestCase):
    PATH = "/tmp/suanpan-test-strings.tsv"

    def setUp(self):
        with open(self.PATH, "w") as table:
            table.write("name\tzh\ten\na.b\t甲 乙\tA B\na.bc\t丙\tC\nlast\t末\tend\n")
        self.strings = Strings(self.PATH)

    def tearDown(self):
        os.remove(self.PATH)

    def test_the_first_language_is_chinese(self):
        self.assertEqual(self.strings.languages, ["zh", "en"])
        self.assertEqual(self.strings.language, "zh")
        self.assertEqual([self.strings.get(name) for name in ("a.b", "a.bc", "last")], ["甲 乙", "丙", "末"])

    def test_another_language(self):
        self.strings.choose("en")
        self.assertEqual([self.strings.get(name) for name in ("a.b", "a.bc", "last")], ["A B", "C", "end"])

    def test_a_name_is_matched_whole(self):
        for name in ("a", "b", "a.", ".b", "as", "甲"):
            self.assertEqual(self.strings.get(name), "")

    def test_names_that_look_alike_to_the_index(self):
        with open(self.PATH, "a") as table:
            table.write("n.858\t一\tone\nn.2006\t二\ttwo\n")  # their CRC-32 ends in the same two bytes
        strings = Strings(self.PATH)
        self.assertEqual([strings.get(name) for name in ("n.858", "n.2006")], ["一", "二"])

    def test_a_language_that_is_not_there(self):
        with self.assertRaises(ValueError):
            self.strings.choose("fr")
        self.assertEqual(self.strings.get("last"), "末")


if __name__ == "__main__":
    unittest.main()
