"""ISO 8583: whole messages both ways, and that nothing but whole and exact messages is read."""

import unittest

from suanpan.codec import iso8583
from suanpan.codec.fields import FIELDS
from suanpan.errors import BcdError, CodecError, Iso8583Error
from vectors import load

PURE = True

BINARY = (52, 55, 59, 62, 63, 64)
SHORT = {3: "000000", 11: "000001"}


def sample_messages():
    """(message type, fields, message) of each sample."""
    samples = []
    for sample in load("iso8583")["messages"]:
        fields = {}
        for number, value in sample["fields"].items():
            fields[int(number)] = bytes.fromhex(value) if int(number) in BINARY else value
        samples.append((sample["mti"], fields, bytes.fromhex(sample["message"])))
    return samples


class TestSamples(unittest.TestCase):
    def test_encode(self):
        for mti, fields, message in sample_messages():
            self.assertEqual(iso8583.encode(mti, fields), message)

    def test_decode_whatever_buffer_it_comes_in(self):
        for mti, fields, message in sample_messages():
            for buffer in (message, bytearray(message), memoryview(message)):
                self.assertEqual(iso8583.decode(buffer), (mti, fields))

    def test_values_have_the_type_of_their_field(self):
        for _, _, message in sample_messages():
            for number, value in iso8583.decode(bytearray(message))[1].items():
                self.assertEqual(type(value), bytes if number in BINARY else str)

    def test_fields_come_in_ascending_order(self):
        for _, fields, message in sample_messages():
            turned = {}
            for number in sorted(fields, reverse=True):
                turned[number] = fields[number]
            self.assertEqual(iso8583.encode(iso8583.decode(message)[0], turned), message)

    def test_every_field_of_the_table_at_its_longest(self):
        longest = {}
        for number, row in FIELDS.items():
            size = row & 0x3FF
            if number in BINARY:
                longest[number] = b"\xff" * size
            elif number in (35, 36):
                longest[number] = "=" * size
            else:
                longest[number] = "9" * size
        message = iso8583.encode("0200", longest)
        self.assertEqual(iso8583.decode(message), ("0200", longest))

    def test_a_variable_field_may_be_empty(self):
        empty = {2: "", 35: "", 44: "", 55: b""}
        message = iso8583.encode("0210", empty)
        self.assertEqual(message[10:], bytes(5))
        self.assertEqual(iso8583.decode(message), ("0210", empty))

    def test_text_that_is_not_ascii_travels_as_bytes(self):
        text = b"\xbd\xbb\xd2\xd7\xb3\xc9\xb9\xa6"  # 交易成功 in GB18030
        self.assertEqual(iso8583.decode(iso8583.encode("0210", {63: text}))[1][63], text)


class TestMac(unittest.TestCase):
    def test_input_is_all_before_f64_and_the_mac_is_put_in_place(self):
        message = iso8583.encode("0200", {3: "000000", 64: bytes(8)})
        covered = iso8583.mac_input(message)
        self.assertEqual(bytes(covered), bytes.fromhex("02002000000000000001000000"))
        message[-8:] = b"E267B6E2"
        self.assertEqual(iso8583.decode(message)[1][64], b"E267B6E2")

    def test_a_message_without_mac_has_no_input(self):
        for message in (iso8583.encode("0800", SHORT), b"", bytes(10), bytes(9) + b"\x01" + bytes(7)):
            with self.assertRaises(Iso8583Error):
                iso8583.mac_input(message)


