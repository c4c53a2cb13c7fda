"""The switch that a closed case holds shut, between its pin and ground."""

from __future__ import annotations

from host_tools.bench.bus import Clock, Pins


class TamperSwitch:
    def __init__(self, pin: int) -> None:
        self.pins: tuple[int, ...] = (pin,)
        self._open = False  # a case stays as it is when the power goes
        self._wires: Pins | None = None

    def attach(self, pins: Pins, clock: Clock) -> None:
        self._wires = pins

    def power_off(self) -> None:
        self._wires = None

    def open_case(self) -> None:
        self._set(True)

    def close_case(self) -> None:
        self._set(False)

    def level(self, pin: int) -> int | None:
        return None if self._open else 0

    def driven(self, pin: int) -> None:
        """A switch does not notice."""

    def _set(self, is_open: bool) -> None:
        self._open = is_open
        if self._wires is not None:
            self._wires.changed(self.pins[0])
