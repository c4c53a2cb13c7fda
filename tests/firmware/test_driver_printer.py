"""The printer driver: every byte that it may write, and what it makes of every answer.

Answers are those of the ESC/POS reference: DLE EOT 2 and 4 with their fixed bits (0x12), GS r 1.
"""

import asyncio
import unittest

from driver_fakes import FakeUart, Timeline
from suanpan.drivers import printer
from suanpan.errors import CoverOpen, PaperOut, PrinterError, PrinterOffline
from suanpan.errors.printer import PrinterHot

CONFIRM = b"\x1dr\x01"
PRINTED = b"\x00"
CAUSE = b"\x10\x04\x02"
WHICH = b"\x10\x04\x03"
PAPER = b"\x10\x04\x04"
FINE = b"\x12"
COVER = b"\x16"  # DLE EOT 2, bit 2
STOPPED = b"\x32"  # DLE EOT 2, bit 5: printing stops for want of paper
FAULT = b"\x52"  # DLE EOT 2, bit 6
HEAT = b"\x52"  # DLE EOT 3, bit 6
CUTTER = b"\x1a"  # DLE EOT 3, bit 3
SUPPLY = b"\x32"  # DLE EOT 3, bit 5
LOW = b"\x1e"  # DLE EOT 4, bits 2 and 3
END = b"\x7e"  # DLE EOT 4, bits 5 and 6 too
RESET = b"\x1b@\x1c&"
PLAIN = b"\x1ba\x00\x1bE\x00\x1d!\x00\x1b3\x1e"


