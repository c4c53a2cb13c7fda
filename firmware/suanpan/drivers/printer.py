"""Receipt printer, 58 mm (384 dots), ESC/POS over a UART (Epson's ESC/POS command reference).

How a line is known to be on paper: behind each block (a line, a QR code, a feed, a cut) goes GS r 1, which
the printer answers when it gets there, in order, and not at all while it is stopped. One block is under way
at a time, so its buffer never overflows. When that answer is late, DLE EOT, which is answered at once
whatever else happens, says why.

So a call that returns has printed its block, and one that raises has not, or nobody knows. Make the same call
again once the paper is in, and go on from there. Where the printer has kept the block and prints it by itself
on the new paper, the repeated call finds the answer waiting and does not print it twice.
"""

import asyncio

from micropython import const

from suanpan.errors import CoverOpen, PaperOut, PrinterError, PrinterOffline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import UART

    Readable = bytes | bytearray | memoryview

LEFT = const(0)
CENTER = const(1)
RIGHT = const(2)

WIDTH = const(48)  # bytes of a row of dots

# Dots from line to line: a character's height, and six to tell the lines apart.
_PITCH = const(30)
_DOUBLE_PITCH = const(54)

# What `status` returns, added up; 0 is ready.
PAPER_LOW = const(1)
PAPER_OUT = const(2)
COVER_OPEN = const(4)
FAULT = const(8)
HOT = const(16)

_POLL_MS = const(5)
_ANSWER_MS = const(300)  # DLE EOT is answered within a few milliseconds
_BLOCK_MS = const(500)  # the slowest block, a large QR code at 60 mm/s; afterwards we ask what is the matter
_BLOCKS_LATE = const(20)  # 10 s of nothing wrong and nothing done (a hot head cools down in less)

_MANY = const(256)  # bytes at a time: a line that never falls silent must not hold us

_CONFIRM = b"\x1dr\x01"  # GS r 1
# Fixed bits tell the two kinds of answer apart, and from XON and XOFF.
_DLE_EOT_MASK = const(0x93)
_DLE_EOT_BITS = const(0x12)
_GS_R_MASK = const(0x90)
_GS_R_BITS = const(0x00)
_GS_R_PAPER_END = const(0x0C)


def _refuse(status: int) -> None:
    """Raise what keeps a printer of this status from printing."""
    if status & COVER_OPEN:  # first: an open cover often looks like missing paper too
        raise CoverOpen
    if status & PAPER_OUT:
        raise PaperOut
    if status & HOT:
        from suanpan.errors.printer import PrinterHot  # seldom

        raise PrinterHot
    if status & FAULT:
        raise PrinterError


