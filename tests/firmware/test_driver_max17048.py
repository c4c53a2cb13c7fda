"""The battery gauge's driver."""

import unittest

from suanpan.drivers.max17048 import Max17048
from suanpan.errors.gauge import GaugeError


class Chip:
    def __init__(self, **registers):
        self.registers = registers
        self.dead = False

    def readfrom_mem_into(self, address, register, buffer):
        assert address == 0x36
        if self.dead:
            raise OSError(19)
        value = self.registers[f"r{register:02x}"]
        buffer[0] = value >> 8
        buffer[1] = value & 0xFF
        assert len(buffer) == 2


class TestMax17048(unittest.TestCase):
    def test_millivolts(self):
        for raw, millivolts in ((53760, 4200), (42240, 3300), (0xFFFF, 5119), (1, 0)):
            self.assertEqual(Max17048(Chip(r02=raw)).millivolts(), millivolts)

    def test_percent(self):
        for raw, percent in (
            (0, 0),
            (0x007F, 0),
            (0x0080, 1),
            (0x3280, 51),
            (0x6400, 100),
            (0x6500, 100),
            (0xFFFF, 100),
        ):
            self.assertEqual(Max17048(Chip(r04=raw)).percent(), percent)

    def test_rate(self):
        for raw, rate in ((0, 0), (100, 20), (0x10000 - 100, -20), (0x8000, -6815)):
            self.assertEqual(Max17048(Chip(r16=raw)).percent_per_hour(), rate)

    def test_found(self):
        self.assertTrue(Max17048(Chip(r08=0x0012)).found())
        self.assertFalse(Max17048(Chip(r08=0x0002)).found())

    def test_not_measured_yet(self):
        with self.assertRaises(GaugeError):
            Max17048(Chip(r02=0)).millivolts()

    def test_nobody_there(self):
        chip = Chip()
        chip.dead = True
        gauge = Max17048(chip)
        for call in (gauge.found, gauge.millivolts, gauge.percent, gauge.percent_per_hour):
            with self.assertRaises(GaugeError):
                call()


if __name__ == "__main__":
    unittest.main()
