"""Which application starts: a model of updates, power cuts and bad bundles, and the choice that the first stage makes.

Signatures are stand-ins here (what verifies them is in test_pss.py and test_rsa.py): a digest, twelve times over.
"""

import json
import unittest
from binascii import hexlify
from hashlib import sha256

from suanpan.errors.slots import (
    BAD_IMAGE,
    BAD_SIGNATURE,
    BELOW_FLOOR,
    NO_BUNDLE,
    NOT_CONFIRMED,
    WRONG_BOARD,
    BundleError,
)
from suanpan.slots import bundle
from suanpan.slots.choice import choose
from suanpan.slots.state import NONE, BootState

HEAP = "1m"

BOARD = "abacus"
SECTORS = 4
IMAGE = bytes(range(256)) * 40 + bytes(2)  # an index without paths


class PowerCut(Exception):
    pass


class Nvs:
    """As a write goes: before it or after it, when the power goes in it."""

    def __init__(self):
        self.blobs = {}
        self.left = -1  # writes until the power goes
        self.broken = False

    def get_blob(self, key, buffer):
        if key not in self.blobs:
            raise OSError(-0x1102)
        buffer[: len(self.blobs[key])] = self.blobs[key]
        return len(self.blobs[key])

    def set_blob(self, key, value):
        if self.broken:
            raise OSError(-0x1105)  # ESP_ERR_NVS_NOT_ENOUGH_SPACE
        if self.left == 0:
            raise PowerCut
        self.left -= 1
        self.blobs[key] = bytes(value)

    def commit(self):
        pass


class Slot:
    def __init__(self, content=b""):
        self.put(content)

    def put(self, content):
        self.content = content + b"\xff" * (SECTORS * 4096 - len(content))

    def readblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        buffer[:] = self.content[at : at + len(buffer)]

    def ioctl(self, request, argument):
        return SECTORS


def made(number=1, floor=0, board=BOARD, image=IMAGE, **other):
    manifest = {"board": board, "version": "1.0.0", "number": number, "floor": floor, "schema": 5}
    manifest["size"] = len(image)
    manifest["sha256"] = hexlify(sha256(image).digest()).decode()
    manifest.update(other)
    text = json.dumps(manifest).encode()
    head = b"SUANPAN1" + len(text).to_bytes(2, "little") + text
    head += sha256(head).digest() * 12
    return head + b"\xff" * (4096 - len(head)) + image


def flipped(content, at):
    return content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :]


class WithoutKeys(unittest.TestCase):
    def setUp(self):
        self._verify = bundle.verify
        bundle.verify = lambda key, digest, signature: bytes(signature) == digest * 12
        self.nvs = Nvs()
        self.slots = [Slot(made()), Slot()]

    def tearDown(self):
        bundle.verify = self._verify

    def boot(self):
        """The slot that starts, or None."""
        rom = choose(self.nvs, self.slots, None, BOARD)
        return None if rom is None else self.slots.index(rom._partition)

    @property
    def state(self):
        return BootState(self.nvs)


class TestBundle(WithoutKeys):
    def refusal(self, content, floor=0):
        try:
            bundle.examine(Slot(content), None, BOARD, floor)
        except BundleError as error:
            self.assertEqual(error.code, f"U0{error.cause}")
            return error.cause
        return 0

    def test_a_good_one(self):
        self.assertEqual(bundle.examine(Slot(made(7, 5)), None, BOARD, 7)["floor"], 5)

    def test_refused(self):
        good = made(7)
        for content, cause in (
            (b"", NO_BUNDLE),
            (b"SUANPAN2" + good[8:], NO_BUNDLE),
            (good[:8] + b"\xff\xff" + good[10:], NO_BUNDLE),
            (flipped(good, 20), BAD_SIGNATURE),
            (flipped(good, 10 + good[8] + 100), BAD_SIGNATURE),
            (made(7, board="another"), WRONG_BOARD),
            (made(6), BELOW_FLOOR),
            (flipped(good, 4096), BAD_IMAGE),
            (flipped(good, len(good) - 1), BAD_IMAGE),
            (good[:-1], BAD_IMAGE),
            (made(7, size=SECTORS * 4096), BAD_IMAGE),
        ):
            self.assertEqual(self.refusal(content, 7), cause)

    def test_as_large_as_its_slot(self):
        self.assertEqual(self.refusal(made(image=bytes((SECTORS - 1) * 4096))), 0)


