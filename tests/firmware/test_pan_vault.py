"""Card numbers under a key that can be destroyed: what is sealed opens until then, and never after."""

import unittest

from nor_flash import DEPTH, WAYS, NorFlash, PowerCut
from suanpan.errors import PanGone
from suanpan.ledger.pan_vault import PanVault, masked

HEAP = "2m"  # a flash of its own for each test

SECRET = bytes(range(32))


def vault(flash, secret=SECRET):
    return PanVault(flash, 0, secret, lambda count: bytes(flash.random(256) for _ in range(count)))


class TestPanVault(unittest.TestCase):
    def setUp(self):
        self.flash = NorFlash(1)
        self.vault = vault(self.flash)
        self.vault.renew(7)

    def assertGone(self, opener, sealed):
        with self.assertRaises(PanGone):
            opener.open(sealed)

    def test_opens_what_it_sealed_after_a_reboot(self):
        for pan in ("6200000000000013", "6200000000000000018", "4111111111111"):
            sealed = self.vault.seal(pan, "3512")
            self.assertEqual(len(sealed), 16)
            self.assertEqual(vault(self.flash).open(sealed), (pan, "3512"))
        self.assertEqual(vault(self.flash).born, 7)

    def test_the_same_card_never_looks_the_same(self):
        self.assertEqual(len({self.vault.seal("6200000000000013", "3512") for _ in range(20)}), 20)

    def test_a_new_key_opens_nothing_old(self):
        sealed = [self.vault.seal(f"62000000000{n:05}", "3512") for n in range(300)]
        self.vault.renew(8)
        for each in sealed:
            self.assertGone(self.vault, each)

    def test_another_device_opens_nothing(self):
        self.assertGone(vault(self.flash, bytes(32)), self.vault.seal("6200000000000013", "3512"))

    def test_without_a_key(self):
        empty = vault(NorFlash(1))
        self.assertEqual(empty.born, -1)
        self.assertGone(empty, bytes(16))
        with self.assertRaises(PanGone):
            empty.seal("6200000000000013", "3512")

    def test_a_flipped_bit_of_the_key_is_no_key(self):
        for address in range(48):
            self.flash.cells[address] ^= 1
            self.assertEqual(self.vault.born, -1)
            self.flash.cells[address] ^= 1

    def test_a_power_cut_leaves_the_old_key_the_new_one_or_none(self):
        sealed = self.vault.seal("6200000000000013", "3512")
        before = bytes(self.flash.cells)
        for operation in range(2):
            for way in WAYS:
                for depth in range(DEPTH + 1):
                    self.flash.cells[:] = before
                    self.flash.weak.clear()
                    self.flash.cut(operation, way, depth)
                    with self.assertRaises(PowerCut):
                        self.vault.renew(9)
                    self.flash.power_on()
                    again = vault(self.flash)
                    self.assertTrue(again.born in (7, 9, -1))
                    again.renew(10)
                    self.assertEqual(again.born, 10)
                    self.assertGone(again, sealed)


class TestMasked(unittest.TestCase):
    def test_keeps_six_and_four(self):
        for pan in ("6200000000000013", "6200000000000000018", "4111111111111"):
            hidden = masked(pan)
            self.assertEqual((len(hidden), hidden[:6], hidden[-4:]), (len(pan), pan[:6], pan[-4:]))
            self.assertEqual(hidden[6:-4], "*" * (len(pan) - 10))
