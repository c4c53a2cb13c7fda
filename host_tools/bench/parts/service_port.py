"""The workshop's end of the service line: bytes both ways, for whoever plugs in."""

from __future__ import annotations

from host_tools.bench.bus import Clock, UartLine


class ServicePort:
    def __init__(self) -> None:
        self.heard = bytearray()  # from the terminal, for the workshop to take
        self._line: UartLine | None = None

    def attach(self, line: UartLine, clock: Clock) -> None:
        self._line = line

    def power_off(self) -> None:
        self._line = None

    def receive(self, data: bytes) -> None:
        self.heard += data

    def send(self, data: bytes) -> None:
        if self._line is not None:
            self._line.send(data)
