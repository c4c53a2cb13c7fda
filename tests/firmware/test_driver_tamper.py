"""The switch of the case."""

import asyncio
import unittest

from driver_fakes import Timeline
from suanpan.drivers.tamper import Tamper


class FakePin:
    IRQ_RISING = 1

    def __init__(self):
        self.level = 0

    def value(self):
        return self.level

    def irq(self, handler, trigger):
        assert trigger == self.IRQ_RISING
        self.handler = handler

    def rise(self):
        self.level = 1
        self.handler(self)

    def fall(self):
        self.level = 0


class TestTamper(unittest.TestCase):
    def setUp(self):
        self.timeline = Timeline()
        self.pin = FakePin()
        self.tamper = Tamper(self.pin)

    def opened_at(self):
        """ms until the case is found open; None if it is not within a second."""

        async def wait():
            try:
                await asyncio.wait_for_ms(self.tamper.opened(), 1000)
            except asyncio.TimeoutError:
                return None
            return self.timeline.now

        return self.timeline.run(wait)

    def test_closed(self):
        self.assertFalse(self.tamper.is_open())
        self.assertIsNone(self.opened_at())

    def test_open_from_the_start(self):
        self.pin.level = 1
        self.assertTrue(self.tamper.is_open())
        self.assertEqual(self.opened_at(), 0)

    def test_opened(self):
        self.timeline.at(300, self.pin.rise)
        self.assertEqual(self.opened_at(), 300)

    def test_opened_for_a_moment(self):
        self.timeline.at(300, lambda: (self.pin.rise(), self.pin.fall()))
        self.assertEqual(self.opened_at(), 300)
        self.assertFalse(self.tamper.is_open())

    def test_opened_for_a_moment_before_anybody_waits(self):
        self.pin.rise()
        self.pin.fall()
        self.assertEqual(self.opened_at(), 0)


if __name__ == "__main__":
    unittest.main()
