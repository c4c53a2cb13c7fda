"""What the bench's part emulators are soldered to: clock, pins, UART lines, I2C and SPI.

A part knows nothing of sockets or of the firmware: it is handed one of these and speaks the real part's
protocol over it, at the real part's level (pins, characters, bus transactions). Time is in microseconds of
the bench's clock, which is virtual in a scripted run and real in an interactive one.

A part that has a state has `attach`, called at each power-on with what it is wired to, and `power_off`; both
leave it in the state that a real part has then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """The only clock a part may look at."""

    @property
    def now_us(self) -> int: ...

    def call_later(self, delay_us: int, action: Callable[[], None]) -> Timer: ...

    def busy(self, duration_us: int) -> None:
        """The board is held up for so long by a bus or the flash."""


class UartLine(Protocol):
    """A part's end of a serial line. Bytes sent arrive paced by the baud rate the board has set."""

    def send(self, data: bytes) -> None: ...


class Part(Protocol):
    def power_off(self) -> None: ...


class UartPart(Part, Protocol):
    def attach(self, line: UartLine, clock: Clock) -> None: ...

    def receive(self, data: bytes) -> None:
        """Bytes from the board, called when the last of them has crossed the line."""


class BoardUart(Protocol):
    """The board's end of a serial line."""

    def configure(self, baudrate: int, bits: int, parity: int, stop: int) -> None:
        """`parity`: 0 none, 2 even, 3 odd."""

    def write(self, data: bytes) -> None: ...

    def busy_us(self) -> int: ...

    def power_off(self) -> None: ...


@runtime_checkable
class BringsLine(Part, Protocol):
    """A part on a UART whose line is not one wire for each direction: it makes the board's end of it, too."""

    def line(self, clock: Clock, deliver: Callable[[bytes], None]) -> BoardUart: ...


class I2cPart(Part, Protocol):
    address: int  # 7 bit

    def attach(self, clock: Clock) -> None: ...

    def write(self, data: bytes) -> int:
        """One write transaction after the address; how many bytes were acknowledged, -1: not even the address."""

    def read(self, count: int) -> bytes:
        """As many bytes, or none if the address was not acknowledged."""


@runtime_checkable
class WakesOnSda(Protocol):
    """An I2C part that something else than its address wakes."""

    def sda_low(self, duration_us: int) -> None: ...


class SpiPart(Part, Protocol):
    select: int  # the GPIO that selects it, active low

    def attach(self, clock: Clock) -> None: ...

    def transfer(self, data: bytes) -> bytes:
        """Full duplex: as many bytes out as in."""


class Pins(Protocol):
    """The board's GPIOs as a part sees them: 0, 1, or None where nobody drives."""

    def driven(self, pin: int) -> int | None:
        """What the board drives onto `pin` (None: an input, or an open-drain output at 1)."""

    def pull(self, pin: int) -> int | None:
        """The board's pull resistor on `pin`: 1 up, 0 down, None none."""

    def changed(self, pin: int) -> None:
        """The part says that the level it puts on `pin` may have changed; edges and interrupts follow."""


class PinPart(Part, Protocol):
    pins: tuple[int, ...]  # every GPIO that the part is wired to

    def attach(self, pins: Pins, clock: Clock) -> None: ...

    def level(self, pin: int) -> int | None:
        """The level the part puts on `pin` now, None where it leaves it floating."""

    def driven(self, pin: int) -> None:
        """The board's drive of `pin` has changed."""


class PwmPart(Part, Protocol):
    def attach(self, clock: Clock) -> None: ...

    def pwm(self, frequency: int, duty_u16: int) -> None: ...


class AdcPart(Protocol):
    def microvolts(self) -> int: ...
