"""The key store: one purpose for each key, nothing that was altered is used, nothing is half stored (S7, S8)."""

import os
import unittest

import vfs

from nor_flash import BITS, PREFIX, NorFlash, PowerCut
from suanpan.errors import BadKey, KeyMissing, KeyStoreError
from suanpan.ledger.key_store import AES, MAK, PIK, SM4, TDES, TDK, TMK, KeyStore, forget

TIMEOUT = 120

DEVICE_KEY = bytes(range(32))
KEYS = "/key_test/keys.bin"

# What `cryptography`'s AESSIV writes: the TMK 0123456789ABCDEFFEDCBA9876543210 under DEVICE_KEY.
FACTORY_FILE = bytes.fromhex("01012022e4cb711502668b31e87f7ccb60328a6cfd21ea1bb6774192c66e611a00fe03")
TMK_HEX = "0123456789abcdeffedcba9876543210"
SLOTS = (TMK, PIK, MAK, TDK)


def write(content):
    with open(KEYS, "wb") as file:
        file.write(content)


def read():
    with open(KEYS, "rb") as file:
        return file.read()


def store(key=DEVICE_KEY):
    return KeyStore(KEYS, key)


def key(slot, algorithm=TDES, device_key=DEVICE_KEY):
    with store(device_key).use(slot, algorithm) as lent:
        return bytes(lent.view)


class Case(unittest.TestCase):
    """Each test has its own LittleFS, on a flash whose power can be cut."""

    def setUp(self):
        self.flash = NorFlash(16)
        vfs.VfsLfs2.mkfs(self.flash)
        self.mount()

    def mount(self):
        vfs.mount(vfs.VfsLfs2(self.flash), "/key_test")

    def tearDown(self):
        vfs.umount("/key_test")

    def assertRefused(self, slot, *errors, device_key=DEVICE_KEY):
        with self.assertRaises(errors or KeyStoreError):
            key(slot, device_key=device_key)


class TestUse(Case):
    def test_a_new_device_has_no_keys(self):
        self.assertFalse(store().has(TMK))
        self.assertRefused(TMK, KeyMissing)

    def test_the_factorys_file(self):
        write(FACTORY_FILE)
        self.assertTrue(store().has(TMK))
        self.assertFalse(store().has(PIK))
        self.assertEqual(key(TMK).hex(), TMK_HEX)
        store().store({TMK: bytearray(key(TMK))})
        self.assertEqual(read(), FACTORY_FILE)

    def test_a_key_is_wiped_at_the_end_of_its_block(self):
        write(FACTORY_FILE)
        with store().use(TMK) as lent:
            self.assertEqual(bytes(lent.view).hex(), TMK_HEX)
        self.assertEqual(bytes(lent.view), bytes(16))
        try:
            with store().use(TMK) as lent:
                raise ValueError
        except ValueError:
            self.assertEqual(bytes(lent.view), bytes(16))

    def test_it_does_not_show(self):
        write(FACTORY_FILE)
        with store().use(TMK) as lent:
            self.assertEqual(repr(lent), "<Secret>")

    def test_the_device_key_is_not_needed_any_longer(self):
        write(FACTORY_FILE)
        device_key = bytearray(DEVICE_KEY)
        keys = KeyStore(KEYS, device_key)
        for i in range(32):
            device_key[i] = 0
        with keys.use(TMK) as lent:
            self.assertEqual(bytes(lent.view).hex(), TMK_HEX)


class TestPurpose(Case):
    def setUp(self):
        super().setUp()
        store().store({PIK: bytearray(b"p" * 16), MAK: bytearray(b"m" * 16), TDK: bytearray(b"t" * 16)})

    def test_a_mac_key_is_no_pin_key_wherever_it_is_put(self):
        size = len(read()) // 3
        records = [read()[at : at + size] for at in range(0, 3 * size, size)]
        for record in records:
            for slot in SLOTS:
                write(bytes((slot,)) + record[1:])
                if slot == record[0]:
                    self.assertEqual(len(key(slot)), 16)
                else:
                    self.assertRefused(slot)

    def test_sealed_keys_changed_round(self):
        size = len(read()) // 3
        content = read()
        write(content[:3] + content[size + 3 : 2 * size] + content[size : size + 3] + content[3:size])
        self.assertRefused(PIK)
        self.assertRefused(MAK)

    def test_a_key_of_another_algorithm(self):
        for algorithm in (AES, SM4, 0, 255):
            with self.assertRaises(BadKey):
                key(PIK, algorithm)

    def test_the_algorithm_is_sealed_too(self):
        content = bytearray(read())
        content[1] = AES
        write(content)
        with self.assertRaises(KeyStoreError):
            key(PIK, AES)

    def test_keys_of_every_algorithm(self):
        store().store({TMK: bytearray(b"a" * 32)}, AES)
        store().store({PIK: bytearray(b"s" * 16)}, SM4)
        self.assertEqual((key(TMK, AES), key(PIK, SM4)), (b"a" * 32, b"s" * 16))


