"""The calendar chip, and Adafruit's driver, which takes it for one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.ds3231 import Ds3231
from tests.host.judges import adafruit

SECOND = 1_000_000


class Rig:
    def __init__(self) -> None:
        self.chip = Ds3231()
        self.clock = VirtualClock()
        self.chip.attach(self.clock)

    def set(self, register: int, *values: int) -> None:
        assert self.chip.write(bytes((register, *values))) == 1 + len(values)

    def get(self, register: int, count: int = 1) -> bytes:
        self.set(register)
        return self.chip.read(count)

    def run(self, seconds: float) -> None:
        self.clock.advance_to(self.clock.now_us + round(seconds * SECOND))


@pytest.fixture
def rig() -> Rig:
    return Rig()


def hexadecimal(moment: datetime) -> bytes:
    return bytes.fromhex(moment.strftime("%S%M%H") + f"{moment.isoweekday():02}" + moment.strftime("%d%m%y"))


def test_values_at_first_power(rig: Rig) -> None:
    """Data sheet, table 1 and its notes: 01/01/00 01 00:00:00, oscillator stopped, 32 kHz on, rate 11, INTCN."""
    assert rig.get(0, 7)[4:] == bytes((1, 1, 0))
    assert rig.get(0x0E, 2) == b"\x1c\x88"
    assert rig.get(0x11, 2) == b"\x19\x00"


@given(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)), st.integers(0, 3_000_000_00))
def test_it_counts_as_the_calendar_does(start: datetime, seconds: int) -> None:
    rig = Rig()
    rig.set(0, *hexadecimal(start))
    rig.run(seconds)
    expected = start.replace(microsecond=0) + timedelta(seconds=seconds)
    assert rig.get(0, 7) == hexadecimal(expected)


def test_the_new_year_and_a_leap_day(rig: Rig) -> None:
    for before, after in (
        (datetime(2026, 12, 31, 23, 59, 59), datetime(2027, 1, 1)),
        (datetime(2028, 2, 28, 23, 59, 59), datetime(2028, 2, 29)),
        (datetime(2027, 2, 28, 23, 59, 59), datetime(2027, 3, 1)),
    ):
        rig.set(0, *hexadecimal(before))
        rig.run(0.9)
        assert rig.get(0, 7) == hexadecimal(before)
        rig.run(0.2)
        assert rig.get(0, 7) == hexadecimal(after)


def test_twelve_hours(rig: Rig) -> None:
    for written, hour in ((0x52, 0), (0x41, 1), (0x51, 11), (0x72, 12), (0x71, 23)):
        rig.set(0, 0x00, 0x00, written, 0x01, 0x01, 0x01, 0x26)
        assert rig.chip.now().hour == hour
        assert rig.get(2) == bytes([written])
        rig.run(3600)
    assert rig.get(2) == b"\x52"


def test_the_weekday_is_whatever_it_was_set_to(rig: Rig) -> None:
    rig.set(0, 0x59, 0x59, 0x23, 0x07, 0x23, 0x11, 0x26)
    rig.run(1)
    assert rig.get(3) == b"\x01"


def test_a_read_goes_round(rig: Rig) -> None:
    rig.set(0x10, 0x05)
    assert rig.get(0x10, 4)[:1] == b"\x05"
    rig.set(0x12)
    assert rig.chip.read(2) == b"\x00" + rig.get(0)


def test_the_stop_flag_can_only_be_cleared(rig: Rig) -> None:
    rig.set(0x0F, 0x00)
    assert rig.get(0x0F) == b"\x00"
    rig.set(0x0F, 0x8B)
    assert rig.get(0x0F) == b"\x08"


def test_its_cell_keeps_it_going(rig: Rig) -> None:
    rig.set(0, *hexadecimal(datetime(2026, 11, 23, 9)))
    rig.set(0x0E, 0x04, 0x00)
    rig.chip.power_off()
    assert rig.chip.write(b"\x00") == -1
    assert rig.chip.read(1) == b""
    rig.run(86_400)
    rig.chip.attach(rig.clock)
    assert rig.get(0, 7) == hexadecimal(datetime(2026, 11, 24, 9))
    assert rig.get(0x0F) == b"\x00"


def test_with_its_oscillator_off_it_stands_still_on_the_cell(rig: Rig) -> None:
    rig.set(0, *hexadecimal(datetime(2026, 11, 23, 9)))
    rig.set(0x0E, 0x84, 0x00)
    rig.run(60)  # with the board's power it runs all the same
    rig.chip.power_off()
    rig.run(86_400)
    rig.chip.attach(rig.clock)
    assert rig.get(0, 7) == hexadecimal(datetime(2026, 11, 23, 9, 1))
    assert rig.get(0x0F) == b"\x80"


def test_without_a_cell_it_forgets(rig: Rig) -> None:
    rig.set(0, *hexadecimal(datetime(2026, 11, 23, 9)))
    rig.set(0x0F, 0x00)
    rig.chip.power_off()
    rig.chip.remove_cell()
    rig.run(5)
    rig.chip.attach(rig.clock)
    assert rig.get(0x0F)[0] & 0x80
    assert rig.get(6) == b"\x00"


def test_no_date_is_refused_and_noted(rig: Rig) -> None:
    rig.set(0, *hexadecimal(datetime(2026, 11, 23, 9)))
    rig.set(4, 0x31, 0x02)
    assert rig.chip.faults == ["no date and time: 00000901310226"]
    assert rig.get(0, 7) == hexadecimal(datetime(2026, 11, 23, 9))


# -- another's driver --


@pytest.fixture
def other(rig: Rig) -> Iterator[Any]:
    with adafruit.driver(adafruit.DS3231, "adafruit_ds3231", rig.clock) as module:
        yield module.DS3231(adafruit.BusIo(rig.chip, rig.clock))


def moment(other: Any) -> datetime:
    return datetime(*other.datetime[:6])


def test_adafruits_driver_sets_and_reads_the_time(rig: Rig, other: Any) -> None:
    assert other.lost_power
    other.datetime = time.struct_time((2026, 11, 23, 9, 0, 58, 0, -1, -1))
    assert not other.lost_power
    assert not other.disable_oscillator
    rig.run(3)
    assert moment(other) == datetime(2026, 11, 23, 9, 1, 1)
    assert other.datetime.tm_wday == 0


def test_adafruits_alarms(rig: Rig, other: Any) -> None:
    other.datetime = time.struct_time((2026, 11, 23, 9, 0, 0, 0, -1, -1))
    other.alarm1 = (time.struct_time((2026, 11, 23, 9, 30, 15, 0, -1, -1)), "daily")
    other.alarm2 = (time.struct_time((2026, 11, 25, 9, 30, 0, 2, -1, -1)), "weekly")
    other.alarm1_interrupt = True
    other.alarm1_status = other.alarm2_status = False
    for seconds, alarms in ((1814, (False, False)), (2, (True, False)), (3600, (True, False)), (172_800, (True, True))):
        rig.run(seconds)
        assert (other.alarm1_status, other.alarm2_status) == alarms
    assert rig.chip.interrupt
    other.alarm1_status = False
    assert not other.alarm1_status
    assert not rig.chip.interrupt
    rig.run(86_400)
    assert other.alarm1_status


def test_adafruits_driver_reads_the_temperature(rig: Rig, other: Any) -> None:
    for celsius in (25.0, 21.75, 0.25, -0.25, -39.5):
        rig.chip.celsius = celsius
        before = rig.clock.now_us
        assert other.force_temperature_conversion() == celsius
        assert rig.clock.now_us - before >= 125_000
    other.calibration = -7
    assert other.calibration == -7
