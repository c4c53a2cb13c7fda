"""The UART expander's driver: every transaction of its own, and a chip that answers as the data sheet says."""

import asyncio
import unittest

import micropython

from driver_fakes import Timeline
from suanpan.drivers.sc16is752 import Sc16is752

A, B = 0, 1
ADDRESS = 0x4D


class Irq:
    IRQ_FALLING = 2

    def __init__(self):
        self.level = 1
        self.handler = None

    def value(self):
        return self.level

    def irq(self, handler, trigger):
        assert trigger == self.IRQ_FALLING
        self.handler = handler


class Chip:
    """Registers by sub-address, a FIFO each way for either channel, and a diary of what was written."""

    def __init__(self):
        self.irq = Irq()
        self.diary = []
        self.registers = bytearray(256)
        self.received = [b"", b""]
        self.sent = [b"", b""]
        self.room = 64
        self.dead = False
        self.transactions = 0

    def writeto(self, address, data):
        self.transactions += 1
        assert address == ADDRESS
        if self.dead:
            raise OSError(19)
        sub, body = data[0], bytes(data[1:])
        if sub >> 3 == 0 and not self.registers[3 << 3 | sub & 6] & 0x80:
            self.sent[sub >> 1] += body
            return
        self.diary.append((sub >> 3, sub >> 1 & 3, body[0]))
        self.registers[sub] = body[0]
        if sub >> 3 == 14:
            raise OSError(116)  # what resets it is not acknowledged

    def readfrom_mem_into(self, address, sub, buffer):
        self.transactions += 1
        assert address == ADDRESS
        if self.dead:
            raise OSError(19)
        channel = sub >> 1 & 3
        if sub >> 3 == 0:
            assert len(buffer) <= len(self.received[channel]), "more than there is"
            buffer[:] = self.received[channel][: len(buffer)]
            self.received[channel] = self.received[channel][len(buffer) :]
        elif sub >> 3 == 8:
            buffer[0] = self.room
        elif sub >> 3 == 9:
            buffer[0] = len(self.received[channel])
        else:
            buffer[0] = self.registers[sub]
        self.irq.level = 0 if self.received[0] or self.received[1] else 1

    def arrive(self, channel, data):
        self.received[channel] += data
        self.irq.level = 0


