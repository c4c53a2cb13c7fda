"""One of the board's UARTs and the line to the part behind it: bytes take the time the baud rate gives them."""

from __future__ import annotations

from collections.abc import Callable

from host_tools.bench.bus import Clock, UartPart

# The ESP32's receiver hands over its FIFO in pieces, not byte by byte.
_FIFO = 16


class Uart:
    """Both ends of a serial line: `write` is the board's, `send` (bus.UartLine) the part's."""

    def __init__(self, part: UartPart, clock: Clock, deliver: Callable[[bytes], None]) -> None:
        self._part = part
        self._clock = clock
        self._deliver = deliver
        self._character_us = 0.0
        self._out_until = 0.0
        self._in_until = 0.0
        self._powered = True
        part.attach(self, clock)

    def configure(self, baudrate: int, bits: int, parity: int, stop: int) -> None:
        self._character_us = 1_000_000 * (1 + bits + (parity != 0) + stop) / baudrate

    def write(self, data: bytes) -> None:
        start = max(self._clock.now_us, self._out_until)
        self._out_until = start + len(data) * self._character_us
        self._clock.call_later(round(self._out_until) - self._clock.now_us, lambda: self._arrive(data))

    def power_off(self) -> None:
        """What is on its way is lost, in both directions."""
        self._powered = False

    def _arrive(self, data: bytes) -> None:
        if self._powered:
            self._part.receive(data)

    def busy_us(self) -> int:
        """How long until the last byte written has left."""
        return max(0, round(self._out_until) - self._clock.now_us)

    def send(self, data: bytes) -> None:
        if not self._character_us:
            return  # the board has not opened the port: nobody listens
        for start in range(0, len(data), _FIFO):
            piece = data[start : start + _FIFO]
            self._in_until = max(self._clock.now_us, self._in_until) + len(piece) * self._character_us
            delay = round(self._in_until) - self._clock.now_us
            self._clock.call_later(delay, lambda piece=piece: self._deliver(piece))  # type: ignore[misc]
