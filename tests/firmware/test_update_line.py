"""An update by frames: the cable pulled at each of them, in either direction, and everything that is refused."""

import struct
import unittest

from suanpan.errors.slots import BundleError
from suanpan.service.update_line import Incoming
from update_world import IMAGE, NEW, NEWEST, OLD, OLDEST, SECTOR, SECTORS, Board, made

HEAP = "4m"

WRITE, WANTED, REFUSED = 0x40, 0x41, 0x4F
PIECE = 1016
BUNDLE = made(NEW)


class Workshop:
    """Sends a bundle; `lost(n)` says what becomes of its n-th frame: "" nothing, "frame", "answer", or "anew" where the
    workshop's computer has been switched off and on."""

    def __init__(self, incoming, content, lost=lambda _: ""):
        self.incoming = incoming
        self.content = content
        self.lost = lost
        self.sent = 0

    def send(self):
        """How many frames it took; the code where the unit refuses."""
        at = 0
        while True:
            assert at < len(self.content), "the bundle is over"
            assert self.sent < 1000, "no end"
            fate = self.lost(self.sent)
            self.sent += 1
            if fate == "anew":
                at = 0
                continue
            if fate == "frame":
                continue
            kind, body = self.incoming.answer(WRITE, at.to_bytes(4, "big") + self.content[at : at + PIECE])
            if fate == "answer":
                continue
            if kind == REFUSED:
                return body.decode()
            assert kind == WANTED
            at, done = struct.unpack(">IB", body)
            if done:
                return self.sent


class UpdateCase(unittest.TestCase):
    def setUp(self):
        self.board = Board()

    def incoming(self):
        return Incoming(self.board.begun())

    def assertSent(self, content, number, lost=lambda _: ""):
        frames = Workshop(self.incoming(), content, lost).send()
        self.assertEqual(self.board.start(), number)
        return frames

    def assertRefused(self, content, code):
        """Before anything was touched, or at least before it could start."""
        self.assertEqual(Workshop(self.incoming(), content).send(), code)
        self.assertFalse(self.board.pending)
        self.assertEqual(self.board.start(), OLD)


class TestCable(UpdateCase):
    def test_whole(self):
        self.assertEqual(self.assertSent(BUNDLE, NEW), -(-len(BUNDLE) // PIECE))

    def test_each_frame_lost_in_each_direction(self):
        frames = self.assertSent(BUNDLE, NEW)
        for fate in ("frame", "answer", "anew"):
            for lost in range(frames):
                self.board = Board()
                took = self.assertSent(BUNDLE, NEW, lambda n, lost=lost, fate=fate: fate if n == lost else "")
                self.assertTrue(frames <= took <= frames + 80, (fate, lost, took))

    def test_the_cable_comes_off_and_the_flow_is_left(self):
        """Somebody cancels, and begins anew: what is there already is not sent again."""
        frames = self.assertSent(BUNDLE, NEW)
        self.board = Board()
        incoming = self.incoming()
        while incoming.update.wanted < 9 * SECTOR + 100:
            at = incoming.update.wanted
            incoming.answer(WRITE, at.to_bytes(4, "big") + BUNDLE[at : at + PIECE])
        self.assertTrue(self.assertSent(BUNDLE, NEW) < frames - 25)

    def test_another_bundle_takes_its_place(self):
        incoming = self.incoming()
        while incoming.update.wanted < 9 * SECTOR + 100:
            at = incoming.update.wanted
            incoming.answer(WRITE, at.to_bytes(4, "big") + BUNDLE[at : at + PIECE])
        Workshop(incoming, made(NEWEST)).send()
        self.assertEqual(self.board.start(), NEWEST)

    def test_another_bundle_takes_the_place_of_one_that_is_pending(self):
        Workshop(self.incoming(), BUNDLE).send()
        self.assertTrue(self.board.pending)
        self.assertSent(made(NEWEST), NEWEST)

    def test_noise_is_answered_and_harmless(self):
        incoming = self.incoming()
        for body in (b"", b"\0\0\0\0", b"\0\0\x10\0" + b"x" * 100, b"\xff\xff\xff\xff" + b"x"):
            self.assertEqual(incoming.answer(WRITE, body), (WANTED, b"\0" * 5))
        self.assertEqual(incoming.answer(0x10, b"\0\0\0\0"), (WANTED, b"\0" * 5))
        self.assertEqual(Workshop(incoming, BUNDLE).send(), self.assertSent(made(NEWEST), NEWEST))


class TestRefused(UpdateCase):
    def untouched(self):
        """The other slot, with an application in it."""
        return bytes(self.board.flash.cells[SECTORS * SECTOR :])

    def test_by_its_first_sector(self):
        before = self.untouched()
        bad = bytearray(BUNDLE)
        bad[30] ^= 1
        for content, code in (
            (b"\xff" * len(BUNDLE), "U01"),
            (b"MZ" + BUNDLE[2:], "U01"),
            (bytes(bad), "U02"),
            (made(NEW, board="esp32_devkitc"), "U03"),
            (made(OLD), "U07"),
            (made(OLDEST), "U07"),
            (made(NEW, size=SECTORS * SECTOR), "U08"),
            (made(NEW, schema=4), "U10"),
        ):
            self.assertRefused(content, code)
            self.assertTrue(self.untouched() == before)

    def test_below_the_floor(self):
        self.assertSent(made(NEW, floor=NEWEST), NEW)  # what it says of itself does not bind it, but what comes after
        self.assertEqual(Workshop(self.incoming(), made(NEWEST - 1)).send(), "U04")

    def test_damaged(self):
        for at in (SECTOR, SECTOR + IMAGE // 2, len(BUNDLE) - 1):
            self.board = Board()
            self.assertRefused(BUNDLE[:at] + bytes([BUNDLE[at] ^ 1]) + BUNDLE[at + 1 :], "U05")
            self.assertSent(BUNDLE, NEW)

    def test_flash_that_does_not_keep_it(self):
        self.board.flash.worn[(SECTORS + 3) * SECTOR + 77] = 0xFF
        self.assertRefused(BUNDLE, "L03")

    def test_while_what_runs_is_not_confirmed(self):
        """What runs is in the slot that would be written."""
        Workshop(self.incoming(), BUNDLE).send()
        from suanpan.slots.choice import choose

        choose(self.board.nvs, self.board.slots, None, "virtual")
        with self.assertRaises(BundleError):
            self.incoming()

    def test_without_a_first_stage(self):
        def own():
            raise OSError

        self.board.own = own
        with self.assertRaises(BundleError):
            self.incoming()

    def test_one_that_did_not_come_up_is_known_again(self):
        self.board.broken = NEW
        Workshop(self.incoming(), BUNDLE).send()
        self.assertEqual(self.board.start(), OLD)
        with self.assertRaises(BundleError):
            self.board.begun(unattended=True).feed(BUNDLE)
        self.board.broken = 0
        self.assertSent(BUNDLE, NEW)  # but a person may try it again


if __name__ == "__main__":
    unittest.main()
