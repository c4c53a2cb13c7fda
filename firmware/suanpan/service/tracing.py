"""A trace for the workshop, over the service line: what people did, what host and printer were told, what was shown.

It is in memory from the moment that somebody asks for it until it ends. A frame of injection_line.py each, of kind 30:

    number u16 | ms since the beginning u32 | letter | text

The number goes up by one, so that what was lost on the line is noticed. Letters, and what their text has:

    B  begins: JSON, of the terminal as it is        Z  ends
    K  a key; * for a digit of what is not shown on the screen
    C  a card, swiped: first six and last four digits, expiry, service code; whether there was a first track
    W  the words on the screen, a line for each row
    Q  connected to the host; or the code of why not
    M  a message to the host: its type, then lines field=value
    R  a message from the host, likewise; nothing but the letter: the line is gone
    P  a line of print, GB 18030 in hexadecimal      X  cut
    E  an error that people are told of: its code
    T  the clock has been set: YYMMDDHHMMSS
    +  more of the text before

Of a message only what is listed as harmless is told; of a card number first six and last four digits, of all else the
length. Keys, PIN and passwords, random numbers, tracks and what a chip says have no way to the line.
"""

import asyncio
import json

from micropython import const

from suanpan.errors import NotConnected, ReaderError
from suanpan.service.injection_line import frame
from suanpan.service.tracing_masks import masked_message, masked_track, without_numbers
from suanpan.ui.prompts import DIGITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from machine import UART

    from suanpan.acquirer.framing import Line
    from suanpan.acquirer.session import Session
    from suanpan.drivers.swipe_reader import Swipe
    from suanpan.terminal import Terminal

_KIND = const(0x30)
_MOST = const(400)  # bytes of text in a frame
_LONGEST_MS = const(1_800_000)
_PARAMETERS = ("terminal_id", "merchant_id", "merchant_name", "language", "suite")  # of those that are no numbers


