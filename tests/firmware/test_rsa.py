"""The RSA public operation against published answers, and what it refuses."""

import unittest

from suanpan.crypto.rsa import RsaPublicKey
from suanpan.errors import BadKey
from suanpan.errors.keys import SignatureError
from vectors import load

HEAP = "96k"

N = bytes.fromhex(load("rsa")["public"][1]["n"])


class TestPublicOperation(unittest.TestCase):
    def test_published_answers(self):
        for vector in load("rsa")["public"]:
            n, data = bytes.fromhex(vector["n"]), bytes.fromhex(vector["data"])
            self.assertEqual(RsaPublicKey(n, vector["e"]).apply(data).hex(), vector["result"])

    def test_small_numbers_come_out_at_full_length(self):
        key = RsaPublicKey(N, 3)
        self.assertEqual(key.apply(bytes(128)), bytes(128))
        self.assertEqual(key.apply(bytes(127) + b"\2"), bytes(127) + b"\x08")

    def test_the_greatest_number_is_minus_one(self):
        n_less_one = N[:-1] + bytes([N[-1] - 1])
        for e in (3, 65537):
            self.assertEqual(RsaPublicKey(N, e).apply(n_less_one), n_less_one)

    def test_the_longest_modulus(self):
        n = b"\xff" * 384
        self.assertEqual(RsaPublicKey(n, 3).apply(bytes(383) + b"\3"), bytes(383) + b"\x1b")
        minus_one = n[:-1] + b"\xfe"
        self.assertEqual(RsaPublicKey(n, 65537).apply(minus_one), minus_one)


class TestRefused(unittest.TestCase):
    def test_numbers_of_another_length(self):
        for size in (0, 1, 127, 129, 256):
            with self.assertRaises(SignatureError):
                RsaPublicKey(N, 3).apply(bytes(size))

    def test_numbers_not_below_the_modulus(self):
        for data in (N, N[:-1] + bytes([N[-1] + 1]), b"\xff" * 128):
            with self.assertRaises(SignatureError):
                RsaPublicKey(N, 65537).apply(data)

    def test_moduli_too_short_or_too_long(self):
        for size in (0, 1, 63, 385, 512):
            with self.assertRaises(BadKey):
                RsaPublicKey(b"\xff" * size, 3)

    def test_a_modulus_that_is_even_or_begins_with_zero(self):
        for n in (N[:-1] + b"\xf0", b"\0" + N):
            with self.assertRaises(BadKey):
                RsaPublicKey(n, 3)

    def test_other_exponents(self):
        for e in (0, 1, 2, 17, 65535, 65539):
            with self.assertRaises(BadKey):
                RsaPublicKey(N, e)
