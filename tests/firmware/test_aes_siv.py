"""AES-CMAC and AES-SIV against their RFCs, and what must not open."""

import unittest

from suanpan.crypto.aes_siv import Cmac, Siv
from suanpan.errors import BadKey, SealError
from vectors import load

KEY = bytes(range(32))


class TestCmac(unittest.TestCase):
    def test_rfc_4493_in_any_order_from_one_object(self):
        vectors = load("aes_cmac")["cmac"]
        cmac = Cmac(bytes.fromhex(vectors[0]["key"]))
        for vector in vectors + vectors[::-1]:
            self.assertEqual(cmac.digest(bytes.fromhex(vector["message"])).hex(), vector["mac"])

    def test_a_message_is_left_as_it_was(self):
        message = bytearray(range(40))
        Cmac(KEY).digest(message)
        self.assertEqual(message, bytearray(range(40)))

    def test_other_key_lengths_are_refused(self):
        for size in (0, 8, 15, 24, 33):
            with self.assertRaises(BadKey):
                Cmac(bytes(size))


class TestSiv(unittest.TestCase):
    def test_rfc_5297(self):
        for vector in load("aes_siv")["siv"]:
            siv = Siv(bytes.fromhex(vector["key"]))
            plain = bytes.fromhex(vector["plain"])
            associated = [bytes.fromhex(string) for string in vector["associated"]]
            for _ in range(2):  # the second time from what the first has left in the cipher objects
                self.assertEqual(siv.seal(plain, *associated).hex(), vector["sealed"])
                self.assertEqual(siv.open(bytes.fromhex(vector["sealed"]), *associated), plain)

    def test_lengths_around_the_block_come_back(self):
        for key in (KEY, KEY + KEY):
            siv = Siv(key)
            for size in (0, 1, 15, 16, 17, 31, 32, 33, 256):
                plain = bytes(i & 255 for i in range(size))
                sealed = siv.seal(plain, b"where")
                self.assertEqual(len(sealed), 16 + size)
                self.assertEqual(Siv(key).open(memoryview(sealed), b"where"), plain)

    def test_one_object_serves_strings_of_any_sizes_in_turn(self):
        siv = Siv(KEY)
        for size in (40, 7, 0, 16, 40, 33, 32, 7):
            plain = bytes(range(size))
            associated = plain, b"where", bytes(size % 20)
            sealed = siv.seal(plain, *associated)
            self.assertEqual(sealed, Siv(KEY).seal(plain, *associated))
            with self.assertRaises(SealError):
                siv.open(sealed, *associated[1:])
            self.assertEqual(siv.open(sealed, *associated), plain)

    def test_strings_at_odd_places(self):
        siv = Siv(KEY)
        plain = bytes(range(40))
        sealed = siv.seal(plain, b"where")
        for at in range(4):
            buffer = memoryview(bytes(at) + sealed)[at:]
            self.assertEqual(siv.seal(memoryview(bytes(at) + plain)[at:], memoryview(b"nowhere")[2:]), sealed)
            self.assertEqual(siv.open(buffer, b"where"), plain)

    def test_no_plaintext_stays_behind(self):
        siv = Siv(KEY)
        plain = b"six times nine is forty-two, it is said"
        siv.open(siv.seal(plain, b"where"), b"where")
        for frame in (siv._frame, siv._cmac._frame):
            for at in range(0, len(plain) - 3, 4):
                self.assertFalse(plain[at : at + 4] in bytes(frame))

    def test_more_counter_than_one_byte_holds(self):
        plain = bytes(16 * 600)
        sealed = Siv(KEY).seal(plain)
        self.assertEqual(Siv(KEY).open(sealed), plain)
        blocks = {bytes(sealed[at : at + 16]) for at in range(16, len(sealed), 16)}
        self.assertEqual(len(blocks), 600)

    def test_other_key_lengths_are_refused(self):
        for size in (0, 16, 31, 33, 48, 63, 128):
            with self.assertRaises(BadKey):
                Siv(bytes(size))


class TestSivRefuses(unittest.TestCase):
    def setUp(self):
        self.siv = Siv(KEY)
        self.sealed = self.siv.seal(b"attack at dawn, or later", b"7", b"tag")

    def refuses(self, sealed, *associated):
        with self.assertRaises(SealError):
            self.siv.open(sealed, *associated)

    def test_any_bit_flipped(self):
        for bit in range(8 * len(self.sealed)):
            self.sealed[bit >> 3] ^= 1 << (bit & 7)
            self.refuses(self.sealed, b"7", b"tag")
            self.sealed[bit >> 3] ^= 1 << (bit & 7)
        self.assertEqual(self.siv.open(self.sealed, b"7", b"tag"), b"attack at dawn, or later")

    def test_cut_short_or_made_longer(self):
        for size in range(len(self.sealed)):
            self.refuses(self.sealed[:size], b"7", b"tag")
        self.refuses(self.sealed + b"\0", b"7", b"tag")

    def test_other_associated_strings(self):
        for associated in ((b"8", b"tag"), (b"tag", b"7"), (b"7tag",), (b"7", b"tag", b""), (b"7",), ()):
            self.refuses(self.sealed, *associated)

    def test_another_key(self):
        for other in (bytes([1]) + KEY[1:], KEY[:-1] + bytes([0])):
            with self.assertRaises(SealError):
                Siv(other).open(self.sealed, b"7", b"tag")
