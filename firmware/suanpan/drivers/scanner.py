"""QR and bar code scanner of the GM65's kind on a UART (Hangzhou Grow, "GM65 Bar Code Reader Module", section 8).

Its settings are bytes at addresses, which the manual calls zone bits. A command, and its answer:

    7E 00 | 07 read, 08 write | count | address (2) | data, or how many to read | CRC (2)
    02 00 | 00 | count | data | CRC (2)

What it reads it sends as it is, with a CR behind it. The CRC is CCITT's from zero. What is set here is not saved: each
`start` sets it again, so that nobody's setting survives in it. Setting codes are switched off, as a customer may show
one as well as another code.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer.
# mypy: disable-error-code="arg-type"

import asyncio

from micropython import const

from suanpan.drivers.scanner_stream import ANSWER, BROKEN, CODE, LONGEST, NOTHING, Incoming, crc
from suanpan.errors.scanner import ScannerError, ScannerSilent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import UART

RATES = (9600, 115200, 57600, 38400, 19200, 14400)

_READ = const(0x07)
_WRITE = const(0x08)
_MODE = const(0x0000)
_TRIGGER = const(0x0002)
_SETTING_CODES = const(0x0003)
_INTERVAL = const(0x0005)  # between two codes, in tenths of a second
_READING_TIME = const(0x0006)  # in tenths of a second
_SAME_CODE = const(0x0013)  # bit 7 and tenths of a second
_BAUD = const(0x002A)  # two bytes, the lower first: 3 MHz over the rate
_TAIL = const(0x0060)
_VERSION = const(0x00E2)

_COMMAND_MODE = const(0xD5)  # light, aim, lamp and sound as usual; reads when it is told to
_CONTINUOUS_MODE = const(0xD6)
_CR_TAIL = const(0x01)
_READING_MS = const(5000)

_PIECE = const(32)
_POLL_MS = const(10)
_ANSWER_MS = const(300)
_LONGEST_MS = const(1000)  # of a code, at 9600 baud
_QUIET_MS = const(100)  # what stands still for so long will not end any more
_TRIES = const(3)


class Scanner:
    """One task uses it at a time. The UART must not block (timeout 0).

    Raises ScannerSilent, and ScannerError for a code that was not read well; then scan again.
    """

    def __init__(self, uart: "UART", baudrate: int = RATES[0]) -> None:
        self._uart = uart
        self._baudrate = baudrate
        self._ready = False
        self._incoming = Incoming()
        self._view = memoryview(self._incoming.code)
        self._piece = bytearray(_PIECE)
        self._next = self._got = 0  # in the piece
        self._quiet_ms = 0
        self._out = bytearray(10)
        self._frames = (memoryview(self._out)[:9], memoryview(self._out))

    async def start(self) -> None:
        """Find the scanner at whatever speed it is, bring it to ours, and set it up. `scan` does so where it must."""
        self._ready = False
        await self._find()
        await self._set(_MODE, _COMMAND_MODE)
        await self._set(_SETTING_CODES, 0)
        await self._set(_READING_TIME, _READING_MS // 100)
        await self._set(_TAIL, _CR_TAIL)
        self._ready = True

    async def scan(self) -> memoryview:
        """Light up and wait, without limit, for a code: a view that is good until the next call, or `wipe`."""
        if not self._ready:
            await self.start()
        try:
            while True:
                found = await self._ask(_WRITE, _TRIGGER, 1) == CODE or await self._code(_READING_MS + 500)
                if found:
                    return self._view[: self._incoming.size]
        except BaseException:
            self._command(_WRITE, _TRIGGER, 0)  # cancelled or in vain: the light goes out
            raise

    async def watch(self, interval_ms: int = 1000, same_code_ms: int = 5000) -> None:
        """From now on read whatever is shown, for `code` to wait for; the same code again only after some time."""
        if not self._ready:
            await self.start()
        await self._set(_INTERVAL, min(interval_ms // 100, 0xFF))
        await self._set(_SAME_CODE, 0x80 | min(same_code_ms // 100, 0x7F))
        await self._set(_MODE, _CONTINUOUS_MODE)

    async def code(self) -> memoryview:
        """While it watches: the next code."""
        while not await self._code(_READING_MS):
            pass
        return self._view[: self._incoming.size]

    async def rest(self) -> None:
        """No longer watch."""
        await self._set(_MODE, _COMMAND_MODE)
        self._flush()

    async def set_baudrate(self, baudrate: int) -> None:
        """One of RATES, until the scanner loses its power; it says nothing useful while it changes."""
        self._command(_WRITE, _BAUD, 3_000_000 // baudrate, 2)
        await asyncio.sleep_ms(_ANSWER_MS)
        self._baudrate = baudrate
        self._uart.init(baudrate)
        await self._ask(_READ, _VERSION, 1)

    def wipe(self) -> None:
        code = self._incoming.code
        for i in range(LONGEST):
            code[i] = 0
        self._incoming.forget()

    async def _find(self) -> None:
        wanted = self._baudrate
        for at in range(-1, len(RATES)):
            rate = wanted if at < 0 else RATES[at]
            if at >= 0 and rate == wanted:
                continue
            self._uart.init(rate)
            for _ in range(2):  # what it heard at another speed may have to run out first
                self._command(_READ, _VERSION, 1)
                if await self._event(_ANSWER_MS) == ANSWER:
                    if rate != wanted:
                        await self.set_baudrate(wanted)
                    return
                await asyncio.sleep_ms(_ANSWER_MS)
        self._uart.init(wanted)
        raise ScannerSilent

    async def _set(self, address: int, value: int) -> None:
        while await self._ask(_WRITE, address, value) != ANSWER:
            pass  # a code that was on its way

    async def _ask(self, kind: int, address: int, value: int) -> int:
        """ANSWER or, if that overtakes it, CODE."""
        for _ in range(_TRIES):
            self._command(kind, address, value)
            event = await self._event(_ANSWER_MS)
            if event in (ANSWER, CODE):
                return event
        self._ready = False
        raise ScannerSilent

    async def _code(self, limit_ms: int) -> bool:
        """Whether one came in that time."""
        event = ANSWER
        while event == ANSWER:  # to what nobody asked any more
            event = await self._event(limit_ms)
        if event == BROKEN:
            raise ScannerError
        return event == CODE

    async def _event(self, limit_ms: int) -> int:
        """The next thing to come, NOTHING if nothing does; so is a code that stopped half way, and that is BROKEN."""
        left = limit_ms
        while True:
            event = self.look()
            if event:
                return event
            if self._incoming.begun:
                self._quiet_ms += _POLL_MS
                if self._quiet_ms >= _QUIET_MS:
                    self._incoming.forget()
                    return BROKEN
            elif left <= 0:
                return NOTHING
            if left <= -_LONGEST_MS:  # a line that never falls silent
                self._flush()
                return BROKEN
            left -= _POLL_MS
            await asyncio.sleep_ms(_POLL_MS)

    def look(self) -> int:
        """Take in what has come, up to the first thing that is whole. Allocates nothing."""
        incoming = self._incoming
        piece = self._piece
        for _ in range(LONGEST):  # a line that never falls silent must not hold us
            if self._next == self._got:
                self._next = 0
                self._got = self._uart.readinto(piece) or 0
                if not self._got:
                    return NOTHING
                self._quiet_ms = 0
            event = incoming.take(piece[self._next])
            self._next += 1
            if event:
                return event
        return NOTHING

    def _flush(self) -> None:
        for _ in range(LONGEST // _PIECE):
            if not self._uart.readinto(self._piece):
                break
        self._next = self._got = self._quiet_ms = 0
        self._incoming.forget()

    def _command(self, kind: int, address: int, value: int, size: int = 1) -> None:
        """`value` goes in `size` bytes, the lower first; what came before is dropped."""
        self._flush()
        out = self._out
        out[0] = 0x7E
        out[1] = 0
        out[2] = kind
        out[3] = size
        out[4] = address >> 8
        out[5] = address & 0xFF
        out[6] = value & 0xFF
        if size == 2:
            out[7] = value >> 8
        check = crc(out, 2, 6 + size)
        out[6 + size] = check >> 8
        out[7 + size] = check & 0xFF
        self._uart.write(self._frames[size - 1])
