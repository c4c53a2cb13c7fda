"""Chip-card slot: a front end of the TDA8024 or NCN8025 kind between the card's contacts and a UART and three pins.

CMDVCC (low) asks for power, RSTIN is the card's reset, OFF is low while there is no card, or where power was cut. The
front end itself keeps the order of the contacts (VCC, I/O, CLK, RST up; RST, CLK, I/O, VCC down), and takes the card
down within 100 us when it is pulled or shorts out. Its clock runs with the power; its divider is wired to the board.
"""

import asyncio

from micropython import const

from suanpan.drivers.iso7816_uart import Iso7816Uart
from suanpan.errors.chip import CardGone, SlotFault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import UART, Pin

_RESET_CLOCKS = const(40_000)  # EMV 4.3 Book 1, 6.1.3: RST low for 40,000 to 45,000
_REST_MS = const(10)  # without power, before there is power again


class ChipSlot:
    """`command_vcc` and `reset` are set up as Pin.OUT, at 1 and 0; `off` as Pin.IN: the front end pulls it up."""

    def __init__(self, uart: "UART", command_vcc: "Pin", reset: "Pin", off: "Pin", clock_hz: int) -> None:
        self.line = Iso7816Uart(uart, clock_hz, self.present, self._cut)
        self._command_vcc = command_vcc
        self._reset = reset
        self._off = off
        self._moved = asyncio.ThreadSafeFlag()
        off.irq(handler=lambda _: self._moved.set(), trigger=off.IRQ_FALLING | off.IRQ_RISING)

    def present(self) -> bool:
        """Whether a card is in; while it is under power, whether it still is."""
        return self._off.value() == 1

    async def inserted(self) -> None:
        """Wait, without limit, until a card is in."""
        while not self.present():
            await self._moved.wait()

    async def removed(self) -> None:
        """Wait, without limit, until no card is in."""
        while self.present():
            await self._moved.wait()

    async def cold_reset(self) -> None:
        """Power, and up to the edge that the card answers to. CardGone, SlotFault."""
        self.deactivate()
        await asyncio.sleep_ms(_REST_MS)
        if not self.present():
            raise CardGone
        self._command_vcc.value(0)
        await self._release()

    async def warm_reset(self) -> None:
        """The same under power."""
        self._reset.value(0)
        await self._release()

    def deactivate(self) -> None:
        """Power down, and forget what was said."""
        self._command_vcc.value(1)
        self._reset.value(0)
        self.line.wipe()

    async def _release(self) -> None:
        self.line.start()
        await asyncio.sleep_ms(self.line.clocks_ms(_RESET_CLOCKS))
        if not self.present():
            await self._cut()
        self._reset.value(1)

    async def _cut(self) -> None:
        """Power is off already; say why."""
        self.deactivate()
        await asyncio.sleep_ms(1)  # and then OFF tells again whether there is a card
        if self.present():
            raise SlotFault
        raise CardGone
