"""Whatever a swipe reader, a scanner or a printer sends: typed errors, no more memory, and then it works again."""

import asyncio
import unittest

from fuzz import Line, Trial
from suanpan.drivers.printer import Printer
from suanpan.drivers.scanner import Scanner
from suanpan.drivers.swipe_reader import SwipeReader
from suanpan.errors import PrinterError, ReaderError
from suanpan.errors.scanner import ScannerError, ScannerSilent

HEAP = "1m"
TIMEOUT = 120

TRACK1 = b"%B6210000000000000007^SUANPAN/TEST^30122010000000000?Q"
TRACK2 = b";6210000000000000007=30122010000000000?5"
TRACK3 = b"+010000000000000000=1561560000000000000000000000000000?9"
DONE = b"\x02\x00\x00\x01\x00\x33\x31"
VERSION = b"\x02\x00\x00\x01\x87\xd2\x5e"
CODE = b"6221234567890123456"


class TestSwipeReader(unittest.TestCase):
    def test_lines(self):
        trial = Trial(self, 1)
        line = Line()
        reader = SwipeReader(line)
        good = TRACK1 + TRACK2 + TRACK3 + b"\r\n"

        def attempt():
            line.inbox = b""
            trial.scatter(trial.said(trial.chance.garbled(good)), line.arrive)
            swipe = trial.run(reader.swipe, 4000)
            for track in (swipe.track1, swipe.track2, swipe.track3):
                self.assertTrue(track is None or 2 < len(track) <= 228)

        trial.pound(attempt, (ReaderError, asyncio.TimeoutError))
        line.inbox = good
        self.assertEqual(bytes(trial.run(reader.swipe, 4000).track2), TRACK2)


class TestScanner(unittest.TestCase):
    def setUp(self):
        self.line = Line(self.answer)
        self.scanner = Scanner(self.line)
        self.honest = False

    def answer(self, command):
        good = VERSION if command[2] == 7 else DONE
        if command[5] == 2 and command[6] == 1:
            good += CODE + b"\r"
        if self.honest:
            self.line.inbox = good
        else:
            chance = self.trial.chance
            said = self.trial.said(chance.garbled(good, 900) if chance.below(3) else good)
            if chance.below(4):
                self.line.arrive(said)
            else:
                self.trial.scatter(said, self.line.arrive)

    def pound(self, salt, attempt):
        self.trial = Trial(self, salt)
        self.trial.pound(attempt, (ScannerError, ScannerSilent, asyncio.TimeoutError))
        self.honest = True
        self.line.inbox = b""
        self.assertEqual(bytes(self.trial.run(self.scanner.scan, 20_000)), CODE)

    def test_scanning(self):
        def attempt():
            self.assertTrue(len(self.trial.run(self.scanner.scan, 12_000)) <= 512)

        self.pound(2, attempt)

    def test_a_line_that_never_falls_silent(self):
        """Whoever waits is told, and not after a minute."""

        async def listen():
            await self.scanner.code()

        def attempt():
            at = self.trial.chance.below(50)
            while at < 9_000:
                size = 1 + self.trial.chance.below(9)
                said = bytes(byte | 0x10 for byte in self.trial.said(self.trial.chance.bytes(size)))  # no CR
                self.trial.timeline.at(at, lambda said=said: self.line.arrive(said))
                at += 3 + self.trial.chance.below(60)
            with self.assertRaises(ScannerError):
                self.trial.run(listen, 8_000)

        self.trial = Trial(self, 6)
        self.trial.pound(attempt, ())

    def test_starting(self):
        self.pound(3, lambda: self.trial.run(self.scanner.start, 30_000))

    def test_watching(self):
        async def watch():
            await self.scanner.watch()
            self.trial.scatter(self.trial.said(self.trial.chance.garbled(CODE + b"\r", 700)), self.line.arrive)
            await self.scanner.code()
            await self.scanner.rest()

        def attempt():
            self.trial.run(watch, 12_000)

        self.trial = Trial(self, 4)
        self.trial.pound(attempt, (ScannerError, ScannerSilent, asyncio.TimeoutError))
        self.honest = True
        self.line.inbox = b""
        self.trial.run(self.scanner.rest, 20_000)
        self.assertEqual(bytes(self.trial.run(self.scanner.scan, 20_000)), CODE)


class TestPrinter(unittest.TestCase):
    def test_answers(self):
        trial = Trial(self, 5)
        honest = []

        def answer(data):
            if data[:2] == b"\x10\x04":
                good = b"\x12"
            elif data.endswith(b"\x1dr\x01"):
                good = b"\x00"
            else:
                return
            if honest:
                line.arrive(good)
                return
            chance = trial.chance
            kind = chance.below(8)
            if kind == 0:
                said = chance.bytes(chance.below(40))
            elif kind == 1:
                said = b""
            elif kind < 4:  # of the right kind
                said = bytes((good[0] | chance.below(256) & 0x6C,))
            else:
                said = good
            trial.scatter(trial.said(said), line.arrive)

        line = Line(answer)
        printer = Printer(line)
        uses = (
            printer.status,
            printer.reset,
            lambda: printer.text(b"A line of a slip"),
            lambda: printer.qr(b"https://example.com"),
            lambda: printer.image(bytes(96)),
            printer.cut,
        )

        def attempt():
            status = trial.run(trial.chance.one_of(uses), 60_000)
            self.assertTrue(status is None or 0 <= status < 32)

        trial.pound(attempt, (PrinterError,))
        for code in ("D03", "D04", "D05", "D06", None):
            self.assertIn(code, trial.ends)
        honest.append(True)
        line.inbox = b""
        trial.run(printer.reset, 20_000)
        trial.run(lambda: printer.text(b"A"), 20_000)


if __name__ == "__main__":
    unittest.main()
