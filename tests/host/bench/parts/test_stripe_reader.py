"""The stripe reader with TTL outputs: what its lines do in a swipe, and when."""

from __future__ import annotations

from itertools import pairwise

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.stripe_reader import StripeReader, encode
from host_tools.bench.parts.swipe_reader import lrc

PRESENT, STROBE, DATA, STROBE1, DATA1 = range(5)
TRACK2 = "6217000000000001234=30122010000000000"


class Recorder:
    """Every change of a line, with its time in us."""

    def __init__(self) -> None:
        self.reader = StripeReader(PRESENT, {2: (STROBE, DATA), 1: (STROBE1, DATA1)})
        self.clock = VirtualClock()
        self.changes: list[tuple[int, int, int]] = []
        self._levels = [1] * 5
        self.reader.attach(self, self.clock)
        self._start = self.clock.now_us

    def driven(self, pin: int) -> int | None:
        return None

    def pull(self, pin: int) -> int | None:
        return None

    def changed(self, pin: int) -> None:
        level = self.reader.level(pin)
        assert level is not None
        if level != self._levels[pin]:
            self._levels[pin] = level
            self.changes.append((self.clock.now_us - self._start, pin, level))

    def play(self) -> None:
        while (due := self.clock.next_us()) is not None:
            self.clock.advance_to(due)

    def bits(self, strobe: int, data: int) -> list[tuple[int, int]]:
        """(time, bit) of each falling strobe."""
        level, found = 1, []
        for at, pin, value in self.changes:
            if pin == data:
                level = value
            elif pin == strobe and not value:
                found.append((at, 1 - level))
        return found


def test_the_bits_on_a_stripe() -> None:
    bits = encode(2, "1")
    assert bits[:22] == [0] * 22
    # ; is 1101 and 0, 1 is 1000 and 0, ? is 1111 and 1; the LRC of all is 1010 and 1.
    assert bits[22:42] == [1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1]
    assert lrc(2, b";1?") == 0x35
    assert set(bits[42:]) == {0}
    assert (len(bits), len(encode(1, "B")), len(encode(3, "0"))) == (253, 708, 708)


def test_a_swipe_on_the_lines() -> None:
    recorder = Recorder()
    recorder.reader.swipe(None, TRACK2, inches_per_second=10)
    recorder.play()
    found = recorder.bits(STROBE, DATA)
    assert [bit for _, bit in found] == encode(2, TRACK2)[15:]
    times = [at for at, _ in found]
    assert {b - a for a, b in pairwise(times)} <= {1333, 1334}
    (low, *_), (high, *_) = (
        [at for at, pin, level in recorder.changes if (pin, level) == (PRESENT, which)] for which in (0, 1)
    )
    assert low < times[0]
    assert high - times[-1] >= 150_000
    strobes = [(at, level) for at, pin, level in recorder.changes if pin == STROBE]
    widths = [end - start for (start, _), (end, _) in zip(strobes[::2], strobes[1::2], strict=True)]
    assert all(0.25 * 1333 <= width <= 0.5 * 1334 for width in widths)


def test_data_are_there_before_the_strobe_and_stay() -> None:
    recorder = Recorder()
    recorder.reader.swipe(None, TRACK2)
    recorder.play()
    falls = {at for at, pin, level in recorder.changes if pin == STROBE and not level}
    assert {at + 1 for at, pin, _ in recorder.changes if pin == DATA} <= falls


def test_backwards_and_damaged() -> None:
    recorder = Recorder()
    recorder.reader.swipe(None, TRACK2, backwards=True, damaged={2: 30})
    recorder.play()
    bits = encode(2, TRACK2)
    bits[30] ^= 1
    assert [bit for _, bit in recorder.bits(STROBE, DATA)] == bits[::-1][15:]


def test_without_power_nothing_moves() -> None:
    recorder = Recorder()
    recorder.reader.swipe("B1^A^", TRACK2)
    recorder.reader.power_off()
    recorder.play()
    recorder.reader.swipe("B1^A^", TRACK2)
    assert recorder.changes == []
