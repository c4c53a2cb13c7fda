"""The keypad driver against a matrix that conducts as a real one does, phantoms included."""

import asyncio
import unittest

from driver_fakes import AHEAD_MS, Timeline
from suanpan.drivers.keypad import Keypad

LEGEND = ("1", "2", "3", "cancel", "4", "5", "6", "clear", "7", "8", "9", "menu", "up", "0", "down", "enter")


class Row:
    def __init__(self, matrix):
        self.matrix = matrix
        self.level = 1

    def value(self, level):
        self.matrix.accesses += 1
        self.level = level
        if not level:
            self.matrix.walk.append(self.matrix.rows.index(self))
        self.matrix.settle()


class Column:
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, matrix):
        self.matrix = matrix
        self.level = 1
        self.handler = None

    def value(self):
        self.matrix.accesses += 1
        return self.level

    def irq(self, handler, trigger):
        assert trigger == 3
        self.handler = handler


class Matrix:
    """Four rows by four columns of keys without diodes: current finds every way through the closed ones."""

    def __init__(self, timeline):
        self.timeline = timeline
        self.down = set()
        self.walk = []
        self.accesses = 0
        self.rows = []
        self.columns = []
        self.rows = tuple(Row(self) for _ in range(4))
        self.columns = tuple(Column(self) for _ in range(4))

    def settle(self):
        rows = {r for r, row in enumerate(self.rows) if not row.level}
        columns = set()
        while True:
            reached = {c for r, c in self.down if r in rows}
            back = {r for r, c in self.down if c in reached}
            if reached <= columns and back <= rows:
                break
            columns |= reached
            rows |= back
        for c, column in enumerate(self.columns):
            level = 0 if c in columns else 1
            if level != column.level:
                column.level = level
                if column.handler:
                    column.handler(column)

    def press(self, ms, *names):
        self._change(ms, names, self.down.add)

    def lift(self, ms, *names):
        self._change(ms, names, self.down.discard)

    def _change(self, ms, names, change):
        def act():
            for name in names:
                change(divmod(LEGEND.index(name), 4))
            self.settle()

        self.timeline.at(ms, act)


def no_random(count):
    raise AssertionError("randomness is for PIN entry")


