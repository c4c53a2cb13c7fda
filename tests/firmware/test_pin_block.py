"""PIN blocks of formats 0, 3 and 4, and that nothing clear outlives their making."""

import unittest

import des_plain
import sm4_plain
from suanpan.crypto import aes, des, pin_block
from suanpan.crypto.sm4 import Sm4
from suanpan.errors import BadKey, PinError
from vectors import load

PIK = bytes(range(0x11, 0x21))
PAN = "6200000000000013"
BAD_PINS = (b"", b"123", b"1234567890123", b"12 4", b"12a4", b"123\x01", b"\x01\x02\x03\x04", b"123:", b"/123")
BAD_PANS = ("", "000000000000", "62000000000000=3", "62000000000000 13", "6" * 20)


class Dice:
    """A source of chance that gives out known bytes, and knows when they are asked for."""

    def __init__(self, throws):
        self.throws = throws

    def __call__(self, count):
        given, self.throws = self.throws[:count], self.throws[count:]
        assert len(given) == count
        return given


def format0(key, pin, pan):
    return pin_block.format0(key, pin, pan)


def format3(key, pin, pan):
    return pin_block.format3(key, pin, pan, Dice(bytes(10)))


def format4(key, pin, pan):
    return pin_block.format4(key, pin, pan, Dice(bytes(8)))


def format4_sm4(key, pin, pan):
    return pin_block.format4(key, pin, pan, Dice(bytes(8)), Sm4)


class TestEveryFormat(unittest.TestCase):
    def test_pins_and_pans_that_are_none(self):
        for make in (format0, format3, format4, format4_sm4):
            for pin in BAD_PINS:
                with self.assertRaises(PinError):
                    make(PIK, bytearray(pin), PAN)
            for pan in BAD_PANS:
                with self.assertRaises(PinError):
                    make(PIK, bytearray(b"1234"), pan)

    def test_keys_that_are_none(self):
        for make, sizes in (
            (format0, (12, 32)),
            (format3, (12, 32)),
            (format4, (8, 15, 24)),
            (format4_sm4, (8, 15, 24, 32)),
        ):
            for size in sizes:
                with self.assertRaises(BadKey):
                    make(bytes(size), bytearray(b"1234"), PAN)

    def test_the_pin_is_left_to_its_owner(self):
        for make in (format0, format3, format4, format4_sm4):
            pin = bytearray(b"1234")
            make(PIK, memoryview(pin), PAN)
            self.assertEqual(pin, b"1234")


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


class TestFormat3(unittest.TestCase):
    def test_published(self):
        for vector in load("payment")["pin_block_format_3"]:
            clear, pan = vector["clear"], vector["pan"]
            filler = int(clear[6:], 16) ^ int(pan[-11:-1], 16)
            throws = bytes(int(digit, 16) - 10 for digit in f"{filler:X}")
            block = pin_block.format3(PIK, bytearray(vector["pin"].encode()), pan, Dice(throws))
            self.assertEqual(des_plain.decrypt(PIK, block).hex().upper(), clear)

    def test_every_filler_is_as_likely(self):
        fillers = []
        for byte in range(252):
            block = pin_block.format3(PIK, bytearray(b"123456789012"), PAN, Dice(bytes([byte, 5])))
            fillers.append(des_plain.decrypt(PIK, block).hex()[14])
        self.assertEqual(sorted(fillers), sorted("abcdef" * 42))

    def test_bytes_that_would_favour_some_are_thrown_again(self):
        dice = Dice(b"\xfc\xff\xfd\xfe\x00\xff\x01")
        block = pin_block.format3(PIK, bytearray(b"123456789012"), PAN, dice)
        self.assertEqual(des_plain.decrypt(PIK, block).hex(), "3c123456789012aa")  # AB, and 01 of the PAN
        self.assertEqual(dice.throws, b"")


class TestFormat4(unittest.TestCase):
    def test_published(self):
        for vector in load("payment")["pin_block_format_4"]:
            random = Dice(bytes.fromhex(vector["random"]))
            pin = bytearray(vector["pin"].encode())
            block = pin_block.format4(bytes.fromhex(vector["key"]), pin, vector["pan"], random)
            self.assertEqual(block.hex().upper(), vector["block"])

    def test_every_length_of_pin_and_pan(self):
        for key in (PIK, PIK + PIK):
            self.assertOpens(key, aes.Aes(key).decrypt)

    def test_the_same_construction_under_sm4(self):
        self.assertOpens(PIK, lambda block: sm4_plain.decrypt(PIK, block), Sm4)

    def assertOpens(self, key, decrypt, *cipher):
        """PINs and PANs of every length: undone step by step, the block holds what it should."""
        for size in range(4, 13):
            for digits in range(13, 20):
                pan = "1234567890123456789"[:digits]
                block = pin_block.format4(key, bytearray(b"987654321098"[:size]), pan, Dice(b"\x5a" * 8), *cipher)
                inner = int.from_bytes(decrypt(block), "big")
                field = f"{digits - 12}{pan}" + "0" * (31 - digits)
                clear = decrypt((inner ^ int(field, 16)).to_bytes(16, "big")).hex()
                self.assertEqual(clear, f"4{size:x}" + "987654321098"[:size] + "a" * (14 - size) + "5a" * 8)


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

    def encrypt(self, block, out=None):
        self.block = block
        self.seen = bytes(block)
        if self.fails:
            raise MemoryError
        return bytearray(len(block))


class TestClearBlock(unittest.TestCase):
    FORMATS = (
        (format0, "041234fffffffffe"),
        (format3, "341234aaaaaaaaab"),
        (format4, "441234" + "aa" * 5 + "00" * 8),
    )

    def setUp(self):
        self.ciphers = des.Tdes, aes.Aes

    def tearDown(self):
        des.Tdes, aes.Aes = self.ciphers

    def spy(self, fails):
        des.Tdes = aes.Aes = spy = SpyCipher(fails)
        return spy

    def test_it_is_wiped_when_done(self):
        for make, clear in self.FORMATS[:2]:
            spy = self.spy(fails=False)
            make(PIK, bytearray(b"1234"), PAN)
            self.assertEqual(spy.seen.hex(), clear)
            self.assertEqual(spy.block, bytes(8))

    def test_it_is_wiped_when_the_cipher_fails(self):
        for make, clear in self.FORMATS:
            spy = self.spy(fails=True)
            with self.assertRaises(MemoryError):
                make(PIK, bytearray(b"1234"), PAN)
            self.assertEqual(spy.seen.hex(), clear)
            self.assertEqual(spy.block, bytes(len(clear) // 2))