class TestStore(Case):
    def test_slots_are_kept_apart_and_replaced_together(self):
        write(FACTORY_FILE)
        store().store({PIK: bytearray(b"p" * 16), MAK: bytearray(b"m" * 8)})
        store().store({MAK: bytearray(b"n" * 8), TDK: bytearray(b"t" * 16)})
        self.assertEqual([key(slot) for slot in (PIK, MAK, TDK)], [b"p" * 16, b"n" * 8, b"t" * 16])
        self.assertEqual(key(TMK).hex(), TMK_HEX)

    def test_with_a_new_master_key_the_working_keys_go(self):
        store().store({TMK: bytearray(16), PIK: bytearray(16), MAK: bytearray(8), TDK: bytearray(16), 7: bytearray(16)})
        store().store({TMK: bytearray(b"T" * 16)})
        self.assertEqual([slot for slot in range(10) if store().has(slot)], [TMK, 7])
        store().store({TMK: bytearray(16), PIK: bytearray(b"p" * 16)})
        self.assertEqual(key(PIK), b"p" * 16)

    def test_no_key_in_clear(self):
        store().store({MAK: bytearray(b"MACKEYMK")})
        self.assertEqual(bytes(self.flash.cells).find(b"MACKEYMK"), -1)

    def test_a_power_cut_leaves_the_old_keys_or_the_new_ones(self):
        write(FACTORY_FILE)
        new = {PIK: bytearray(b"p" * 16), MAK: bytearray(b"m" * 8)}
        cells = bytes(self.flash.cells)
        seen = []
        operation, cut = 0, True
        while cut:
            cut = False
            for way, depth in ((None, 0), (None, 1), (PREFIX, 7), (PREFIX, 15), (BITS, 8)):
                self.start_over(cells)
                self.flash.cut(operation, way, depth)
                try:
                    store().store(new)
                    break
                except PowerCut:
                    cut = True
                self.start_over()
                self.assertEqual(key(TMK).hex(), TMK_HEX)
                seen.append([key(slot) for slot in (PIK, MAK) if store().has(slot)])
                store().store(new)
                self.assertEqual([key(PIK), key(MAK)], [b"p" * 16, b"m" * 8])
            operation += 1
        self.assertTrue(all(found in ([], [b"p" * 16, b"m" * 8]) for found in seen))
        self.assertTrue([] in seen and [b"p" * 16, b"m" * 8] in seen)
        print(len(seen), "cuts")

    def start_over(self, cells=None):
        vfs.umount("/key_test")
        if cells:
            self.flash.cells[:] = cells
        self.flash.power_on()
        self.mount()

    def test_forgotten(self):
        write(FACTORY_FILE)
        with open(KEYS + ".new", "wb") as file:
            file.write(b"half")
        for _ in range(2):
            forget(KEYS)
            self.assertEqual(os.listdir("/key_test"), [])
        self.assertFalse(store().has(TMK))


class TestAltered(Case):
    def test_every_flipped_bit_of_every_sealed_key(self):
        store().store({TMK: bytearray(b"T" * 16), PIK: bytearray(b"P" * 16), MAK: bytearray(b"M" * 8)})
        good = read()
        kept = {TMK: b"T" * 16, PIK: b"P" * 16, MAK: b"M" * 8}
        size = {TMK: 35, PIK: 35, MAK: 27}
        flips = 0
        for bit in range(len(good) * 8):
            bad = bytearray(good)
            bad[bit >> 3] ^= 1 << (bit & 7)
            write(bad)
            start = 0
            for slot in (TMK, PIK, MAK):
                hit = start <= bit >> 3 < start + size[slot]
                start += size[slot]
                try:
                    found = key(slot)
                except (KeyMissing, BadKey, KeyStoreError):
                    flips += hit
                else:
                    self.assertFalse(hit)
                    self.assertEqual(found, kept[slot])
        self.assertEqual(flips, len(good) * 8)
        print(flips, "flipped bits")

    def test_another_devices_file(self):
        write(FACTORY_FILE)
        self.assertRefused(TMK, device_key=bytes(32))

    def test_any_cut_or_doubled_file(self):
        for size in range(1, len(FACTORY_FILE)):
            write(FACTORY_FILE[:size])
            for use in (lambda: key(TMK), lambda: store().has(TMK), lambda: store().store({MAK: bytearray(8)})):
                with self.assertRaises(KeyStoreError):
                    use()
        write(FACTORY_FILE * 2)
        self.assertRefused(TMK)

    def test_a_file_that_cannot_be_read(self):
        os.mkdir(KEYS)
        with self.assertRaises(KeyStoreError):
            store().has(TMK)
        with self.assertRaises(KeyStoreError):
            os.mkdir(KEYS + "/more")
            forget(KEYS)


if __name__ == "__main__":
    unittest.main()
