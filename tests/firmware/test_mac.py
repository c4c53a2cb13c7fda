"""Message authentication codes: UnionPay's of F64, ISO 9797-1's, CMAC."""

import unittest

import des_plain
from suanpan.crypto.aes import Aes
from suanpan.crypto.des import Tdes
from suanpan.crypto.mac import cbc_mac, cmac, cup_ecb, iso9797_1, iso9797_3
from suanpan.crypto.sm4 import Sm4
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


def cup(cipher, key, message):
    with cipher(key) as keyed:
        return cup_ecb(keyed, message)


class TestCupEcb(unittest.TestCase):
    def test_published(self):
        for vector in load("payment")["cup_ecb"]:
            key, message = bytes.fromhex(vector["key"]), bytes.fromhex(vector["message"])
            self.assertEqual(cup(Tdes, key, message), vector["mac"].encode())

    def test_messages_of_every_remainder_under_both_key_lengths(self):
        message = bytes(37 * i & 255 for i in range(90))
        for key in (bytes(range(8)), bytes(range(16))):
            for size in range(70, 90):
                self.assertEqual(cup(Tdes, key, message[:size]), by_the_steps(key, message[:size]))

    def test_a_window_on_a_message(self):
        message = bytearray(b"0123456789abcdefMAC_HERE")
        self.assertEqual(cup(Tdes, bytes(8), memoryview(message)[:-8]), cup(Tdes, bytes(8), b"0123456789abcdef"))

    def test_every_bit_of_the_message_counts(self):
        message = bytearray(b"two blocks and a bit")
        macs = {cup(Tdes, bytes(8), message)}
        for bit in range(8 * len(message)):
            message[bit >> 3] ^= 1 << (bit & 7)
            macs.add(cup(Tdes, bytes(8), message))
            message[bit >> 3] ^= 1 << (bit & 7)
        self.assertTrue(cup(Tdes, bytes(8), message) in macs)
        # A fold of 64 bits: the same bit of two blocks gives the same MAC, nothing else does.
        self.assertEqual(len(macs), 1 + 64)

    def test_other_key_lengths_are_refused(self):
        with self.assertRaises(BadKey):
            cup(Tdes, bytes(7), b"")


class TestCupEcbSm4(unittest.TestCase):
    def test_step_by_step(self):
        key = bytes(range(16))
        message = bytes(37 * i & 255 for i in range(70))
        for size in (0, 1, 15, 16, 17, 32, 69):
            folded = 0
            for at in range(0, size, 16):
                block = message[at : min(at + 16, size)]
                folded ^= int.from_bytes(block + bytes(16 - len(block)), "big")
            text = folded.to_bytes(16, "big").hex().upper().encode()
            first = Sm4(key).encrypt(text[:16])
            second = Sm4(key).encrypt(bytes(a ^ b for a, b in zip(first, text[16:])))
            self.assertEqual(cup(Sm4, key, message[:size]), second.hex().upper()[:8].encode())

    def test_other_key_lengths_are_refused(self):
        for size in (8, 15, 24):
            with self.assertRaises(BadKey):
                cup(Sm4, bytes(size), b"")


class TestIso9797(unittest.TestCase):
    def test_published(self):
        for group, mac in (("algorithm_1", iso9797_1), ("algorithm_3", iso9797_3)):
            for vector in load("iso9797")[group]:
                self.assertEqual(
                    mac(bytes.fromhex(vector["key"]), vector["text"].encode()).hex().upper(), vector["mac"]
                )

    def test_no_message_is_one_block_of_zeros(self):
        key = bytes(range(16))
        self.assertEqual(iso9797_1(key[:8], b""), iso9797_1(key[:8], bytes(8)))
        self.assertEqual(iso9797_3(key, b""), iso9797_3(key, bytes(5)))

    def test_one_key_twice_makes_algorithm_3_algorithm_1(self):
        key = bytes(range(8))
        self.assertEqual(iso9797_3(key + key, b"message"), iso9797_1(key, b"message"))

    def test_a_message_is_left_as_it_was(self):
        message = bytearray(range(20))
        iso9797_1(bytes(16), memoryview(message))
        iso9797_3(bytes(16), memoryview(message))
        self.assertEqual(message, bytearray(range(20)))

    def test_other_key_lengths_are_refused(self):
        for size in (8, 15, 24):
            with self.assertRaises(BadKey):
                iso9797_3(bytes(size), b"")
        with self.assertRaises(BadKey):
            iso9797_1(bytes(9), b"")


class TestCmac(unittest.TestCase):
    def test_published_triple_des(self):
        for vector in load("iso9797")["tdes_cmac"]:
            mac = cmac(Tdes(bytes.fromhex(vector["key"])), bytes.fromhex(vector["message"]))
            self.assertEqual(mac.hex().upper(), vector["mac"])

    def test_published_aes(self):
        for vector in load("aes_cmac")["cmac"]:
            mac = cmac(Aes(bytes.fromhex(vector["key"])), bytes.fromhex(vector["message"]))
            self.assertEqual(mac.hex(), vector["mac"])

    def test_a_chain_goes_on_where_it_stopped(self):
        cipher = Tdes(bytes(range(16)))
        whole = cbc_mac(cipher, b"two whole blocks")
        self.assertEqual(cbc_mac(cipher, b"e blocks", cbc_mac(cipher, b"two whol")), whole)
