"""The contactless lights."""

from __future__ import annotations

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.lights import Lights
from tests.host.bench.parts.wires import Pins


def test_lights_follow_their_pins_and_remember_when() -> None:
    calls: list[tuple[bool, ...]] = []
    lights = Lights((9, 10, 11, 12), changed=lambda: calls.append(lights.lit))
    pins, clock = Pins(), VirtualClock()
    lights.attach(pins, clock)
    start = clock.now_us

    pins.levels = {9: 1, 10: 0}
    lights.driven(9)
    lights.driven(10)
    clock.advance_to(start + 200_000)
    pins.levels = dict.fromkeys(lights.pins, 1)
    lights.driven(12)
    clock.advance_to(start + 300_000)
    lights.power_off()

    off = (False,) * 4
    assert lights.history == [
        (start, (True, False, False, False)),
        (start + 200_000, (True,) * 4),
        (start + 300_000, off),
    ]
    assert calls == [lit for _, lit in lights.history]
    assert lights.lit == off
    assert lights.level(9) is None
