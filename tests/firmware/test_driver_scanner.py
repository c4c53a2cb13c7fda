"""The scanner's driver, byte by byte.

Frames with their CRCs are those of the GM65's manual (8.2 to 8.4) and of Newland's page on the same commands; the
others were computed with CPython's binascii.crc_hqx.
"""

import asyncio
import gc
import unittest

import micropython

from driver_fakes import FakeUart, Timeline
from suanpan.drivers.scanner import Scanner
from suanpan.drivers.scanner_stream import ANSWER, BROKEN, CODE, LONGEST, NOTHING, Incoming, crc
from suanpan.errors.scanner import ScannerError, ScannerSilent

DONE = b"\x02\x00\x00\x01\x00\x33\x31"
VERSION = b"\x7e\x00\x07\x01\x00\xe2\x01\x77\x91"
VERSION_87 = b"\x02\x00\x00\x01\x87\xd2\x5e"
TRIGGER = b"\x7e\x00\x08\x01\x00\x02\x01\x02\xda"  # Newland
STOP = b"\x7e\x00\x08\x01\x00\x02\x00\x12\xfb"
CODE_62 = b"6221234567890123456"


def command(*body):
    check = crc(bytes(body), 0, len(body))
    return b"\x7e\x00" + bytes(body) + bytes((check >> 8, check & 0xFF))


SETTINGS = (
    command(8, 1, 0, 0x00, 0xD5),
    command(8, 1, 0, 0x03, 0x00),
    command(8, 1, 0, 0x06, 50),
    command(8, 1, 0, 0x60, 0x01),
)


class Port(FakeUart):
    """Whose speed is noted."""

    def __init__(self):
        super().__init__()
        self.rates = []

    def init(self, baudrate):
        self.rates.append(baudrate)


class TestFrames(unittest.TestCase):
    def test_published_checks(self):
        for body, check in (
            (b"\x07\x01\x00\x0a\x01", 0xEE8A),  # manual, 8.2
            (b"\x00\x01\x3e", 0xE4AC),
            (b"\x08\x01\x00\x0a\x3e", 0x4CCF),  # 8.3
            (b"\x09\x01\x00\x00\x00", 0xDEC8),  # 8.4
            (b"\x08\x01\x00\x00\xf5", 0xCB23),  # Newland
            (b"\x08\x01\x00\x02\x01", 0x02DA),
            (b"\x07\x01\x00\x06\x01", 0xABE7),
            (b"\x00\x01\x0f", 0xC2DE),
            (b"\x08\x01\x00\x06\x00", 0xDE3F),
        ):
            self.assertEqual(crc(body, 0, len(body)), check)

    def takes(self, data):
        """What came of each byte that something came of."""
        self.incoming = Incoming()
        return [event for event in (self.incoming.take(byte) for byte in data) if event]

    def test_answers(self):
        self.assertEqual(self.takes(DONE), [ANSWER])
        self.assertEqual(self.takes(b"\x02\x00\x00\x01\x3e\xe4\xac"), [ANSWER])
        self.assertEqual(self.incoming.answer[2], 0x3E)

    def test_codes(self):
        self.assertEqual(self.takes(CODE_62 + b"\r"), [CODE])
        self.assertEqual(bytes(self.incoming.code[: self.incoming.size]), CODE_62)
        self.assertEqual(self.takes(b"\r\n" + CODE_62 + b"\r\n"), [CODE])
        self.assertEqual(self.takes(b"\x02ab\r"), [CODE])
        self.assertEqual(bytes(self.incoming.code[: self.incoming.size]), b"\x02ab")

    def test_an_answer_and_a_code_one_behind_the_other(self):
        self.assertEqual(self.takes(DONE + CODE_62 + b"\r" + DONE), [ANSWER, CODE, ANSWER])

    def test_a_damaged_answer_is_none(self):
        for i in range(2, len(DONE)):
            damaged = DONE[:i] + bytes((DONE[i] ^ 0x10,)) + DONE[i + 1 :]
            self.assertFalse(ANSWER in self.takes(damaged), damaged)

    def test_the_longest_code_and_one_more(self):
        self.assertEqual(self.takes(b"x" * LONGEST + b"\r"), [CODE])
        self.assertEqual(self.incoming.size, LONGEST)
        self.assertEqual(self.takes(b"x" * (LONGEST + 1) + b"\r" + CODE_62 + b"\r"), [BROKEN, CODE])

    def test_taking_allocates_nothing(self):
        data = DONE + CODE_62 + b"\r" + b"\x02\x00\x00\x01\x3e\xe4\xac" + b"\x02z\r" + b"y" * 600 + b"\r"
        incoming = Incoming()
        events = bytearray(8)
        found = 0
        micropython.heap_lock()
        try:
            for byte in data:
                event = incoming.take(byte)
                if event:
                    events[found] = event
                    found += 1
        finally:
            micropython.heap_unlock()
        self.assertEqual(bytes(events[:found]), bytes((ANSWER, CODE, ANSWER, CODE, BROKEN)))


