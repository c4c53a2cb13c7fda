"""Thermal receipt printer on a UART: ESC/POS, 384 dots (or 576), GB 18030, cutter, paper and cover sensors.

It prints line by line at 60 mm/s. What arrives meanwhile waits in a receive buffer of 4 KB; what does not fit
is lost, since the UART has no handshake lines. Without paper, with the cover open, with a head that is too hot or a
cutter that is stuck the printer is offline: the buffer stands still, and only real-time (DLE EOT) and automatic status
(GS a) are sent. A hot head cools down and goes on by itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from host_tools.bench.bus import Clock, Timer, UartLine
from host_tools.bench.parts.escpos import Command, Decoder, Item
from host_tools.bench.parts.paper import WIDTH_DOTS, Print, Slip
from host_tools.bench.parts.typesetter import BLADE_DOTS, Cut, Typesetter

BUFFER_SIZE = 4096
DOTS_PER_MM = 8
DOTS_PER_SECOND = 60 * DOTS_PER_MM
ROLL_MM = 30_000
NEAR_END_MM = 3_000  # what is left on a roll whose side the near-end sensor sees past

_REAL_TIME_STATUS = b"\x10\x04"


class Printer:
    def __init__(self, roll_mm: int = ROLL_MM, changed: Callable[[], None] | None = None) -> None:
        """`changed` is called when paper has moved, was cut, ran out or was loaded, and for the cover."""
        self.changed = changed
        self.width_dots = WIDTH_DOTS  # of its print head, from the next power-on on
        self.slips: list[Slip] = []  # cut off, oldest first
        self.paper = Slip()  # still in the printer
        self.faults: list[str] = []  # commands the printer does not know, and what it could not print
        self.cover_open = False
        self.cutter_stuck = False
        self._cooling: Timer | None = None
        self._roll_dots = roll_mm * DOTS_PER_MM
        self._line: UartLine | None = None
        self._clock: Clock | None = None
        self._moving: Timer | None = None
        self.power_off()

    def attach(self, line: UartLine, clock: Clock) -> None:
        self.power_off()
        self._line = line
        self._clock = clock

    def power_off(self) -> None:
        """What is on paper stays; what was still to be printed is gone."""
        if self._moving is not None:
            self._moving.cancel()
        self._moving = None
        if self._cooling is not None:
            self._cooling.cancel()
        self._cooling = None
        self._line = None
        self._buffer = bytearray()
        self._last_bytes = b""
        self._decoder = Decoder()
        self._typesetter = Typesetter(self.faults, self.width_dots)
        self._queue: deque[Print | Cut] = deque()
        self._selected = True  # ESC =
        self._automatic = 0  # GS a: which changes are reported by themselves
        self._reported: list[int] | None = None

    # -- what a person can see and do --

    @property
    def online(self) -> bool:
        return not (self.out_of_paper or self.cover_open or self.hot or self.cutter_stuck)

    @property
    def out_of_paper(self) -> bool:
        return self._roll_dots <= 0

    @property
    def near_end(self) -> bool:
        return self._roll_dots < NEAR_END_MM * DOTS_PER_MM

    @property
    def hot(self) -> bool:
        return self._cooling is not None

    @property
    def density(self) -> int:
        """-6 (light) to 6 (dark), as GS ( K has set it."""
        return self._typesetter.density

    @property
    def busy(self) -> bool:
        """Printing, or with something left to print."""
        return self._moving is not None or bool(self._queue) or bool(self._buffer)

    def paper_out(self) -> None:
        self._roll_dots = 0
        self._sensors_changed()

    def load_paper(self, roll_mm: int = ROLL_MM) -> None:
        self._roll_dots = roll_mm * DOTS_PER_MM
        self._sensors_changed()

    def open_cover(self) -> None:
        self.cover_open = True
        self._sensors_changed()

    def close_cover(self) -> None:
        self.cover_open = False
        self._sensors_changed()

    def overheat(self, seconds: float) -> None:
        """So much black in a row that the head has to cool down for that long."""
        if self._clock is None:
            return
        if self._cooling is not None:
            self._cooling.cancel()
        self._cooling = self._clock.call_later(round(seconds * 1e6), self._cooled)
        self._sensors_changed()

    def _cooled(self) -> None:
        self._cooling = None
        self._sensors_changed()

    def jam_cutter(self) -> None:
        self.cutter_stuck = True
        self._sensors_changed()

    def free_cutter(self) -> None:
        self.cutter_stuck = False
        self._sensors_changed()

    # -- the wire --

    def receive(self, data: bytes) -> None:
        self._answer_real_time(data)
        room = BUFFER_SIZE - len(self._buffer)
        if len(data) > room:
            self.faults.append(f"receive buffer full, {len(data) - room} bytes lost")
        self._buffer += data[:room]
        self._run()

    def _answer_real_time(self, data: bytes) -> None:
        """DLE EOT n is answered as it arrives, whatever is going on, even within another command's data."""
        seen = self._last_bytes + data
        self._last_bytes = seen[-2:]
        at = seen.find(_REAL_TIME_STATUS)
        while 0 <= at < len(seen) - 2:
            if 1 <= seen[at + 2] <= 4:
                self._send([self._real_time_status(seen[at + 2])])
            at = seen.find(_REAL_TIME_STATUS, at + 1)

    def _real_time_status(self, n: int) -> int:
        """1 printer, 2 why it is offline, 3 errors, 4 paper; bits 1 and 4 mark the byte as such."""
        match n:
            case 1:
                return 0x12 | 0x08 * (not self.online)
            case 2:
                fault = self.hot or self.cutter_stuck
                return 0x12 | 0x04 * self.cover_open | 0x20 * self.out_of_paper | 0x40 * fault
            case 3:
                return 0x12 | 0x08 * self.cutter_stuck | 0x40 * self.hot
            case 4:
                return 0x12 | 0x0C * self.near_end | 0x60 * self.out_of_paper
            case _:
                return 0x12

    def _report(self) -> None:
        """Sends the automatic status's four bytes when what the board asked for in them is new."""
        status = [
            0x10 | 0x08 * (not self.online) | 0x20 * self.cover_open,
            0x08 * self.cutter_stuck | 0x40 * self.hot,
            0x03 * self.near_end | 0x0C * self.out_of_paper,
            0,
        ]
        watched = [value * (self._automatic >> bit & 1) for value, bit in zip(status, (1, 2, 3, 0), strict=True)]
        if self._automatic and watched != self._reported:
            self._reported = watched
            self._send(status)

    def _send(self, data: list[int]) -> None:
        if self._line is not None:
            self._line.send(bytes(data))

    # -- the mechanism --

    def _run(self) -> None:
        """Obeys what is in the buffer until paper has to move, or cannot."""
        while self._moving is None and self.online and (self._queue or self._buffer):
            if self._queue:
                self._start(self._queue.popleft())
            elif (item := self._decoder.feed(self._buffer.pop(0))) is not None:
                self._obey(item)

    def _obey(self, item: Item) -> None:
        name, n = (item.name, item.data[0] if item.data else 0) if isinstance(item, Command) else ("", 0)
        if name == "ESC =":
            self._selected = bool(n & 1)
        elif not self._selected or name == "DLE \x04":  # answered when it came
            return
        elif name == "GS r" and n in (1, 49):
            self._send([0x03 * self.near_end])  # it has some paper, or this would not be its turn
        elif name == "GS r" and n in (2, 50):
            self._send([0])  # no drawer
        elif name == "GS a":
            self._automatic = n
            self._reported = None
            self._report()
        elif name in ("FS &", "FS ."):
            self._decoder.chinese = name == "FS &"
        elif name == "ESC @":
            self._decoder.chinese = True
            self._automatic = 0
            self._typesetter.reset()
        else:
            self._queue.extend(self._typesetter.set(item))

    def _start(self, item: Print | Cut) -> None:
        if isinstance(item, Cut):
            self._cut()
        elif self._clock is not None:
            delay_us = item.advance * 1_000_000 // DOTS_PER_SECOND
            self._moving = self._clock.call_later(delay_us, lambda: self._printed(item))

    def _printed(self, item: Print) -> None:
        self._moving = None
        self.paper.prints.append(item)
        self._roll_dots -= item.advance
        self._sensors_changed()

    def _cut(self) -> None:
        if any(item.height for item in self.paper.prints) and self.paper.feed_dots < BLADE_DOTS:
            self.faults.append("cut through the last lines: feed first")
        self.slips.append(self.paper)
        self.paper = Slip()
        if self.changed is not None:
            self.changed()

    def _sensors_changed(self) -> None:
        self._report()
        if self.changed is not None:
            self.changed()
        self._run()