class Tracing:
    """From its making until it is `over`: by `end`, or because half an hour has gone by."""

    over = False
    begun = 0  # number of the journal's record of it
    _line: "Line | None" = None  # the last that was listened to; it may be kept for the next transaction

    def __init__(self, t: "Terminal", uart: "UART") -> None:
        self._t = t
        self._uart = uart
        self._number = 0
        self._began = asyncio.core.ticks()  # type: ignore[attr-defined]  # the stubs lack it
        self._words = [""] * t.screen.canvas.rows
        self._undo: "list[Callable[[], None]]" = []
        self._tell("B", self._beginning())
        self._listen()

    def end(self) -> None:
        """The terminal is as if nobody had listened."""
        if not self.over:
            self.over = True
            while self._undo:
                self._undo.pop()()
            self._send("Z", "")

    @property
    def _ms(self) -> int:
        core = asyncio.core  # type: ignore[attr-defined]
        return int(core.ticks_diff(core.ticks(), self._began))

    # -- what is told --

    def _tell(self, letter: str, text: str) -> None:
        if self._ms > _LONGEST_MS:
            self.end()
        if self.over:
            return
        while len(text) > _MOST // 3:  # as many characters as fit whatever they are
            self._send(letter, text[: _MOST // 3])
            letter, text = "+", text[_MOST // 3 :]
        self._send(letter, text)

    def _send(self, letter: str, text: str) -> None:
        head = self._number.to_bytes(2, "big") + self._ms.to_bytes(4, "big")
        self._number = self._number + 1 & 0xFFFF
        self._uart.write(frame(_KIND, head + letter.encode() + text.encode()))

    def _beginning(self) -> str:
        t = self._t
        values = t.parameters.__dict__
        told = {
            "version": 1,
            "parameters": {
                name: values[name] for name in values if name in _PARAMETERS or isinstance(values[name], int)
            },
            "besides": {name: value for name, value in t.parameters.besides.items() if isinstance(value, int)},
            "rows": t.screen.canvas.rows,
            "operator": t.operator,
            "batch": t.ledger.batch,
            "clock": t.today() + t.time(),
        }
        return json.dumps(told)

    # -- what is listened to --

    def _listen(self) -> None:
        t = self._t
        canvas = t.screen.canvas
        self._instead(t.screen.keypad, "key", self._key)
        self._instead(t.swipe_reader, "swipe", self._swipe)
        self._instead(t.acquirer, "connect", self._connect)
        self._instead(t.screen, "error", self._error)
        self._instead(t, "set_time", self._set_time)
        self._instead(t.printer, "text", self._printed)
        self._instead(t.printer, "cut", self._cut)
        self._instead(canvas, "clear", self._clear)
        self._instead(canvas, "show", self._show)
        for name in ("text", "centre", "right", "large"):
            self._instead(canvas, name, self._write)

    def _instead(self, part: "Any", name: str, heard: "Callable[[Any], Any]") -> None:
        """Have `heard(what the part does)` stand in the place of what it does."""

        def undo() -> None:
            delattr(part, name)

        setattr(part, name, heard(getattr(part, name)))
        self._undo.append(undo)

    def _key(self, key: "Callable[[], Awaitable[str]]") -> "Callable[[], Awaitable[str]]":
        async def heard() -> str:
            name = await key()
            self._tell("K", "*" if name in DIGITS and self._hidden() else name)
            return name

        return heard

    def _hidden(self) -> bool:
        """Whether what is keyed now does not appear on the screen; or has not yet, so that nobody can know."""
        return self._t.screen.keypad.scrambled or any(row and not row.strip("*_") for row in self._words)

    def _swipe(self, swipe: "Callable[[], Awaitable[Swipe]]") -> "Callable[[], Awaitable[Swipe]]":
        async def heard() -> "Swipe":
            try:
                card = await swipe()
            except ReaderError as problem:
                self._tell("E", problem.code)
                raise
            self._tell("C", masked_track(card.track2) + (" 1" if card.track1 else ""))
            return card

        return heard

    def _connect(self, connect: "Callable[[], Awaitable[Session]]") -> "Callable[[], Awaitable[Session]]":
        async def heard() -> "Session":
            try:
                host = await connect()
            except NotConnected as problem:
                self._tell("Q", problem.code)
                raise
            self._tell("Q", "")
            line = host.line
            if line is self._line:
                return host
            self._line = line
            send, receive = line.send, line.receive

            async def sent(message: "Any") -> None:
                self._tell("M", masked_message(message))
                await send(message)

            async def received() -> bytes:
                try:
                    message = await receive()
                except (EOFError, OSError):
                    self._tell("R", "")
                    raise
                self._tell("R", masked_message(message))
                return message

            line.send, line.receive = sent, received  # type: ignore[method-assign]
            return host

        return heard

    def _error(self, error: "Callable[[str], str]") -> "Callable[[str], str]":
        def heard(code: str) -> str:
            self._tell("E", code)
            return error(code)

        return heard

    def _set_time(self, set_time: "Callable[[str, str], None]") -> "Callable[[str, str], None]":
        def heard(date: str, clock: str) -> None:
            set_time(date, clock)
            self._tell("T", self._t.today() + self._t.time())

        return heard

    def _printed(self, text: "Callable[..., Awaitable[None]]") -> "Callable[..., Awaitable[None]]":
        async def heard(line: bytes, *how: "Any") -> None:
            self._tell("P", line.hex())
            await text(line, *how)

        return heard

    def _cut(self, cut: "Callable[[], Awaitable[None]]") -> "Callable[[], Awaitable[None]]":
        async def heard() -> None:
            self._tell("X", "")
            await cut()

        return heard

    def _clear(self, clear: "Callable[[], None]") -> "Callable[[], None]":
        def heard() -> None:
            self._words = [""] * len(self._words)
            clear()

        return heard

    def _write(self, write: "Callable[..., None]") -> "Callable[..., None]":
        def heard(row: int, text: str, *how: "Any", **named: "Any") -> None:
            if text:
                self._words[row] = f"{self._words[row]} {text}".strip()
            write(row, text, *how, **named)

        return heard

    def _show(self, show: "Callable[[], None]") -> "Callable[[], None]":
        def heard() -> None:
            self._tell("W", "\n".join([without_numbers(row) for row in self._words]))
            show()

        return heard
