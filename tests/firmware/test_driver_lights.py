"""The four lights, and the first one's blink."""

import asyncio
import unittest

from driver_fakes import Timeline
from suanpan.drivers.lights import Lights


class FakePin:
    def __init__(self):
        self.level = 0

    def value(self, level):
        assert level in (0, 1)
        self.level = level


class TestLights(unittest.TestCase):
    def setUp(self):
        self.timeline = Timeline()
        self.pins = tuple(FakePin() for _ in range(4))
        self.lights = Lights(self.pins)

    def levels(self):
        return "".join(str(pin.level) for pin in self.pins)

    def seen(self, script, *looks):
        """What the lights show at each moment of `looks`, while `script` is played."""
        seen = []
        for ms, action in script:
            self.timeline.at(ms, action)
        for ms in looks:
            self.timeline.at(ms, lambda: seen.append(self.levels()))

        async def look():
            end = asyncio.Event()
            self.timeline.at(looks[-1] + 1, end.set)
            await end.wait()

        self.timeline.run(look)
        return seen

    def test_bit_0_is_the_first_light(self):
        for pattern, levels in (
            (0b0001, "1000"),
            (0b1000, "0001"),
            (0b0111, "1110"),
            (0b1111, "1111"),
            (0, "0000"),
        ):
            self.lights.show(pattern)
            self.assertEqual(self.levels(), levels)

    def test_idle_blinks_the_first_light_200_ms_every_5_s(self):
        seen = self.seen(
            [(0, lambda: self.lights.show(15)), (50, self.lights.idle)], 60, 240, 260, 5040, 5060, 5240, 5260
        )
        self.assertEqual(seen, ["1000", "1000", "0000", "0000", "1000", "1000", "0000"])

    def test_show_ends_the_blinking(self):
        seen = self.seen([(0, self.lights.idle), (100, lambda: self.lights.show(3))], 50, 150, 250, 5100)
        self.assertEqual(seen, ["1000", "1100", "1100", "1100"])

    def test_idle_twice_blinks_once(self):
        seen = self.seen([(0, self.lights.idle), (100, self.lights.idle)], 50, 250, 350, 5050, 5150)
        self.assertEqual(seen, ["1000", "1000", "0000", "0000", "1000"])
