"""SM2 signature verification: the standard's own example, and everything that must not pass."""

import unittest

from suanpan.crypto.sm2 import verify
from suanpan.errors import BadKey
from vectors import load

(VECTOR,) = load("sm2")["sm2"]
KEY, IDENTITY, MESSAGE, SIGNATURE = (
    bytes.fromhex(VECTOR[name]) for name in ("public_key", "identity", "message", "signature")
)
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123  # order of the group
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
G = bytes.fromhex(
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)


def pair(r, s):
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class TestVerify(unittest.TestCase):
    def test_gb_t_32918(self):
        self.assertTrue(verify(KEY, MESSAGE, SIGNATURE, IDENTITY))
        self.assertTrue(verify(KEY, MESSAGE, SIGNATURE))
        self.assertTrue(verify(memoryview(KEY), bytearray(MESSAGE), memoryview(SIGNATURE)))

    def test_another_message_or_identity(self):
        self.assertFalse(verify(KEY, MESSAGE + b"\0", SIGNATURE))
        self.assertFalse(verify(KEY, b"", SIGNATURE))
        self.assertFalse(verify(KEY, MESSAGE, SIGNATURE, b"ALICE123@YAHOO.COM"))
        self.assertFalse(verify(KEY, MESSAGE, SIGNATURE, b""))

    def test_bits_flipped(self):
        signature = bytearray(SIGNATURE)
        for bit in range(0, 512, 37):
            signature[bit >> 3] ^= 1 << (bit & 7)
            self.assertFalse(verify(KEY, MESSAGE, signature))
            signature[bit >> 3] ^= 1 << (bit & 7)

    def test_numbers_out_of_range(self):
        r, s = (int.from_bytes(SIGNATURE[at : at + 32], "big") for at in (0, 32))
        for numbers in ((0, s), (r, 0), (0, 0), (N, s), (r, N), (N + 1, s), (r, 2**256 - 1), (s, r), (r, N - s)):
            self.assertFalse(verify(KEY, MESSAGE, pair(*numbers)))

    def test_r_and_s_that_cancel(self):
        for r in (1, 2, N // 2, N - 1):
            self.assertFalse(verify(KEY, MESSAGE, pair(r, N - r)))

    def test_a_sum_at_infinity(self):
        for s in (1, 5, N // 3):  # under the key G, with the private key 1: s G + (r + s) G is nothing at all
            self.assertFalse(verify(G, MESSAGE, pair((N - 2 * s) % N, s)))

    def test_the_generator_and_its_opposite_as_keys(self):
        opposite = G[:32] + (P - int.from_bytes(G[32:], "big")).to_bytes(32, "big")
        for key in (G, opposite):
            self.assertFalse(verify(key, MESSAGE, SIGNATURE))

    def test_signatures_of_another_length(self):
        for signature in (b"", SIGNATURE[:63], SIGNATURE + b"\0", b"\0" + SIGNATURE):
            self.assertFalse(verify(KEY, MESSAGE, signature))


class TestKeys(unittest.TestCase):
    def test_no_point_of_the_curve(self):
        x, y = KEY[:32], KEY[32:]
        for key in (y + x, x + x, bytes(64), KEY[:63] + bytes([KEY[63] ^ 1]), b"\xff" * 64):
            with self.assertRaises(BadKey):
                verify(key, MESSAGE, SIGNATURE)

    def test_coordinates_written_another_way(self):
        # The point with x = 0 has a y; the same numbers plus p fit into 32 bytes.
        y = pow(0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93, (P + 1) // 4, P)
        self.assertFalse(verify(pair(0, y), MESSAGE, SIGNATURE))
        with self.assertRaises(BadKey):
            verify(pair(P, y), MESSAGE, SIGNATURE)

    def test_other_lengths(self):
        for key in (b"", KEY[:32], KEY[:63], KEY + b"\0", b"\4" + KEY):
            with self.assertRaises(BadKey):
                verify(key, MESSAGE, SIGNATURE)
