"""The swipe reader's driver, character by character. The cards are made up."""

import asyncio
import unittest

from driver_fakes import FakeUart, Timeline
from suanpan.drivers.swipe_reader import SwipeReader
from suanpan.errors import ReaderError

TRACK1 = b"%B6210000000000000007^SUANPAN/TEST^30122010000000000?Q"
TRACK2 = b";6210000000000000007=30122010000000000?5"
TRACK3 = b"+010000000000000000=1561560000000000000000000000000000?9"
CHARACTER_MS = 1  # 9600 baud


class TestSwipeReader(unittest.TestCase):
    def setUp(self):
        self.timeline = Timeline()
        self.uart = FakeUart()
        self.reader = SwipeReader(self.uart)

    def line(self, ms, data):
        for i in range(len(data)):
            self.timeline.at(ms + i * CHARACTER_MS, lambda i=i: self.uart.arrive(data[i : i + 1]))

    def swipe(self):
        return self.timeline.run(self.reader.swipe)

    def assert_tracks(self, swipe, track1, track2, track3):
        tracks = [track and bytes(track) for track in (swipe.track1, swipe.track2, swipe.track3)]
        self.assertEqual(tracks, [track1, track2, track3])

    def assert_wiped(self):
        self.assertEqual(bytes(self.reader._swipe.view), bytes(228))
        self.assert_tracks(self.reader._swipe, None, None, None)

    def assert_unread(self, data):
        self.line(1000, data)
        with self.assertRaises(ReaderError):
            self.swipe()
        self.assert_wiped()

    def test_three_tracks_after_an_hour(self):
        self.line(3_600_000, TRACK1 + TRACK2 + TRACK3 + b"\r\n")
        self.assert_tracks(self.swipe(), TRACK1, TRACK2, TRACK3)
        self.assertEqual(self.timeline.wakes, 1)

    def test_each_track_alone(self):
        self.line(0, TRACK1 + b"\r\n")
        self.assert_tracks(self.swipe(), TRACK1, None, None)
        self.line(1000, TRACK2 + b"\r\n")
        self.assert_tracks(self.swipe(), None, TRACK2, None)
        self.line(2000, TRACK3 + b"\r\n")
        self.assert_tracks(self.swipe(), None, None, TRACK3)

    def test_the_lrc_may_be_a_sentinel(self):
        for lrc in b"?;%+E5":
            track1 = TRACK1[:-1] + bytes((lrc,))
            track2 = TRACK2[:-1] + bytes((lrc,))
            self.line(self.timeline.now, track1 + track2 + b"\r\n")
            self.assert_tracks(self.swipe(), track1, track2, None)

    def test_the_longest_tracks_of_the_standards_fit(self):
        track1 = b"%" + b"B" * 76 + b"?Q"
        track2 = b";" + b"6" * 37 + b"?5"
        track3 = b"+" + b"0" * 104 + b"?9"
        self.line(0, track1 + track2 + track3 + b"\r\n")
        self.assert_tracks(self.swipe(), track1, track2, track3)

    def test_a_track_that_the_reader_could_not_read_is_missing(self):
        self.line(0, b"%E?" + TRACK2 + b"+E?\r\n")
        self.assert_tracks(self.swipe(), None, TRACK2, None)

    def test_a_swipe_without_any_track_is_an_error(self):
        for data in (b"%E?\r\n", b"%E?;E?+E?\r\n", b"\r\n", b"\n"):
            self.timeline.now = 0
            self.assert_unread(data)

    def test_garbled_lines_are_errors(self):
        for data in (
            b"6210000000000000007=30122010000000000?5\r\n",  # no sentinel
            b";6210000000000000007=30122010000000000\r\n",  # no end
            b";6210000000000000007=30122010000000000?\r\n",  # no LRC
            TRACK2 + b"7\r\n",
            TRACK2 + b";\r\n",
            b"\x00\xff\r\n",
        ):
            self.timeline.now = 0
            self.assert_unread(data)

    def test_a_line_that_stops_half_way_is_an_error_after_100_ms(self):
        self.assert_unread(TRACK2[:-5])
        self.assertTrue(1130 <= self.timeline.now <= 1150)

    def test_pauses_within_a_line_are_borne(self):
        self.line(0, TRACK2[:10])
        self.line(95, TRACK2[10:20])
        self.line(190, TRACK2[20:] + b"\r\n")
        self.assert_tracks(self.swipe(), None, TRACK2, None)

    def test_an_overlong_line_is_an_error_and_its_rest_is_no_swipe(self):
        self.assert_unread(TRACK1 * 5 + TRACK2 + b"\r\n")
        self.line(5000, TRACK2 + b"\r\n")
        self.assert_tracks(self.swipe(), None, TRACK2, None)

    def test_a_second_line_in_the_same_breath_is_dropped(self):
        self.uart.arrive(TRACK2 + b"\r\n" + TRACK2)
        self.assert_tracks(self.swipe(), None, TRACK2, None)
        self.assertEqual(self.uart.any(), 0)

    def test_flush_discards_what_nobody_asked_for(self):
        self.uart.arrive((TRACK1 + TRACK2 + b"\r\n") * 4)
        self.reader.flush()
        self.assertEqual(self.uart.any(), 0)
        self.assert_wiped()
        other = TRACK2.replace(b"7=", b"8=")
        self.line(0, other + b"\r\n")
        self.assert_tracks(self.swipe(), None, other, None)

    def test_wipe_leaves_nothing(self):
        self.line(0, TRACK1 + TRACK2 + TRACK3 + b"\r\n")
        swipe = self.swipe()
        track2 = swipe.track2
        swipe.wipe()
        self.assert_wiped()
        self.assertEqual(bytes(track2), bytes(len(TRACK2)))

    def test_nothing_stays_behind_when_the_wait_is_cancelled_half_way(self):
        self.line(0, TRACK2[:-5])

        async def cancelled():
            task = asyncio.create_task(self.reader.swipe())
            now = asyncio.Event()
            self.timeline.at(60, now.set)
            await now.wait()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        self.timeline.run(cancelled)
        self.assert_wiped()
