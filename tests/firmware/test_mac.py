"""The MAC of F64."""

import unittest

import des_plain
from suanpan.crypto.mac import cup_ecb
from suanpan.errors import BadKey
from vectors import load


def by_the_steps(key, message):
    """docs/messages.md, sentence by sentence, on the plain twin."""
    message += bytes(-len(message) % 8)
    folded = 0
    for at in range(0, len(message), 8):
        folded ^= int.from_bytes(message[at : at + 8], "big")
    text = folded.to_bytes(8, "big").hex().upper().encode()
    first = des_plain.encrypt(key, text[:8])
    block = bytes(a ^ b for a, b in zip(first, text[8:]))
    return des_plain.encrypt(key, block).hex().upper()[:8].encode()


class TestCupEcb(unittest.TestCase):
    def test_published(self):
        for vector in load("payment")["cup_ecb"]:
            key, message = bytes.fromhex(vector["key"]), bytes.fromhex(vector["message"])
            self.assertEqual(cup_ecb(key, message), vector["mac"].encode())

    def test_messages_of_every_remainder_under_both_key_lengths(self):
        message = bytes(37 * i & 255 for i in range(90))
        for key in (bytes(range(8)), bytes(range(16))):
            for size in range(70, 90):
                self.assertEqual(cup_ecb(key, message[:size]), by_the_steps(key, message[:size]))

    def test_a_window_on_a_message(self):
        message = bytearray(b"0123456789abcdefMAC_HERE")
        self.assertEqual(cup_ecb(bytes(8), memoryview(message)[:-8]), cup_ecb(bytes(8), b"0123456789abcdef"))

    def test_every_bit_of_the_message_counts(self):
        message = bytearray(b"two blocks and a bit")
        macs = {cup_ecb(bytes(8), message)}
        for bit in range(8 * len(message)):
            message[bit >> 3] ^= 1 << (bit & 7)
            macs.add(cup_ecb(bytes(8), message))
            message[bit >> 3] ^= 1 << (bit & 7)
        self.assertTrue(cup_ecb(bytes(8), message) in macs)
        # A fold of 64 bits: the same bit of two blocks gives the same MAC, nothing else does.
        self.assertEqual(len(macs), 1 + 64)

    def test_other_key_lengths_are_refused(self):
        with self.assertRaises(BadKey):
            cup_ecb(bytes(7), b"")