class TestKeypad(unittest.TestCase):
    def setUp(self):
        self.timeline = Timeline()
        self.matrix = Matrix(self.timeline)
        self.keypad = Keypad(self.matrix.rows, self.matrix.columns, LEGEND, no_random)

    def keys_until(self, ms):
        """Play the script up to `ms` and return the names and times of what was typed."""
        typed = []

        async def collect():
            while True:
                name = await self.keypad.key()
                typed.append((name, self.keypad.last_ticks - AHEAD_MS))

        async def end():
            ended = asyncio.Event()
            self.timeline.at(ms, ended.set)
            await ended.wait()

        self.timeline.run(end, self.keypad.run, collect)
        return typed

    def names_until(self, ms):
        return [name for name, _ in self.keys_until(ms)]

    def test_every_key_has_its_name_and_its_time(self):
        for i, name in enumerate(LEGEND):
            self.matrix.press(1000 + 200 * i, name)
            self.matrix.lift(1080 + 200 * i, name)
        expected = [(name, 1010 + 200 * i) for i, name in enumerate(LEGEND)]
        self.assertEqual(self.keys_until(10_000), expected)

    def test_a_key_that_is_down_from_the_start_has_not_been_pressed(self):
        self.matrix.down.add(divmod(LEGEND.index("5"), 4))
        self.matrix.lift(500, "5")
        self.matrix.press(600, "5")
        self.assertEqual(self.keys_until(1000), [("5", 610)])

    def test_idle_touches_no_pin_and_wakes_no_task(self):
        self.matrix.press(100, "5")
        self.matrix.lift(150, "5")
        counted = []
        self.timeline.at(1000, lambda: counted.append((self.matrix.accesses, self.timeline.wakes)))
        self.assertEqual(self.names_until(3_600_000), ["5"])
        self.assertEqual([(self.matrix.accesses, self.timeline.wakes)], counted)

    def test_a_held_key_counts_once_and_costs_nothing(self):
        self.matrix.press(100, "5")
        counted = []
        self.timeline.at(200, lambda: counted.append(self.matrix.accesses))
        self.assertEqual(self.names_until(60_000), ["5"])
        self.assertEqual([self.matrix.accesses], counted)

    def test_a_key_that_edits_is_taken_again_while_it_is_held(self):
        for i, name in enumerate(("clear", "up", "down")):
            self.matrix.press(1000 + 2000 * i, name)
            self.matrix.lift(1900 + 2000 * i, name)
        expected = []
        for i, name in enumerate(("clear", "up", "down")):
            expected += [(name, 2000 * i + ms) for ms in (1010, 1510, 1630, 1750, 1870)]
        self.assertEqual(self.keys_until(10_000), expected)

    def test_it_is_not_while_another_is_down_and_the_other_never(self):
        self.matrix.press(100, "clear")
        self.matrix.press(300, "enter")
        self.matrix.lift(1000, "clear")
        self.matrix.lift(5000, "enter")
        self.assertEqual(self.names_until(10_000), ["clear"])

    def test_one_that_hangs_is_given_up_and_then_costs_nothing(self):
        self.matrix.press(100, "down")
        counted = []
        self.timeline.at(5000, lambda: counted.append((self.matrix.accesses, self.timeline.wakes)))
        self.assertEqual(self.names_until(60_000), ["down"] * 25)
        self.assertEqual([(self.matrix.accesses, self.timeline.wakes)], counted)

    def test_bounce_of_contact_and_release_makes_one_key(self):
        for ms in (100, 103, 106, 109):
            self.matrix.press(ms, "8")
            self.matrix.lift(ms + 1, "8")
        self.matrix.press(112, "8")
        for ms in (200, 204, 208):
            self.matrix.lift(ms, "8")
            self.matrix.press(ms + 2, "8")
        self.matrix.lift(212, "8")
        self.assertEqual(self.names_until(1000), ["8"])

    def test_a_release_that_rattles_makes_no_second_key(self):
        self.matrix.press(100, "8")
        for lifted, pressed in ((200, 209), (211, 218)):
            self.matrix.lift(lifted, "8")
            self.matrix.press(pressed, "8")
        self.matrix.lift(232, "8")
        self.assertEqual(self.names_until(1000), ["8"])

    def test_a_finger_that_slips_off_one_key_types_the_next(self):
        self.matrix.press(100, "1")
        self.matrix.lift(103, "1")
        self.matrix.press(104, "6")
        self.matrix.lift(150, "6")
        self.assertEqual(self.names_until(1000), ["6"])

    def test_a_spark_is_no_key(self):
        self.matrix.press(100, "8")
        self.matrix.lift(104, "8")
        self.assertEqual(self.names_until(1000), [])

    def test_the_first_of_two_wins_until_both_are_up(self):
        self.matrix.press(100, "1")
        self.matrix.press(150, "6")
        self.matrix.lift(200, "1")
        self.matrix.lift(300, "6")
        self.matrix.press(400, "6")
        self.matrix.lift(450, "6")
        self.assertEqual(self.names_until(1000), ["1", "6"])

    def test_the_first_of_two_wins_though_the_second_comes_before_the_contact_is_sure(self):
        self.matrix.press(100, "1")
        self.matrix.press(103, "6")
        self.matrix.lift(200, "1", "6")
        self.assertEqual(self.names_until(1000), ["1"])

    def test_two_at_once_are_none(self):
        self.matrix.press(100, "1", "2")
        self.matrix.lift(150, "2")
        self.matrix.lift(200, "1")
        self.matrix.press(300, "2")
        self.matrix.lift(350, "2")
        self.assertEqual(self.names_until(1000), ["2"])

    def test_the_phantom_of_three_keys_is_refused(self):
        self.matrix.press(100, "1", "2", "4")  # closes a way to "5", too
        self.matrix.lift(200, "1", "2", "4")
        self.matrix.press(300, "1")
        self.matrix.press(400, "2", "4")
        self.matrix.lift(500, "1", "2", "4")
        self.assertEqual(self.names_until(1000), ["1"])

    def test_keys_typed_ahead_are_kept_in_order_and_the_ninth_is_lost(self):
        for i, name in enumerate("1234567890"):
            self.matrix.press(100 * i, name)
            self.matrix.lift(100 * i + 50, name)

        async def late():
            settled = asyncio.Event()
            self.timeline.at(2000, settled.set)
            await settled.wait()
            typed = ""
            for _ in range(8):
                typed += await self.keypad.key()
            return typed

        self.assertEqual(self.timeline.run(late, self.keypad.run), "12345678")

    def test_flush_forgets_what_was_typed_ahead(self):
        for ms, name in ((100, "7"), (300, "9")):
            self.matrix.press(ms, name)
            self.matrix.lift(ms + 50, name)
        self.timeline.at(250, self.keypad.flush)

        async def late():
            settled = asyncio.Event()
            self.timeline.at(500, settled.set)
            await settled.wait()
            return await self.keypad.key()

        self.assertEqual(self.timeline.run(late, self.keypad.run), "9")

    def test_no_digit_stays_in_the_queue(self):
        for ms, name in ((100, "9"), (300, "8"), (500, "7")):
            self.matrix.press(ms, name)
            self.matrix.lift(ms + 50, name)
        self.assertEqual(self.names_until(1000), ["9", "8", "7"])
        self.assertEqual(bytes(self.keypad._keys), bytes(8))

    def test_a_key_down_at_power_on_is_stuck_and_is_reported(self):
        self.matrix.press(-1, "clear")
        self.matrix.press(-1, "0")
        seen = []
        self.timeline.at(0, lambda: seen.extend(self.keypad.stuck()))
        self.names_until(100)
        self.assertEqual(seen, ["clear", "0"])
        self.matrix.down.clear()
        self.matrix.settle()
        self.assertEqual(self.keypad.stuck(), ())


class TestScrambledScan(unittest.TestCase):
    def walks(self, scrambled):
        timeline = Timeline()
        matrix = Matrix(timeline)
        state = [7]

        def random(count):
            out = bytearray(count)
            for i in range(count):
                state[0] = (state[0] * 1103515245 + 12345) & 0x7FFFFFFF
                out[i] = state[0] >> 16 & 0xFF
            return bytes(out)

        keypad = Keypad(matrix.rows, matrix.columns, LEGEND, random if scrambled else no_random)
        keypad.scrambled = scrambled
        for i in range(40):
            matrix.press(100 + 100 * i, "6")
            matrix.lift(150 + 100 * i, "6")

        async def forty():
            for _ in range(40):
                self.assertEqual(await keypad.key(), "6")

        timeline.run(forty, keypad.run)
        walk = matrix.walk[4:]  # after the rows were put to rest; then four of a scan, four of the rest after it
        return [tuple(walk[i : i + 4]) for i in range(0, len(walk), 8)]

    def test_rows_are_walked_in_order(self):
        self.assertEqual(set(self.walks(False)), {(0, 1, 2, 3)})

    def test_pin_entry_walks_all_rows_in_ever_new_orders(self):
        walks = self.walks(True)
        self.assertEqual({tuple(sorted(walk)) for walk in walks}, {(0, 1, 2, 3)})
        self.assertEqual(len(set(walks)), 24)  # 120 scans: every order of four
