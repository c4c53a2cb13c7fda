"""The stripe reader's driver, strobe by strobe. The cards are made up; how they are written is ISO/IEC 7811-2's."""

import asyncio
import gc
import unittest

import micropython

from driver_fakes import Timeline
from suanpan.drivers.stripe_reader import StripeReader
from suanpan.errors import ReaderError

TRACK1 = b"%B6210000000000000007^SUANPAN/TEST^30122010000000000?"
TRACK2 = b";6210000000000000007=30122010000000000?"
TRACK3 = b"+010000000000000000=1561560000000000000000000000000000?"


class Line:
    IRQ_FALLING = 2

    def __init__(self):
        self.level = 1
        self.handler = None

    def value(self):
        return self.level

    def irq(self, handler, trigger):
        assert trigger == self.IRQ_FALLING
        self.handler = handler

    def set(self, level):
        fell = level < self.level
        self.level = level
        if fell and self.handler:
            self.handler(self)


def checked(track):
    """With its LRC, as a reader with a decoder sends it."""
    base = 0x20 if track[:1] == b"%" else 0x30
    lrc = 0
    for character in b";" + track[1:] if track[:1] == b"+" else track:
        lrc ^= character - base
    return track + bytes((base + lrc,))


def magnetised(track):
    """The bits on the stripe, lowest first, the parity that makes ones odd behind each character's."""
    width, base = (6, 0x20) if track[:1] == b"%" else (4, 0x30)
    bits = [0] * 25
    for character in checked(track).replace(b"+", b";", 1):
        word = [(character - base) >> i & 1 for i in range(width)]
        bits.extend(word)
        bits.append(1 - sum(word) % 2)
    return bits + [0] * 20


def flipped(bits, at):
    bits = list(bits)
    bits[at] ^= 1
    return bits


