"""A serial port for other people's programs: our end of a pseudo-terminal, on the running asyncio loop."""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from collections.abc import Callable

_BAUD_CODES = {getattr(termios, name): int(name[1:]) for name in dir(termios) if name[0] == "B" and name[1:].isdigit()}


class PseudoTerminal:
    """`path` is what a program opens; what it writes is `received`. It may come and go: the line stays."""

    def __init__(self, received: Callable[[bytes], None]) -> None:
        self._received = received
        self._loop = asyncio.get_running_loop()
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.path = os.ttyname(self._theirs)
        self._out = bytearray()
        self._loop.add_reader(self._ours, self._read)

    @property
    def baud(self) -> int | None:
        """What the program has set its end to; None for a rate that has no name of its own."""
        return _BAUD_CODES.get(termios.tcgetattr(self._theirs)[5])

    def send(self, data: bytes) -> None:
        self._out += data
        self._loop.add_writer(self._ours, self._write)

    def close(self) -> None:
        self._loop.remove_reader(self._ours)
        self._loop.remove_writer(self._ours)
        os.close(self._ours)
        os.close(self._theirs)

    def _read(self) -> None:
        self._received(os.read(self._ours, 65536))

    def _write(self) -> None:
        """As much as the line takes; the rest when it takes more."""
        try:
            del self._out[: os.write(self._ours, self._out)]
        except BlockingIOError:
            return
        if not self._out:
            self._loop.remove_writer(self._ours)
