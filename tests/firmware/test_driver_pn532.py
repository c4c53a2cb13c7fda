"""The PN532's driver on a serial line that fails on the first surprise, and on all its buses without a byte of memory.

Frames published elsewhere are told by their source.
"""

import asyncio
import gc
import unittest

from driver_fakes import FakeUart, Timeline
from pn532_chip import ACK, ERROR, NACK, QuietI2c, QuietSpi, QuietUart, answer, command, framed, mirrored
from suanpan.drivers.pn532 import Pn532
from suanpan.drivers.pn532_hsu import HsuLink
from suanpan.drivers.pn532_i2c import I2cLink
from suanpan.drivers.pn532_spi import SpiLink
from suanpan.errors.nfc import CardLost, NfcError, NfcGarbled, NfcSilent

HEAP = "1m"

WAKE = b"\x55\x55" + bytes(14)
FIRMWARE = b"\x32\x01\x06\x07"
APDU = b"\x00\xa4\x04\x00"
IN_DATA_EXCHANGE = 0x40
LIST = 0x4A


class TestFrames(unittest.TestCase):
    def test_published_frames(self):
        # nfcpy, clf/pn532.py: GetFirmwareVersion, the beginning of its answer, and SAMConfiguration's answer
        self.assertEqual(command(0x02), bytes.fromhex("0000ff02fed4022a00"))
        self.assertEqual(answer(0x02, FIRMWARE)[:8], bytes.fromhex("0000ff06fad50332"))
        self.assertEqual(answer(0x14), bytes.fromhex("0000ff02fed5151600"))
        # UM0701-02, 6.2.1.5, by way of libnfc
        self.assertEqual(ERROR, framed(b"\x7f"))


class Line(unittest.TestCase):
    """`chip` says what must be written and what comes back; the chip is awake, as after a first command."""

    def setUp(self):
        self.timeline = Timeline()
        self.uart = FakeUart()
        self.pn532 = Pn532(HsuLink(self.uart))
        self.pn532.asleep = False

    def chip(self, data, *replies):
        self.uart.expect(data, b"".join(replies))

    def run_it(self, use):
        """`await use()`: the data of the answer."""

        async def main():
            await use()
            return bytes(self.pn532.data[self.pn532.at : self.pn532.at + self.pn532.size])

        result = self.timeline.run(main)
        self.uart.done()
        return result

    def fails(self, error, use):
        try:
            self.run_it(use)
        except NfcError as raised:
            self.assertIs(type(raised), error)
        else:
            self.fail("no error")
        self.uart.done()

    def exchange(self, data=APDU, limit_ms=1000):
        return self.pn532.exchange(1, data, 0, len(data), limit_ms)

    def later(self, ms, data):
        """Comes so many ms after now."""
        self.timeline.at(self.timeline.now + ms, lambda: self.uart.arrive(data))


