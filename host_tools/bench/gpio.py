"""The board's GPIO pins: what the board drives, what the parts drive, and the edges that wake it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from host_tools.bench.bus import Clock, PinPart

# machine.Pin of the ESP32 port
_OUT = 3
_OPEN_DRAIN = 7
_PULL_DOWN = 1
_PULL_UP = 2
_RISING = 1
_FALLING = 2
PIN_COUNT = 64
_PULLED = {_PULL_UP: 1, _PULL_DOWN: 0}


@dataclass
class _Pin:
    mode: int = 0
    resistor: int = 0
    latch: int = 0
    trigger: int = 0
    seen: int = 0  # level at the last look, for edges
    parts: list[PinPart] = field(default_factory=list)


class Gpio:
    def __init__(self, edge: Callable[[int, int], None], record: Callable[[str, str, bytes], None]) -> None:
        self._edge = edge
        self._record = record
        self._pins = [_Pin() for _ in range(PIN_COUNT)]
        self._wired: list[int] = []

    def connect(self, part: PinPart, clock: Clock) -> None:
        for pin in part.pins:
            self._pins[pin].parts.append(part)
        self._wired = [pin for pin, state in enumerate(self._pins) if state.parts]
        part.attach(self, clock)

    # -- the parts' side --

    def driven(self, pin: int) -> int | None:
        state = self._pins[pin]
        if state.mode == _OUT or (state.mode == _OPEN_DRAIN and state.latch == 0):
            return state.latch
        return None

    def pull(self, pin: int) -> int | None:
        return _PULLED.get(self._pins[pin].resistor)

    def changed(self, pin: int) -> None:
        state = self._pins[pin]
        level = self.level(pin)
        if level == state.seen:
            return
        state.seen = level
        self._record(f"pin {pin}", "in", bytes([level]))
        if state.trigger & (_RISING if level else _FALLING):
            self._edge(pin, level)

    # -- the board's side --

    def configure(self, pin: int, mode: int, resistor: int) -> None:
        self._pins[pin].mode = mode
        self._pins[pin].resistor = resistor
        self._drive(pin)

    def write(self, pin: int, level: int) -> None:
        self._pins[pin].latch = level
        self._drive(pin)

    def watch(self, pin: int, trigger: int) -> None:
        self._pins[pin].trigger = trigger
        self._pins[pin].seen = self.level(pin)

    def level(self, pin: int) -> int:
        state = self._pins[pin]
        if state.mode == _OUT or (state.mode == _OPEN_DRAIN and not state.latch):
            return state.latch
        found = None
        for part in state.parts:  # low wins
            level = part.level(pin)
            if level is not None and (found is None or level < found):
                found = level
        return _PULLED.get(state.resistor, 0) if found is None else found

    def levels(self) -> bytes:
        """All pins as the board reads them, a bit each, pin 0 lowest."""
        bits = 0
        for pin in self._wired:
            bits |= self.level(pin) << pin
        return bits.to_bytes(PIN_COUNT // 8, "little")

    def _drive(self, pin: int) -> None:
        driven = self.driven(pin)
        self._record(f"pin {pin}", "out", b"z" if driven is None else bytes([driven]))
        for part in self._pins[pin].parts:
            part.driven(pin)
