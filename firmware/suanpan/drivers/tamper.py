"""The switch that the closed case holds shut: it joins its pin to ground, and the pull-up wins when it opens.

So a cut wire is an opened case too.
"""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import Pin


class Tamper:
    """`pin` is set up as Pin.IN and Pin.PULL_UP."""

    def __init__(self, pin: "Pin") -> None:
        self._pin = pin
        self._edge = asyncio.ThreadSafeFlag()
        pin.irq(handler=lambda _: self._edge.set(), trigger=pin.IRQ_RISING)

    def is_open(self) -> bool:
        return self._pin.value() == 1

    async def opened(self) -> None:
        """Wait until the case is open, or has been for a moment."""
        if not self.is_open():
            await self._edge.wait()
