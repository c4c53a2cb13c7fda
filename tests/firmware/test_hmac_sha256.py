"""HMAC-SHA256 against RFC 4231."""

import unittest
from hashlib import sha256

from suanpan.crypto.hmac_sha256 import hmac_sha256
from vectors import load

KEY = bytes(range(32))


class TestHmac(unittest.TestCase):
    def test_rfc_4231(self):
        for vector in load("hmac_sha256")["hmac"]:
            mac = hmac_sha256(bytes.fromhex(vector["key"]), bytes.fromhex(vector["message"])).hex()
            self.assertEqual(mac[: len(vector["mac"])], vector["mac"])
            self.assertEqual(len(mac), 64)

    def test_parts_make_the_whole(self):
        whole = hmac_sha256(KEY, b"one two three")
        self.assertEqual(hmac_sha256(KEY, b"one ", b"", bytearray(b"two"), memoryview(b" three")), whole)

    def test_no_parts_are_an_empty_message(self):
        self.assertEqual(hmac_sha256(KEY), hmac_sha256(KEY, b""))

    def test_the_key_is_left_as_it_was(self):
        key = bytearray(KEY)
        hmac_sha256(key, b"message")
        self.assertEqual(key, KEY)

    def test_a_key_longer_than_a_block_counts_as_its_hash(self):
        self.assertNotEqual(hmac_sha256(bytes(64), b""), hmac_sha256(sha256(bytes(64)).digest(), b""))
        self.assertEqual(hmac_sha256(bytes(65), b""), hmac_sha256(sha256(bytes(65)).digest(), b""))
