"""DS3231 calendar on I2C, with a crystal and a cell of its own (Maxim, data sheet 19-5170).

It is asked and set as machine.RTC is. What it counts is the time of this century, in 24 hours and BCD.
"""

from micropython import const

from suanpan.errors.clock import ClockError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import I2C

_SECONDS = const(0x00)  # and minutes, hours, day of the week, day, month, year
_CONTROL = const(0x0E)
_STATUS = const(0x0F)

_TIME_SIZE = const(7)
_INTERRUPTS_ONLY = const(0x04)  # no square wave; the oscillator runs on the cell, too
_STOPPED = const(0x80)  # OSF, in the status


class Ds3231:
    """ClockError where it does not answer, or answers what is no date and time."""

    def __init__(self, i2c: "I2C", address: int = 0x68) -> None:
        self._i2c = i2c
        self._address = address
        self._data = bytearray(1 + _TIME_SIZE)
        self._time = memoryview(self._data)[1:]
        self._one = memoryview(self._data)[:1]
        self._two = memoryview(self._data)[:2]

    def datetime(self, value: "tuple[int, ...] | None" = None) -> "tuple[int, ...]":
        """(year, month, day, weekday, hours, minutes, seconds, 0); 0 is Monday. With a value, it is set to that."""
        if value is not None:
            self._set(value)
            return value
        time = self._time
        try:
            self._i2c.readfrom_mem_into(self._address, _SECONDS, time)
        except OSError:
            raise ClockError from None
        if time[2] & 0x40:  # somebody has set it to twelve hours
            hour = self._number(2, 0x1F, 1, 12) % 12 + (12 if time[2] & 0x20 else 0)
        else:
            hour = self._number(2, 0x3F, 0, 23)
        year = 2000 + self._number(6, 0xFF, 0, 99)
        month = self._number(5, 0x1F, 1, 12)
        day = self._number(4, 0x3F, 1, _days(year, month))
        minute, second = self._number(1, 0x7F, 0, 59), self._number(0, 0x7F, 0, 59)
        return year, month, day, _weekday(year, month, day), hour, minute, second, 0

    def lost(self) -> bool:
        """Whether it has stood still since it was set, for want of a cell: its time is not to be trusted."""
        return self._get(_STATUS) & _STOPPED != 0

    def _set(self, value: "tuple[int, ...]") -> None:
        year, month, day = value[:3]
        hour, minute, second = value[4:7]
        data = self._data
        data[0] = _SECONDS
        data[1] = _bcd(second)
        data[2] = _bcd(minute)
        data[3] = _bcd(hour)
        data[4] = _weekday(year, month, day) + 1
        data[5] = _bcd(day)
        data[6] = _bcd(month)
        data[7] = _bcd(year % 100)
        self._send(data)
        self._put(_CONTROL, _INTERRUPTS_ONLY)
        self._put(_STATUS, self._get(_STATUS) & ~_STOPPED)  # its alarms' flags may be written as they are

    def _number(self, at: int, mask: int, least: int, most: int) -> int:
        bcd = self._time[at] & mask
        value = (bcd >> 4) * 10 + (bcd & 15)
        if bcd & 15 > 9 or not least <= value <= most:
            raise ClockError
        return value

    def _get(self, register: int) -> int:
        try:
            self._i2c.readfrom_mem_into(self._address, register, self._one)
        except OSError:
            raise ClockError from None
        return self._data[0]

    def _put(self, register: int, value: int) -> None:
        self._data[0] = register
        self._data[1] = value
        self._send(self._two)

    def _send(self, data: "bytearray | memoryview") -> None:
        try:
            self._i2c.writeto(self._address, data)
        except OSError:
            raise ClockError from None


def _bcd(value: int) -> int:
    return value // 10 << 4 | value % 10


def _days(year: int, month: int) -> int:
    """Of a month, from 2000 to 2099."""
    if month == 2:
        return 28 if year % 4 else 29
    return 30 if month in (4, 6, 9, 11) else 31


def _weekday(year: int, month: int, day: int) -> int:
    """0 is Monday; the first of January 2000 was a Saturday."""
    days = (year - 2000) * 365 + (year - 1997) // 4 + day + 4
    for earlier in range(1, month):
        days += _days(year, earlier)
    return days % 7
