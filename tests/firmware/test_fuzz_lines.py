"""Whatever levels the lines of keypads and stripes take: none but typed errors, no more memory, then they work."""

import asyncio
import unittest

from fuzz import Trial
from suanpan.drivers.keypad import Keypad
from suanpan.drivers.pcf8574_keypad import Pcf8574Keypad
from suanpan.drivers.stripe_reader import StripeReader
from suanpan.errors import ReaderError
from test_driver_keypad import LEGEND
from test_driver_stripe_reader import TRACK1, TRACK2, Line, checked, magnetised

HEAP = "1m"
TIMEOUT = 120

_KEYS_MS = 400  # of every attempt


class Wire:
    """A GPIO whose level is chance's."""

    IRQ_FALLING = 2
    IRQ_RISING = 1

    def __init__(self, level):
        self._level = level
        self.handler = None

    def value(self, level=None):
        return None if level is not None else self._level()

    def irq(self, handler, trigger):
        self.handler = handler


class TestKeypads(unittest.TestCase):
    def pound(self, trial, make, wires, honest):
        """`make(random)` is a keypad; `honest` holds one key down once it has something in it."""
        keypad = make(trial.chance.bytes)

        async def play():
            scanner = asyncio.create_task(keypad.run())
            typed = []

            async def collect():
                while True:
                    typed.append(await keypad.key())

            reader = asyncio.create_task(collect())
            try:
                await asyncio.sleep_ms(_KEYS_MS)
            finally:
                scanner.cancel()
                reader.cancel()
            return typed

        def attempt():
            keypad.scrambled = trial.chance.below(2) == 1
            for _ in range(20):
                wire = trial.chance.one_of(wires)
                trial.timeline.at(trial.chance.below(_KEYS_MS), lambda wire=wire: wire.handler and wire.handler(wire))
            typed = trial.timeline.run(play)
            self.assertTrue(len(typed) <= _KEYS_MS // 30, typed)  # three looks for a contact, three for a release
            self.assertTrue(set(typed) <= set(LEGEND))
            self.assertTrue(set(keypad.stuck()) <= set(LEGEND))

        trial.pound(attempt, ())
        keypad.flush()
        keypad.scrambled = False
        honest.append("down")
        trial.timeline.at(100, lambda: honest.append("up"))
        for ms in (0, 100):
            trial.timeline.at(ms, lambda: [wire.handler(wire) for wire in wires])
        self.assertEqual(keypad.stuck(), ("6",))

    def test_on_gpios(self):
        trial = Trial(self, 21)
        honest = []
        low = [3]

        def level(column):
            if honest:
                return 0 if column == 2 and rows[1].low else 1
            trial.said(None)
            if not trial.chance.below(200):
                low[0] = trial.chance.below(5)
            return 0 if column == low[0] or not trial.chance.below(60) else 1

        class Row:
            low = False

            def value(self, level):
                self.low = not level

        rows = tuple(Row() for _ in range(4))
        columns = tuple(Wire(lambda column=column: level(column)) for column in range(4))
        self.pound(trial, lambda random: Keypad(rows, columns, LEGEND, random), columns, honest)

    def test_behind_an_expander(self):
        trial = Trial(self, 22)
        honest = []
        latch = [0xFF]
        usual = [0xFF]

        class Expander:
            def writeto(self, address, data):
                if not honest and not trial.chance.below(12):
                    raise OSError(19)
                latch[0] = data[0]

            def readfrom_into(self, address, buffer):
                if honest:
                    buffer[0] = latch[0] & 0xBF if not latch[0] & 0x02 else latch[0]
                    return
                trial.said(None)
                kind = trial.chance.below(40)
                if kind == 0:
                    raise OSError(19)
                if kind == 1:
                    usual[0] = trial.chance.one_of(b"\xff\xff\xef\xdf\xbf\x7f\x3f\x00")
                buffer[0] = trial.chance.below(256) if kind == 2 else usual[0]

        irq = Wire(lambda: 1)
        make = lambda random: Pcf8574Keypad(Expander(), irq, LEGEND, random)  # noqa: E731
        self.pound(trial, make, (irq,), honest)


class TestStripeReader(unittest.TestCase):
    def test_strobes(self):
        trial = Trial(self, 23)
        chance = trial.chance
        present = Line()
        lines = {number: (Line(), Line()) for number in (1, 2, 3)}
        reader = StripeReader(present, *((n, s, d) for n, (s, d) in sorted(lines.items())))
        goods = {number: bytes(magnetised(track)) for number, track in ((1, TRACK1), (2, TRACK2), (3, TRACK2))}

        def strobe(number, bits):
            strobe, data = lines[number]
            for bit in bits:
                data.level = 1 - bit
                strobe.set(0)
                strobe.set(1)

        def spoilt(number):
            bits = bytearray(goods[number])
            for _ in range(chance.below(4)):
                at = chance.below(len(bits))
                kind = chance.below(4)
                if kind == 0:
                    bits[at] ^= 1
                elif kind == 1:
                    bits = bits[:at]
                elif kind == 2:
                    bits = bits[:at] + bits[at + 1 :]
                else:
                    bits = bits + bytes(chance.below(2) for _ in range(chance.below(900)))
                if not bits:
                    break
            if not chance.below(3):
                bits = bytes(reversed(bits))
            return bits

        def play(tracks):
            present.level = 1
            trial.timeline.at(20, lambda: present.set(0))
            for number, bits in tracks:
                trial.timeline.at(50, lambda number=number, bits=bits: strobe(number, bits))
            trial.timeline.at(300, lambda: present.set(1))
            return trial.run(reader.swipe, 3000)

        def attempt():
            swipe = play([(number, trial.said(spoilt(number))) for number in goods if chance.below(4)])
            for track in (swipe.track1, swipe.track2, swipe.track3):
                self.assertTrue(track is None or 2 < len(track) <= 228)

        trial.pound(attempt, (ReaderError, asyncio.TimeoutError))
        self.assertEqual(bytes(play([(2, goods[2])]).track2), checked(TRACK2))


if __name__ == "__main__":
    unittest.main()
