"""RSASSA-PSS verification: published signatures, and encodings with one thing wrong each."""

import unittest

from suanpan.crypto.pss import verify
from suanpan.crypto.rsa import RsaPublicKey
from suanpan.errors import BadKey
from vectors import load

WYCHEPROOF, MADE = load("pss")["keys"]
KEY = RsaPublicKey(bytes.fromhex(MADE["n"]), 65537)


def digest_and_signature(vector):
    return bytes.fromhex(vector["digest"]), bytes.fromhex(vector["signature"])


class TestVerify(unittest.TestCase):
    def check(self, key, vectors):
        for vector in vectors:
            valid = verify(key, *digest_and_signature(vector))
            self.assertEqual((vector["comment"], valid), (vector["comment"], vector["valid"]))

    def test_wycheproof(self):
        self.check(RsaPublicKey(bytes.fromhex(WYCHEPROOF["n"]), 65537), WYCHEPROOF["signatures"])

    def test_each_check_of_the_encoding(self):
        self.check(KEY, MADE["signatures"])

    def test_a_signature_without_its_leading_zero_is_too_short(self):
        (vector,) = (vector for vector in MADE["signatures"] if vector["valid"] and vector["signature"][:2] == "00")
        digest, signature = digest_and_signature(vector)
        self.assertFalse(verify(KEY, digest, signature[1:]))

    def test_any_bit_flipped(self):
        digest, signature = (bytearray(part) for part in digest_and_signature(MADE["signatures"][0]))
        for buffer in (digest, signature):
            for bit in range(8 * len(buffer)):
                buffer[bit >> 3] ^= 1 << (bit & 7)
                self.assertFalse(verify(KEY, digest, signature))
                buffer[bit >> 3] ^= 1 << (bit & 7)
        self.assertTrue(verify(KEY, digest, signature))

    def test_another_key_and_another_exponent(self):
        n = bytearray(bytes.fromhex(MADE["n"]))
        digest, signature = digest_and_signature(MADE["signatures"][0])
        self.assertFalse(verify(RsaPublicKey(n, 3), digest, signature))
        n[64] ^= 1
        self.assertFalse(verify(RsaPublicKey(n, 65537), digest, signature))


class TestKeys(unittest.TestCase):
    def test_a_modulus_that_does_not_fill_its_bytes_or_has_no_room(self):
        for n in (b"\x7f" + b"\xff" * 127, b"\xff" * 65):
            with self.assertRaises(BadKey):
                verify(RsaPublicKey(n, 65537), bytes(32), bytes(len(n)))

    def test_the_shortest_modulus_with_room(self):
        self.assertFalse(verify(RsaPublicKey(b"\xff" * 66, 65537), bytes(32), bytes(66)))
