"""The records' bytes, which are for ever: what an old terminal has written a new one must read."""

import unittest

from suanpan.ledger.record import BYTES, NUMBERS, OPENED, TEXTS, WATCHED, decode, encode

PURE = True

OPENED_SALE = {
    "kind": "sale",
    "batch": "000001",
    "stan": "000042",
    "pan": "621000*********0007",
    "card": bytes(range(16)),
    "entry_mode": "021",
    "operator": "01",
    "date": "261123",
    "time": "093105",
    "amount": 123456,
}


class TestRecord(unittest.TestCase):
    def test_bytes_of_an_opened_sale(self):
        expected = (
            b"\x02"
            b"\x01\x04sale"
            b"\x02\x06000001"
            b"\x03\x06000042"
            b"\x04\x13621000*********0007"
            b"\x05\x03021"
            b"\x06\x0201"
            b"\x07\x06261123"
            b"\x08\x06093105"
            b"\x61\x10\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
            b"\x81\x03\x01\xe2\x40"
        )
        self.assertEqual(bytes(encode(OPENED, OPENED_SALE)), expected)
        self.assertEqual(decode(bytearray(expected)), (OPENED, OPENED_SALE))

    def test_bytes_of_a_trace_that_a_person_has_ended(self):
        expected = b"\x0f\x06\x0201\x07\x06261123\x08\x06093105\x86\x01\x29"
        fields = {"operator": "01", "date": "261123", "time": "093105", "of": 41}
        self.assertEqual(bytes(encode(WATCHED, fields)), expected)

    def test_every_tag_where_it_was(self):
        tags = {}
        for name in TEXTS:
            tags[name] = encode(0, {name: ""})[1]
        for name in NUMBERS:
            tags[name] = encode(0, {name: 0})[1]
        for name in BYTES:
            tags[name] = encode(0, {name: b"x"})[1]
        texts = (
            "kind batch stan pan entry_mode operator date time response reason auth_code reference host_date host_time"
        )
        texts += " parties org original original_reference sequence remarks"
        numbers = "amount printed status open newest of floor batch_start settled settling queued queued_total oldest"
        numbers += " oldest_at refused unbalanced base tip"
        for first, names in ((1, texts), (0x61, "card totals undone chip"), (0x81, numbers)):
            for i, name in enumerate(names.split(" ")):
                self.assertEqual(tags.pop(name), first + i)
        self.assertEqual(tags, {})

    def test_bytes_of_every_length(self):
        for length in (1, 254, 255, 256, 510, 511, 1300):
            fields = {"undone": bytes(n % 251 for n in range(length))}
            self.assertEqual(decode(encode(0, fields)), (0, fields))

    def test_numbers_of_every_size(self):
        for number in (0, 1, 255, 256, 65535, 65536, 999999999999, 2**63):
            self.assertEqual(decode(encode(3, {"amount": number})), (3, {"amount": number}))

    def test_text_in_chinese(self):
        fields = {"parties": "算盘银行"}
        self.assertEqual(decode(encode(3, fields)), (3, fields))

    def test_no_fields(self):
        self.assertEqual(decode(encode(7, {})), (7, {}))

    def test_tags_of_the_future_are_skipped(self):
        data = encode(9, {"stan": "000001"}) + b"\x7f\x02ab\xff\x01\x05\x00\x01x\x80\x00" + encode(0, {"amount": 5})[1:]
        self.assertEqual(decode(bytearray(data)), (9, {"stan": "000001", "amount": 5}))

    def test_what_cannot_be_said(self):
        for fields in (
            {"track": "x"},
            {"stan": 42},
            {"amount": "42"},
            {"amount": -1},
            {"stan": None},
            {"parties": "x" * 256},
        ):
            with self.assertRaises(ValueError):
                encode(OPENED, fields)
