"""What the fuzz tests stand on: chance that repeats itself, messages that are nearly right, and what holds after them.

FUZZ in the environment is how many messages each test tries (`make fuzz`), FUZZ_SEED where chance begins.
"""

import asyncio
import gc
import os

import micropython

from driver_fakes import Timeline

MESSAGES = int(os.getenv("FUZZ") or 300)
SEED = int(os.getenv("FUZZ_SEED") or 1)

_LOOKS = 6
_ONCE = 8192  # bytes: a module that is loaded for what is rare, a stale pointer; something a message is far more
_READABLE = 1
_WRITABLE = 4


@micropython.viper
def _fill(data: ptr8, size: int, state: int) -> int:  # noqa: F821  # of viper
    for i in range(size):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        data[i] = state >> 20
    return state


class Chance:
    """Numbers that are the same each time (a linear congruential generator; Numerical Recipes)."""

    def __init__(self, salt):
        self._state = (SEED * 7919 + salt * 104729) & 0xFFFFFFFF

    def below(self, limit):
        self._state = (self._state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (self._state >> 12) % limit

    def one_of(self, choices):
        return choices[self.below(len(choices))]

    def bytes(self, size):
        data = bytearray(size)
        self._state = _fill(data, size, self._state)
        return bytes(data)

    def garbled(self, good, longest=300):
        """Something that might come instead of `good`, or that itself."""
        kind = self.below(10)
        if kind == 0:
            return self.bytes(self.below(longest))
        if kind == 1:
            return b""
        if kind == 2:
            return good
        if kind == 3:
            return good + self.bytes(self.below(longest))
        if not good:
            return self.bytes(1)
        if kind == 4:
            return good[: self.below(len(good))]
        if kind == 5:
            return good[self.below(len(good)) :]
        if kind == 6:  # again and again
            return good * (2 + self.below(6))
        changed = bytearray(good)
        for _ in range(1 + self.below(3)):
            at = self.below(len(changed))
            if kind == 7:
                changed[at] ^= 1 << self.below(8)
            elif kind == 8:
                changed[at] = self.one_of(b"\x00\x01\x02\x0a\x0d\x7f\x80\xff")
            else:
                changed = changed[:at] + self.bytes(1 + self.below(4)) + changed[at:]
        return bytes(changed)


class Line:
    """A UART whose other end is a script of chance; `on_write(data)` says what comes of what is written."""

    def __init__(self, on_write=lambda data: None):
        self.inbox = b""
        self.on_write = on_write

    def arrive(self, data):
        if len(self.inbox) < 4096:  # a receive buffer has an end
            self.inbox += data

    def init(self, *_, **__): ...

    def any(self):
        return len(self.inbox)

    def read(self):
        data, self.inbox = self.inbox, b""
        return data or None

    def readinto(self, buffer, count=-1):
        count = min(len(buffer) if count < 0 else count, len(self.inbox))
        buffer[:count] = self.inbox[:count]
        self.inbox = self.inbox[count:]
        return count or None

    def write(self, data):
        self.on_write(bytes(data))
        return len(data)

    def ioctl(self, request, flags):
        return flags & (_WRITABLE | (_READABLE if self.inbox else 0))


class Trial:
    """One driver against so many messages. Each that is sent is counted by `said`."""

    def __init__(self, test, salt, limit_ms=120_000):
        self.chance = Chance(salt)
        self.timeline = Timeline()
        self.count = 0
        self.ends = {}  # how often what came of it: an error's code, or None
        self._test = test
        self._limit_ms = limit_ms

    def said(self, data):
        self.count += 1
        return data

    def pound(self, attempt, errors):
        """Whatever else than one of `errors` fails the test by itself; so does memory that is not given back."""
        while self.count < MESSAGES // 4:
            self._once(attempt, errors)
        held = max(self._alive(attempt, errors) for _ in range(_LOOKS))
        while self.count < MESSAGES:
            self._once(attempt, errors)
        alive = min(self._alive(attempt, errors) for _ in range(_LOOKS))
        self._test.assertTrue(alive <= held + _ONCE, f"{alive} bytes after {held}")
        self.timeline = Timeline()
        print(f"{self.count} messages, ends {self.ends}")

    def _once(self, attempt, errors):
        end = None
        self.timeline = Timeline()
        try:
            attempt()
        except errors as error:
            end = getattr(error, "code", "late")
        self.ends[end] = self.ends.get(end, 0) + 1
        self._test.assertTrue(self.timeline.now < self._limit_ms, f"it took {self.timeline.now} ms")

    def _alive(self, attempt, errors):
        """Bytes, after one more attempt: what an old word on the stack seems to point at is not always the same."""
        self._once(attempt, errors)
        self.timeline = Timeline()
        gc.collect()
        return gc.mem_alloc()

    def run(self, start, limit_ms):
        """The result of `start()`, or TimeoutError."""
        return self.timeline.run(lambda: asyncio.wait_for_ms(start(), limit_ms))

    def scatter(self, data, arrive):
        """`data` in pieces, with pauses."""
        at = self.timeline.now + self.chance.below(20)
        while data:
            size = 1 + self.chance.below(len(data))
            self.timeline.at(at, lambda piece=data[:size]: arrive(piece))
            data = data[size:]
            at += self.chance.below(140)
