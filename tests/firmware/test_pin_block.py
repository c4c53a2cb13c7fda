"""PIN blocks of format 0, and that nothing clear outlives their making."""

import unittest

import des_plain
from suanpan.crypto import pin_block
from suanpan.errors import BadKey, PinError
from vectors import load

PIK = bytes(range(0x11, 0x21))
PAN = "6200000000000013"


class TestFormat0(unittest.TestCase):
    def test_published(self):
        for vector in load("payment")["pin_block_format_0"]:
            block = pin_block.format0(PIK, bytearray(vector["pin"].encode()), vector["pan"])
            self.assertEqual(des_plain.decrypt(PIK, block).hex().upper(), vector["clear"])

    def test_every_length_of_pin(self):
        # The 12 digits left of the PAN's check digit are 000000000001: they show in the last digit alone.
        for size, clear in (
            (4, "041234fffffffffe"),
            (5, "0512345ffffffffe"),
            (6, "06123456fffffffe"),
            (12, "0c123456789012fe"),
        ):
            block = pin_block.format0(PIK, bytearray(b"123456789012"[:size]), PAN)
            self.assertEqual(des_plain.decrypt(PIK, block).hex(), clear)

    def test_the_pin_is_left_to_its_owner(self):
        pin = bytearray(b"1234")
        pin_block.format0(PIK, memoryview(pin), PAN)
        self.assertEqual(pin, b"1234")

    def test_the_block_is_bound_to_the_twelve_digits(self):
        blocks = set()
        for at in range(len(PAN) - 1):
            pan = PAN[:at] + "9" + PAN[at + 1 :]
            blocks.add(bytes(pin_block.format0(PIK, bytearray(b"1234"), pan)))
        self.assertEqual(len(blocks), 12 + 1)  # the digits before the twelve change nothing
        self.assertEqual(
            pin_block.format0(PIK, bytearray(b"1234"), PAN[:-1] + "9"),
            pin_block.format0(PIK, bytearray(b"1234"), PAN),
        )

    def test_refused(self):
        for pin in (b"", b"123", b"1234567890123", b"12 4", b"12a4", b"123\x01", b"\x01\x02\x03\x04"):
            with self.assertRaises(PinError):
                pin_block.format0(PIK, bytearray(pin), PAN)
        for pan in ("", "000000000000", "62000000000000=3", "62000000000000 13"):
            with self.assertRaises(PinError):
                pin_block.format0(PIK, bytearray(b"1234"), pan)
        with self.assertRaises(BadKey):
            pin_block.format0(bytes(12), bytearray(b"1234"), PAN)


class SpyCipher:
    """Keeps hold of what it is given to encrypt."""

    def __init__(self, fails):
        self.fails = fails

    def __call__(self, key):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def encrypt(self, block):
        self.block = block
        self.seen = bytes(block)
        if self.fails:
            raise MemoryError
        return bytearray(8)


class TestClearBlock(unittest.TestCase):
    def setUp(self):
        self.cipher = pin_block.Tdes

    def tearDown(self):
        pin_block.Tdes = self.cipher

    def test_it_is_wiped_when_done(self):
        pin_block.Tdes = spy = SpyCipher(fails=False)
        pin_block.format0(PIK, bytearray(b"1234"), PAN)
        self.assertEqual(spy.seen.hex(), "041234fffffffffe")
        self.assertEqual(spy.block, bytes(8))

    def test_it_is_wiped_when_the_cipher_fails(self):
        pin_block.Tdes = spy = SpyCipher(fails=True)
        with self.assertRaises(MemoryError):
            pin_block.format0(PIK, bytearray(b"1234"), PAN)
        self.assertEqual(spy.seen.hex(), "041234fffffffffe")
        self.assertEqual(spy.block, bytes(8))