class TestSc16is752(unittest.TestCase):
    def setUp(self):
        self.chip = Chip()
        self.expander = Sc16is752(self.chip, self.chip.irq)
        self.assertEqual(self.chip.diary, [(14, 0, 8)])
        self.uart = self.expander.uart(B, 115200)

    def test_setting_a_channel_up(self):
        self.assertEqual(
            self.chip.diary[1:],
            [(r, 1, v) for r, v in ((1, 0), (3, 0x80), (0, 8), (1, 0), (3, 3), (4, 0), (15, 0), (2, 7), (1, 1))],
        )

    def test_speeds_and_formats(self):
        for settings, divisor, mode in (
            ({"baudrate": 9600}, 96, 0x03),
            ({"baudrate": 300, "bits": 7, "parity": 0}, 3072, 0x1A),
            ({"baudrate": 10753, "parity": 1, "stop": 2, "rxbuf": 512}, 86, 0x0F),
        ):
            self.chip.diary.clear()
            self.uart.init(**settings)
            written = {(register, value) for register, _, value in self.chip.diary}
            self.assertTrue({(0, divisor & 0xFF), (1, divisor >> 8), (3, mode)} <= written, written)
        for baudrate in (2_000_000, 700_000):
            with self.assertRaises(ValueError):
                self.uart.init(baudrate)

    def test_reading(self):
        self.assertEqual((self.uart.any(), self.uart.read(), self.uart.readinto(bytearray(4))), (0, None, None))
        self.chip.arrive(B, b"0123456789")
        self.assertEqual(self.uart.any(), 10)
        buffer = bytearray(b"........")
        self.assertEqual(self.uart.readinto(buffer, 3), 3)
        self.assertEqual(bytes(buffer), b"012.....")
        self.chip.arrive(B, b"ab")
        self.assertEqual(self.uart.readinto(buffer), 8)
        self.assertEqual(bytes(buffer), b"3456789a")
        self.assertEqual((self.uart.read(5), self.uart.read()), (b"b", None))

    def test_all_that_the_fifo_holds(self):
        data = bytes(range(64))
        self.chip.arrive(B, data)
        buffer = bytearray(100)
        self.assertEqual(self.uart.readinto(buffer), 64)
        self.assertEqual(bytes(buffer[:64]), data)
        self.assertEqual(bytes(self.expander.data), bytes(64))  # nothing of it stays behind

    def test_an_idle_line_leaves_the_bus_alone(self):
        before = self.chip.transactions
        for _ in range(10):
            self.uart.any()
            self.uart.readinto(bytearray(1))
            self.uart.ioctl(3, 1)
        self.assertEqual(self.chip.transactions, before)

    def test_writing(self):
        self.assertEqual(self.uart.write(b"x" * 100), 100)
        self.assertEqual(self.chip.sent, [b"", b"x" * 100])
        self.uart.write(memoryview(b"0123456789")[2:9])
        self.assertEqual(self.chip.sent[B][100:], b"2345678")

    def test_writing_waits_for_room(self):
        asked = [0]
        fetch = self.expander.fetch

        def slow(channel, register, power):
            asked[0] += 1
            self.chip.room = 3 if asked[0] % 5 == 0 else 0
            return fetch(channel, register, power)

        self.expander.fetch = slow
        self.assertEqual(self.uart.write(b"0123456789"), 10)
        self.assertEqual((self.chip.sent[B], asked[0]), (b"0123456789", 20))

    def test_a_fifo_that_stays_full(self):
        self.chip.room = 0
        self.assertEqual(self.uart.write(b"lost"), 4)
        self.assertTrue(self.chip.transactions < 5000)
        self.assertEqual(self.uart.ioctl(3, 5), 0)

    def test_asyncio(self):
        timeline = Timeline()
        stream = asyncio.StreamReader(self.uart)
        timeline.at(1000, lambda: self.chip.arrive(B, b"hello"))

        async def read():
            data = await stream.read(16)
            writer = asyncio.StreamWriter(self.uart)
            writer.write(b"y" * 80)
            await writer.drain()
            return data, timeline.now

        self.assertEqual(timeline.run(read), (b"hello", 1000))
        self.assertEqual(self.chip.sent[B], b"y" * 80)

    def test_what_came_too_fast(self):
        self.chip.registers[5 << 3 | 2] = 0x63
        self.assertTrue(self.uart.lost())
        self.chip.registers[5 << 3 | 2] = 0x20
        self.assertFalse(self.uart.lost())
        self.assertFalse(self.uart.txdone())
        self.chip.registers[5 << 3 | 2] = 0x60
        self.assertTrue(self.uart.txdone())
        self.uart.flush()

    def test_a_chip_that_is_not_there_is_a_silent_line(self):
        self.assertTrue(self.expander.alive())
        self.chip.dead = True
        self.chip.irq.level = 0
        self.assertFalse(self.expander.alive())
        before = self.chip.transactions
        self.assertEqual((self.uart.any(), self.uart.read(), self.uart.write(b"abc")), (0, None, 3))
        self.assertEqual((self.uart.ioctl(3, 5), self.uart.txdone()), (4, True))
        self.uart.flush()
        self.uart.init(9600)
        self.assertTrue(self.chip.transactions - before < 30)

    def test_nothing_is_allocated(self):
        class Quiet:
            """A FIFO of 37 characters, again and again."""

            IRQ_FALLING = 2

            def irq(self, handler, trigger): ...

            def value(self):
                return 0

            def writeto(self, address, data): ...

            def readfrom_mem_into(self, address, sub, buffer):
                buffer[0] = 37

        quiet = Quiet()
        uart = Sc16is752(quiet, quiet).uart(A)
        buffer, data = bytearray(100), bytes(100)
        micropython.heap_lock()
        try:
            for _ in range(10):
                got, sent = uart.readinto(buffer, 99), uart.write(data)
        finally:
            micropython.heap_unlock()
        self.assertEqual((got, sent), (99, 100))


if __name__ == "__main__":
    unittest.main()