class TestStripeReader(unittest.TestCase):
    def setUp(self):
        self.timeline = Timeline()
        self.present = Line()
        self.lines = {number: (Line(), Line()) for number in (1, 2, 3)}
        self.reader = StripeReader(self.present, *((n, s, d) for n, (s, d) in sorted(self.lines.items())))

    def strobe(self, number, bits):
        strobe, data = self.lines[number]
        for bit in bits:
            data.level = 1 - bit
            strobe.set(0)
            strobe.set(1)

    def card(self, ms, **tracks):
        """A swipe of 300 ms: present, then each track's bits in a hundred portions."""

        def portion(number, bits, i):
            return lambda: self.strobe(number, bits[len(bits) * i // 100 : len(bits) * (i + 1) // 100])

        self.timeline.at(ms, lambda: self.present.set(0))
        for name, bits in tracks.items():
            for i in range(100):
                self.timeline.at(ms + 1 + 3 * i, portion(int(name[1:]), bits, i))
        self.timeline.at(ms + 451, lambda: self.present.set(1))

    def swipe(self):
        return self.timeline.run(self.reader.swipe)

    def assert_tracks(self, swipe, *expected):
        self.assertEqual(
            [track and bytes(track) for track in (swipe.track1, swipe.track2, swipe.track3)], list(expected)
        )

    def assert_unread(self):
        with self.assertRaises(ReaderError):
            self.swipe()
        self.assertEqual(bytes(self.reader._swipe.view), bytes(228))
        self.assertEqual([bytes(track._bits) for track in self.reader._tracks], [bytes(96)] * 3)

    def test_three_tracks_after_an_hour(self):
        self.card(3_600_000, _1=magnetised(TRACK1), _2=magnetised(TRACK2), _3=magnetised(TRACK3))
        self.assert_tracks(self.swipe(), checked(TRACK1), checked(TRACK2), checked(TRACK3))
        self.assertEqual(self.timeline.now, 3_600_460)

    def test_backwards(self):
        self.card(0, _1=list(reversed(magnetised(TRACK1))), _2=list(reversed(magnetised(TRACK2))))
        self.assert_tracks(self.swipe(), checked(TRACK1), checked(TRACK2), None)

    def test_the_longest_tracks(self):
        track1, track2, track3 = b"%" + b"B" * 76 + b"?", b";" + b"6" * 37 + b"?", b"+" + b"0" * 104 + b"?"
        self.card(0, _1=magnetised(track1), _2=magnetised(track2), _3=magnetised(track3))
        self.assert_tracks(self.swipe(), checked(track1), checked(track2), checked(track3))

    def test_a_bit_that_was_missed_or_misread_costs_its_track_alone(self):
        good = magnetised(TRACK2)
        for at in range(25, len(good) - 20, 7):
            for spoilt in (good[:at] + good[at + 1 :], flipped(good, at)):
                self.setUp()
                self.card(0, _1=magnetised(TRACK1), _2=spoilt)
                swipe = self.swipe()
                if swipe.track2:  # dropped bits may make characters again: then the LRC is wrong
                    self.assertNotEqual(bytes(swipe.track2), checked(TRACK2))
                self.assertEqual(bytes(swipe.track1), checked(TRACK1))

    def test_a_blank_card_and_noise(self):
        for bits in ([0] * 300, [1] * 300, [0, 1] * 400, [1, 1, 0, 1, 0] * 10, [0] * 20 + [1, 1, 0, 1, 0], [1]):
            self.setUp()
            self.card(0, _2=bits)
            self.assert_unread()

    def test_more_than_a_card_can_hold(self):
        self.card(0, _2=[1] * 5000)
        self.assert_unread()
        self.card(self.timeline.now + 1000, _2=magnetised(TRACK2))
        self.assert_tracks(self.swipe(), None, checked(TRACK2), None)

    def test_a_card_that_stands_still_is_through(self):
        self.timeline.at(0, lambda: self.present.set(0))
        self.timeline.at(10, lambda: self.strobe(2, magnetised(TRACK2)))
        self.assert_tracks(self.swipe(), None, checked(TRACK2), None)
        self.assertTrue(500 <= self.timeline.now <= 540)

    def test_a_finger_before_the_head_is_no_swipe(self):
        self.timeline.at(1000, lambda: self.present.set(0))
        self.timeline.at(5000, lambda: self.present.set(1))
        self.card(9000, _2=magnetised(TRACK2))
        self.assert_tracks(self.swipe(), None, checked(TRACK2), None)

    def test_flush_discards_what_nobody_asked_for(self):
        self.strobe(2, magnetised(TRACK2))
        self.reader.flush()
        other = TRACK2.replace(b"7=", b"8=")
        self.card(100, _2=magnetised(other))
        self.assert_tracks(self.swipe(), None, checked(other), None)

    def test_nothing_stays_behind_when_the_wait_is_cancelled_half_way(self):
        self.card(0, _2=magnetised(TRACK2))

        async def cancelled():
            task = asyncio.create_task(self.reader.swipe())
            now = asyncio.Event()
            self.timeline.at(200, now.set)
            await now.wait()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        self.timeline.run(cancelled)
        self.assertEqual(bytes(self.reader._swipe.view), bytes(228))
        self.assertEqual(bytes(self.reader._tracks[1]._bits), bytes(96))

    def test_the_collector_rests_during_a_swipe_and_no_longer(self):
        usual = gc.threshold()
        seen = []
        self.card(1000, _2=magnetised(TRACK2))
        for ms in (500, 1150):
            self.timeline.at(ms, lambda: seen.append(gc.threshold()))
        gc.threshold(100_000)
        try:
            self.swipe()
            self.assertEqual((seen, gc.threshold()), ([100_000, -1], 100_000))
        finally:
            gc.threshold(usual)

    def test_a_strobe_and_the_decoding_allocate_nothing(self):
        bits = magnetised(TRACK2)
        track = self.reader._tracks[1]
        view = self.reader._swipe.view
        micropython.heap_lock()
        try:
            self.strobe(2, bits)
            end = track.read(view, 0)
        finally:
            micropython.heap_unlock()
        self.assertEqual(bytes(view[:end]), checked(TRACK2))


if __name__ == "__main__":
    unittest.main()