class TestCommands(Line):
    def test_start(self):
        self.chip(WAKE)
        self.chip(command(0x14, b"\x01\x00\x01"), ACK, answer(0x14))
        self.chip(command(0x02), ACK, answer(0x02, FIRMWARE))
        self.chip(command(0x12, b"\x14"), ACK, answer(0x12))
        self.chip(command(0x32, b"\x05\x00\x01\x00"), ACK, answer(0x32))
        self.chip(command(0x32, b"\x04\x02"), ACK, answer(0x32))
        self.chip(command(0x32, b"\x01\x00"), ACK, answer(0x32))
        self.run_it(self.pn532.start)

    def test_another_chip_is_none_of_ours(self):
        for firmware in (b"\x33\x01\x06\x07", b"\x32", b""):
            self.chip(WAKE)
            self.chip(command(0x14, b"\x01\x00\x01"), ACK, answer(0x14))
            self.chip(command(0x02), ACK, answer(0x02, firmware))
            self.fails(NfcGarbled, self.pn532.start)

    def test_lists(self):
        found = bytes.fromhex("010100042004081122330578 80a002".replace(" ", ""))
        self.chip(command(LIST, b"\x02\x00"), ACK, answer(LIST, found))
        self.assertEqual(self.run_it(lambda: self.pn532.list_a(2)), found)
        self.chip(command(LIST, b"\x01\x03\x00"), ACK, answer(LIST, b"\x00"))
        self.assertEqual(self.run_it(lambda: self.pn532.list_b(1)), b"\x00")
        self.chip(command(LIST, b"\x01\x01\x00\xff\xff\x00\x00"), ACK, answer(LIST, b"\x00"))
        self.assertEqual(self.run_it(self.pn532.list_felica), b"\x00")

    def test_carrier_and_patience(self):
        self.chip(command(0x32, b"\x01\x01"), ACK, answer(0x32))
        self.assertEqual(self.run_it(lambda: self.pn532.carrier(True)), b"")
        self.chip(command(0x32, b"\x02\x00\x0b\x10"), ACK, answer(0x32))
        self.run_it(lambda: self.pn532.patience(16))

    def test_power_down_and_waking(self):
        self.chip(command(0x16, b"\xb0"), ACK, answer(0x16, b"\x00"))
        self.run_it(self.pn532.power_down)
        self.chip(WAKE)
        self.chip(command(LIST, b"\x01\x00"), ACK, answer(LIST, b"\x00"))
        self.run_it(lambda: self.pn532.list_a(1))

    def test_exchanges_of_every_size(self):
        # Either side of the pieces in which ours are sent, and of the frames' two forms; and the longest.
        for size in (0, 1, 5, 6, 7, 22, 23, 245, 246, 247, 251, 252, 253, 254, 258, 259, 260, 261, 262):
            data = bytes(i & 0xFF for i in range(size))
            self.chip(command(IN_DATA_EXCHANGE, b"\x01" + data), ACK, answer(IN_DATA_EXCHANGE, b"\x00" + data))
            self.assertEqual(self.run_it(lambda: self.exchange(data)), data)
            self.assertFalse(self.pn532.more)

    def test_part_of_the_data(self):
        self.chip(command(IN_DATA_EXCHANGE, b"\x01cde"), ACK, answer(IN_DATA_EXCHANGE, b"\x00"))
        self.run_it(lambda: self.pn532.exchange(1, b"abcdefg", 2, 3, 100))

    def test_thru(self):
        self.chip(command(0x42, b"\x0a\x01cde"), ACK, answer(0x42, b"\x00\xab\xcd"))
        self.assertEqual(self.run_it(lambda: self.pn532.thru(b"\x0a\x01", b"abcdefg", 2, 3, 100)), b"\xab\xcd")

    def test_more_of_an_answer(self):
        self.chip(command(IN_DATA_EXCHANGE, b"\x01" + APDU), ACK, answer(IN_DATA_EXCHANGE, b"\x40half"))
        self.assertEqual(self.run_it(self.exchange), b"half")
        self.assertTrue(self.pn532.more)

    def test_every_status(self):
        lost = (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 14, 0x13, 0x14, 0x23, 0x2A, 0x2B)  # UM0701-02, 7.1
        for status in range(1, 64):
            reply = answer(IN_DATA_EXCHANGE, bytes((status,)))
            self.chip(command(IN_DATA_EXCHANGE, b"\x01" + APDU), ACK, reply)
            self.fails(CardLost if status in lost else NfcError, self.exchange)

    def test_no_status(self):
        self.chip(command(IN_DATA_EXCHANGE, b"\x01" + APDU), ACK, answer(IN_DATA_EXCHANGE))
        self.fails(NfcGarbled, self.exchange)

    def test_the_error_frame(self):
        self.chip(command(IN_DATA_EXCHANGE, b"\x01" + APDU), ACK, ERROR)
        self.fails(NfcError, self.exchange)

    def test_wipe(self):
        self.chip(command(IN_DATA_EXCHANGE, b"\x01SECRET"), ACK, answer(IN_DATA_EXCHANGE, b"\x00PAN"))
        self.run_it(lambda: self.exchange(b"SECRET"))
        self.pn532.wipe()
        for buffer in (self.pn532._in.data, self.pn532._out.data, self.pn532._out._rest):
            self.assertEqual(bytes(buffer), bytes(len(buffer)))


