"""Characters of a chip card (ISO/IEC 7816-3) on a UART whose TX (open drain) and RX are joined on the card's I/O line.

Eight bits, even parity, two stop bits, which are the guard time of 12 etu. All that is sent comes back, and is taken
off the line and compared: another echo is a card that talks over the terminal, or refuses a character (T=0's error
signal).

What an ESP32's UART lacks: it hands characters of wrong parity over like good ones, so damage on the way here is found
by T=1's check bytes, and in T=0 by what makes no sense alone; and it cannot refuse a character. It hands characters
over late, too: when 120 of them are there, or for ten characters' time nothing comes. Every waiting time is stretched
by that.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer.
# mypy: disable-error-code="arg-type"

import asyncio

from micropython import const

from suanpan.drivers.iso7816_octets import invert
from suanpan.errors.chip import CardGarbled, SlotFault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from machine import UART

LONGEST = const(3 + 254 + 2)  # a block of T=1; a T=0 command's data are fewer
_CHUNK = const(32)
_RECEIVE_BUFFER = const(512)  # more than the longest block
_SLOWEST_POLL_MS = const(20)
_GUARD_ETU = const(12)
_TURNAROUND_ETU = const(22)  # T=1's block guard time; T=0 asks for 16
_LATE_ETU = const((120 + 10) * 12)  # of the receive FIFO
_LATE_MS = const(20)  # of the tasks that run besides
_EVEN = const(0)
_ODD = const(1)


class Iso7816Uart:
    """`out` is what to send, `data` what has come; both are fixed. The UART must not block (timeout 0).

    `powered` tells whether the card still has its power, and `cut`, where it has not, raises why.
    """

    def __init__(
        self,
        uart: "UART",
        clock_hz: int,
        powered: "Callable[[], bool]",
        cut: "Callable[[], Coroutine[None, None, None]]",
    ) -> None:
        self.out = bytearray(LONGEST)
        self.data = bytearray(LONGEST)
        self.waited_ms = 0  # in all; not much less has passed
        self.inverse = False
        self.f = 372  # the rate: an etu is f / d clocks
        self.d = 1
        self._uart = uart
        self.khz = clock_hz // 1000
        self._powered = powered
        self._cut = cut
        self.late_ms = _LATE_MS  # how late a character may be known that was in time
        self._view = memoryview(self.out)
        self._chunk = bytearray(_CHUNK)
        self._one = bytearray(1)
        self._pace_ms = 0

    def start(self) -> None:
        """As before an answer to reset, whatever was before."""
        self.inverse = False
        self._pace_ms = 0
        self.rate(372, 1)

    def rate(self, f: int, d: int) -> None:
        self.f = f
        self.d = d
        self._etu_ns = f * 1_000_000 // (self.khz * d)
        self.late_ms = _LATE_MS + self.ms(_LATE_ETU)
        # Seen from here, even parity of the inverse convention is odd: nine bits are turned over.
        parity = _ODD if self.inverse else _EVEN
        self._uart.init(self.baudrate(f, d), bits=8, parity=parity, stop=2, rxbuf=_RECEIVE_BUFFER)
        self._drop()

    def baudrate(self, f: int, d: int) -> int:
        return (self.khz * 1000 * d + f // 2) // f

    def extra_guard(self, etus: int) -> None:
        """At least so many etu more between two characters sent."""
        self._pace_ms = self.ms(_GUARD_ETU + etus) if etus else 0

    def ms(self, etus: int) -> int:
        """A sleep that is not shorter than so many etu, though it may begin and end anywhere within a millisecond."""
        return etus * self._etu_ns // 1_000_000 + 2

    def clocks_ms(self, clocks: int) -> int:
        return clocks // self.khz + 1

    def invert(self, count: int) -> None:
        """The card talks in the inverse convention: from now on, and the first `count` characters that came too."""
        self.inverse = True
        invert(self.data, 0, count)

    async def send(self, count: int) -> None:
        """The first `count` of `out`; `data` is lost. CardGarbled, SlotFault where nothing comes back."""
        await asyncio.sleep_ms(self.ms(_TURNAROUND_ETU))
        self._drop()
        out = self.out
        if self.inverse:
            invert(out, 0, count)
        if self._pace_ms:
            for i in range(count):
                self._one[0] = out[i]
                self._uart.write(self._one)
                await asyncio.sleep_ms(self._pace_ms)
        else:
            self._uart.write(self._view[:count])
        if self.inverse:
            invert(out, 0, count)
        came = await self.receive(0, count, self.ms(_GUARD_ETU * count), 0)
        if came < count:
            raise SlotFault
        data = self.data
        for i in range(count):
            if data[i] != out[i]:
                raise CardGarbled

    async def receive(self, start: int, end: int, first_ms: int, next_ms: int) -> int:
        """Fill `data` from `start` up to `end`, and return how far it got before the next was too late.

        What it returns has come whole: a card pulled in the middle of a character is told by OFF before its end.
        """
        data = self.data
        chunk = self._chunk
        at = start
        waited = 0
        limit = first_ms + self.late_ms
        while at < end:
            got = self._uart.readinto(chunk, min(end - at, _CHUNK))
            if got:
                for i in range(got):
                    data[at + i] = chunk[i]
                if self.inverse:
                    invert(data, at, at + got)
                at += got
                waited = 0
                limit = next_ms + self.late_ms
                continue
            if waited >= limit or not self._powered():
                break
            pause = min(_SLOWEST_POLL_MS, max(2 + waited // 16, self.ms(_GUARD_ETU * (end - at))))
            await asyncio.sleep_ms(pause)
            waited += pause
            self.waited_ms += pause
        if not self._powered():
            await self._cut()
        return at

    async def quiet(self, silence_ms: int) -> None:
        """Let the card finish whatever it is saying; CardGarbled where it does not."""
        for _ in range(4):
            if await self.receive(0, LONGEST, silence_ms, silence_ms) < LONGEST:
                return
        raise CardGarbled

    def wipe(self) -> None:
        for buffer in (self.out, self.data, self._chunk):
            for i in range(len(buffer)):
                buffer[i] = 0

    def _drop(self) -> None:
        """What came before anybody asked."""
        while self._uart.readinto(self._chunk, _CHUNK):
            pass
