"""DS3231 calendar on I2C (Maxim, data sheet 19-5170): time, two alarms, temperature, and a cell that keeps it going.

Registers 00 to 12; a read or write counts up and goes on at 00 behind the last. The time is taken over at the start of
a read, so that it does not change in the middle. What is written counts once the write has ended, the seconds from then
on. The alarms set their flags, but no pin hangs on INT/SQW here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from host_tools.bench.bus import Clock

_SIZE = 0x13
_ALARM1, _ALARM2, _CONTROL, _STATUS, _AGING, _TEMPERATURE = 0x07, 0x0B, 0x0E, 0x0F, 0x10, 0x11
_EOSC, _CONV, _INTCN = 0x80, 0x20, 0x04
_OSF, _BSY, _A2F, _A1F = 0x80, 0x04, 0x02, 0x01
_CONVERSION_US = 125_000  # 200 ms at most
_DAWN = datetime(2000, 1, 1)


class Ds3231:
    address = 0x68

    def __init__(self, celsius: float = 25.0) -> None:
        self.celsius = celsius
        self.cell = True
        self.workshop_time: datetime | None = None  # what it was set to before it is first attached
        self.faults: list[str] = []  # dates and times that are none
        self._clock: Clock | None = None
        self._powered = False
        self._fresh()

    def _fresh(self) -> None:
        """As it is when the first power comes (data sheet, table 1 and its notes)."""
        self._registers = bytearray(_SIZE)
        self._registers[_CONTROL] = 0x1C
        self._registers[_STATUS] = 0x88
        self._epoch = _DAWN  # its time at `_epoch_us`
        self._epoch_us = self._clock.now_us if self._clock else 0
        self._stopped_us: int | None = None
        self._weekday_offset = 0  # what it calls the day is whoever sets it's to say
        self._twelve = False
        self._century = 0
        self._looked = _DAWN
        self._pointer = 0
        self._converting_until = -1

    def attach(self, clock: Clock) -> None:
        first = self._clock is None
        self._clock = clock
        self._powered = True
        if first:
            self._fresh()
            if self.workshop_time:
                self._epoch = self._looked = self.workshop_time
                self._registers[_STATUS] &= ~_OSF
        elif self._stopped_us is not None:
            self._epoch_us += clock.now_us - self._stopped_us
            self._stopped_us = None

    def power_off(self) -> None:
        """Its cell takes over; where there is none, or its oscillator is not to run on it, it stops."""
        self._powered = False
        if self._clock and (not self.cell or self._registers[_CONTROL] & _EOSC):
            self._stop()

    def remove_cell(self) -> None:
        """Without it, and without the board's power, it forgets everything."""
        self.cell = False
        if not self._powered and self._clock:
            self._fresh()
            self._stop()

    def insert_cell(self) -> None:
        self.cell = True

    @property
    def interrupt(self) -> bool:
        """What the INT/SQW pin would say."""
        self._see_alarms()
        flags = self._registers[_STATUS] & self._registers[_CONTROL]
        return bool(self._registers[_CONTROL] & _INTCN and flags & (_A1F | _A2F))

    def now(self) -> datetime:
        assert self._clock
        us = self._stopped_us if self._stopped_us is not None else self._clock.now_us
        return self._epoch + timedelta(microseconds=us - self._epoch_us)

    # -- the bus --

    def write(self, data: bytes) -> int:
        if not self._powered:
            return -1
        if not data:
            return 0
        self._pointer = data[0] % _SIZE
        self._refresh()
        touched = set()
        for value in data[1:]:
            touched.add(self._pointer)
            self._put(self._pointer, value)
            self._pointer = (self._pointer + 1) % _SIZE
        if touched & set(range(7)):
            self._take_time(seconds_too=0 in touched)
        return len(data)

    def read(self, count: int) -> bytes:
        if not self._powered:
            return b""
        self._refresh()
        data = bytes(self._registers[(self._pointer + i) % _SIZE] for i in range(count))
        self._pointer = (self._pointer + count) % _SIZE
        return data

    def _put(self, register: int, value: int) -> None:
        old = self._registers[register]
        if register == _CONTROL:
            if value & _CONV and not old & _CONV:
                assert self._clock
                self._converting_until = self._clock.now_us + _CONVERSION_US
            elif old & _CONV:
                value |= _CONV  # once begun it is carried through
        elif register == _STATUS:  # three flags may only be cleared
            value = value & old & (_OSF | _A2F | _A1F) | value & 0x08 | old & _BSY
        elif register >= _TEMPERATURE:
            return
        self._registers[register] = value

    # -- time --

    def _stop(self) -> None:
        assert self._clock
        self._stopped_us = self._clock.now_us
        self._registers[_STATUS] |= _OSF

    def _refresh(self) -> None:
        """The registers that change by themselves, as they are now."""
        assert self._clock
        self._see_alarms()
        now, registers = self.now(), self._registers
        hour = _bcd(now.hour)
        if self._twelve:
            hour = 0x40 | 0x20 * (now.hour >= 12) | _bcd((now.hour - 1) % 12 + 1)
        weekday = (now.isoweekday() - 1 + self._weekday_offset) % 7 + 1
        century = 0x80 * ((now.year - 2000 + 100 * self._century) // 100 & 1)
        day, month, year = _bcd(now.day), _bcd(now.month) | century, _bcd(now.year % 100)
        registers[:7] = bytes((_bcd(now.second), _bcd(now.minute), hour, weekday, day, month, year))
        if self._clock.now_us >= self._converting_until:
            registers[_CONTROL] &= ~_CONV
        busy = self._clock.now_us < self._converting_until
        registers[_STATUS] = registers[_STATUS] & ~_BSY | _BSY * busy
        quarters = round(self.celsius * 4) & 0x3FF
        registers[_TEMPERATURE] = quarters >> 2
        registers[_TEMPERATURE + 1] = (quarters & 3) << 6

    def _take_time(self, seconds_too: bool) -> None:
        """Goes on from what stands in the registers; a part of a second is lost only where the seconds were written."""
        assert self._clock
        registers, part = self._registers, self.now().microsecond
        hour = registers[2]
        self._twelve = bool(hour & 0x40)
        self._century = registers[5] >> 7
        try:
            hours = _number(hour & 0x1F) % 12 + 12 * bool(hour & 0x20) if self._twelve else _number(hour & 0x3F)
            time = datetime(
                2000 + _number(registers[6]), _number(registers[5] & 0x1F), _number(registers[4] & 0x3F),
                hours, _number(registers[1] & 0x7F), _number(registers[0] & 0x7F),
            )  # fmt: skip
        except ValueError:
            self.faults.append(f"no date and time: {registers[:7].hex()}")
            return
        if not seconds_too:
            time += timedelta(microseconds=part)
        self._epoch = self._looked = time
        self._epoch_us = self._clock.now_us
        if self._stopped_us is not None:
            self._stopped_us = self._clock.now_us
        self._weekday_offset = ((registers[3] & 7) - time.isoweekday()) % 7

    # -- alarms --

    def _see_alarms(self) -> None:
        """Sets the flags of those that have come since the last look."""
        now = self.now().replace(microsecond=0)
        for flag, at, has_seconds in ((_A1F, _ALARM1, True), (_A2F, _ALARM2, False)):
            if self._comes(at, has_seconds, now):
                self._registers[_STATUS] |= flag
        self._looked = now

    def _comes(self, at: int, has_seconds: bool, now: datetime) -> bool:
        """Whether the alarm whose registers begin at `at` has come after the last look."""
        fields = list(self._registers[at : at + 3 + has_seconds])
        if not has_seconds:
            fields.insert(0, 0)
        wanted = [None if field & 0x80 else field & 0x7F for field in fields]
        when = self._looked + timedelta(seconds=1)
        while when <= now:
            day = wanted[3]
            if day is not None and day != (0x40 | self._called(when) if day & 0x40 else _bcd(when.day)):
                when = when.replace(hour=0, minute=0, second=0) + timedelta(days=1)
            elif wanted[2] not in (None, _bcd(when.hour)):
                when = when.replace(minute=0, second=0) + timedelta(hours=1)
            elif wanted[1] not in (None, _bcd(when.minute)):
                when = when.replace(second=0) + timedelta(minutes=1)
            elif wanted[0] not in (None, _bcd(when.second)):
                when += timedelta(seconds=1)
            else:
                return True
        return False

    def _called(self, when: datetime) -> int:
        return (when.isoweekday() - 1 + self._weekday_offset) % 7 + 1


def _bcd(value: int) -> int:
    return value // 10 << 4 | value % 10


def _number(bcd: int) -> int:
    if bcd & 15 > 9:
        raise ValueError
    return (bcd >> 4) * 10 + (bcd & 15)