class TestOnTheLine(Line):
    GOOD = answer(IN_DATA_EXCHANGE, b"\x00\x90\x00")
    COMMAND = command(IN_DATA_EXCHANGE, b"\x01" + APDU)

    def test_byte_by_byte(self):
        self.chip(self.COMMAND)
        for i, byte in enumerate(ACK + self.GOOD):
            self.later(3 + 3 * i, bytes((byte,)))
        self.assertEqual(self.run_it(self.exchange), b"\x90\x00")

    def test_pre_and_postambles(self):
        for ack, good in (
            (bytes(20) + ACK + bytes(9), bytes(20) + self.GOOD + bytes(20)),
            (ACK[1:-1], self.GOOD[1:-1]),
            (b"\xff\x55\xaa" + ACK, b"\x00\xff\x13\x37" + self.GOOD),  # noise that begins like a frame
        ):
            self.chip(self.COMMAND, ack, good)
            self.assertEqual(self.run_it(self.exchange), b"\x90\x00")

    def test_an_extended_frame_of_few_bytes(self):
        body = b"\xd5\x41\x00\x90\x00"
        frame = b"\x00\x00\xff\xff\xff\x00\x05\xfb" + body + bytes((-sum(body) & 0xFF, 0))
        self.chip(self.COMMAND, ACK, frame)
        self.assertEqual(self.run_it(self.exchange), b"\x90\x00")

    def test_what_came_before_is_thrown_away(self):
        self.uart.arrive(ACK + answer(IN_DATA_EXCHANGE, b"\x00old"))
        self.chip(self.COMMAND, ACK, self.GOOD)
        self.assertEqual(self.run_it(self.exchange), b"\x90\x00")

    def test_an_answer_that_nobody_acknowledged_is_not_ours(self):
        self.chip(self.COMMAND, answer(IN_DATA_EXCHANGE, b"\x00old"), ACK, self.GOOD)
        self.assertEqual(self.run_it(self.exchange), b"\x90\x00")

    def test_the_answer_to_another_command_is_passed_over(self):
        self.chip(self.COMMAND, ACK, answer(LIST, b"\x00"), self.GOOD)
        self.assertEqual(self.run_it(self.exchange), b"\x90\x00")

    def test_a_damaged_answer_is_asked_for_again(self):
        for bit in range(5 * 8, len(self.GOOD[:-1]) * 8):  # TFI to DCS
            bad = bytearray(self.GOOD)
            bad[bit >> 3] ^= 1 << (bit & 7)
            self.chip(self.COMMAND, ACK, bytes(bad))
            self.chip(NACK, self.GOOD)
            self.assertEqual(self.run_it(self.exchange), b"\x90\x00")

    def test_a_truncated_answer_is_asked_for_again(self):
        for size in range(4, len(self.GOOD) - 1):
            self.chip(self.COMMAND, ACK, self.GOOD[:size])
            self.chip(NACK, self.GOOD)
            self.assertEqual(self.run_it(self.exchange), b"\x90\x00")

    def test_three_times_damaged(self):
        bad = self.GOOD[:-2] + b"\x00\x00"
        self.chip(self.COMMAND, ACK, bad)
        self.chip(NACK, bad)
        self.chip(NACK, bad)
        self.fails(NfcGarbled, self.exchange)
        self.assertTrue(self.timeline.now < 150)

    def test_too_long(self):
        body = b"\xd5\x41\x00" + bytes(263)
        self.chip(self.COMMAND, ACK, framed(body))
        self.chip(NACK, self.GOOD)
        self.assertEqual(self.run_it(self.exchange), b"\x90\x00")

    def test_noise_is_not_asked_for_again(self):
        self.chip(self.COMMAND, ACK, b"\x12\x34\x56")
        self.later(200, self.GOOD)
        self.assertEqual(self.run_it(self.exchange), b"\x90\x00")

    def test_nothing_is_asked_for_again_before_the_acknowledgement(self):
        self.chip(self.COMMAND, b"\x00\x00\xff\x30\xd0\xd5\x41")
        self.later(60, ACK + self.GOOD)
        self.assertEqual(self.run_it(self.exchange), b"\x90\x00")

    def test_no_acknowledgement_of_what_a_card_may_have_heard(self):
        self.chip(self.COMMAND)
        self.fails(NfcSilent, self.exchange)
        self.assertTrue(95 <= self.timeline.now <= 110, self.timeline.now)

    def test_no_acknowledgement_of_anything_else(self):
        self.chip(command(LIST, b"\x01\x00"))
        self.chip(WAKE)
        self.chip(command(LIST, b"\x01\x00"), ACK, answer(LIST, b"\x00"))
        self.assertEqual(self.run_it(lambda: self.pn532.list_a(1)), b"\x00")
        self.chip(command(LIST, b"\x01\x00"))
        self.chip(WAKE)
        self.chip(command(LIST, b"\x01\x00"))
        self.fails(NfcSilent, lambda: self.pn532.list_a(1))

    def test_no_answer_and_then_the_next_command_aborts(self):
        self.chip(self.COMMAND, ACK)
        self.fails(CardLost, self.exchange)
        self.assertTrue(995 <= self.timeline.now <= 1010, self.timeline.now)
        self.chip(ACK)
        self.chip(command(LIST, b"\x01\x00"), ACK)
        self.fails(NfcSilent, lambda: self.pn532.list_a(1))
        self.chip(ACK, answer(LIST, b"\x01"))  # it was on its way
        self.chip(command(LIST, b"\x01\x00"), ACK, answer(LIST, b"\x00"))
        self.assertEqual(self.run_it(lambda: self.pn532.list_a(1)), b"\x00")

    def test_whoever_is_cancelled_leaves_a_command_that_the_next_aborts(self):
        async def cancelled():
            task = asyncio.create_task(waiting())
            now = asyncio.Event()
            self.timeline.at(50, now.set)
            await now.wait()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            await self.exchange()

        async def waiting():
            await self.exchange()

        self.chip(self.COMMAND, ACK)
        self.chip(ACK)
        self.chip(self.COMMAND, ACK, self.GOOD)
        self.assertEqual(self.run_it(cancelled), b"\x90\x00")


