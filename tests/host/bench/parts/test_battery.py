"""The battery."""

from __future__ import annotations

from host_tools.bench.parts.battery import Battery


def test_the_divider_halves_the_cell() -> None:
    battery = Battery(4200)
    assert battery.microvolts() == 2_100_000
    battery.millivolts = 3301
    assert battery.microvolts() == 1_650_500