class TestScanner(unittest.TestCase):
    def setUp(self):
        self.timeline = Timeline()
        self.uart = Port()
        self.scanner = Scanner(self.uart)

    def tearDown(self):
        self.uart.done()

    def expect_start(self):
        self.uart.expect(VERSION, VERSION_87)
        for setting in SETTINGS:
            self.uart.expect(setting, DONE)

    def later(self, ms, data):
        return lambda: self.timeline.at(self.timeline.now + ms, lambda: self.uart.arrive(data))

    def scan(self):
        return bytes(self.timeline.run(self.scanner.scan))

    def test_the_first_scan_sets_it_up(self):
        self.expect_start()
        self.uart.expect(TRIGGER, DONE + CODE_62 + b"\r")
        self.assertEqual(self.scan(), CODE_62)
        self.assertEqual(self.uart.rates, [9600])
        self.uart.expect(TRIGGER, DONE + b"wxp://f2f0\r")
        self.assertEqual(self.scan(), b"wxp://f2f0")

    def test_it_lights_up_again_until_there_is_a_code(self):
        self.expect_start()
        self.uart.expect(TRIGGER, DONE)
        self.uart.expect(TRIGGER, DONE)
        self.uart.expect(TRIGGER, self.later(40, DONE + CODE_62[:7]))
        self.timeline.at(11_200, lambda: self.uart.arrive(CODE_62[7:] + b"\r"))
        self.timeline.at(11_170, lambda: None)
        self.uart.expect(STOP, DONE)
        with self.assertRaises(ScannerError):  # cut short: what follows comes 100 ms too late
            self.scan()
        self.uart.expect(TRIGGER, DONE + CODE_62 + b"\r")
        self.timeline.run(lambda: asyncio.sleep_ms(500))
        self.assertEqual(self.scan(), CODE_62)

    def test_a_lost_answer_is_asked_for_again(self):
        self.uart.expect(VERSION)
        self.uart.expect(VERSION, b"\xff\x80" + VERSION_87)
        self.uart.expect(SETTINGS[0])
        self.uart.expect(SETTINGS[0], DONE[:-1] + b"\x30")
        self.uart.expect(SETTINGS[0], DONE)
        for setting in SETTINGS[1:]:
            self.uart.expect(setting, DONE)
        self.timeline.run(self.scanner.start)

    def test_a_scanner_at_another_speed_is_found_and_brought_over(self):
        for _ in range(4):
            self.uart.expect(VERSION)  # at 9600 and at 115200, twice each
        self.uart.expect(VERSION, VERSION_87)
        self.uart.expect(command(8, 2, 0, 0x2A, 0x38, 0x01), b"\x00\xff")  # 3 MHz over 9600
        self.uart.expect(VERSION, VERSION_87)
        for setting in SETTINGS:
            self.uart.expect(setting, DONE)
        self.timeline.run(self.scanner.start)
        self.assertEqual(self.uart.rates, [9600, 115200, 57600, 9600])

    def test_silence(self):
        for _ in range(12):
            self.uart.expect(VERSION)
        with self.assertRaises(ScannerSilent):
            self.timeline.run(self.scanner.start)
        self.assertEqual(self.uart.rates, [9600, 115200, 57600, 38400, 19200, 14400, 9600])
        self.assertTrue(self.timeline.now < 8000)

    def test_a_scanner_that_goes_dead_is_set_up_anew(self):
        self.expect_start()
        self.timeline.run(self.scanner.start)
        for _ in range(3):
            self.uart.expect(TRIGGER)
        self.uart.expect(STOP)
        with self.assertRaises(ScannerSilent):
            self.scan()
        self.expect_start()
        self.uart.expect(TRIGGER, DONE + CODE_62 + b"\r")
        self.assertEqual(self.scan(), CODE_62)

    def test_an_overlong_code_is_an_error_and_the_next_is_read(self):
        self.expect_start()
        self.uart.expect(TRIGGER, DONE + b"9" * 600 + b"\r")
        self.uart.expect(STOP, DONE)
        with self.assertRaises(ScannerError):
            self.scan()
        self.uart.expect(TRIGGER, DONE + CODE_62 + b"\r")
        self.assertEqual(self.scan(), CODE_62)

    def test_cancelled_the_light_goes_out(self):
        self.expect_start()
        self.uart.expect(TRIGGER, DONE)
        self.uart.expect(STOP, DONE)

        async def cancelled():
            task = asyncio.create_task(self.scanner.scan())
            await asyncio.sleep_ms(1000)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        self.timeline.run(cancelled)

    def test_continuous(self):
        self.expect_start()
        self.uart.expect(command(8, 1, 0, 0x05, 20), DONE)
        self.uart.expect(command(8, 1, 0, 0x13, 0x80 | 50), DONE)
        self.uart.expect(command(8, 1, 0, 0x00, 0xD6), DONE + b"A1\r")
        self.timeline.run(lambda: self.scanner.watch(2000))
        self.assertEqual(bytes(self.timeline.run(self.scanner.code)), b"A1")
        self.timeline.at(60_000, lambda: self.uart.arrive(b"B2\r"))
        self.assertEqual(bytes(self.timeline.run(self.scanner.code)), b"B2")
        self.uart.expect(command(8, 1, 0, 0x00, 0xD5), DONE)
        self.timeline.run(self.scanner.rest)

    def test_a_line_that_never_falls_silent(self):
        self.expect_start()
        self.timeline.run(self.scanner.start)
        self.uart.expect(TRIGGER, DONE)
        self.uart.expect(STOP)
        start = self.timeline.now

        def babble(ms=0):
            self.uart.arrive(b"\x55" * 9)
            if ms < 20_000:
                self.timeline.at(self.timeline.now + 9, lambda: babble(ms + 9))

        self.timeline.at(start + 100, babble)
        with self.assertRaises(ScannerError):
            self.scan()
        self.assertTrue(self.timeline.now - start < 10_000)

    def test_wiped(self):
        self.expect_start()
        self.uart.expect(TRIGGER, DONE + CODE_62 + b"\r")
        view = self.timeline.run(self.scanner.scan)
        self.scanner.wipe()
        self.assertEqual(bytes(view), bytes(len(CODE_62)))

    def test_a_look_allocates_nothing(self):
        class Quiet:
            """Of which every look takes a piece."""

            def __init__(self):
                self.data = DONE + CODE_62 + b"\r"
                self.at = 0

            def readinto(self, buffer):
                count = min(len(buffer), len(self.data) - self.at)
                for i in range(count):
                    buffer[i] = self.data[self.at + i]
                self.at += count
                return count or None

        quiet = Quiet()
        scanner = Scanner(quiet)
        gc.collect()
        micropython.heap_lock()
        try:
            first, second, third = scanner.look(), scanner.look(), scanner.look()
        finally:
            micropython.heap_unlock()
        self.assertEqual((first, second, third), (ANSWER, CODE, NOTHING))


if __name__ == "__main__":
    unittest.main()
