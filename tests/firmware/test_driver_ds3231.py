"""The calendar chip's driver, register by register."""

import unittest

from suanpan.drivers.ds3231 import Ds3231
from suanpan.errors.clock import ClockError


class Chip:
    """Registers that stand still."""

    def __init__(self):
        self.registers = bytearray(b"\x56\x34\x12\x01\x23\x11\x26" + bytes(7) + b"\x1c\x88\x00\x19\x00")
        self.dead = False

    def writeto(self, address, data):
        assert address == 0x68
        if self.dead:
            raise OSError(19)
        self.registers[data[0] : data[0] + len(data) - 1] = data[1:]
        assert len(self.registers) == 19

    def readfrom_mem_into(self, address, register, buffer):
        assert address == 0x68
        if self.dead:
            raise OSError(19)
        buffer[:] = self.registers[register : register + len(buffer)]


class TestDs3231(unittest.TestCase):
    def setUp(self):
        self.chip = Chip()
        self.clock = Ds3231(self.chip)

    def test_reading(self):
        self.assertEqual(self.clock.datetime(), (2026, 11, 23, 0, 12, 34, 56, 0))

    def test_twelve_hours(self):
        for written, hour in ((0x52, 0), (0x41, 1), (0x51, 11), (0x72, 12), (0x71, 23)):
            self.chip.registers[2] = written
            self.assertEqual(self.clock.datetime()[4], hour)

    def test_setting(self):
        self.clock.datetime((2028, 2, 29, 0, 23, 5, 9, 0))
        self.assertEqual(bytes(self.chip.registers[:7]), b"\x09\x05\x23\x02\x29\x02\x28")
        self.assertEqual(bytes(self.chip.registers[14:16]), b"\x04\x08")
        self.assertEqual(self.clock.datetime(), (2028, 2, 29, 1, 23, 5, 9, 0))

    def test_lost(self):
        self.assertTrue(self.clock.lost())
        self.chip.registers[15] = 0x08
        self.assertFalse(self.clock.lost())

    def test_alarms_stay_as_they_are(self):
        self.chip.registers[15] = 0x8B
        self.clock.datetime((2026, 11, 23, 0, 1, 2, 3, 0))
        self.assertEqual(self.chip.registers[15], 0x0B)

    def test_every_day_has_its_weekday(self):
        """Zeller's congruence, another way to the same."""
        for year in (2000, 2004, 2026, 2027, 2028, 2099):
            for month in range(1, 13):
                for day in (1, 28):
                    self.clock.datetime((year, month, day, 0, 0, 0, 0, 0))
                    m, y = (month, year) if month > 2 else (month + 12, year - 1)
                    zeller = (day + 13 * (m + 1) // 5 + y + y // 4 - y // 100 + y // 400) % 7  # 0 is Saturday
                    self.assertEqual(self.clock.datetime()[3], (zeller + 5) % 7)

    def test_what_is_no_date(self):
        for register, value in (
            (0, 0x60), (0, 0x5A), (1, 0x7F), (2, 0x24), (2, 0x53), (4, 0x00), (4, 0x31), (5, 0x00), (5, 0x13),
            (6, 0xA0),
        ):  # fmt: skip
            self.setUp()
            self.chip.registers[register] = value
            with self.assertRaises(ClockError):
                self.clock.datetime()
        self.chip.registers[:7] = b"\x00\x00\x00\x01\x29\x02\x27"
        with self.assertRaises(ClockError):
            self.clock.datetime()

    def test_nobody_there(self):
        self.chip.dead = True
        for call in (self.clock.datetime, self.clock.lost, lambda: self.clock.datetime((2026, 1, 1, 0, 0, 0, 0, 0))):
            with self.assertRaises(ClockError):
                call()


if __name__ == "__main__":
    unittest.main()
