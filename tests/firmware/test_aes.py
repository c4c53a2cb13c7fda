"""AES by blocks and as a key stream, against published answers."""

import unittest

from suanpan.crypto.aes import Aes, ctr
from suanpan.errors import BadKey, BlockError
from vectors import load

KEY = bytes(range(16))
COUNTER = bytes(range(0xF0, 0x100))


class TestPublishedVectors(unittest.TestCase):
    def test_ecb(self):
        for vector in load("aes")["ecb"]:
            key, plain, cipher = (bytes.fromhex(vector[name]) for name in ("key", "plain", "cipher"))
            self.assertEqual(Aes(key).encrypt(plain), cipher)
            self.assertEqual(Aes(key).decrypt(cipher), plain)

    def test_ctr_of_every_length(self):
        for vector in load("aes")["ctr"]:
            key, counter, plain, cipher = (
                bytes.fromhex(vector[name]) for name in ("key", "counter", "plain", "cipher")
            )
            aes = Aes(key)
            for size in range(len(plain) + 1):
                self.assertEqual(ctr(aes, counter, plain[:size]), cipher[:size])
                self.assertEqual(ctr(aes, counter, memoryview(cipher)[:size]), plain[:size])


class TestCtr(unittest.TestCase):
    def test_the_counter_carries_through_all_its_bytes(self):
        for counter, following in (
            (b"\0" * 15 + b"\xff", b"\0" * 14 + b"\1\0"),
            (b"\0" + b"\xff" * 15, b"\1" + b"\0" * 15),
            (b"\xff" * 16, b"\0" * 16),
        ):
            stream = ctr(Aes(KEY), counter, bytes(48))
            self.assertEqual(stream[:16], Aes(KEY).encrypt(counter))
            self.assertEqual(stream[16:], ctr(Aes(KEY), following, bytes(32)))

    def test_data_is_left_as_it_was(self):
        data = bytearray(range(40))
        ctr(Aes(KEY), COUNTER, data)
        self.assertEqual(data, bytearray(range(40)))

    def test_a_counter_of_another_length_is_refused(self):
        for size in (0, 8, 12, 15, 17):
            with self.assertRaises(BlockError):
                ctr(Aes(KEY), bytes(size), b"data")


class TestKeys(unittest.TestCase):
    def test_a_key_in_the_middle_of_a_buffer(self):
        self.assertEqual(Aes(memoryview(b"xyz" + KEY)[3:]).encrypt(KEY), Aes(KEY).encrypt(KEY))

    def test_other_lengths_are_refused(self):
        for size in (0, 1, 8, 15, 17, 24, 31, 33, 64):
            with self.assertRaises(BadKey):
                Aes(bytes(size))

    def test_a_dropped_key_is_gone(self):
        with Aes(KEY) as cipher:
            cipher.encrypt(KEY)
        for function in (cipher.encrypt, cipher.decrypt):
            with self.assertRaises(BadKey):
                function(KEY)
        cipher.wipe()


class TestBuffers(unittest.TestCase):
    def test_in_place(self):
        data = bytearray(range(64))
        cipher = Aes(KEY)
        expected = cipher.encrypt(bytes(data))
        self.assertTrue(cipher.encrypt(data, data) is data)
        self.assertEqual(data, expected)
        cipher.decrypt(data, data)
        self.assertEqual(data, bytearray(range(64)))

    def test_part_of_a_buffer(self):
        data = bytearray(range(64))
        Aes(KEY).encrypt(memoryview(data)[3:19], memoryview(data)[40:56])
        self.assertEqual(data[40:56], Aes(KEY).encrypt(bytes(range(3, 19))))
        self.assertEqual(data[:40] + data[56:], bytes(range(40)) + bytes(range(56, 64)))

    def test_anything_but_whole_blocks_is_refused(self):
        cipher = Aes(KEY)
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
