"""The matrix keypad behind a PCF8574, eight pins on I2C (NXP, data sheet PCF8574_PCF8574A).

A pin that is written 1 is pulled up weakly and can be read; one that is written 0 is held low. So rows at rest are low
and columns are read, as on GPIOs. INT falls when a pin that is read has changed since it was last looked at.
"""

import asyncio

from micropython import const

from suanpan.drivers.keypad import Keypad

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from machine import I2C, Pin

_HEARTBEAT_MS = const(2000)  # how long an expander that has missed a word stays deaf
_ALL_HIGH = const(0xFF)


class Pcf8574Keypad(Keypad):
    """`irq` is its INT line, set up as Pin.IN and Pin.PULL_UP; `rows` and `columns` are numbers of its pins.

    An expander that does not answer is a keypad that nobody touches: `answers` tells the two apart.
    """

    def __init__(
        self,
        i2c: "I2C",
        irq: "Pin",
        legend: "tuple[str, ...]",
        random: "Callable[[int], bytes]",
        address: int = 0x20,
        rows: "tuple[int, ...]" = (0, 1, 2, 3),
        columns: "tuple[int, ...]" = (4, 5, 6, 7),
    ) -> None:
        super().__init__((), (), legend, random)
        self._i2c = i2c
        self._address = address
        self._irq = irq
        self._row_bits = bytes(1 << row for row in rows)
        self._column_bits = bytes(1 << column for column in columns)
        self._all_columns = sum(self._column_bits)
        self._order = bytearray(range(len(rows)))
        self._port = bytearray(1)

    def answers(self) -> bool:
        try:
            self._i2c.readfrom_into(self._address, self._port)
        except OSError:
            return False
        return True

    def _listen(self) -> None:
        self._irq.irq(handler=self._on_edge, trigger=self._irq.IRQ_FALLING)

    async def _until(self, touched: bool) -> None:
        while self._touched() != touched:
            try:
                await asyncio.wait_for_ms(self._edge.wait(), _HEARTBEAT_MS)
            except asyncio.TimeoutError:
                self._rest()

    def _rest(self) -> None:
        self._write(self._all_columns)

    def _touched(self) -> bool:
        return self._read() & self._all_columns != self._all_columns

    def _scan(self) -> int:
        if self.scrambled:
            self._shuffle()
        columns = self._column_bits
        down = 0
        for r in self._order:
            self._write(_ALL_HIGH ^ self._row_bits[r])
            port = self._read()
            bit = 1 << r * len(columns)
            for column in columns:
                if not port & column:
                    down |= bit
                bit <<= 1
        self._rest()
        return down

    def _write(self, port: int) -> None:
        self._port[0] = port
        try:
            self._i2c.writeto(self._address, self._port)
        except OSError:
            return

    def _read(self) -> int:
        return self._port[0] if self.answers() else _ALL_HIGH