class TestEncodeRefuses(unittest.TestCase):
    def refuses(self, fields, error=Iso8583Error, mti="0200"):
        with self.assertRaises(error):
            iso8583.encode(mti, fields)

    def test_a_message_type_that_is_not_four_digits(self):
        for mti in ("", "200", "02000"):
            self.refuses(SHORT, Iso8583Error, mti)
        for mti in ("02x0", "02=0", "０２００", "020²"):
            self.refuses(SHORT, BcdError, mti)

    def test_fields_that_are_not_in_the_table(self):
        for number in (-1, 0, 1, 5, 24, 33, 43, 45, 65, 66, 100, 128):
            self.refuses({number: "0"})

    def test_a_fixed_field_of_another_length(self):
        for number, value in ((3, "00000"), (3, "0000000"), (41, "1000000"), (42, ""), (64, bytes(7))):
            self.refuses({number: value})

    def test_a_variable_field_over_its_limit(self):
        for number, value in (
            (2, "6" * 20),
            (35, "6" * 38),
            (44, " " * 26),
            (60, "0" * 18),
            (62, bytes(513)),
        ):
            self.refuses({number: value})

    def test_characters_that_do_not_belong(self):
        for number, value in (
            (3, "00000a"),
            (2, "62 0"),
            (2, "62=0"),
            (22, "05x"),
            (35, "62D3"),
            (35, "62:3"),
        ):
            self.refuses({number: value}, BcdError)
        for number, value in ((3, "００００００"), (3, "00000²"), (2, "62²"), (35, "62²")):
            self.refuses({number: value}, BcdError)
        for value in ("1000000\n", "1000000\x7f", "100000é", "1000\x0001"):
            self.refuses({41: value})


class TestDecodeRefuses(unittest.TestCase):
    def refuses(self, message, error=CodecError):
        with self.assertRaises(error):
            iso8583.decode(message)

    def test_a_message_cut_short_anywhere(self):
        for _, _, message in sample_messages():
            for size in range(len(message)):
                self.refuses(message[:size])

    def test_a_message_with_something_behind_it(self):
        for _, _, message in sample_messages():
            self.refuses(message + b"\0", Iso8583Error)

    def test_every_bitmap_bit_that_is_not_in_the_table(self):
        for number in range(1, 65):
            if number not in FIELDS:
                message = bytearray(74)
                message[2 + (number - 1) // 8] = 0x80 >> (number - 1) % 8
                self.refuses(message, Iso8583Error)

    def test_digits_that_are_none(self):
        self.refuses(bytes.fromhex("02a0") + bytes(8), BcdError)
        for nibble in "abcdef":
            self.refuses(bytes.fromhex("0200200000000000000000000" + nibble), BcdError)

    def test_a_length_that_is_no_number_or_over_the_limit(self):
        for length in ("1a", "a1", "20", "99"):
            self.refuses(bytes.fromhex("02004000000000000000" + length) + bytes(50), Iso8583Error)
        for length in ("0018", "0999", "1005", "9005", "000a"):
            self.refuses(bytes.fromhex("02000000000000000010" + length) + bytes(600), Iso8583Error)

    def test_padding_that_is_not_zero(self):
        self.refuses(bytes.fromhex("020000000400000000000511"), BcdError)
        self.refuses(bytes.fromhex("020000000200000000001001"), BcdError)
        self.refuses(bytes.fromhex("020000000000200000000362d3"), BcdError)

    def test_text_that_is_not_printable_ascii(self):
        for character in (0, 10, 31, 127, 128, 255):
            self.refuses(bytes.fromhex("0200000000000000800035") + bytes([character, 0x36]), Iso8583Error)

    def test_what_is_accepted_after_any_one_bit_has_flipped_is_exactly_what_was_sent(self):
        accepted = refused = 0
        for _, _, message in sample_messages():
            flipped = bytearray(message)
            for bit in range(8 * len(message)):
                flipped[bit >> 3] ^= 1 << (bit & 7)
                try:
                    mti, fields = iso8583.decode(flipped)
                    accepted += 1
                    self.assertEqual(iso8583.encode(mti, fields), flipped)
                except CodecError:
                    refused += 1
                flipped[bit >> 3] ^= 1 << (bit & 7)
        # Most bits of a message are text and digits, in which every other flip makes another good character.
        self.assertTrue(accepted > 1000)
        self.assertTrue(refused > 1000)
