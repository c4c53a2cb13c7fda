"""The interactive run: firmware, parts and network in real time, on the running asyncio loop.

The twin of lockstep.py for people: the same board and the same parts, but nobody scripts what happens when. A
wait of the firmware ends when its time has come or something has happened; in between nothing runs at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import cast

from host_tools.bench import protocol
from host_tools.bench.board import FOREVER_US, Board, RealTimeClock, Restart
from host_tools.bench.clock import LiveClock
from host_tools.bench.flash import NorFlash
from host_tools.bench.network import World
from host_tools.bench.process import HEAP, PINS, FirmwareDied, FirmwareProcess
from host_tools.bench.wiring import build


class Power(Enum):
    OFF = "off"
    ON = "on"
    STOPPED = "stopped"  # the firmware has ended by itself; the parts are still under current


class LiveBench:
    """A terminal on the bench; to be made inside a running loop. People press, swipe and look at its `parts`.

    `nvs` is the board's non-volatile store, and written to when the firmware writes there; `pins` its table of wiring.
    `start` makes the process of a power-on otherwise than usual, given its `heap`.
    """

    def __init__(
        self,
        flash: Path,
        nvs: dict[str, bytes],
        world: World,
        *,
        heap: str = HEAP,
        pins: Path = PINS,
        start: Callable[..., FirmwareProcess] | None = None,
    ) -> None:
        self.clock = LiveClock()
        self.power = Power.OFF
        self.console = ""  # what a firmware that stopped has left to say
        self.changed: Callable[[], None] = lambda: None  # called when `power` changes
        self._random = SystemRandom()
        self.parts = build(pins, self._random)
        self._pins = pins
        self._flash = NorFlash(flash)
        self._nvs = nvs
        self._world = world
        self._heap = heap
        self._start = start
        self._calendar = RealTimeClock(_local_time() - timedelta(microseconds=self.clock.now_us))
        self._network_up = True
        self._switch = asyncio.Lock()
        self._session: _Session | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def power_on(self) -> None:
        """Start the firmware anew, unless it runs."""
        async with self._switch:
            if self._session is None:
                self.parts.power_off()
                try:
                    start = self._start or partial(FirmwareProcess, pins=self._pins)
                    process = await asyncio.to_thread(start, self._flash.image_file, heap=self._heap)
                except FirmwareDied as problem:
                    self._set_power(Power.STOPPED, str(problem))
                    return
                self._session = _Session(process, self.clock, self._board, self._stopped, self._restart)
                self._set_power(Power.ON)
                await self._session.start()

    async def power_off(self) -> None:
        """Cut the power at this instant: RAM is gone; flash, NVS and the battery-backed clock stay."""
        async with self._switch:
            self._cut()

    async def rewire(self, pins: Path) -> None:
        """Put a board that is wired otherwise in this one's place: other parts, the same flash, switched off."""
        async with self._switch:
            self._cut()
            self._pins = pins
            self.parts = build(pins, self._random)

    def now(self) -> datetime:
        """By the board's own calendar."""
        return self._calendar.now(self.clock.now_us)

    @property
    def network_up(self) -> bool:
        return self._network_up

    @network_up.setter
    def network_up(self, up: bool) -> None:
        self._network_up = up
        if self._session:
            self._session.board.network.up = up

    @property
    def busy(self) -> bool:
        """Whether the firmware runs, and does not wait for anything."""
        return self._session is not None and self._session.board.waiting_until is None

    @property
    def firmware_cpu_seconds(self) -> float:
        """Processor time of the firmware since its power-on; 0 while it does not run."""
        return self._session.cpu_seconds() if self._session else 0.0

    def close(self) -> None:
        self._cut()
        self._flash.close()

    def _board(self, woken: Callable[[], None]) -> Board:
        board = Board(
            self.clock,
            self.parts,
            self._flash,
            self._nvs,
            self._calendar,
            self._random,
            self._world,
            record=lambda *_: None,
            woken=woken,
        )
        board.network.up = self._network_up
        return board

    def _cut(self) -> None:
        if self._session:
            self._session.end()
            self._session = None
        self.parts.power_off()
        self._set_power(Power.OFF)

    def _stopped(self, console: str) -> None:
        self._session = None
        self._set_power(Power.STOPPED, console)

    def _restart(self) -> None:
        """The firmware has asked for it. Who has said how to start the process looks to it that it starts again."""
        self._session = None
        if self._start is None:
            task = asyncio.get_running_loop().create_task(self.power_on())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _set_power(self, power: Power, console: str = "") -> None:
        self.power = power
        self.console = console
        self.changed()


class _Session(asyncio.Protocol):
    """One power-on: answers the firmware's questions as they come, and its waits when they are over."""

    def __init__(
        self,
        process: FirmwareProcess,
        clock: LiveClock,
        make_board: Callable[[Callable[[], None]], Board],
        stopped: Callable[[str], None],
        restart: Callable[[], None],
    ) -> None:
        self.board = make_board(self._woken)
        self._process = process
        self._clock = clock
        self._stopped = stopped
        self._restart = restart
        self._ended = False
        self._frames = protocol.FrameReader()
        self._wake: asyncio.Handle | None = None  # what will end the present wait

    async def start(self) -> None:
        self._process.socket.setblocking(False)
        await asyncio.get_running_loop().connect_accepted_socket(lambda: self, self._process.socket)

    def end(self) -> str:
        """Cut the power; returns the console."""
        self._ended = True
        self._cancel_wake()
        self.board.power_off()
        self._transport.abort()
        return self._process.kill()

    def cpu_seconds(self) -> float:
        return self._process.cpu_seconds()

    # -- asyncio.Protocol --

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._frames.feed(data)
        for op, payload in self._frames:
            try:
                answer = self.board.handle(op, payload)
            except Restart:
                self.end()
                self._restart()
                return
            if answer is not None:
                self._reply(answer)
        # A wait is the last thing that the firmware says before it is answered.
        until = self.board.waiting_until
        if until is not None and until != FOREVER_US:
            self._wake = self._clock.call_later(until - self._clock.now_us, self._end_wait)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._ended:
            console = self.end()
            self._stopped(f"{console}bench: {exc!r}\n" if exc else console)

    # -- waits --

    def _woken(self) -> None:
        """Something has happened while the firmware waits; what else happens in this turn goes with it."""
        if not self._ended:
            self._cancel_wake()
            self._wake = asyncio.get_running_loop().call_soon(self._end_wait)

    def _end_wait(self) -> None:
        self._reply(self.board.take_events())

    def _cancel_wake(self) -> None:
        if self._wake:
            self._wake.cancel()

    def _reply(self, payload: bytes) -> None:
        self._transport.write(protocol.reply(self._clock.now_us, payload))


def _local_time() -> datetime:
    return datetime.now().astimezone().replace(tzinfo=None)
