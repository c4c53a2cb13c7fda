"""MAX17048 battery gauge on I2C (Maxim, data sheet 19-6171), with the cell that it hangs on and that feeds it.

Registers are of 16 bits, the higher byte first, and can be written byte by byte, as Adafruit's tests of its driver on
the part show. The algorithm behind the percentage is Maxim's own: here charge and rate are what a script says.
"""

from __future__ import annotations

from host_tools.bench.bus import Clock

VCELL, SOC, MODE, VERSION, HIBRT, CONFIG = 0x02, 0x04, 0x06, 0x08, 0x0A, 0x0C
VALRT, CRATE, VRESET, STATUS, TABLE, COMMAND = 0x14, 0x16, 0x18, 0x1A, 0x40, 0xFE
_DEFAULTS = {VERSION: 0x0012, HIBRT: 0x8030, CONFIG: 0x971C, VALRT: 0x00FF, VRESET: 0x960C, STATUS: 0x0100}
_WRITABLE = (MODE, HIBRT, CONFIG, VALRT, VRESET, STATUS)
_POWER_ON_RESET = 0x5400
_EN_SLEEP, _HIB_STAT = 0x2000, 0x1000
_SLEEP, _ALSC, _ALRT = 0x0080, 0x0040, 0x0020
_RI, _VH, _VL, _HD, _SC = 0x0100, 0x0200, 0x0400, 0x1000, 0x2000
_VOLTAGE_READY_US, _CHARGE_READY_US = 17_000, 192_000  # data sheet, battery insertion debounce
_UPDATE_US = 250_000
_HOUR_US = 3_600_000_000


class Max17048:
    address = 0x36

    def __init__(self, millivolts: int = 3900, percent: float = 60.0) -> None:
        """The cell's voltage and charge; `rate` is what it gains in an hour, in percent."""
        self.millivolts = millivolts
        self.faults: list[str] = []
        self._rate = 0.0
        self._percent = percent
        self._percent_us = 0
        self._clock: Clock | None = None
        self._reset_us = 0
        self._registers = dict(_DEFAULTS)
        self._frozen: tuple[int, int] | None = None
        self._told_percent = 0
        self._pointer = 0

    def attach(self, clock: Clock) -> None:
        """The board's power is nothing to it: its cell feeds it, and has long done so."""
        if self._clock is None:
            self._clock = clock
            self._percent_us = clock.now_us
            self._reset()
            self._reset_us -= _UPDATE_US
        self._pointer = 0

    def power_off(self) -> None:
        """It goes on."""

    # -- the cell --

    def insert_cell(self, millivolts: int, percent: float) -> None:
        """Another one."""
        self.millivolts, self.percent = millivolts, percent
        self._reset()

    @property
    def percent(self) -> float:
        if self._clock is None:
            return self._percent
        hours = (self._clock.now_us - self._percent_us) / _HOUR_US
        return max(0.0, self._percent + self._rate * hours)

    @percent.setter
    def percent(self, value: float) -> None:
        self._percent = value
        self._percent_us = self._clock.now_us if self._clock else 0

    @property
    def rate(self) -> float:
        return self._rate

    @rate.setter
    def rate(self, value: float) -> None:
        self.percent = self.percent
        self._rate = value

    @property
    def alert(self) -> bool:
        """What the ALRT pin would say."""
        self._update()
        return bool(self._registers[CONFIG] & _ALRT)

    # -- the bus --

    def write(self, data: bytes) -> int:
        assert self._clock
        self._update()
        if not data:
            return 0
        self._pointer = data[0]
        for count, value in enumerate(data[1:], 1):
            register, low = self._pointer & 0xFE, self._pointer & 1
            shift = 0 if low else 8
            if register == COMMAND:
                self._registers[COMMAND] = self._registers.get(COMMAND, 0) & ~(0xFF << shift) | value << shift
                if low and self._registers.pop(COMMAND) == _POWER_ON_RESET:
                    self._reset()
                    return count  # it is gone before it could acknowledge that
            elif register in _WRITABLE:
                self._put(register, self._registers.get(register, 0) & ~(0xFF << shift) | value << shift)
            else:
                self.faults.append(f"{self._pointer:02x} is not to be written")
            self._pointer = (self._pointer + 1) & 0xFF
        return len(data)

    def read(self, count: int) -> bytes:
        self._update()
        data = bytearray()
        for _ in range(count):
            value = self._get(self._pointer & 0xFE)
            data.append(value & 0xFF if self._pointer & 1 else value >> 8)
            self._pointer = (self._pointer + 1) & 0xFF
        return bytes(data)

    def _reset(self) -> None:
        assert self._clock
        self._registers = dict(_DEFAULTS)
        self._reset_us = self._clock.now_us
        self._frozen = None
        self._told_percent = -1

    def _get(self, register: int) -> int:
        if register in (VCELL, SOC):
            return self._measured()[register == SOC]
        if register == CRATE:
            return round(self._rate / 0.208) & 0xFFFF
        if register == MODE:
            hibernates = self._registers[HIBRT] == 0xFFFF
            return self._registers.get(MODE, 0) & _EN_SLEEP | _HIB_STAT * hibernates
        return self._registers.get(register, 0)

    def _put(self, register: int, value: int) -> None:
        old = self._registers.get(register, 0)
        if register == CONFIG and value & _SLEEP and not self._registers.get(MODE, 0) & _EN_SLEEP:
            value &= ~_SLEEP  # not without MODE's leave
        if register == CONFIG and (value ^ old) & _SLEEP:
            self._frozen = self._measured() if value & _SLEEP else None
        if register == VRESET:
            value = value & 0xFF00 | old & 0xFF  # the lower byte is the part's number
        self._registers[register] = value

    def _measured(self) -> tuple[int, int]:
        """VCELL and SOC; zero until they have been measured, and as they were while it sleeps."""
        assert self._clock
        if self._frozen is not None:
            return self._frozen
        age = self._clock.now_us - self._reset_us
        volts = round(self.millivolts / 0.078125) if age >= _VOLTAGE_READY_US else 0
        charge = min(0xFFFF, round(self.percent * 256)) if age >= _CHARGE_READY_US else 0
        return volts, charge

    def _update(self) -> None:
        """Alerts: their bits stay until somebody clears them."""
        volts, charge = self._measured()
        if not (volts and self._clock and self._clock.now_us - self._reset_us >= _UPDATE_US):
            return
        config, percent = self._registers[CONFIG], charge >> 8
        least, most = self._registers[VALRT] >> 8, self._registers[VALRT] & 0xFF
        reasons = (
            _VL * (self.millivolts < least * 20)
            | _VH * (self.millivolts > most * 20)
            | _HD * (percent < 32 - (config & 0x1F) and (self._told_percent < 0 or percent < self._told_percent))
            | _SC * bool(config & _ALSC and 0 <= self._told_percent != percent)
        )
        self._told_percent = percent
        if reasons:
            self._registers[STATUS] |= reasons
            self._registers[CONFIG] |= _ALRT