class TestPrinter(unittest.TestCase):
    def setUp(self):
        self.timeline = Timeline()
        self.uart = FakeUart()
        self.printer = printer.Printer(self.uart)

    def tearDown(self):
        self.uart.done()

    def run_(self, call, *args, **kwargs):
        return self.timeline.run(lambda: call(*args, **kwargs))

    def text(self, line):
        self.run_(self.printer.text, line)

    def expect_block(self, block, answer=PRINTED):
        self.uart.expect(block + CONFIRM, answer)

    def expect_line(self, line, answer=PRINTED):
        self.expect_block(PLAIN + line + b"\n", answer)

    def expect_status(self, cause=FINE, paper=FINE, which=CUTTER):
        self.uart.expect(CAUSE, cause)
        self.uart.expect(PAPER, paper)
        if cause[0] & 0x40:
            self.uart.expect(WHICH, which)

    def later(self, ms, data):
        """An answer for a FakeUart script that takes its time."""
        return lambda: self.timeline.at(self.timeline.now + ms, lambda: self.uart.arrive(data))

    # -- what is written --

    def test_reset_asks_first(self):
        self.expect_status()
        self.expect_block(RESET)
        self.run_(self.printer.reset)

    def test_text(self):
        self.expect_line("签购单".encode())
        self.text("签购单".encode())

    def test_text_in_every_style(self):
        self.expect_block(b"\x1ba\x01\x1bE\x01\x1d!\x00\x1b3\x1eA\n")
        self.run_(self.printer.text, b"A", bold=True, align=printer.CENTER)
        self.expect_block(b"\x1ba\x02\x1bE\x00\x1d!\x11\x1b36B\n")
        self.run_(self.printer.text, b"B", double=True, align=printer.RIGHT)

    def test_qr(self):
        data = bytes(range(256)) + b"\xff"
        self.expect_block(
            b"\x1ba\x01"
            b"\x1d(k\x04\x00\x31\x41\x32\x00"
            b"\x1d(k\x03\x00\x31\x43\x08"
            b"\x1d(k\x03\x00\x31\x45\x31"
            b"\x1d(k\x04\x01\x31\x50\x30" + data + b"\x1d(k\x03\x00\x31\x51\x30"
        )
        self.run_(self.printer.qr, data, module=8)

    def test_feed_and_cut(self):
        self.expect_block(b"\x1bd\x03")
        self.run_(self.printer.feed, 3)
        self.expect_block(b"\x1dVB\x00")
        self.run_(self.printer.cut)

    def test_image(self):
        rows = bytes(range(96))
        self.expect_block(b"\x1ba\x01\x1dv0\x00\x30\x00\x02\x00" + rows)
        self.run_(self.printer.image, rows)
        self.expect_block(b"\x1ba\x02\x1dv0\x00\x08\x00\x0c\x00" + rows)
        self.run_(self.printer.image, memoryview(rows), 8, printer.RIGHT)

    def test_density(self):
        for density, sent in ((6, b"\x06"), (-6, b"\xfa"), (0, None)):
            self.printer.density = density
            self.expect_status()
            self.expect_block(RESET + (b"\x1d(K\x02\x00\x31" + sent if sent else b""))
            self.run_(self.printer.reset)

    # -- status --

    def test_status(self):
        for cause, paper, expected in (
            (FINE, FINE, 0),
            (FINE, LOW, printer.PAPER_LOW),
            (FINE, END, printer.PAPER_LOW | printer.PAPER_OUT),
            (STOPPED, FINE, printer.PAPER_OUT),
            (COVER, FINE, printer.COVER_OPEN),
            (FAULT, FINE, printer.FAULT),
            (b"\x76", END, 15),
        ):
            self.expect_status(cause, paper)
            self.assertEqual(self.run_(self.printer.status), expected)

    def test_what_kind_of_fault(self):
        for which, expected in (
            (HEAT, printer.HOT),
            (CUTTER, printer.FAULT),
            (SUPPLY, printer.FAULT),
            (b"\x72", printer.FAULT),  # heat is the least of it
            (FINE, printer.FAULT),
        ):
            self.expect_status(FAULT, FINE, which)
            self.assertEqual(self.run_(self.printer.status), expected)

    def test_noise_and_flow_control_are_no_answer(self):
        self.expect_status(b"\x11\x13\x93\xff\x80" + FINE, b"\x13" + END)
        self.assertEqual(self.run_(self.printer.status), printer.PAPER_LOW | printer.PAPER_OUT)

    def test_silence_is_a_printer_offline(self):
        self.uart.expect(CAUSE)
        with self.assertRaises(PrinterOffline):
            self.run_(self.printer.status)
        self.uart.expect(CAUSE, FINE)
        self.uart.expect(PAPER)
        with self.assertRaises(PrinterOffline):
            self.run_(self.printer.reset)

    def test_reset_refuses_at_once_what_cannot_print(self):
        for cause, paper, error in (
            (COVER, END, CoverOpen),
            (STOPPED, END, PaperOut),
            (FINE, END, PaperOut),
            (FAULT, FINE, PrinterError),
        ):
            self.expect_status(cause, paper)
            with self.assertRaises(error):
                self.run_(self.printer.reset)
        self.assertEqual(self.timeline.now, 0)

    def test_low_paper_still_prints(self):
        self.expect_status(FINE, LOW)
        self.expect_block(RESET, b"\x03")
        self.run_(self.printer.reset)

    # -- pace --

    def test_a_line_is_done_when_the_printer_says_so(self):
        self.expect_line(b"A", self.later(60, PRINTED))
        self.text(b"A")
        self.assertEqual(self.timeline.now, 60)

    def test_noise_confirms_nothing(self):
        self.uart.expect(PLAIN + b"A\n" + CONFIRM, lambda: (self.uart.arrive(b"\x80\x13"), self.later(60, PRINTED)()))
        self.text(b"A")
        self.assertEqual(self.timeline.now, 60)

    def test_a_slow_printer_is_asked_and_waited_for(self):
        self.expect_line(b"A", self.later(1200, PRINTED))
        self.expect_status()
        self.expect_status()
        self.text(b"A")
        self.assertEqual(self.timeline.now, 1200)

    def test_a_confirmation_between_the_answers_counts(self):
        self.expect_line(b"A", b"")  # the last line on the roll: printed, confirmed late, and then no paper
        self.expect_status(FINE + PRINTED, END)
        self.text(b"A")

    def test_a_printer_that_never_gets_done_is_offline(self):
        self.expect_line(b"A", b"")
        for _ in range(20):
            self.expect_status()
        with self.assertRaises(PrinterOffline):
            self.text(b"A")
        self.assertEqual(self.timeline.now, 10_000)

    def test_a_hot_head_is_waited_for(self):
        self.expect_line(b"A", self.later(1700, PRINTED))
        for _ in range(3):
            self.expect_status(FAULT, FINE, HEAT)
        self.text(b"A")
        self.assertEqual(self.timeline.now, 1700)

    def test_a_head_that_stays_hot_is_named_and_its_line_is_printed_once(self):
        self.expect_line(b"A", b"")
        for _ in range(20):
            self.expect_status(FAULT, FINE, HEAT)
        with self.assertRaises(PrinterHot):
            self.text(b"A")
        self.assertEqual(self.timeline.now, 10_000)
        self.expect_status(FAULT, FINE, HEAT)
        with self.assertRaises(PrinterHot):
            self.text(b"A")
        self.uart.arrive(PRINTED)
        self.expect_status()
        self.text(b"A")

    def test_a_hot_printer_is_refused_before_a_receipt(self):
        self.expect_status(FAULT, FINE, HEAT)
        with self.assertRaises(PrinterHot):
            self.run_(self.printer.reset)

    def test_stale_answers_are_dropped(self):
        self.uart.arrive(b"\x00\x12\x00")
        self.expect_line(b"A", self.later(60, PRINTED))
        self.text(b"A")
        self.assertEqual(self.timeline.now, 60)

    # -- stops, and going on --

    def stop(self, line, cause, paper, error):
        self.expect_line(line, b"")
        self.expect_status(cause, paper)
        with self.assertRaises(error):
            self.text(line)

    def test_a_stop_is_raised_at_the_line_where_it_happened(self):
        for cause, paper, error in (
            (STOPPED, END, PaperOut),
            (COVER, END, CoverOpen),
            (FAULT, FINE, PrinterError),
        ):
            self.setUp()
            self.expect_line(b"A")
            self.text(b"A")
            self.stop(b"B", cause, paper, error)
            self.uart.done()

    def test_a_line_that_the_printer_has_forgotten_is_sent_again(self):
        self.stop(b"B", STOPPED, END, PaperOut)
        self.expect_status()
        self.expect_line(b"B")
        self.text(b"B")
        self.expect_line(b"C")
        self.text(b"C")

    def test_a_line_that_the_printer_has_kept_is_not_printed_twice(self):
        self.stop(b"B", STOPPED, END, PaperOut)
        self.uart.arrive(PRINTED)  # by itself, on the new paper
        self.expect_status()
        self.text(b"B")
        self.expect_line(b"C")
        self.text(b"C")

    def test_a_kept_line_may_come_out_after_the_call(self):
        self.stop(b"B", STOPPED, END, PaperOut)
        self.uart.expect(CAUSE, FINE)
        self.uart.expect(PAPER, lambda: (self.uart.arrive(FINE), self.later(100, PRINTED)()))
        self.text(b"B")

    def test_a_picture_goes_on_where_it_stopped(self):
        rows, head = bytes(range(48)), b"\x1ba\x01\x1dv0\x00\x30\x00\x01\x00"
        self.expect_block(head + rows, b"")
        self.expect_status(STOPPED, END)
        with self.assertRaises(PaperOut):
            self.run_(self.printer.image, rows)
        self.uart.arrive(PRINTED)  # by itself, on the new paper
        self.expect_status()
        self.run_(self.printer.image, bytearray(rows))
        self.expect_block(head + bytes(reversed(rows)))
        self.run_(self.printer.image, bytes(reversed(rows)))

    def test_the_same_line_twice_in_a_receipt_is_two_lines(self):
        self.stop(b"-", STOPPED, END, PaperOut)
        self.uart.arrive(PRINTED)
        self.expect_status()
        self.text(b"-")
        self.expect_line(b"-")
        self.text(b"-")

    def test_another_line_after_a_stop_is_printed(self):
        self.stop(b"B", STOPPED, END, PaperOut)
        self.uart.arrive(PRINTED)
        self.expect_status()
        self.expect_status()
        self.expect_block(RESET)
        self.run_(self.printer.reset)

    def test_still_stopped_is_raised_again_without_sending(self):
        self.stop(b"B", STOPPED, END, PaperOut)
        for cause, paper, error in ((COVER, END, CoverOpen), (FINE, END, PaperOut)):
            self.expect_status(cause, paper)
            with self.assertRaises(error):
                self.text(b"B")
        self.expect_status()
        self.expect_line(b"B")
        self.text(b"B")

    def test_a_printer_that_prints_on_without_paper_is_stopped(self):
        self.expect_line(b"A", b"\x0f")
        with self.assertRaises(PaperOut):
            self.text(b"A")
        self.expect_line(b"A")
        self.text(b"A")

    def test_a_printer_unplugged_in_the_middle(self):
        self.expect_line(b"A", b"")
        self.uart.expect(CAUSE)
        with self.assertRaises(PrinterOffline):
            self.text(b"A")
        self.uart.expect(CAUSE)
        with self.assertRaises(PrinterOffline):
            self.text(b"A")
        self.expect_status()
        self.expect_line(b"A")
        self.text(b"A")

    def test_a_print_that_is_cancelled_owes_its_line(self):
        self.expect_line(b"A", b"")

        async def cancelled():
            task = asyncio.create_task(self.printer.text(b"A"))
            now = asyncio.Event()
            self.timeline.at(100, now.set)
            await now.wait()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        self.timeline.run(cancelled)
        self.uart.arrive(PRINTED)
        self.expect_status()
        self.text(b"A")
