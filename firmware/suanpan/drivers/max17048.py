"""MAX17048 battery gauge on I2C (Maxim, data sheet 19-6171): it models the cell, so its percentage is to be trusted.

It has the methods of a Battery. Its registers are of 16 bits, the higher byte first.
"""

from micropython import const

from suanpan.errors.gauge import GaugeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import I2C

_VCELL = const(0x02)  # 78.125 uV
_SOC = const(0x04)  # 1/256 %
_VERSION = const(0x08)
_CRATE = const(0x16)  # 0.208 % an hour, signed


class Max17048:
    """GaugeError where it does not answer, and in the first 20 ms of a cell that was put in."""

    def __init__(self, i2c: "I2C", address: int = 0x36) -> None:
        self._i2c = i2c
        self._address = address
        self._data = bytearray(2)

    def found(self) -> bool:
        """Whether the part at this address is one."""
        return self._get(_VERSION) & 0xFFF0 == 0x0010

    def millivolts(self) -> int:
        volts = self._get(_VCELL)
        if not volts:
            raise GaugeError
        return volts * 625 // 8000

    def percent(self) -> int:
        """Charge that is left, 0 to 100; the gauge itself goes on counting above that."""
        return min(100, (self._get(_SOC) + 128) >> 8)

    def percent_per_hour(self) -> int:
        """Above zero while the cell is charged, below while it is used."""
        rate = self._get(_CRATE)
        if rate & 0x8000:
            return -((0x10000 - rate) * 208 // 1000)
        return rate * 208 // 1000

    def _get(self, register: int) -> int:
        try:
            self._i2c.readfrom_mem_into(self._address, register, self._data)
        except OSError:
            raise GaugeError from None
        return self._data[0] << 8 | self._data[1]
