"""Whatever a card in the slot says, from its answer to reset on: typed errors, no more memory, then a card works."""

import unittest

from chip_peer import CLOCK_HZ, Pin
from fuzz import Line, Trial
from suanpan.cards.contact import ContactCard
from suanpan.drivers.chip_slot import ChipSlot
from suanpan.errors.chip import CardError
from vectors import load

HEAP = "1m"
TIMEOUT = 120

T0 = bytes.fromhex("3B6500002063CB6A00")
INVERSE_T0 = bytes.fromhex("3F6500002063CB6A00")
T1 = bytes.fromhex("3BE500FF8131FE458073C601082D")
FAST_T1 = bytes.fromhex(load("iso7816")["pps"]["atr"])
GET = b"\x00\xb2\x01\x0c\x00"
PUT = b"\x00\xdc\x01\x0c\x14" + bytes(range(20))
ENVELOPE = b"\x00\xc2\x00\x00\xf0" + bytes(240) + b"\x00"


def lrc(block):
    check = 0
    for byte in block:
        check ^= byte
    return bytes(block) + bytes((check,))


class Diary:
    """Of the pins, which nobody reads here."""

    def append(self, _entry): ...


class Card:
    """One that knows its protocol, and keeps to it as often as chance lets it."""

    def __init__(self, trial):
        self.trial = trial
        self.honest = False
        self.atr = T0
        self.line = Line(self.hear)
        self.off = Pin("OFF", 1, Diary())
        reset = Pin("RSTIN", 0, Diary())
        reset.on_change = self.answer_reset
        self.slot = ChipSlot(self.line, Pin("CMDVCC", 1, Diary()), reset, self.off, CLOCK_HZ)
        self._sequence = 0

    def answer_reset(self, level):
        if level:
            self.line.inbox = b""
            self._sequence = 0
            self.say(self.atr)

    def hear(self, data):
        self.line.arrive(data)  # the echo
        self.say(self.in_t1(data) if self.atr in (T1, FAST_T1) else self.in_t0(data))

    def in_t0(self, data):
        if len(data) != 5:
            return b"\x90\x00"
        ins = data[1:2]
        if data[1] in (0xDC, 0xC2):
            return ins
        if data[1] == 0xC0:
            return ins + bytes(data[4] or 256) + b"\x90\x00"
        return self.trial.chance.one_of((b"\x60" + ins + bytes(range(256)) + b"\x90\x00", b"\x6c\x10", b"\x61\x20"))

    def in_t1(self, data):
        if data[:1] == b"\xff":  # PPS
            return data
        if len(data) < 4:
            return b""
        pcb = data[1]
        if pcb & 0xC0 == 0xC0:
            return lrc(bytes((0, pcb | 0x20)) + data[2:-1])
        if pcb & 0x80:
            return lrc(bytes((0, self._sequence << 6, 2, 0x6A, 0x83)))
        if pcb & 0x20:  # more to come
            return lrc(bytes((0, 0x80 | (~pcb & 0x40) >> 2, 0)))
        answer = lrc(bytes((0, self._sequence << 6, 2, 0x6A, 0x83)))
        self._sequence ^= 1
        return answer

    def say(self, good):
        if self.honest:
            self.line.arrive(good)
            return
        chance = self.trial.chance
        kind = chance.below(8)
        if kind == 0:
            good = chance.garbled(good)
        elif kind == 1:
            good = lrc(bytes((0, chance.below(256), chance.below(4))) + chance.bytes(chance.below(4)))
        elif kind == 2 and not chance.below(20):
            self.off.level = 0
        self.line.arrive(self.trial.said(good))


class TestChipCards(unittest.TestCase):
    def pound(self, salt, atrs, fastest=0):
        trial = Trial(self, salt, 900_000)
        peer = Card(trial)
        card = ContactCard(peer.slot, fastest)

        async def use():
            await card.activate()
            for _ in range(3):
                data, status = await card.exchange(trial.chance.one_of((GET, PUT, ENVELOPE)))
                self.assertTrue(len(data) <= 256 and 0 <= status <= 0xFFFF)

        def attempt():
            peer.atr = trial.chance.one_of(atrs)
            peer.off.level = 1
            try:
                trial.timeline.run(use)
            finally:
                card.deactivate()

        trial.pound(attempt, (CardError,))
        peer.honest = True
        peer.off.level = 1

        async def serve():
            await card.activate()
            return await card.exchange(PUT)

        for peer.atr in atrs:
            _, status = trial.timeline.run(serve)
            self.assertIn(status, (0x9000, 0x6A83))
            card.deactivate()

    def test_t0(self):
        self.pound(31, (T0,))

    def test_t1(self):
        self.pound(32, (T1,))

    def test_a_faster_rate(self):
        self.pound(33, (FAST_T1, T1), 200_000)


if __name__ == "__main__":
    unittest.main()
