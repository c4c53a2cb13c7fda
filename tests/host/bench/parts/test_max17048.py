"""The battery gauge, and Adafruit's driver, which takes it for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.max17048 import COMMAND, CONFIG, HIBRT, MODE, SOC, STATUS, VALRT, VCELL, VERSION, Max17048
from tests.host.judges import adafruit

HOUR = 3_600_000_000


class Rig:
    def __init__(self) -> None:
        self.gauge = Max17048()
        self.clock = VirtualClock()
        self.gauge.attach(self.clock)
        self.run(1)

    def set(self, register: int, value: int) -> int:
        return self.gauge.write(bytes((register, value >> 8, value & 0xFF)))

    def get(self, register: int) -> int:
        assert self.gauge.write(bytes([register])) == 1
        return int.from_bytes(self.gauge.read(2), "big")

    def run(self, seconds: float) -> None:
        self.clock.advance_to(self.clock.now_us + round(seconds * 1e6))


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_values_at_reset(rig: Rig) -> None:
    """Data sheet, register summary."""
    for register, value in ((VERSION, 0x0012), (HIBRT, 0x8030), (CONFIG, 0x971C), (VALRT, 0x00FF), (STATUS, 0x0100)):
        assert rig.get(register) == value


def test_the_cell_is_measured_some_time_after_a_reset(rig: Rig) -> None:
    rig.gauge.millivolts, rig.gauge.percent = 4200, 99.5
    assert rig.set(COMMAND, 0x5400) == 2  # the last byte is not acknowledged
    assert (rig.get(VCELL), rig.get(SOC)) == (0, 0)
    rig.run(0.02)
    assert (rig.get(VCELL), rig.get(SOC)) == (53760, 0)
    rig.run(0.18)
    assert rig.get(SOC) == 0x6380
    assert rig.get(CONFIG) == 0x971C


def test_it_empties_as_time_goes(rig: Rig) -> None:
    rig.gauge.percent, rig.gauge.rate = 50, -20.8
    assert rig.get(0x16) == 0x10000 - 100
    rig.run(3600)
    assert rig.get(SOC) >> 8 == 29
    rig.run(36_000)
    assert rig.get(SOC) == 0


def test_a_low_cell_alerts_once(rig: Rig) -> None:
    rig.gauge.percent, rig.gauge.rate = 4.5, -1
    assert not rig.gauge.alert
    rig.run(3600)
    assert rig.gauge.alert
    assert rig.get(STATUS) == 0x1100
    rig.set(CONFIG, 0x971C)
    assert not rig.gauge.alert


def test_voltages_alert(rig: Rig) -> None:
    rig.set(VALRT, 3500 // 20 << 8 | 4100 // 20)
    assert not rig.gauge.alert
    rig.gauge.millivolts = 3499
    assert rig.gauge.alert
    assert rig.get(STATUS) & 0x0400
    rig.gauge.millivolts = 4101
    assert rig.get(STATUS) & 0x0200


def test_asleep_it_measures_nothing(rig: Rig) -> None:
    before = rig.get(VCELL)
    rig.set(CONFIG, 0x979C)
    assert rig.get(CONFIG) == 0x971C  # MODE has to let it
    rig.set(MODE, 0x2000)
    rig.set(CONFIG, 0x979C)
    rig.gauge.millivolts = 3333
    rig.run(10)
    assert rig.get(VCELL) == before
    rig.set(CONFIG, 0x971C)
    assert rig.get(VCELL) == round(3333 / 0.078125)


def test_the_boards_power_is_nothing_to_it(rig: Rig) -> None:
    rig.set(VALRT, 0x1234)
    rig.gauge.power_off()
    rig.gauge.attach(rig.clock)
    assert rig.get(VALRT) == 0x1234


# -- another's driver --


@pytest.fixture
def other(rig: Rig) -> Iterator[Any]:
    with adafruit.driver(adafruit.MAX1704X, "adafruit_max1704x", rig.clock) as module:
        yield module.MAX17048(adafruit.BusIo(rig.gauge, rig.clock))


def test_adafruits_driver_starts_it_and_reads_the_cell(rig: Rig, other: Any) -> None:
    rig.gauge.millivolts, rig.gauge.percent, rig.gauge.rate = 3785, 42.5, 10.4
    assert abs(other.cell_voltage - 3.785) < 0.0001
    assert abs(other.cell_percent - 42.5) < 0.01
    assert abs(other.charge_rate - 10.4) < 0.001
    assert not rig.get(STATUS) & 0x0100  # it has cleared that


def test_what_adafruit_tests_on_the_part(rig: Rig, other: Any) -> None:
    """hw_tests/00_max17048.py of its archive, which it has run on two boards."""
    assert other.cell_voltage > 0.5
    other.enable_sleep = True
    other.sleep = True
    assert other._config & 0x0080
    other.sleep = False
    assert not other._config & 0x0080
    other.enable_sleep = False
    assert other.active_alert == bool(other._config & 0x0020)
    other.activity_threshold = 0.002
    assert abs(other.activity_threshold - 0.0025) < 1e-9


def test_adafruits_alerts_and_hibernation(rig: Rig, other: Any) -> None:
    other.voltage_alert_min = 3.6
    other.voltage_alert_max = 4.1
    assert (round(other.voltage_alert_min, 2), round(other.voltage_alert_max, 2)) == (3.6, 4.1)
    rig.run(1)
    assert not other.active_alert
    rig.gauge.millivolts = 3500
    assert other.active_alert
    assert other.alert_reason == 0x04
    other.voltage_low_alert = False
    other.reset_voltage = 2.5
    assert abs(other.reset_voltage - 2.5) < 0.03
    other.hibernate()
    assert other.hibernating
    other.wake()
    assert not other.hibernating
    assert rig.gauge.faults == []
