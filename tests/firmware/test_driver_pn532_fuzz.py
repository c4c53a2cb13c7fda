"""Whatever comes from the reader's chip, on any of its buses: typed errors, no more memory, and then it works again.

FUZZ in the environment is how many exchanges each test makes, FUZZ_SEED makes them other ones.
"""

import gc
import os
import unittest

from driver_fakes import Timeline
from pn532_chip import ACK, ERROR, NACK, QuietI2c, QuietSpi, answer, framed, mirrored
from suanpan.cards.contactless import ContactlessCard, ContactlessReader
from suanpan.drivers.pn532 import Pn532
from suanpan.drivers.pn532_hsu import HsuLink
from suanpan.drivers.pn532_i2c import I2cLink
from suanpan.drivers.pn532_spi import SpiLink
from suanpan.errors.nfc import NfcError

HEAP = "1m"
TIMEOUT = 1800

APDU = b"\x00\xa4\x04\x00"
ATS = b"\x05\x78\x80\x40\x02"
ROUNDS = int(os.getenv("FUZZ") or 400)
SLACK = 256  # bytes, that the collector may take for still in use
SEED = int(os.getenv("FUZZ_SEED") or 0)


class Chance:
    """Numbers that are the same each time (a linear congruential generator; Numerical Recipes)."""

    def __init__(self, number):
        self.state = SEED * 10 + number

    def below(self, limit):
        self.state = (self.state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (self.state >> 16) % limit

    def bytes(self, size):
        return bytes(self.below(256) for _ in range(size))


def lie(chance, code):
    """Something that the chip might send to the command `code`, and should not."""
    kind = chance.below(9)
    good = answer(code, chance.bytes(chance.below(40)))
    if kind == 0:
        return chance.bytes(chance.below(400))
    if kind == 1:  # random, but it begins like a frame
        return b"\x00\x00\xff" + chance.bytes(chance.below(300))
    if kind == 2:  # truncated
        return good[: chance.below(len(good))]
    if kind == 3:  # one bit off
        bad = bytearray(good)
        bad[chance.below(len(bad))] ^= 1 << chance.below(8)
        return bytes(bad)
    if kind == 4:  # too long for the chip
        return framed(bytes((0xD5, code + 1)) + chance.bytes(264 + chance.below(500)))
    if kind == 5:  # a length that is right and not true
        size = chance.below(65536)
        return b"\x00\x00\xff\xff\xff" + bytes((size >> 8, size & 0xFF, -((size >> 8) + size) & 0xFF)) + good
    if kind == 6:  # well formed, and means nothing
        return framed(chance.bytes(chance.below(265)))
    if kind == 7:  # well formed, and counts what is not there
        return answer(code, bytes((chance.below(3), 1)) + chance.bytes(chance.below(30)))
    return (ACK, NACK, ERROR, ACK + ACK, good + good, b"")[chance.below(6)]


class LyingUart:
    """Acknowledges, mostly, and then says whatever comes to its mind; or `honest(code)`, once there is that.

    `tame`: so many commands in a row are answered with the `truth`.
    """

    def __init__(self, chance):
        self.chance = chance
        self.honest = None
        self.truth = None
        self.tame = 0
        self.inbox = b""

    def write(self, data):
        frame = bytes(data)
        if frame in (ACK, NACK):
            self.inbox += b"" if self.honest else lie(self.chance, 0x40)
        elif frame[:3] == b"\0\0\xff":  # else what wakes the chip, or the rest of a frame
            self.hear(frame[9] if frame[3:5] == b"\xff\xff" else frame[6])
        return len(data)

    def hear(self, code):
        if self.honest:
            self.inbox = ACK + self.honest(code)
        elif self.tame:
            self.tame -= 1
            self.inbox = ACK + self.truth(code)
        else:
            self.inbox += (ACK if self.chance.below(8) else b"") + lie(self.chance, code)

    def readinto(self, buffer):
        count = min(len(buffer), len(self.inbox))
        buffer[:count] = self.inbox[:count]
        self.inbox = self.inbox[count:]
        return count or None


class TestOnTheLine(unittest.TestCase):
    def setUp(self):
        self.ends = {}  # how often what came of it: an error's code, or None

    def attempt(self, use):
        """Whatever else than one of our errors fails the test by itself."""
        end = None
        try:
            Timeline().run(use)
        except NfcError as error:
            end = error.code
        self.ends[end] = self.ends.get(end, 0) + 1
        return end is None

    def held(self, uart, use, honest):
        """As many bytes as before, after everything has been tried; and an honest chip is understood."""
        held = 0
        for attempt in range(ROUNDS):
            self.attempt(use)
            if attempt == ROUNDS // 4:
                uart.inbox = b""
                gc.collect()
                held = gc.mem_alloc()
        uart.inbox = b""
        gc.collect()
        self.assertTrue(gc.mem_alloc() <= held + SLACK, f"{gc.mem_alloc()} after {held}")
        for code in ("D13", "D14", "D15", "D16"):
            self.assertIn(code, self.ends)
        uart.honest = honest
        self.attempt(use)  # which may have to abort what is still under way
        self.assertTrue(self.attempt(use))

    def test_the_driver(self):
        uart = LyingUart(Chance(1))
        pn532 = Pn532(HsuLink(uart))

        async def use():
            await pn532.exchange(1, APDU, 0, 4, 100)
            self.assertTrue(pn532.at + pn532.size <= len(pn532.data))

        self.held(uart, use, lambda code: answer(code, b"\x00\x90\x00"))
        self.assertTrue(self.ends[None] > 2)

    def test_the_reader(self):
        uart = LyingUart(Chance(2))
        reader = ContactlessReader(Pn532(HsuLink(uart)))
        target = bytes.fromhex("01010004200408112233057880a002")
        looks = [0]

        async def use():
            uart.tame = uart.chance.below(16)  # else it would hardly ever come as far as a card
            card = await reader.look()
            uart.tame = 0
            if card:
                await card.exchange(APDU)

        def honest(code):
            if code == 0x02:
                return answer(code, b"\x32\x01\x06\x07")
            if code == 0x4A:
                looks[0] ^= 1
                return answer(code, b"\x00" if looks[0] else target)  # type B first, and then type A
            return answer(code, b"\x00\x90\x00" if code == 0x40 else b"")

        uart.truth = honest
        self.held(uart, use, honest)

    def test_a_card(self):
        """Of its own for each exchange: one that has lied is not spoken to again."""
        uart = LyingUart(Chance(3))
        pn532 = Pn532(HsuLink(uart))
        self.held(
            uart,
            lambda: ContactlessCard(pn532, 1, b"", ats=ATS).exchange(APDU),
            lambda code: answer(code, b"\x00\x90\x00"),
        )

    def test_a_card_that_is_sent_blocks(self):
        uart = LyingUart(Chance(4))
        pn532 = Pn532(HsuLink(uart))
        blocks = [b"\xa3", b"\xa2", b"\x03\x90\x00"]  # the card's number is 1; a chain of two; the answer

        def honest(code):
            if code != 0x42:
                return answer(code)
            blocks.append(blocks.pop(0))
            return answer(code, b"\x00" + blocks[-1])

        uart.truth = honest

        async def use():
            uart.tame = uart.chance.below(12)
            while blocks[0] != b"\xa3":
                blocks.append(blocks.pop(0))
            await ContactlessCard(pn532, 1, b"", ats=ATS).exchange(bytes(300))

        self.held(uart, use, honest)


class TestOnTheOtherBuses(unittest.TestCase):
    def test_lies(self):
        chance = Chance(9)
        spi = QuietSpi(b"")
        i2c = QuietI2c(b"")
        for bus, link in ((i2c, I2cLink(i2c)), (spi, SpiLink(spi, spi))):
            pn532 = Pn532(link)
            turn = mirrored if bus is spi else bytes

            async def use():
                await pn532.exchange(1, APDU, 0, 4, 100)
                self.assertTrue(pn532.at + pn532.size <= len(pn532.data))

            held = 0
            for attempt in range(ROUNDS):
                bus._frames = (turn(ACK), turn(lie(chance, 0x40)))
                try:
                    Timeline().run(use)
                except NfcError:
                    pass
                if attempt == ROUNDS // 4:
                    bus._frames = ()
                    gc.collect()
                    held = gc.mem_alloc()
            bus._frames = ()
            gc.collect()
            self.assertTrue(gc.mem_alloc() <= held + SLACK, f"{gc.mem_alloc()} after {held}")
            bus._frames = (turn(ACK), turn(answer(0x40, b"\x00\x90\x00")))
            Timeline().run(use)
            self.assertEqual(bytes(pn532.data[pn532.at : pn532.at + pn532.size]), b"\x90\x00")


if __name__ == "__main__":
    unittest.main()