class Printer:
    """All methods may raise PaperOut, CoverOpen, PrinterHot, PrinterOffline, or PrinterError for any other fault.

    `density`, -6 (light) to 6 (dark), holds from the next `reset` on. The UART must not block (timeout 0). One task
    uses the printer at a time.
    """

    def __init__(self, uart: "UART") -> None:
        self.density = 0
        self._uart = uart
        self._writer = asyncio.StreamWriter(uart)
        self._byte = bytearray(1)
        self._status = -1  # last answer to DLE EOT; -1: not yet
        self._paper = -1  # last answer to GS r 1; -1: not yet
        self._owed = b""  # the block that was sent and is not confirmed
        self._owed_rows: "Readable" = b""

    async def reset(self) -> None:
        """Before each receipt: refuse at once what cannot print; drop half a line; Chinese is GB 18030."""
        _refuse(await self.status())
        density = bytes((0x1D, 0x28, 0x4B, 2, 0, 0x31, self.density & 0xFF)) if self.density else b""
        await self._print(b"\x1b@\x1c&" + density)  # ESC @, FS &, GS ( K, function 49

    async def text(self, line: bytes, bold: bool = False, double: bool = False, align: int = LEFT) -> None:
        """One line of at most 32 columns in GB 18030, without its end; `double` is twice as wide and high."""
        size, pitch = (0x11, _DOUBLE_PITCH) if double else (0x00, _PITCH)
        mode = bytes((0x1B, 0x61, align, 0x1B, 0x45, bold, 0x1D, 0x21, size, 0x1B, 0x33, pitch))
        await self._print(mode + line + b"\n")  # ESC a, ESC E, GS !, ESC 3

    async def qr(self, data: bytes, module: int = 6) -> None:
        """A centred QR code, model 2, error correction M; `module` is the side of a square in dots."""
        size = len(data) + 3
        await self._print(
            b"\x1ba\x01"
            b"\x1d(k\x04\x001A2\x00"  # GS ( k, function 165: model 2
            + bytes((0x1D, 0x28, 0x6B, 3, 0, 0x31, 0x43, module))  # 167: size
            + b"\x1d(k\x03\x001E1"  # 169: level M
            + bytes((0x1D, 0x28, 0x6B, size & 0xFF, size >> 8, 0x31, 0x50, 0x30))  # 180: store
            + data
            + b"\x1d(k\x03\x001Q0"  # 181: print
        )

    async def image(self, rows: "Readable", stride: int = WIDTH, align: int = CENTER) -> None:
        """Some rows of a picture, `stride` bytes each, leftmost dot highest, 1 is black; what follows joins on to them.

        At most 2 KB at a time: it is a block like others, and what was printed of a picture is not printed again.
        """
        height = len(rows) // stride
        size = bytes((stride & 0xFF, stride >> 8, height & 0xFF, height >> 8))
        await self._print(bytes((0x1B, 0x61, align, 0x1D, 0x76, 0x30, 0)) + size, rows)  # ESC a, GS v 0

    async def feed(self, lines: int) -> None:
        """1 to 255 lines."""
        await self._print(bytes((0x1B, 0x64, lines)))  # ESC d

    async def cut(self) -> None:
        """Feed to the cutter and cut, leaving a bridge; a printer with a tear bar only feeds."""
        await self._print(b"\x1dVB\x00")  # GS V, function B

    async def status(self) -> int:
        """PAPER_LOW, PAPER_OUT, COVER_OPEN, HOT and FAULT as they are now; 0 when all is well."""
        cause = await self._ask(2)
        paper = await self._ask(4)
        status = 0
        if cause & 0x04:
            status |= COVER_OPEN
        if cause & 0x20 or paper & 0x60:
            status |= PAPER_OUT
        if cause & 0x40:
            status |= HOT if await self._ask(3) & 0x68 == 0x40 else FAULT  # of cutter, supply and heat only that
        if paper & 0x0C:
            status |= PAPER_LOW
        return status

    async def _print(self, block: bytes, rows: "Readable" = b"") -> None:
        if self._owed:
            same = self._owed == block and self._owed_rows == rows
            _refuse(await self.status())
            if await self._printed() and same:
                return
        if self._uart.any():
            self._uart.read()  # answers that nobody waits for any more
        self._owed = block
        self._owed_rows = rows
        self._paper = -1
        if rows:
            await self._write(block)
            await self._write(rows)
            await self._write(_CONFIRM)
        else:
            await self._write(block + _CONFIRM)
        status = 0
        for _ in range(_BLOCKS_LATE):
            if await self._printed():
                return
            status = await self.status()
            if self._paper < 0 and status & ~HOT:  # else the answer came just before this one
                _refuse(status)
        _refuse(status)
        raise PrinterOffline

    async def _printed(self) -> bool:
        """Whether the confirmation is here, or comes in the time that a block may take."""
        left = _BLOCK_MS
        self._take()
        while self._paper < 0:
            if left <= 0:
                return False
            left -= _POLL_MS
            await asyncio.sleep_ms(_POLL_MS)
            self._take()
        self._owed = self._owed_rows = b""
        if self._paper & _GS_R_PAPER_END:  # a printer that goes on without paper: better twice than never
            raise PaperOut
        return True

    async def _ask(self, what: int) -> int:
        """DLE EOT `what`."""
        self._status = -1
        await self._write(bytes((0x10, 0x04, what)))
        left = _ANSWER_MS
        self._take()
        while self._status < 0:
            if left <= 0:
                raise PrinterOffline
            left -= _POLL_MS
            await asyncio.sleep_ms(_POLL_MS)
            self._take()
        return self._status

    async def _write(self, data: "Readable") -> None:
        self._writer.write(data)
        await self._writer.drain()

    def _take(self) -> None:
        """Put each byte that has come where it belongs; noise belongs nowhere."""
        for _ in range(_MANY):
            if not self._uart.readinto(self._byte):
                break
            byte = self._byte[0]
            if byte & _DLE_EOT_MASK == _DLE_EOT_BITS:
                self._status = byte
            elif byte & _GS_R_MASK == _GS_R_BITS:
                self._paper = byte
