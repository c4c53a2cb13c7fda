"""The virtual board's REPL on a pseudo-terminal, for mpremote: the raw REPL, Ctrl-C and the soft reset of an ESP32.

The interpreter is MicroPython's own, in real time, in the flash's file system. What the port of a chip does around it
is done here: Ctrl-C interrupts what runs, Ctrl-D at the prompt starts the process anew, with main.py unless the prompt
was the raw one.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import cast

from host_tools.bench.bus import Clock, UartLine
from host_tools.bench.live import LiveBench, Power
from host_tools.bench.network import World
from host_tools.bench.process import PINS, FirmwareProcess
from host_tools.bench.pseudo_terminal import PseudoTerminal

CONSOLE = 255  # the UART that boards/virtual/boot.py hears Ctrl-C on
_CTRL_A, _CTRL_C = b"\x01", b"\x03"
_DEAF_S = 0.3  # a program that computes and does not wait is interrupted by a signal
_RAW, _FRIENDLY = b"raw REPL; CTRL-B to exit", b'Type "help()"'  # the last of these says which prompt it is
_BOOT, _BOOT_AND_MAIN = "import boot", "import boot\nimport main"
# The same of what lies in the flash image, as on a chip: boot.py and main.py of its own file system.
_CHIP = "import chip, console\nexec(chip.text('/boot.py'))"
_CHIP_AND_MAIN = _CHIP + "\nexec(chip.text('/main.py'))"


@asynccontextmanager
async def repl(flash: Path, nvs: dict[str, bytes], world: World, *, from_flash: bool = False) -> AsyncIterator[Repl]:
    """A board that has just been switched on and runs its main.py, for as long as the context lasts."""
    board = Repl(flash, nvs, world, from_flash=from_flash)
    try:
        await board.switch_on()
        yield board
    finally:
        await board.close()


class Repl:
    """`path` is what mpremote opens; `bench` has the parts."""

    def __init__(
        self, flash: Path, nvs: dict[str, bytes], world: World, *, from_flash: bool = False, pins: Path = PINS
    ) -> None:
        self._pins = pins
        self._boot, self._boot_and_main = (_CHIP, _CHIP_AND_MAIN) if from_flash else (_BOOT, _BOOT_AND_MAIN)
        self._loop = asyncio.get_running_loop()
        self._terminal = PseudoTerminal(self._typed)
        self._console = _Console()
        self._line: _Line | None = None
        self._process: FirmwareProcess | None = None
        self._program = ""
        self._tail = b""
        self._tasks: set[asyncio.Task[None]] = set()
        self.path = self._terminal.path
        self.bench = LiveBench(flash, nvs, world, pins=pins, start=self._start)
        self.bench.parts.on_uarts[CONSOLE] = self._console

    async def switch_on(self) -> None:
        """As a chip starts by itself."""
        await self.boot(self._boot_and_main)

    async def boot(self, program: str) -> None:
        """Start the process that runs `program` and ends in the REPL."""
        self._program = program
        await self.bench.power_on()
        if self.bench.power is Power.ON:
            await self._loop.create_connection(lambda: _Line(self), sock=self._ours)

    async def close(self) -> None:
        while self._tasks:  # a process that is just being started is nobody's yet
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._process = None
        if self._line:
            self._line.close()
        self.bench.close()
        self._terminal.close()
        await asyncio.sleep(0)  # in which the loop lets go of the line

    def opened(self, line: _Line) -> None:
        self._line = line
        if self._program == self._boot:
            line.write(_CTRL_A)  # a soft reset of the raw REPL comes back to it

    def printed(self, data: bytes) -> None:
        self._terminal.send(data)
        self._tail = (self._tail + data)[-4096:]

    def ended(self) -> None:
        """The interpreter has: that is how it does a soft reset."""
        self._line = None
        if self._process:
            self._process = None
            task = self._loop.create_task(self._soft_reset())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _soft_reset(self) -> None:
        raw = self._tail.rfind(_RAW) > self._tail.rfind(_FRIENDLY)
        await self.bench.power_off()
        self.printed(b"MPY: soft reboot\r\n")
        await self.boot(self._boot if raw else self._boot_and_main)

    def _start(self, flash: Path, *, heap: str) -> FirmwareProcess:
        self._ours, theirs = socket.socketpair()
        with theirs, ExitStack() as in_vain:
            in_vain.callback(self._ours.close)
            program = ("-i", "-c", self._program)
            self._process = FirmwareProcess(flash, heap=heap, pins=self._pins, program=program, console=theirs.fileno())
            in_vain.pop_all()
        return self._process

    def _typed(self, data: bytes) -> None:
        while data:
            before, control_c, data = data.partition(_CTRL_C)
            interrupt = bool(control_c) and self._interruptible()
            if self._line:
                self._line.write(before if interrupt else before + control_c)
            if interrupt:
                self._interrupt()

    def _interruptible(self) -> bool:
        """Whether Ctrl-C means that. It does not at a prompt, nor where a program has taken it for data (kbd_intr)."""
        if self._process is None:
            return False
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except FileNotFoundError:
            return False
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
        return bool(int(caught.split()[1], 16) >> (signal.SIGINT - 1) & 1)

    def _interrupt(self) -> None:
        self._console.interrupt()
        process = self._process
        self._loop.call_later(_DEAF_S, lambda: self._insist(process))

    def _insist(self, process: FirmwareProcess | None) -> None:
        if process and process is self._process and self._interruptible():
            os.kill(process.pid, signal.SIGINT)


class _Line(asyncio.Protocol):
    """Our end of what the interpreter reads and prints on."""

    def __init__(self, board: Repl) -> None:
        self._board = board

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    def close(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._board.opened(self)

    def data_received(self, data: bytes) -> None:
        self._board.printed(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._board.ended()


class _Console:
    """The console's receive interrupt, a part on a UART: it tells the board of every Ctrl-C, and when."""

    def attach(self, line: UartLine, clock: Clock) -> None:
        self._wire = line
        self._clock = clock

    def receive(self, data: bytes) -> None:
        """The board has nothing to say to it."""

    def power_off(self) -> None:
        """It keeps nothing."""

    def interrupt(self) -> None:
        self._wire.send(struct.pack("<Q", self._clock.now_us))
