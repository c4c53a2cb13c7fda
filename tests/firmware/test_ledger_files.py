"""Small files and parameters: what they accept, and that a power cut leaves the old file or the new one."""

import json
import os
import unittest

import vfs

from nor_flash import BITS, PREFIX, NorFlash, PowerCut
from suanpan.errors import ParametersError
from suanpan.ledger.files import replace_file, write_file
from suanpan.ledger.parameters import Parameters
from test_ledger_flash_log import IdleFlash

TIMEOUT = 120

KEYS = "/ledger_test/keys.bin"
PARAMETERS = "/ledger_test/params.json"


GOOD = {
    "schema": 5,
    "terminal_id": "10000001",
    "merchant_id": "898110257340001",
    "merchant_name": {"zh": "算盘茶馆", "en": "SUANPAN TEA HOUSE"},
    "serial": "SP000001",
    "tpdu": "6000030000",
    "header": "603100311003",
    "hosts": [["127.0.0.1", 5000], ["host.example", 65535]],
    "connect_timeout_s": 10,
    "host_timeout_s": 30,
    "language": "zh",
    "suite": "aes",
    "link": "tls",
    "receipt_copies": 2,
    "large_amount": 5000000,
    "batch_limit": 300,
    "offline_amount": 100000,
    "offline_count": 20,
    "offline_total": 1000000,
    "offline_hours": 24,
    "administrator_tries": 10,
    "refund_amount": 10000000,
    "of_the_future": {"kept": ["as", "it", "is"]},
}


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def read(path):
    with open(path, "rb") as file:
        return file.read()


class FileTestCase(unittest.TestCase):
    """Each test has its own LittleFS, on a flash whose power can be cut."""

    def setUp(self):
        self.flash = NorFlash(16)
        vfs.VfsLfs2.mkfs(self.flash)
        self.mount()

    def mount(self):
        vfs.mount(vfs.VfsLfs2(self.flash), "/ledger_test")

    def tearDown(self):
        vfs.umount("/ledger_test")

    def assertOldOrNew(self, change, current, old, new):
        """Cut the power in every operation of `change`; `current` must then be `old` or `new`, and both occur."""
        cells = bytes(self.flash.cells)
        seen = []
        operation, cut = 0, True
        while cut:
            cut = False
            for way, depth in ((None, 0), (None, 1), (PREFIX, 7), (PREFIX, 15), (BITS, 8)):
                self.tearDown()
                self.flash.cells[:] = cells
                self.flash.power_on()
                self.mount()
                self.flash.cut(operation, way, depth)
                try:
                    change()
                    break
                except PowerCut:
                    cut = True
                self.tearDown()
                self.flash.power_on()
                self.mount()
                found = current()
                self.assertTrue(found in (old, new))
                seen.append(found)
                change()
                self.assertEqual(current(), new)
            operation += 1
        print(len(seen), "cuts,", seen.count(new), "times the new file")
        self.assertTrue(seen.count(old) and seen.count(new))


class TestReplaceFile(FileTestCase):
    def test_a_failure_on_the_way_leaves_the_old_file(self):
        write(KEYS, b"old")
        with self.assertRaises(TypeError):
            replace_file(KEYS, None)
        self.assertEqual(read(KEYS), b"old")
        replace_file(KEYS, b"new")
        self.assertEqual(read(KEYS), b"new")
        self.assertEqual(os.listdir("/ledger_test"), ["keys.bin"])

    def test_an_operation_that_does_nothing_is_done_again(self):
        """Wherever the directory has come to in its blocks, for which LittleFS has no others."""
        self.tearDown()
        self.flash = IdleFlash(16)
        vfs.VfsLfs2.mkfs(self.flash)
        self.mount()
        struck = 0
        for operation in range(9):
            for count in range(30):
                content = bytes((operation, count)) * 30
                self.flash.idle = operation
                (replace_file if count % 2 else write_file)(KEYS, content)
                struck += self.flash.idle < 0
                self.flash.idle = -1
                self.tearDown()
                self.mount()
                self.assertEqual(read(KEYS), content)
        print(struck, "came to nothing")
        self.assertTrue(struck > 50)


