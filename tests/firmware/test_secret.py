"""Secrets: wiped on every way out, never printed; and the entry of a PIN."""

import unittest

from suanpan.crypto.secret import PinEntry, Secret
from suanpan.errors import PinError


class TestSecret(unittest.TestCase):
    def test_it_is_the_buffer_itself(self):
        buffer = bytearray(b"key")
        with Secret(buffer) as secret:
            self.assertEqual(bytes(secret.view), b"key")
            self.assertEqual(len(secret), 3)
            secret.view[0] = 0x4B
            self.assertEqual(buffer, b"Key")

    def test_it_is_wiped_at_the_end(self):
        buffer = bytearray(b"key")
        with Secret(buffer):
            pass
        self.assertEqual(buffer, bytes(3))

    def test_it_is_wiped_on_the_way_out_of_an_error(self):
        buffer = bytearray(b"key")
        with self.assertRaises(ValueError), Secret(buffer):
            raise ValueError
        self.assertEqual(buffer, bytes(3))

    def test_it_does_not_print(self):
        with Secret(bytearray(b"key")) as secret:
            for text in (repr(secret), str(secret), f"{secret}", "%s %r" % (secret, secret), str([secret])):
                self.assertFalse("key" in text)
                self.assertTrue("<Secret>" in text)

    def test_what_cannot_be_wiped_is_no_secret(self):
        for buffer in (b"key", "key", memoryview(b"key")):
            with self.assertRaises(TypeError):
                Secret(buffer)


class TestPinEntry(unittest.TestCase):
    def test_digits_come_and_go(self):
        with PinEntry() as pin:
            self.assertEqual(len(pin), 0)
            for key in "1230":
                self.assertTrue(pin.append(key))
            self.assertEqual(bytes(pin.view), b"1230")
            pin.backspace()
            self.assertEqual(bytes(pin.view), b"123")
            pin.append("4")
            self.assertEqual((len(pin), bytes(pin.view)), (4, b"1234"))

    def test_nothing_to_take_away(self):
        with PinEntry() as pin:
            pin.backspace()
            self.assertEqual(len(pin), 0)

    def test_the_thirteenth_digit_is_not_taken(self):
        with PinEntry() as pin:
            taken = [pin.append(key) for key in "1234567890129"]
            self.assertEqual(taken, [True] * 12 + [False])
            self.assertEqual(bytes(pin.view), b"123456789012")

    def test_only_digits_are_keyed(self):
        with PinEntry() as pin:
            for key in ("", "12", "a", "enter", "/", ":", "５"):
                with self.assertRaises(PinError):
                    pin.append(key)
            self.assertEqual(len(pin), 0)

    def test_a_digit_taken_away_is_gone_from_memory(self):
        with PinEntry() as pin:
            pin.append("7")
            whole = pin.view
            pin.backspace()
            self.assertEqual(bytes(whole), b"\0")

    def test_wiped_it_is_empty(self):
        pin = PinEntry()
        with pin:
            for key in "123456":
                pin.append(key)
            entered = pin.view
        self.assertEqual(len(pin), 0)
        self.assertEqual(bytes(entered), bytes(6))

    def test_it_does_not_print(self):
        with PinEntry() as pin:
            for key in "1234":
                pin.append(key)
            self.assertEqual(str(pin), "<Secret>")
