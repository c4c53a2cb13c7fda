"""Whatever the parts on I2C say, or do not acknowledge: typed errors, no more memory, and then they work again."""

import unittest

from fuzz import Trial
from suanpan.drivers.atecc608 import Atecc608
from suanpan.drivers.ds3231 import Ds3231
from suanpan.drivers.max17048 import Max17048
from suanpan.drivers.sc16is752 import Sc16is752
from suanpan.errors.clock import ClockError
from suanpan.errors.element import ElementError
from suanpan.errors.gauge import GaugeError

HEAP = "1m"
TIMEOUT = 120


class Pin:
    IRQ_FALLING = 2

    def __init__(self, level):
        self._level = level

    def irq(self, handler, trigger): ...

    def value(self):
        return self._level()


class Registers:
    """A part that answers with registers of its own, or with whatever chance has."""

    def __init__(self, trial, truth):
        self.trial = trial
        self.truth = truth
        self.honest = False

    def writeto(self, address, data):
        if not self.honest and not self.trial.chance.below(8):
            raise OSError(19)

    def readfrom_mem_into(self, address, register, buffer):
        good = self.truth(register, len(buffer))
        if not self.honest:
            chance = self.trial.chance
            kind = chance.below(8)
            if kind == 0:
                raise OSError(116)
            said = good if kind == 1 else chance.bytes(len(buffer))
            if kind == 2:
                said = bytes(chance.one_of(b"\x00\xff") for _ in range(len(buffer)))
            elif kind == 3:
                said = bytearray(good)
                said[chance.below(len(said))] ^= 1 << chance.below(8)
            good = self.trial.said(said)
        buffer[:] = good


class TestCalendar(unittest.TestCase):
    def test_dates(self):
        trial = Trial(self, 11)
        chip = Registers(trial, lambda register, size: (b"\x56\x34\x12\x01\x23\x11\x26" + bytes(20))[register:][:size])
        clock = Ds3231(chip)

        def attempt():
            use = trial.chance.below(8)
            if use == 0:
                clock.lost()
            elif use == 1:
                clock.datetime((2026, 11, 23, 0, 1, 2, 3, 0))
            else:
                year, month, day, weekday, hour, minute, second, _ = clock.datetime()
                self.assertTrue(2000 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31 and 0 <= weekday <= 6)
                self.assertTrue(0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59)

        trial.pound(attempt, (ClockError,))
        chip.honest = True
        self.assertEqual(clock.datetime(), (2026, 11, 23, 0, 12, 34, 56, 0))


class TestGauge(unittest.TestCase):
    def test_measurements(self):
        trial = Trial(self, 12)
        chip = Registers(trial, lambda register, size: b"\xc0\x00")
        gauge = Max17048(chip)

        def attempt():
            self.assertTrue(0 <= gauge.millivolts() <= 5120)
            self.assertTrue(0 <= gauge.percent() <= 100)
            self.assertTrue(-6816 <= gauge.percent_per_hour() <= 6816)
            gauge.found()

        trial.pound(attempt, (GaugeError,))
        chip.honest = True
        self.assertEqual(gauge.millivolts(), 3840)


class TestExpander(unittest.TestCase):
    def test_registers(self):
        trial = Trial(self, 13)
        chance = trial.chance
        waiting = [b""]

        def truth(register, size):
            if register >> 3 == 0:
                data, waiting[0] = waiting[0][:size], waiting[0][size:]
                return data + bytes(size - len(data))
            return bytes((len(waiting[0]) if register >> 3 == 9 else 64,)) * size

        chip = Registers(trial, truth)
        expander = Sc16is752(chip, Pin(lambda: 0 if chip.honest else chance.below(2)))
        uarts = expander.uart(0), expander.uart(1)

        def attempt():
            uart = chance.one_of(uarts)
            use = chance.below(7)
            if use == 0:
                size = chance.below(100)
                self.assertTrue((uart.readinto(bytearray(size)) or 0) <= size)
            elif use == 1:
                self.assertTrue(0 <= uart.any() <= 64)
            elif use == 2:
                self.assertTrue(len(uart.read() or b"") <= 64)
            elif use == 3:
                self.assertTrue(uart.ioctl(3, 5) in (0, 1, 4, 5))
            elif use == 4:
                data = chance.bytes(chance.below(80))
                self.assertEqual(uart.write(data), len(data))
            elif use == 5:
                uart.init(chance.one_of((9600, 115200, 300)))
            else:
                uart.lost(), uart.txdone(), expander.alive()

        trial.pound(attempt, ())
        chip.honest = True
        for uart in uarts:
            uart.init(9600)
            waiting[0] = b"hello"
            self.assertEqual(uart.read(), b"hello")


def crc(data):
    register = 0
    for byte in data:
        for bit in range(8):
            carry = (register >> 15) ^ (byte >> bit & 1)
            register = (register << 1 & 0xFFFF) ^ (0x8005 if carry else 0)
    return bytes((register & 0xFF, register >> 8))


def framed(data):
    counted = bytes((len(data) + 3,)) + data
    return counted + crc(counted)


class TestElement(unittest.TestCase):
    def test_answers(self):
        trial = Trial(self, 14)
        chance = trial.chance
        honest = []
        goods = {48: framed(bytes.fromhex("00006002")), 27: framed(bytes(range(32))), 2: framed(b"\x00\x00\x00\x00")}
        status = [framed(bytes((code,))) for code in (0x00, 0x01, 0x03, 0x05, 0x0F, 0x11, 0xEE, 0xFF)]

        class Chip:
            def __init__(self):
                self.good = framed(b"\x11")

            def writeto(self, address, data):
                if not honest and not chance.below(16):
                    raise OSError(19)
                if address and data[0] == 3:
                    self.good = goods.get(data[2], framed(b"\x00"))
                elif not address:
                    self.good = framed(b"\x11")

            def readfrom_into(self, address, buffer):
                said = self.good
                if not honest:
                    kind = chance.below(6)
                    if kind == 0:
                        raise OSError(19)
                    if kind == 1:
                        said = chance.one_of(status)
                    elif kind == 2:
                        said = framed(chance.bytes(chance.below(40)))
                    elif kind == 3:
                        said = chance.garbled(said, 60)
                    trial.said(said)
                for i in range(len(buffer)):
                    buffer[i] = said[i] if i < len(said) else 0xFF

        element = Atecc608(Chip())
        uses = (
            (element.revision, 4),
            (element.random, 32),
            (element.locked, 0),
            (lambda: element.hmac(1, b"a message of more than one block" * 3), 32),
        )

        def attempt():
            use, size = chance.one_of(uses)
            result = trial.run(use, 30_000)
            self.assertTrue(not size or len(result) == size)

        trial.pound(attempt, (ElementError,))
        honest.append(True)
        self.assertEqual(trial.run(element.revision, 30_000), bytes.fromhex("00006002"))
        self.assertEqual(trial.run(element.random, 30_000), bytes(range(32)))


if __name__ == "__main__":
    unittest.main()
