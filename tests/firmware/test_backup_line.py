"""Archives over the line, frame by frame: what was lost is said again, and what is wrong is refused by its code."""

import unittest

from backup_world import KEY, Board
from ledger_world import sell, sign_in
from suanpan.crypto.secret import Secret
from suanpan.errors import KeyMissing
from suanpan.ledger.key_store import AES, BACKUP
from suanpan.service.backup import DATA, READ, REFUSED, TAKEN, WRITE, Saving
from suanpan.service.backup_loading import Loading
from test_backup import cards, lived, told

HEAP = "6m"  # two flashes for each test
TIMEOUT = 120


class Keys:
    """A key store with a backup key, or without."""

    def __init__(self, key=KEY):
        self.key = key

    def use(self, slot, algorithm):
        assert (slot, algorithm) == (BACKUP, AES)
        if self.key is None:
            raise KeyMissing
        return Secret(bytearray(self.key))


def u32(number):
    return number.to_bytes(4, "big")


def saving(board, keys=None):
    numbers = []

    def random(count):
        numbers.append(count)
        return bytes((len(numbers),)) * count

    return Saving(board.journal, board.vault, keys or Keys(), "10000001", random, lambda: "261123180000")


def loading(board, keys=None):
    return Loading(board.journal, board.vault, keys or Keys(), "10000001")


def read(desk):
    """The whole archive, each part asked for twice."""
    stream = b""
    while True:
        kind, body = desk.answer(READ, u32(len(stream)))
        assert (kind, body[:4]) == (DATA, u32(len(stream)))
        if stream:
            assert desk.answer(READ, u32(len(stream))) == (kind, body)
        if len(body) == 4:
            return stream
        stream += body[4:]


class Case(unittest.TestCase):
    def assertRefused(self, code, answer):
        self.assertEqual(answer, (REFUSED, code.encode()))


class TestSaving(Case):
    def test_the_archive_comes_whole_and_restores(self):
        old = lived()
        desk = saving(old)
        self.assertFalse(desk.saved)
        stream = read(desk)
        self.assertTrue(desk.saved)
        new = Board(seed=2)
        self.assertTrue(new.restore([stream]).done)
        new.switch_on()
        self.assertEqual((told(new.ledger), cards(new.ledger)), (told(old.ledger), cards(old.ledger)))

    def test_from_the_beginning_it_is_another_archive(self):
        desk = saving(lived())
        _, first = desk.answer(READ, u32(0))
        desk.answer(READ, u32(240))
        _, second = desk.answer(READ, u32(0))
        self.assertEqual(first[4:17], second[4:17])
        self.assertNotEqual(first[17:33], second[17:33])

    def test_out_of_turn(self):
        desk = saving(lived())
        self.assertRefused("L22", desk.answer(READ, u32(1)))
        desk.answer(READ, u32(0))
        for wrong in (u32(30), u32(28 + 10**6), b"", u32(0) + b"x"):
            self.assertRefused("L22", desk.answer(READ, wrong))
        self.assertRefused("L22", desk.answer(WRITE, u32(0) + b"x"))
        self.assertEqual(desk.answer(READ, u32(0))[0], DATA)

    def test_without_a_key(self):
        self.assertRefused("L07", saving(lived(), Keys(None)).answer(READ, u32(0)))

    def test_a_broken_journal_is_not_passed_on(self):
        board = lived()
        desk = saving(board)
        board.flash.cells[4096 + 200] ^= 1
        stream, answer = b"", (DATA, u32(0))
        while answer[0] == DATA:
            answer = desk.answer(READ, u32(len(stream)))
            stream += answer[1][4:]
        self.assertRefused("L04", answer)
        self.assertFalse(desk.saved)


class TestLoading(Case):
    def setUp(self):
        self.stream = read(saving(lived()))
        self.new = Board(seed=2)

    def pieces(self, size=240):
        for at in range(0, len(self.stream), size):
            yield at, self.stream[at : at + size]

    def test_each_piece_said_twice_counts_once(self):
        desk = loading(self.new)
        for at, piece in self.pieces():
            end = at + len(piece)
            for _ in range(2):
                self.assertEqual(
                    desk.answer(WRITE, u32(at) + piece), (TAKEN, u32(end) + bytes((end == len(self.stream),)))
                )
        self.new.switch_on()
        self.assertEqual(len(told(self.new.ledger)), 41)
        self.new.ledger.verify()

    def test_a_gap(self):
        desk = loading(self.new)
        self.assertRefused("L22", desk.answer(WRITE, u32(240) + b"x"))
        desk.answer(WRITE, u32(0) + self.stream[:240])
        self.assertRefused("L22", desk.answer(WRITE, u32(480) + self.stream[480:500]))
        self.assertEqual(desk.answer(WRITE, u32(240) + self.stream[240:480])[0], TAKEN)

    def test_begun_anew_half_way(self):
        desk = loading(self.new)
        for _ in range(2):
            for at, piece in self.pieces():
                if at > 5000:
                    break
                self.assertEqual(desk.answer(WRITE, u32(at) + piece)[0], TAKEN)
        for at, piece in self.pieces(200):
            answer = desk.answer(WRITE, u32(at) + piece)
        self.assertEqual(answer, (TAKEN, u32(len(self.stream)) + b"\x01"))
        self.assertRefused("L21", desk.answer(WRITE, u32(0) + self.stream[:240]))
        self.new.switch_on()
        self.assertEqual(len(told(self.new.ledger)), 41)

    def test_what_is_refused_and_by_which_code(self):
        wrong = bytearray(self.stream)
        wrong[300] ^= 1
        foreign = self.stream[:5] + b"10000002" + self.stream[13:]
        for code, stream, keys in (
            ("L20", bytes(wrong), None),
            ("L19", foreign, None),
            ("L18", b"x" * 240, None),
            ("L20", self.stream, Keys(bytes(32))),
            ("L07", self.stream, Keys(None)),
        ):
            desk = loading(self.new, keys)
            at, answer = 0, (TAKEN, b"")
            while answer[0] == TAKEN:
                answer = desk.answer(WRITE, u32(at) + stream[at : at + 240])
                at += 240
            self.assertRefused(code, answer)
            self.assertRefused("L22", desk.answer(WRITE, u32(at) + stream[at : at + 240]))
            self.assertEqual(self.new.journal.log.number, 0)
        sign_in(self.new.ledger)  # none of it has done any harm
        sell(self.new.ledger)

    def test_a_board_that_has_records(self):
        sign_in(self.new.ledger)
        self.assertRefused("L21", loading(self.new).answer(WRITE, u32(0) + self.stream[:240]))
        self.assertEqual(self.new.journal.log.number, 2)

    def test_bodies_that_are_none(self):
        desk = loading(self.new)
        for kind, body in ((WRITE, b""), (WRITE, u32(0)), (READ, u32(0)), (0x77, b"12345")):
            self.assertRefused("L22", desk.answer(kind, body))
