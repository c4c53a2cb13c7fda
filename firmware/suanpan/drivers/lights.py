"""The four contactless lights (EMV contactless Book A), each an LED on an active-high GPIO."""

import asyncio

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import Pin

_IDLE_ON_MS = const(200)
_IDLE_PERIOD_MS = const(5000)


class Lights:
    """`pins` from left to right; all are dark until told otherwise."""

    def __init__(self, pins: "tuple[Pin, ...]") -> None:
        self._pins = pins
        self._blinking: asyncio.Task[None] | None = None

    def show(self, pattern: int) -> None:
        """Bit 0 is the first light: 0b0000 dark, 0b0001 ready for a card, 0b1111 the card may go."""
        if self._blinking:
            self._blinking.cancel()
            self._blinking = None
        self._set(pattern)

    def idle(self) -> None:
        """Blink the first light for 200 ms every 5 s, until `show` says otherwise."""
        self.show(0)
        self._blinking = asyncio.create_task(self._blink())

    async def _blink(self) -> None:
        while True:
            self._set(0b0001)
            await asyncio.sleep_ms(_IDLE_ON_MS)
            self._set(0)
            await asyncio.sleep_ms(_IDLE_PERIOD_MS - _IDLE_ON_MS)

    def _set(self, pattern: int) -> None:
        for pin in self._pins:
            pin.value(pattern & 1)
            pattern >>= 1