class TestChoice(WithoutKeys):
    def test_a_fresh_board_has_nothing_to_remember(self):
        self.assertEqual(self.boot(), 0)
        self.assertEqual(self.nvs.blobs, {})

    def test_nothing_at_all(self):
        self.slots[0].put(b"")
        self.assertIsNone(self.boot())

    def test_a_new_one_is_tried_once(self):
        self.slots[1].put(made(2))
        self.state.pend(1)
        self.assertEqual(self.boot(), 1)
        self.assertEqual(self.boot(), 0)
        self.assertEqual(self.state.tell(), NOT_CONFIRMED)
        self.assertEqual(self.state.tell(), 0)
        self.assertEqual(self.boot(), 0)

    def test_confirmed_it_stays_and_its_floor_holds(self):
        self.slots[1].put(made(3, floor=2))
        self.state.pend(1)
        self.assertEqual(self.boot(), 1)
        self.assertEqual(self.state.floor, 0)
        self.state.confirm()
        self.assertEqual((self.state.floor, self.state.pending), (2, NONE))
        self.assertEqual(self.boot(), 1)
        self.slots[1].put(b"")
        self.assertIsNone(self.boot())
        self.slots[0].put(made(2))
        self.assertEqual(self.boot(), 0)

    def test_to_confirm_what_was_not_tried_says_nothing(self):
        self.slots[1].put(made(2))
        self.state.pend(1)
        self.state.confirm()
        self.assertEqual((self.state.active, self.state.pending), (0, 1))

    def test_a_bad_one_is_passed_over_for_good(self):
        self.slots[1].put(flipped(made(2), 5000))
        self.state.pend(1)
        self.assertEqual(self.boot(), 0)
        self.assertEqual((self.state.last, self.state.pending), (BAD_IMAGE, NONE))

    def test_what_cannot_even_be_read_is_passed_over(self):
        for bad in (made(2, "none"), made(2, size=None), made([])):
            self.slots[1].put(bad)
            self.state.pend(1)
            self.assertEqual(self.boot(), 0)
            self.assertEqual(self.state.last, BAD_IMAGE)

    def test_a_store_that_keeps_nothing(self):
        """The active one starts, and nothing that it could not count as tried."""
        self.slots[1].put(made(2))
        self.state.pend(1)
        self.nvs.broken = True
        self.assertEqual(self.boot(), 0)
        self.assertEqual(self.boot(), 0)
        self.slots[0].put(made(1, floor=1))
        self.assertEqual(self.boot(), 0)

    def test_a_state_that_is_none_is_a_fresh_boards(self):
        for blob in (b"", b"\x01", b"\x02" + bytes(12), b"\xff" * 13):
            self.nvs.blobs["boot"] = blob
            self.assertEqual(self.boot(), 0)


class TestAnyHistory(WithoutKeys):
    """Updates good and bad, cut off anywhere; whatever comes, one that has come up before starts, or a newer one."""

    def setUp(self):
        super().setUp()
        self._seed = 1

    def random(self, below):
        self._seed = (self._seed * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._seed >> 8) % below

    def test_it_always_comes_up(self):
        number, floor, confirmed, starts, falls = 1, 0, 0, 0, 0
        for _ in range(400):
            self.nvs.left = self.random(5) - 1  # the power goes before that write, or not at all
            try:
                if self.random(2):
                    number += 1
                    target = 1 - self.state.active
                    good = made(number, floor=number - 1 if self.random(4) == 0 else 0)
                    bad = (good, good, flipped(good, 6000), good[:9000], b"", made(number, board="another"))
                    self.slots[target].put(bad[self.random(6)])
                    self.state.pend(target)
                runs = self.boot()
                self.assertIsNotNone(runs)
                starts += 1
                manifest = bundle.examine(self.slots[runs], None, BOARD, floor)
                trial = self.state.pending == runs
                self.assertTrue(trial or runs == confirmed)
                if trial and self.random(3):
                    self.state.confirm()
                    confirmed, floor = runs, max(floor, manifest["floor"])
                falls += not trial
            except PowerCut:
                self.nvs.left = -1
                state = self.state
                if state.active != confirmed:  # the write was the one that confirms
                    confirmed, floor = state.active, state.floor
            self.assertEqual((self.state.active, self.state.floor), (confirmed, floor))
        self.assertTrue(starts > 250 and falls > 50)


if __name__ == "__main__":
    unittest.main()
