"""Mag-stripe reader with its own decoder, on a UART (TTL): one line of text for each swipe.

    %<track 1>?L;<track 2>?L+<track 3>?L CR LF

L is the track's LRC character. A track that the reader could not read is `E` between its sentinels, without
LRC: `%E?`; one that the card does not have is left out. Lengths are those of ISO/IEC 7811-6 (tracks 1 and 2:
79 and 40 characters) and ISO/IEC 4909 (track 3: 107). What is on the tracks, and whether the LRC is right, is
not for the driver to say.
"""

import asyncio

from micropython import const

from suanpan.errors import ReaderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import UART

_LONGEST = const(79 + 40 + 107 + 2)
_POLL_MS = const(10)  # at 9600 baud, 10 characters
_QUIET_POLLS = const(10)  # a line that stands still for 100 ms will not end any more
_LF = const(0x0A)
_CR = const(0x0D)
_PERCENT = const(0x25)
_PLUS = const(0x2B)
_SEMICOLON = const(0x3B)
_QUESTION = const(0x3F)
_E = const(0x45)


class Swipe:
    """The tracks of one swipe, with their sentinels and LRC; None where there was none or it was not read.

    They are views into one buffer that belongs to the reader: `wipe` it when done. The next swipe does, too.
    """

    def __init__(self) -> None:
        self.view = memoryview(bytearray(_LONGEST))
        self.track1: memoryview | None = None
        self.track2: memoryview | None = None
        self.track3: memoryview | None = None

    def wipe(self) -> None:
        self.track1 = self.track2 = self.track3 = None
        view = self.view
        for i in range(_LONGEST):
            view[i] = 0

    def split(self, end: int) -> None:
        """Find the tracks in the first `end` characters."""
        view = self.view
        at = 0
        while at < end:
            close = at
            while view[close] != _QUESTION:
                close += 1
                if close == end:
                    raise ReaderError
            after = close + 2  # the LRC may be any character, a sentinel too
            track: memoryview | None = None
            if close == at + 2 and view[at + 1] == _E:
                after = close + 1
            elif after <= end:
                track = view[at:after]
            else:
                raise ReaderError
            self._assign(view[at], track)
            at = after
        if not (self.track1 or self.track2 or self.track3):
            raise ReaderError

    def _assign(self, sentinel: int, track: memoryview | None) -> None:
        if sentinel == _PERCENT:
            self.track1 = track
        elif sentinel == _SEMICOLON:
            self.track2 = track
        elif sentinel == _PLUS:
            self.track3 = track
        else:
            raise ReaderError


class SwipeReader:
    """One swipe at a time, in a buffer made once. The UART must not block (timeout 0)."""

    def __init__(self, uart: "UART") -> None:
        self._uart = uart
        self._stream = asyncio.StreamReader(uart)
        self._swipe = Swipe()

    def flush(self) -> None:
        """Discard what was swiped before anybody asked for a card."""
        self._swipe.wipe()
        while self._uart.readinto(self._swipe.view):
            pass
        self._swipe.wipe()

    async def swipe(self) -> Swipe:
        """Wait, without limit, for the next swipe; ReaderError when none of its tracks could be read."""
        swipe = self._swipe
        swipe.wipe()
        try:
            swipe.split(await self._line())
        except BaseException:  # cancelled or unread: nothing of the card may stay behind
            swipe.wipe()
            raise
        return swipe

    async def _line(self) -> int:
        """Read up to the line feed; the length of the line without its end."""
        view = self._swipe.view
        length = quiet = 0
        while not length:
            length = await self._stream.readinto(view) or 0
        looked = 0
        while True:
            while looked < length:
                if view[looked] == _LF:
                    return looked - 1 if looked and view[looked - 1] == _CR else looked
                looked += 1
            if length == _LONGEST:
                await self._skip()
                raise ReaderError
            await asyncio.sleep_ms(_POLL_MS)
            got = self._uart.readinto(view[length:])
            if got:
                length += got
                quiet = 0
            else:
                quiet += 1
                if quiet == _QUIET_POLLS:
                    raise ReaderError

    async def _skip(self) -> None:
        """Let an overlong line run out, or its rest would pass for the next swipe."""
        quiet = 0
        while quiet < _QUIET_POLLS:
            await asyncio.sleep_ms(_POLL_MS)
            quiet = 0 if self._uart.readinto(self._swipe.view) else quiet + 1
