"""The ESC/POS byte stream as characters and commands, taken apart one byte at a time.

Command names and lengths are those of Epson's ESC/POS command reference; the FS commands are for Chinese. A
character of the Chinese set is two or four bytes of GB 18030.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

DLE, ESC, FS, GS = 0x10, 0x1B, 0x1C, 0x1D


def _each(letters: bytes, count: int) -> dict[int, int]:
    return dict.fromkeys(letters, count)


# Number of argument bytes, by introducer and letter. Those that this printer only skips are here as well.
_FIXED = {
    DLE: _each(b"\x04\x05", 1),
    ESC: {
        **_each(b"@2", 0),
        **_each(b" !-3=EGJMRVadrt{", 1),
        **_each(b"$\\c", 2),
        **_each(b"p", 3),
    },
    FS: {**_each(b"&.", 0), **_each(b"!-W", 1), **_each(b"S", 2)},
    GS: {**_each(b"!BHIabfhrw|", 1), **_each(b"LPW", 2)},
}


class Char(NamedTuple):
    """A character to print; `chinese` ones fill a 24x24 cell, others 12x24."""

    char: str
    chinese: bool


class Command(NamedTuple):
    """`name` is introducer and letter ("ESC @", "GS v"), or a control character in hexadecimal."""

    name: str
    data: bytes = b""


Item = Char | Command
_NAMES = {DLE: "DLE", ESC: "ESC", FS: "FS", GS: "GS"}


class Decoder:
    """Keeps the start of a character or command until the rest has come."""

    def __init__(self) -> None:
        self.chinese = True  # GB 18030 printers wake up in Chinese mode
        self._items = self._run()
        next(self._items)

    def feed(self, byte: int) -> Item | None:
        """The item that `byte` completes, if it does."""
        return self._items.send(byte)

    def _run(self) -> Generator[Item | None, int, None]:
        item: Item | None = None
        while True:
            byte = yield item
            if byte in _NAMES:
                item = yield from self._command(byte)
            elif byte < 0x20 or byte == 0x7F:
                item = Command(f"{byte:02X}")
            elif byte < 0x80:
                item = Char(chr(byte), False)
            elif self.chinese:
                item = yield from self._character(byte)
            else:
                item = Char(bytes([byte]).decode("cp437"), False)

    def _character(self, first: int) -> Generator[None, int, Char]:
        code = bytes([first]) + (yield from _take(1))
        if 0x30 <= code[1] <= 0x39:
            code += yield from _take(2)
        return Char(code.decode("gb18030", errors="replace")[0], True)

    def _command(self, introducer: int) -> Generator[None, int, Command]:
        letter = yield from _take(1)
        name = f"{_NAMES[introducer]} {letter.decode('ascii', errors='backslashreplace')}"
        if introducer == GS and letter == b"V":
            data = yield from _take(1)
            if data[0] in b"ABab":  # cut after a feed; the others cut where they are
                data += yield from _take(1)
        elif introducer == GS and letter == b"(":
            data = yield from _take(3)
            data += yield from _take(data[1] | data[2] << 8)
        elif introducer == GS and letter == b"v":
            data = yield from _take(6)
            data += yield from _take((data[2] | data[3] << 8) * (data[4] | data[5] << 8))
        elif introducer == ESC and letter == b"*":
            data = yield from _take(3)
            data += yield from _take((data[1] | data[2] << 8) * (3 if data[0] & 0x20 else 1))
        else:
            data = yield from _take(_FIXED[introducer].get(letter[0], 0))
        return Command(name, data)


def _take(count: int) -> Generator[None, int, bytes]:
    data = bytearray()
    while len(data) < count:
        data.append((yield))
    return bytes(data)
