"""Cell voltage and charge from ADC readings."""

import unittest

from suanpan.drivers.battery import Battery


class FakeAdc:
    def __init__(self, *microvolts):
        self.microvolts = microvolts
        self.reads = 0

    def read_uv(self):
        self.reads += 1
        return self.microvolts[self.reads % len(self.microvolts)]


def percent(millivolts):
    return Battery(FakeAdc(millivolts * 500)).percent()


class TestBattery(unittest.TestCase):
    def test_millivolts_undo_the_divider_and_average_the_noise(self):
        self.assertEqual(Battery(FakeAdc(1_900_000)).millivolts(), 3800)
        self.assertEqual(Battery(FakeAdc(1_890_000, 1_910_000)).millivolts(), 3800)
        self.assertEqual(Battery(FakeAdc(1_000_000), divider=3).millivolts(), 3000)

    def test_percent_at_points_of_the_curve(self):
        for millivolts, expected in ((4200, 100), (4110, 90), (3840, 50), (3690, 10), (3270, 0)):
            self.assertEqual(percent(millivolts), expected)

    def test_percent_between_points_is_on_the_straight_line(self):
        self.assertEqual(percent(4155), 95)
        self.assertEqual(percent(3480), 5)

    def test_percent_never_leaves_its_range_and_never_falls_with_the_voltage(self):
        last = 0
        for millivolts in range(0, 5000, 7):
            now = percent(millivolts)
            self.assertTrue(last <= now <= 100)
            last = now
        self.assertEqual(last, 100)
