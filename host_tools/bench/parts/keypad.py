"""4x4 matrix keypad: sixteen bare switches between four row wires and four column wires.

No diodes: a press of three corners of a rectangle connects the fourth too (ghosting). Contacts bounce.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from host_tools.bench.bus import Clock, Pins, Timer

# Row by row, as the caps are printed: 1 2 3 取消 / 4 5 6 清除 / 7 8 9 菜单 / ↑ 0 ↓ 确认.
LEGEND = (
    ("1", "2", "3", "cancel"),
    ("4", "5", "6", "clear"),
    ("7", "8", "9", "menu"),
    ("up", "0", "down", "enter"),
)

# Dome and tact switches are given at 5 to 10 ms of bounce at most; most settle in one or two.
_BOUNCES = 6
_LONGEST_BOUNCE_US = 900


class Keypad:
    def __init__(self, rows: Sequence[int], columns: Sequence[int], bounce: random.Random) -> None:
        """`rows` and `columns` are GPIOs in the order of LEGEND; `bounce` is the chatter's own generator."""
        self.pins = (*rows, *columns)
        self._switches = {name: (rows[y], columns[x]) for y, row in enumerate(LEGEND) for x, name in enumerate(row)}
        self._bounce = bounce
        self._held: set[str] = set()  # by a finger
        self._closed: set[str] = set()  # contacts touching at this instant
        self._settling: dict[str, Timer] = {}
        self._pins: Pins | None = None
        self._clock: Clock | None = None

    def attach(self, pins: Pins, clock: Clock) -> None:
        self._pins = pins
        self._clock = clock

    def power_off(self) -> None:
        """A switch knows no power: what a finger holds down stays closed."""
        for timer in self._settling.values():
            timer.cancel()
        self._settling.clear()
        self._closed = set(self._held)
        self._pins = None
        self._clock = None

    def press(self, name: str) -> None:
        if self._switches[name] and name not in self._held:
            self._held.add(name)
            self._chatter(name)

    def release(self, name: str) -> None:
        if name in self._held:
            self._held.remove(name)
            self._chatter(name)

    def level(self, pin: int) -> int | None:
        """What reaches `pin` through closed switches from wires that the board drives: low wins."""
        if self._pins is None or not self._closed:
            return None
        levels = {self._pins.driven(wire) for wire in self._connected(pin) if wire != pin}
        return 0 if 0 in levels else 1 if 1 in levels else None

    def driven(self, pin: int) -> None:
        if self._pins is not None and self._closed:
            for wire in self._connected(pin) - {pin}:
                self._pins.changed(wire)

    def _connected(self, pin: int) -> set[int]:
        """Every wire that is one with `pin` through closed switches, itself included."""
        wires = {pin}
        switches = [self._switches[name] for name in self._closed]
        reached = 0
        while len(wires) != reached:
            reached = len(wires)
            for switch in switches:
                if not wires.isdisjoint(switch):
                    wires.update(switch)
        return wires

    def _chatter(self, name: str) -> None:
        """Sets the contact on its way to where the finger wants it, through an odd number of changes."""
        if timer := self._settling.pop(name, None):
            timer.cancel()
        if self._clock is None:
            self._closed = set(self._held)
            return
        if (name in self._closed) != (name in self._held):
            self._flip(name, 2 * self._bounce.randrange(_BOUNCES // 2 + 1))

    def _flip(self, name: str, bounces: int) -> None:
        """Opens or closes a contact now, and `bounces` times more within the next milliseconds."""
        wires = self._connected(self._switches[name][0]) | self._connected(self._switches[name][1])
        self._closed ^= {name}
        if bounces and self._clock is not None:
            delay_us = self._bounce.randint(50, _LONGEST_BOUNCE_US)
            self._settling[name] = self._clock.call_later(delay_us, lambda: self._flip(name, bounces - 1))
        else:
            self._settling.pop(name, None)
        if self._pins is not None:
            for wire in sorted(wires):
                self._pins.changed(wire)
