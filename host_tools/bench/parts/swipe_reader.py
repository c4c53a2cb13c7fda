"""Magnetic stripe reader with a serial (TTL UART) output, 9600 baud, 8 bits, no parity.

What it sends at the end of a swipe, as the common readers with this output do (MagTek's manuals describe
it; theirs can leave the LRC out, this one is set to send it):

    %track 1?L;track 2?L+track 3?L CR LF

L is the track's longitudinal redundancy check as the ASCII of its character. A track that is not encoded
sends nothing; one that cannot be read sends E between its sentinels and no LRC: %E? ;E? +E?
"""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from operator import xor

from host_tools.bench.bus import Clock, UartLine

_START = {1: b"%", 2: b";", 3: b"+"}
# Start sentinel as encoded on the stripe: readers report track 3's as + to tell it from track 2's ;
_ENCODED_START = {1: b"%", 2: b";", 3: b";"}
# Six-bit characters begin at the space, four-bit characters at 0 (ISO/IEC 7811-2, coded character sets).
_CHARSET_BASE = {1: 0x20, 2: 0x30, 3: 0x30}
_END = b"?"


class SwipeReader:
    def __init__(self) -> None:
        self._line: UartLine | None = None

    def attach(self, line: UartLine, clock: Clock) -> None:
        self._line = line

    def power_off(self) -> None:
        self._line = None

    def receive(self, data: bytes) -> None:
        """The reader has no commands; what is sent to it is lost."""

    def swipe(
        self,
        track1: str | None,
        track2: str | None,
        track3: str | None = None,
        bad: Collection[int] = (),
        corrupt_lrc: bool = False,
    ) -> None:
        """Pulls a card through. Tracks come without sentinels, None where the stripe has none.

        `bad` numbers the tracks that cannot be read; `corrupt_lrc` falsifies a bit of every LRC.
        """
        if self._line is None:
            return
        message = b""
        for number, track in ((1, track1), (2, track2), (3, track3)):
            if track is None:
                continue
            if number in bad:
                message += _START[number] + b"E" + _END
                continue
            data = track.encode("ascii") + _END
            check = lrc(number, _ENCODED_START[number] + data)
            message += _START[number] + data + bytes([check ^ 1 if corrupt_lrc else check])
        self._line.send(message + b"\r\n")


def lrc(track: int, encoded: bytes) -> int:
    """The LRC as ASCII: even parity of each bit from start sentinel to end sentinel (ISO/IEC 7811-2)."""
    base = _CHARSET_BASE[track]
    return base + reduce(xor, (character - base for character in encoded))
