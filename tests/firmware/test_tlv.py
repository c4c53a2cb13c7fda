"""BER-TLV and data object lists, as EMV writes them (EMV 4.3 Book 3, 5.4 and Annex B)."""

import gc
import unittest

from suanpan.codec.tlv import Reader, dol_entries, encode, find, is_constructed
from suanpan.errors.emv import TlvError


def objects(text):
    reader = Reader(bytes.fromhex(text))
    found = []
    while reader.next_primitive():
        found.append((reader.tag, reader.value().hex()))
    return found


class TestReader(unittest.TestCase):
    def test_tags_of_one_two_and_three_bytes(self):
        self.assertEqual(
            objects("5a0112 9f360200f0 df810103aabbcc".replace(" ", "")),
            [(0x5A, "12"), (0x9F36, "00f0"), (0xDF8101, "aabbcc")],
        )

    def test_templates_however_deep(self):
        text = "6f10 8402aabb a50a 500141 bf0c04 9f4d010b".replace(" ", "")
        self.assertEqual(objects(text), [(0x84, "aabb"), (0x50, "41"), (0x9F4D, "0b")])

    def test_lengths_in_all_their_forms(self):
        value = bytes(range(200)).hex()
        self.assertEqual(objects("5081c8" + value), [(0x50, value)])
        self.assertEqual(objects("508200c8" + value), [(0x50, value)])
        self.assertEqual(objects("50810141"), [(0x50, "41")])
        self.assertEqual(objects("5000"), [(0x50, "")])

    def test_zero_bytes_between_objects_mean_nothing(self):
        self.assertEqual(objects("0000 500141 00 7004 00 500142 00".replace(" ", "")), [(0x50, "41"), (0x50, "42")])

    def test_where_an_object_lies(self):
        data = bytes.fromhex("00500141")
        reader = Reader(data)
        self.assertTrue(reader.next())
        self.assertEqual((reader.begin, reader.start, reader.end, reader.constructed), (1, 3, 4, False))
        self.assertFalse(reader.next())

    def test_what_is_cut_short(self):
        for text in ("50", "9f", "9f36", "5002 41", "5081", "5082 01", "9f8181", "5080 4100", "5083 000001 41"):
            with self.assertRaises(TlvError):
                objects(text.replace(" ", ""))

    def test_an_object_longer_than_its_template(self):
        with self.assertRaises(TlvError):
            objects("7003 5005 41 41 41 41 41".replace(" ", ""))

    def test_templates_without_end(self):
        with self.assertRaises(TlvError):
            objects("700a 7008 7006 7004 7002 7000".replace(" ", ""))

    def test_going_over_a_template_and_out_of_one(self):
        reader = Reader(bytes.fromhex("70035001415a0112"))
        self.assertTrue(reader.next() and reader.constructed)
        reader.enter()
        self.assertTrue(reader.next() and reader.tag == 0x50)
        reader.leave()
        self.assertTrue(reader.next() and reader.tag == 0x5A)


class TestWithoutMemory(unittest.TestCase):
    def test_a_record_of_256_bytes(self):
        """Reading takes nothing from the heap; only what is kept does."""
        data = bytes.fromhex("7081fb" + "9f3602002a" * 50 + "00")
        reader = Reader(data)

        def walk():
            count = 0
            while reader.next_primitive():
                count += 1
            return count

        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        count = walk()
        after = gc.mem_alloc()
        gc.enable()
        self.assertEqual(count, 50)
        self.assertEqual(after, before)


class TestOthers(unittest.TestCase):
    def test_find_stays_outside_templates(self):
        data = bytes.fromhex("7003500141 500142".replace(" ", ""))
        self.assertEqual(find(data, 0x50), b"B")
        self.assertIsNone(find(data, 0x5A))

    def test_encode_and_back(self):
        for tag in (0x5A, 0x9F36, 0xDF8101):
            for size in (0, 1, 127, 128, 255, 256, 1000):
                data = encode(tag, bytes(size))
                self.assertEqual(find(data, tag), bytes(size))
        with self.assertRaises(TlvError):
            encode(0x50, bytes(0x10000))

    def test_lists(self):
        self.assertEqual(list(dol_entries(bytes.fromhex("9f37045f2a02df81010395 05".replace(" ", "")))), [
            (0x9F37, 4), (0x5F2A, 2), (0xDF8101, 3), (0x95, 5)
        ])  # fmt: skip
        for text in ("9f", "9f37", "95", "df81", "9f81818101"):
            with self.assertRaises(TlvError):
                list(dol_entries(bytes.fromhex(text)))

    def test_which_tags_are_templates(self):
        self.assertTrue(is_constructed(0x70))
        self.assertTrue(is_constructed(0xBF0C))
        self.assertFalse(is_constructed(0x9F36))


if __name__ == "__main__":
    unittest.main()