class TestParameters(FileTestCase):
    def setUp(self):
        super().setUp()
        self.write(GOOD)

    def write(self, values):
        write(PARAMETERS, json.dumps(values).encode())

    def test_good_ones(self):
        parameters = Parameters.load(PARAMETERS)
        for name, value in GOOD.items():
            if name not in ("schema", "of_the_future"):
                self.assertEqual(getattr(parameters, name), value)

    def test_saved_and_loaded_with_what_is_not_known(self):
        parameters = Parameters.load(PARAMETERS)
        parameters.language = "en"
        parameters.save()
        expected = dict(GOOD)
        expected["language"] = "en"
        with open(PARAMETERS, "rb") as file:
            self.assertEqual(json.load(file), expected)
        self.assertEqual(Parameters.load(PARAMETERS).merchant_name["zh"], "算盘茶馆")
        self.assertEqual(os.listdir("/ledger_test"), ["params.json"])

    def test_a_bad_value_is_not_saved(self):
        before = read(PARAMETERS)
        parameters = Parameters.load(PARAMETERS)
        parameters.language = "fr"
        with self.assertRaises(ParametersError):
            parameters.save()
        self.assertEqual(read(PARAMETERS), before)

    def test_each_value_is_needed_and_checked(self):
        bad = {
            "schema": (0, -1, 6, 5.0, "5", True),
            "terminal_id": ("1000000", "100000010", 10000001, "1000000 ", "1000000点"),
            "merchant_id": ("89811025734000", 898110257340001),
            "merchant_name": ("X", {}, {"zh": "X"}, {"zh": "X", "en": ""}, {"zh": 1, "en": "X"}),
            "serial": ("", "x" * 51, 1),
            "tpdu": ("60000300", "60000300zz", 6000030000),
            "header": ("603100311", "6031003110zz"),
            "hosts": ([], {}, [["h"]], [["", 1]], [["h", 0]], [["h", 65536]], [["h", "1"]], ["h:1"], [["h", 1], []]),
            "connect_timeout_s": (0, 61, "10", 1.5, True),
            "host_timeout_s": (0, 121, "30"),
            "language": ("", "fr", "ZH", 1),
            "suite": ("", "des", "TDES", 1),
            "link": ("", "udp", "TLS", 1),
            "receipt_copies": (-1, 4, "2"),
            "large_amount": (0, 10**12, "1"),
            "batch_limit": (0, 1000, "300"),
            "offline_amount": (-1, 10**12, "1"),
            "offline_count": (-1, 100, "1"),
            "offline_total": (-1, 10**12, "1"),
            "offline_hours": (0, 721, "24"),
            "administrator_tries": (2, 21, "10"),
            "refund_amount": (-1, 10**12, "1"),
        }
        for name, wrong in bad.items():
            values = dict(GOOD)
            del values[name]
            self.assertRefused(values)
            self.assertRefused(dict(GOOD, **{name: None}))
            for value in wrong:
                self.assertRefused(dict(GOOD, **{name: value}))

    def assertRefused(self, values):
        self.write(values)
        with self.assertRaises(ParametersError):
            Parameters.load(PARAMETERS)

    def test_what_is_not_such_a_file(self):
        good = read(PARAMETERS)
        for content in (b"", b"{", b"[]", b"null", b"7", good[:-1], good[1:], b"\xff" * 40, good.replace(b":", b";")):
            write(PARAMETERS, content)
            with self.assertRaises(ParametersError):
                Parameters.load(PARAMETERS)
        os.remove(PARAMETERS)
        with self.assertRaises(ParametersError):
            Parameters.load(PARAMETERS)

    def test_a_power_cut(self):
        def change():
            parameters = Parameters.load(PARAMETERS)
            parameters.language = "en"
            parameters.save()

        self.assertOldOrNew(change, lambda: Parameters.load(PARAMETERS).language, "zh", "en")