class TestMemory(unittest.TestCase):
    """1,000 exchanges on each bus, with the collector at rest."""

    def setUp(self):
        self.sleep_ms = asyncio.sleep_ms
        asyncio.sleep_ms = lambda ms: self.sleep_ms(0)

    def tearDown(self):
        asyncio.sleep_ms = self.sleep_ms
        gc.enable()

    def exchanges(self, link, size):
        data = bytes(i & 0xFF for i in range(size))
        pn532 = Pn532(link)

        async def main():
            await pn532.exchange(1, data, 0, size, 1000)  # what is made once is made now
            gc.collect()
            gc.disable()
            before = gc.mem_alloc()
            for _ in range(1000):
                await pn532.exchange(1, data, 0, size, 1000)
            return gc.mem_alloc() - before

        taken = asyncio.run(main())
        self.assertEqual(bytes(pn532.data[pn532.at : pn532.at + pn532.size]), data)
        return taken

    def test_nothing_is_allocated(self):
        for size in (5, 255, 262):
            reply = answer(IN_DATA_EXCHANGE, b"\x00" + bytes(i & 0xFF for i in range(size)))
            spi = QuietSpi(reply)
            for link in (HsuLink(QuietUart(ACK + reply)), I2cLink(QuietI2c(reply)), SpiLink(spi, spi)):
                self.assertEqual(self.exchanges(link, size), 0, f"{link} {size}")

    def test_the_bits_of_spi(self):
        self.assertEqual(mirrored(b"\x01\x02\x03\xd5"), b"\x80\x40\xc0\xab")


class NoBus:
    """Nobody acknowledges anything, and the line stays up."""

    def writeto(self, address, data):
        raise OSError(19)

    def readfrom_into(self, address, buffer):
        raise OSError(19)


class TestNobodyThere(unittest.TestCase):
    def silent(self, link):
        timeline = Timeline()
        pn532 = Pn532(link)
        with self.assertRaises(NfcSilent):
            timeline.run(pn532.start)
        self.assertTrue(timeline.now < 500, timeline.now)

    def test_on_any_bus(self):
        class DeadSpi:
            def write(self, data):
                pass

            def readinto(self, buffer):
                for i in range(len(buffer)):
                    buffer[i] = self.level

            def value(self, level):
                pass

        self.silent(I2cLink(NoBus()))
        for level in (0x00, 0xFF):
            spi = DeadSpi()
            spi.level = level
            self.silent(SpiLink(spi, spi))
        self.silent(HsuLink(QuietUart(b"")))


if __name__ == "__main__":
    unittest.main()
