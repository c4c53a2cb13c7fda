"""The font and the GB 2312 table on flash, looked up character by character."""

import os
import struct
import unittest

from suanpan.ui.font import Font
from suanpan.ui.gb2312 import Encoder

_PATH = "/tmp/suanpan-test-table.bin"


def _write(data):
    with open(_PATH, "wb") as file:
        file.write(data)


class TestFont(unittest.TestCase):
    def setUp(self):
        narrow = {ord("A"): 0x11, ord("Z"): 0x22}
        wide = {0x4E00: 0x33, 0x4E2D: 0x44, 0x9F99: 0x55}
        data = b"SPF\x01" + struct.pack(">HH", len(narrow), len(wide))
        for table in (narrow, wide):
            for code in sorted(table):
                data += struct.pack(">H", code)
        data += b"".join(bytes((narrow[code],)) * 16 for code in sorted(narrow))
        data += b"".join(bytes((wide[code],)) * 32 for code in sorted(wide))
        _write(data)
        self.font = Font(_PATH)
        self.glyph = bytearray(32)

    def tearDown(self):
        os.remove(_PATH)

    def test_every_glyph_is_found_at_its_width(self):
        for character, width, byte in (
            ("A", 8, 0x11),
            ("Z", 8, 0x22),
            ("一", 16, 0x33),
            ("中", 16, 0x44),
            ("龙", 16, 0x55),
        ):
            self.assertEqual(self.font.load(ord(character), self.glyph), width)
            self.assertEqual(bytes(self.glyph[: 2 * width]), bytes((byte,)) * 2 * width)

    def test_a_missing_glyph_is_a_box_of_its_width(self):
        self.assertEqual(self.font.load(ord("B"), self.glyph), 8)
        self.assertEqual(self.glyph[1], 0xFE)
        self.assertEqual(self.font.load(ord("国"), self.glyph), 16)
        self.assertEqual((self.glyph[1], self.glyph[14]), (0xFE, 0xFE))


class TestEncoder(unittest.TestCase):
    def setUp(self):
        pairs = ((0x00B7, 0xA1A4), (0x4E2D, 0xD6D0), (0x7B97, 0xCBE3), (0x9F99, 0xC1FA))
        _write(b"".join(struct.pack(">HH", *pair) for pair in pairs))
        self.encoder = Encoder(_PATH)

    def tearDown(self):
        os.remove(_PATH)

    def test_text(self):
        self.assertEqual(self.encoder.encode("A中·算龙!"), b"A\xd6\xd0\xa1\xa4\xcb\xe3\xc1\xfa!")

    def test_what_the_table_lacks_is_marked(self):
        self.assertEqual(self.encoder.encode("é国"), b"\xa1\xfe\xa1\xfe")


if __name__ == "__main__":
    unittest.main()
