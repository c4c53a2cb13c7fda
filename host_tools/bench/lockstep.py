"""The scripted run: firmware, parts and host in lockstep on virtual time.

The firmware runs until it waits; then the clock jumps to the next thing that happens. The same script, seed, start
image and start date give the same bytes on every wire.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from random import Random

from host_tools.bench import protocol
from host_tools.bench.board import Board, RealTimeClock, Restart
from host_tools.bench.clock import VirtualClock
from host_tools.bench.flash import NorFlash, PowerCut
from host_tools.bench.network import Exchange, ScriptedWorld
from host_tools.bench.process import HEAP, MAIN, PINS, FirmwareDied, FirmwareProcess
from host_tools.bench.screen_reader import read_lines
from host_tools.bench.wiring import build

KEY_DOWN_US = 60_000
KEY_UP_US = 60_000


class BenchError(Exception):
    """The firmware died, or did not do in time what the script expected."""


class LockstepBench:
    """A terminal on the bench, driven by a script: press, swipe, expect, power off.

    Every method returns when what it says has been done and the firmware waits again. Times are virtual seconds.
    """

    def __init__(
        self,
        flash: Path,
        *,
        seed: int,
        start: datetime,
        nvs: dict[str, bytes],
        hosts: dict[str, Callable[[], Exchange | None]],
        heap: str = HEAP,
        measure_heap: bool = False,
        pins: Path = PINS,
        program: Sequence[str] = MAIN,
    ) -> None:
        self.clock = VirtualClock()
        self.parts = build(pins, Random(f"{seed} parts"))
        self._pins = pins
        self._program = program  # FROM_FLASH: what lies in `flash`
        self.flash = NorFlash(flash)
        self.nvs = nvs
        self.rtc = RealTimeClock(start)
        self.world_time = RealTimeClock(start)
        self.digest = hashlib.sha256()
        self.on_screen: list[Callable[[LockstepBench], None]] = []
        self.peak_heap = 0
        self.network_up = True
        self._random = Random(f"{seed} board")
        self._world = ScriptedWorld(self.clock, hosts)
        self._heap = heap
        self.measure_heap = measure_heap  # from the next power-on on
        self._process: FirmwareProcess | None = None
        self._board: Board | None = None
        self._frames = protocol.FrameReader()
        self._glass = 0  # counts the changes of what the display shows
        self._screen: tuple[int, list[str]] = (-1, [])
        self.parts.display.changed = self._glass_changed

    # -- what a script does --

    def power_on(self) -> None:
        self._frames = protocol.FrameReader()
        try:
            self._process = FirmwareProcess(
                self.flash.image_file,
                heap=self._heap,
                measure_heap=self.measure_heap,
                pins=self._pins,
                program=self._program,
            )
        except FirmwareDied as problem:
            raise BenchError(f"the firmware has stopped:\n{problem}") from None
        try:
            self._board = Board(
                self.clock, self.parts, self.flash, self.nvs, self.rtc, self._random, self._world, self._record
            )
        except PowerCut:  # in the boot loader
            self._process.kill()
            self._process = None
            raise
        self._board.network.up = self.network_up
        self._run_firmware()

    def power_off(self) -> None:
        """Cut the power at this instant: RAM is gone, flash, NVS and the battery-backed clock stay."""
        self._running_board().power_off()
        assert self._process
        self._process.kill()
        self._process = self._board = None
        self.parts.power_off()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.parts.keypad.press(key)
            self.run(KEY_DOWN_US / 1e6)
            self.parts.keypad.release(key)
            self.run(KEY_UP_US / 1e6)

    def type(self, digits: str) -> None:
        self.press(*digits)

    def network(self, up: bool) -> None:
        self.network_up = up
        if self._board:
            self._board.network.up = up

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        end = self.clock.now_us + round(seconds * 1e6)
        while self.clock.now_us < end:
            self._step(end)

    def until(self, condition: Callable[[], bool], what: str, timeout: float = 60) -> None:
        """Let time pass until `condition` holds while the firmware waits."""
        end = self.clock.now_us + round(timeout * 1e6)
        while not condition():
            if self.clock.now_us >= end:
                screen = "\n".join(f"    |{line}" for line in self.screen())
                raise BenchError(f"no {what} within {timeout:g} s; the screen says:\n{screen}")
            self._step(end)

    def expect(self, *texts: str, timeout: float = 60) -> None:
        """Wait until all `texts` can be read on the display."""
        self.until(lambda: all(self.shows(text) for text in texts), f"{texts}", timeout)

    def shows(self, text: str) -> bool:
        return any(text in line for line in self.screen())

    def screen(self) -> list[str]:
        """What a person reads on the glass, line by line."""
        if self._screen[0] != self._glass:
            self._screen = (self._glass, read_lines(self.parts.display.pixels()))
        return self._screen[1]

    def now(self) -> datetime:
        """The world's own time, which the host keeps too."""
        return self.world_time.now(self.clock.now_us)

    @property
    def heap_now(self) -> int:
        """Bytes alive in the firmware's heap at its last wait, when measured."""
        return self._running_board().heap

    def console(self) -> str:
        """What the firmware has printed since power-on: nothing, as a rule."""
        if self._process is None:
            raise BenchError("the terminal is switched off")
        return self._process.console()

    @property
    def pid(self) -> int:
        """Of the firmware's process, for those who want to look into it."""
        if self._process is None:
            raise BenchError("the terminal is switched off")
        return self._process.pid

    def firmware_cpu(self) -> float:
        """Seconds of processor time that the firmware has used since power-on."""
        if self._process is None:
            raise BenchError("the terminal is switched off")
        return self._process.cpu_seconds()

    def close(self) -> None:
        if self._process:
            self.power_off()
        self.flash.close()

    def __enter__(self) -> LockstepBench:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- the lockstep itself --

    def _running_board(self) -> Board:
        if self._board is None:
            raise BenchError("the terminal is switched off")
        return self._board

    def _step(self, end_us: int) -> None:
        """Jump to the next thing that happens, at most to `end_us`; let the firmware answer it."""
        board = self._board
        happens = board is not None and board.has_events
        if not happens:
            until, alarm = end_us, self.clock.next_us()
            if board and board.waiting_until is not None and board.waiting_until < until:
                until = board.waiting_until
            if alarm is not None and alarm <= until:
                until, happens = alarm, True
            self.clock.advance_to(until)
        if board and board.due:
            events = board.take_events()
            # Where nothing but time has passed, a script that looks now sees what it saw before: the board may go on.
            quiet_us = 0 if happens else min(end_us, self.clock.next_us() or end_us) - self.clock.now_us
            self._reply(events, quiet_us)
            self._run_firmware()

    def _run_firmware(self) -> None:
        """Answer the firmware's questions until it waits."""
        assert self._process and self._board
        before = self._glass
        while self._board.waiting_until is None:
            for op, payload in self._frames:
                try:
                    answer = self._board.handle(op, payload)
                except PowerCut:
                    self.power_off()
                    raise
                except Restart:
                    self._restart()
                    return
                if answer is not None:
                    self._reply(answer)
            if self._board.waiting_until is None:
                data = self._process.socket.recv(65536)
                if not data:
                    console = self._process.kill()
                    self._process = self._board = None
                    raise BenchError(f"the firmware has stopped:\n{console}")
                self._frames.feed(data)
        self.peak_heap = max(self.peak_heap, self._board.heap)
        if self._glass != before:
            for action in self.on_screen:
                action(self)

    def _restart(self) -> None:
        """The chip alone begins anew: what its parts hold, they hold."""
        assert self._process
        self._running_board().power_off()
        self._process.kill()
        self._process = self._board = None
        self.power_on()

    def _reply(self, payload: bytes, quiet_us: int = 0) -> None:
        assert self._process
        self._process.socket.sendall(protocol.reply(self.clock.now_us, payload, quiet_us))

    def _glass_changed(self) -> None:
        self._glass += 1

    def _record(self, now_us: int, wire: str, direction: str, data: bytes) -> None:
        self.digest.update(f"{now_us} {wire} {direction} {data.hex()}\n".encode())
