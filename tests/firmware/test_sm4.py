"""SM4 against published answers and against the plain-Python twin."""

import unittest

import micropython

import sm4_plain
from suanpan.crypto.sm4 import Sm4
from suanpan.errors import BadKey, BlockError
from vectors import load

KEY = bytes(range(16))


class TestPublishedVectors(unittest.TestCase):
    def test_ecb(self):
        for vector in load("sm4")["ecb"]:
            key, plain, cipher = (bytes.fromhex(vector[name]) for name in ("key", "plain", "cipher"))
            self.assertEqual(Sm4(key).encrypt(plain), cipher)
            self.assertEqual(Sm4(key).decrypt(cipher), plain)
            self.assertEqual(sm4_plain.encrypt(key, plain), cipher)
            self.assertEqual(sm4_plain.decrypt(key, cipher), plain)

    def test_a_million_times_over(self):
        (vector,) = load("sm4")["repeated"]
        encrypt = Sm4(bytes.fromhex(vector["key"])).encrypt
        block = bytearray(bytes.fromhex(vector["plain"]))
        for _ in range(vector["times"]):
            encrypt(block, block)
        self.assertEqual(block.hex(), vector["cipher"])


class TestTwin(unittest.TestCase):
    def test_it_agrees_on_chained_keys_and_data(self):
        key, data = KEY, bytes(range(64))
        for _ in range(60):
            cipher = Sm4(key).encrypt(data)
            self.assertEqual(cipher, sm4_plain.encrypt(key, data))
            self.assertEqual(Sm4(key).decrypt(data), sm4_plain.decrypt(key, data))
            key, data = bytes(cipher[:16]), bytes(cipher)

    def test_it_agrees_where_every_bit_is_set_or_none(self):
        for key in (bytes(16), b"\xff" * 16):
            for data in (bytes(16), b"\xff" * 16, b"\x80" + bytes(15), bytes(15) + b"\1"):
                self.assertEqual(Sm4(key).encrypt(data), sm4_plain.encrypt(key, data))


class TestKeys(unittest.TestCase):
    def test_a_key_in_the_middle_of_a_buffer(self):
        self.assertEqual(Sm4(memoryview(b"xyz" + KEY)[3:]).encrypt(KEY), Sm4(KEY).encrypt(KEY))

    def test_other_lengths_are_refused(self):
        for size in (0, 1, 8, 15, 17, 24, 32):
            with self.assertRaises(BadKey):
                Sm4(bytes(size))

    def test_the_schedule_is_wiped_on_every_way_out(self):
        cipher = Sm4(KEY)
        with self.assertRaises(BlockError), cipher:
            self.assertTrue(any(cipher._schedule))
            cipher.encrypt(b"not a block")
        self.assertFalse(any(cipher._schedule))


class TestBuffers(unittest.TestCase):
    def test_in_place(self):
        data = bytearray(range(64))
        cipher = Sm4(KEY)
        expected = cipher.encrypt(bytes(data))
        self.assertTrue(cipher.encrypt(data, data) is data)
        self.assertEqual(data, expected)
        cipher.decrypt(data, data)
        self.assertEqual(data, bytearray(range(64)))

    def test_part_of_a_buffer(self):
        data = bytearray(range(64))
        Sm4(KEY).encrypt(memoryview(data)[3:19], memoryview(data)[41:57])
        self.assertEqual(data[41:57], Sm4(KEY).encrypt(bytes(range(3, 19))))
        self.assertEqual(data[:41] + data[57:], bytes(range(41)) + bytes(range(57, 64)))

    def test_no_blocks(self):
        self.assertEqual(Sm4(KEY).encrypt(b""), b"")

    def test_anything_but_whole_blocks_is_refused(self):
        cipher = Sm4(KEY)
        for data, out in (
            (bytes(15), None),
            (bytes(17), None),
            (bytes(16), bytearray(32)),
            (bytes(32), bytearray(16)),
        ):
            with self.assertRaises(BlockError):
                cipher.encrypt(data, out)
            with self.assertRaises(BlockError):
                cipher.decrypt(data, out)

    def test_into_a_given_buffer_it_allocates_nothing(self):
        cipher = Sm4(KEY)
        data = bytearray(64)
        micropython.heap_lock()
        try:
            cipher.encrypt(data, data)
            cipher.decrypt(data, data)
        finally:
            micropython.heap_unlock()
