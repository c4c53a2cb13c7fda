"""An update whose power goes in any operation of the flash, in any way, from its first byte to the confirmed start with
its parameters brought forward: the board always starts, with one of the two, and a second try completes."""

import unittest

from nor_flash import DEPTH, WAYS, PowerCut
from suanpan.errors import SuanpanError
from suanpan.service import update as sound
from update_world import NEW, NEWEST, OLD, SECTOR, Board, made

HEAP = "4m"
TIMEOUT = 300

BUNDLE = made(NEW, floor=NEW)
DAMAGED = BUNDLE[: 5 * SECTOR] + b"\x00" + BUNDLE[5 * SECTOR + 1 :]
NEXT = made(NEWEST, floor=NEW)
BEFORE = made(OLD)
AGAIN = 4  # of so many schedules, one has a second cut in its second try, and another goes on to the next update


class Violation(Exception):
    pass


def require(so, what):
    if not so:
        raise Violation(what)


def lives(update, bundle=BUNDLE, broken=0, ways=2):
    """Schedules: a board after its power has come back, whose update was cut in one operation: each one is cut after it
    was done, and in so many ways in which it was not."""
    operation, over = 0, False
    while not over:
        for i in range(ways + 1):
            way = WAYS[(operation + i) % len(WAYS)] if i else None
            board = Board(operation, update)
            board.broken = broken
            require(board.start() == OLD, "the board to begin with")
            over = not cut(board, bundle, operation, way, (operation * 5 + i * 3) % DEPTH if i else DEPTH)
            if over:
                break
            yield board
        operation += 1


def cut(board, bundle, operation, way, depth):
    """Whether there was such an operation. The power is back."""
    board.flash.cut(operation, way, depth)
    try:
        if not board.refuses(bundle):
            board.start()
        return False
    except PowerCut:
        return True
    finally:
        board.flash.power_on()


def whole(board, broken=0):
    """What must hold wherever it was that the power went. `broken`: the new one does not come up."""
    floor = board.floor
    board.sound()
    waited = board.pending
    runs = board.start()
    require(runs in (OLD, NEW), "it starts")
    require(not (broken and runs == NEW), "one that does not come up is not what runs")
    require(board.floor >= floor and (board.floor == NEW) == (runs == NEW), "the floor")
    require(board.schema == (6 if runs == NEW else 5), "the parameters are those of what runs")
    if waited and runs == OLD:
        require("U06" in board.said, "it is said that the new one did not come up")
    said = len(board.said)
    require(board.start() == runs, "it stays")
    require(board.said[said:] == ["in_good_order"], "and is said once")
    board.sound()


def completes(board, further=True):
    """A second try, and, if it is to go further, the next update."""
    board.broken = 0
    if board.start() == OLD:
        require(not board.refuses(BUNDLE), "a second try is taken")
        require(board.start() == NEW, "and completes")
    require(board.floor == NEW and board.schema == 6, "the floor and the schema are the new one's")
    require(board.refuses(BEFORE) == "U04" and board.refuses(BUNDLE) == "U07", "and there is no way back")
    if further:
        require(not board.refuses(NEXT), "the next update is taken")
        require(board.start() == NEWEST, "and completes")


def explore(update=sound.Update, ways=2):
    """How many schedules there were. Raises Violation, or whatever the board raised."""
    count = 0
    for board in lives(update, ways=ways):
        whole(board)
        if count % AGAIN == 0 and board.start() == OLD:
            cut(board, BUNDLE, count * 7 % 25, WAYS[count // AGAIN % 4], 5)
            whole(board)
        completes(board, count % AGAIN == 1)
        count += 1
    return count


def explore_damaged(update=sound.Update):
    count = 0
    for board in lives(update, DAMAGED, ways=1):
        require(not board.pending, "what is damaged is never pending")
        whole(board)
        if count % AGAIN == 0:
            require(board.refuses(DAMAGED) == "U05", "and is refused again")
            completes(board, False)
        count += 1
    return count


class TestPowerCut(unittest.TestCase):
    def test_every_operation_of_an_update(self):
        count = explore()
        print(count, "schedules, 0 bricks")
        self.assertTrue(count > 75)

    def test_every_operation_of_one_that_does_not_come_up(self):
        count = 0
        for board in lives(sound.Update, broken=NEW):
            whole(board, NEW)
            count += 1
        self.assertTrue(count > 60)

    def test_every_operation_of_a_damaged_one(self):
        self.assertTrue(explore_damaged() > 40)


class TestMutants(unittest.TestCase):
    """Each is broken on purpose, in one way, and the explorer finds it."""

    def assertCaught(self, old, new, explorer=explore):
        with open(sound.__file__) as file:
            text = file.read()
        self.assertEqual(text.count(old), 1)
        names = {"__name__": "mutant"}
        exec(text.replace(old, new), names)
        try:
            explorer(names["Update"])
        except (Violation, AssertionError, SuanpanError):
            return
        self.fail("not found")

    def test_its_header_is_written_first(self):
        self.assertCaught("            self._slot.ioctl(_ERASE, 0)\n", "            self._write(0)\n")

    def test_its_slot_keeps_the_old_header_until_the_end(self):
        self.assertCaught("            self._slot.ioctl(_ERASE, 0)\n", "")

    def test_it_is_pending_before_it_is_verified(self):
        self.assertCaught(
            "        if not self._whole():\n",
            "        self._state.pend(self._target)\n        if not self._whole():\n",
            explore_damaged,
        )

    def test_its_header_is_written_before_it_is_verified(self):
        self.assertCaught(
            "        if not self._whole():\n",
            "        self._sector[:] = self._head + b'\\xff' * (SECTOR - len(self._head))\n        self._write(0)\n"
            "        if not self._whole():\n",
            explore_damaged,
        )

    def test_it_goes_back(self):
        self.assertCaught('int(manifest["number"]) <= running', "False")

    def test_it_writes_where_it_runs(self):
        self.assertCaught("1 - state.active", "state.active")

    def test_more_is_noted_than_is_there(self):
        self.assertCaught("            self._note(at + 1)", "            self._note(at + 2)")


if __name__ == "__main__":
    unittest.main()
