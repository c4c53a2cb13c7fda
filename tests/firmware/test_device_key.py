"""The two holders of a device's secrets: what they derive, and that what is destroyed is gone."""

import asyncio
import unittest

from nor_flash import NorFlash
from suanpan.errors import KeyMissing
from suanpan.errors.element import ElementUnlocked
from suanpan.ledger.device_key import JOURNAL_LABEL, KEYS_LABEL, FlashSecret
from suanpan.ledger.secure_element import SecureElement

SECRET = bytes(range(32))
# Python's hmac: SHA-256, SECRET, and the label.
KEYS_KEY = "7cd4b919dba707afbaf3f98cebaba858a4502ade64bc21cc32a7a56983f3f2a2"
JOURNAL_SECRET = bytes(range(32, 64))
JOURNAL_KEY = "d66e9df923e0d6e9d8d91e5062403a240e9509639c7286dd8e80a754388ec1b6"


def derive(secret, label):
    return asyncio.run(secret.derive(label))


class TestFlashSecret(unittest.TestCase):
    def setUp(self):
        self.flash = NorFlash(2)
        self.flash.writeblocks(0, SECRET, 0)
        self.flash.writeblocks(1, JOURNAL_SECRET, 0)
        self.keys = FlashSecret(self.flash, 0, lambda size: b"\x5a" * size)
        self.journal = FlashSecret(self.flash, 1, lambda size: b"\xa5" * size)

    def test_published_by_the_factory(self):
        self.assertEqual(derive(self.keys, KEYS_LABEL).hex(), KEYS_KEY)
        self.assertEqual(derive(self.journal, JOURNAL_LABEL).hex(), JOURNAL_KEY)

    def test_what_is_derived_can_be_wiped(self):
        self.assertIsInstance(derive(self.keys, KEYS_LABEL), bytearray)

    def test_each_label_and_each_secret_has_its_own(self):
        derived = {bytes(derive(secret, label)) for secret in (self.keys, self.journal) for label in (b"a", b"b")}
        self.assertEqual(len(derived), 4)

    def test_destroyed(self):
        journal_key = derive(self.journal, JOURNAL_LABEL)
        before = derive(self.keys, KEYS_LABEL)
        asyncio.run(self.keys.destroy())
        self.assertEqual(bytes(self.flash.cells).find(SECRET[:4]), -1)
        self.assertEqual(bytes(self.flash.cells[:33]), b"\x5a" * 32 + b"\xff")
        self.assertNotEqual(derive(self.keys, KEYS_LABEL), before)
        self.assertEqual(derive(self.journal, JOURNAL_LABEL), journal_key)

    def test_there_never_was_one(self):
        with self.assertRaises(KeyMissing):
            derive(FlashSecret(NorFlash(1), 0, bytes), KEYS_LABEL)


class FakeElement:
    def __init__(self, locked):
        self.is_locked = locked
        self.asked = []

    async def locked(self):
        return self.is_locked

    async def hmac(self, slot, message):
        self.asked.append(("hmac", slot, message))
        return bytearray(32)

    async def roll(self, slot):
        self.asked.append(("roll", slot))


class TestSecureElement(unittest.TestCase):
    def test_its_slot_and_no_other(self):
        element = FakeElement(True)
        secret = SecureElement(element, 3)
        self.assertEqual(derive(secret, KEYS_LABEL), bytearray(32))
        asyncio.run(secret.destroy())
        self.assertEqual(element.asked, [("hmac", 3, KEYS_LABEL), ("roll", 3)])

    def test_before_it_is_locked_nothing_is_asked_of_it(self):
        element = FakeElement(False)
        with self.assertRaises(ElementUnlocked):
            derive(SecureElement(element, 3), KEYS_LABEL)
        self.assertEqual(element.asked, [])


if __name__ == "__main__":
    unittest.main()
