"""The keypad behind an expander: the same matrix as on GPIOs, by way of transactions on a bus."""

import asyncio
import unittest

import micropython

from driver_fakes import AHEAD_MS, Timeline
from suanpan.drivers.pcf8574_keypad import Pcf8574Keypad
from test_driver_keypad import LEGEND, Matrix, no_random


class Irq:
    IRQ_FALLING = 2

    def __init__(self):
        self.handler = None

    def irq(self, handler, trigger):
        assert trigger == self.IRQ_FALLING
        self.handler = handler


class Expander:
    """Pins 0 to 3 on the matrix's rows, 4 to 7 on its columns."""

    def __init__(self, timeline):
        self.matrix = Matrix(timeline)
        self.irq = Irq()
        self.latch = self.seen = 0xFF
        self.dead = False
        self.transactions = 0
        self.writes = []
        for column in self.matrix.columns:
            column.handler = self._changed

    def port(self):
        levels = self.latch & 0x0F
        for c, column in enumerate(self.matrix.columns):
            levels |= column.level << (4 + c)
        return levels & self.latch

    def writeto(self, address, data):
        self._count(address)
        self.latch = data[0]
        self.writes.append(self.latch)
        assert self.latch & 0xF0 == 0xF0, "columns are for reading"
        self.seen = self.port()
        for r, row in enumerate(self.matrix.rows):
            if row.level != self.latch >> r & 1:
                row.value(self.latch >> r & 1)

    def readfrom_into(self, address, buffer):
        self._count(address)
        buffer[0] = self.seen = self.port()

    def _count(self, address):
        assert address == 0x20
        self.transactions += 1
        if self.dead:
            raise OSError(19)

    def _changed(self, _column):
        if self.irq.handler and self.port() != self.seen:
            self.irq.handler(self.irq)


class TestPcf8574Keypad(unittest.TestCase):
    def setUp(self):
        self.timeline = Timeline()
        self.expander = Expander(self.timeline)
        self.matrix = self.expander.matrix
        self.keypad = Pcf8574Keypad(self.expander, self.expander.irq, LEGEND, no_random)

    def keys_until(self, ms):
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
            self.matrix.lift(1100 + 200 * i, name)
        typed = self.keys_until(5000)
        self.assertEqual([name for name, _ in typed], list(LEGEND))
        for i, (_, ms) in enumerate(typed):
            self.assertTrue(1000 + 200 * i <= ms <= 1020 + 200 * i, ms)

    def test_bounces_are_one_key(self):
        for ms in (1000, 1004, 1007):
            self.matrix.press(ms, "5")
            self.matrix.lift(ms + 2, "5")
        self.matrix.press(1010, "5")
        self.matrix.lift(1200, "5")
        self.matrix.press(1203, "5")
        self.matrix.lift(1205, "5")
        self.assertEqual(self.names_until(2000), ["5"])

    def test_two_keys_at_once_are_none_and_phantoms_never_come(self):
        self.matrix.press(1000, "1", "5")
        self.matrix.lift(1200, "1", "5")
        self.matrix.press(2000, "1")
        self.matrix.press(2100, "2", "4")
        self.matrix.lift(2300, "1", "2", "4")
        self.matrix.press(3000, "0")
        self.matrix.lift(3100, "0")
        self.assertEqual(self.names_until(4000), ["1", "0"])

    def test_an_idle_keypad_is_looked_at_every_other_second(self):
        self.keys_until(600)
        before = self.expander.transactions
        self.keys_until(60_600)
        self.assertTrue(self.expander.transactions - before < 80, self.expander.transactions - before)

    def test_an_expander_that_comes_back_is_used_again(self):
        self.matrix.press(1000, "7")
        self.matrix.lift(1100, "7")

        def die():
            self.expander.dead = True

        def live():  # as after its own power-on
            self.expander.dead = False
            self.expander.latch = 0xFF
            for row in self.matrix.rows:
                row.value(1)

        self.timeline.at(2000, die)
        self.matrix.press(3000, "8")
        self.matrix.lift(3100, "8")
        self.timeline.at(9000, live)
        self.matrix.press(12_000, "9")
        self.matrix.lift(12_100, "9")
        self.assertEqual(self.names_until(13_000), ["7", "9"])

    def test_answers(self):
        self.assertTrue(self.keypad.answers())
        self.expander.dead = True
        self.assertFalse(self.keypad.answers())
        self.assertEqual(self.keypad.stuck(), ())

    def test_stuck(self):
        self.matrix.down.add((1, 2))
        self.assertEqual(self.keypad.stuck(), ("6",))

    def test_scrambled_the_rows_are_walked_in_another_order(self):
        noise = [bytes((0, 0, 0)), bytes((3, 2, 1)), bytes((1, 0, 0))]
        keypad = Pcf8574Keypad(self.expander, self.expander.irq, LEGEND, lambda count: noise.pop(0))
        keypad.scrambled = True
        walks = []
        for _ in range(3):
            self.expander.writes.clear()
            keypad._scan()
            walks.append(tuple(self.expander.writes[:4]))
            self.assertEqual(sorted(walks[-1]), [0xF7, 0xFB, 0xFD, 0xFE])
            self.assertEqual(self.expander.writes[4], 0xF0)
        self.assertTrue(len(set(walks)) > 1)

    def test_a_scan_allocates_nothing(self):
        class Quiet:
            def writeto(self, address, data): ...

            def readfrom_into(self, address, buffer):
                buffer[0] = 0xEF

        keypad = Pcf8574Keypad(Quiet(), None, LEGEND, no_random)
        micropython.heap_lock()
        try:
            down = keypad._scan()
        finally:
            micropython.heap_unlock()
        self.assertEqual(down, 0x1111)


if __name__ == "__main__":
    unittest.main()
