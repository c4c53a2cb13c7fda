"""The buzzer."""

from __future__ import annotations

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.buzzer import Buzzer, Tone

HALF = 0x8000


def test_tones_have_a_start_a_pitch_and_a_length() -> None:
    buzzer, clock = Buzzer(), VirtualClock()
    buzzer.attach(clock)
    start = clock.now_us
    for at_ms, frequency, duty in (
        (0, 1500, 0),  # configured, still silent
        (10, 1500, HALF),
        (510, 1500, 0),
        (600, 750, HALF),
        (700, 880, HALF),  # another pitch without a pause
        (800, 880, 0xFFFF),  # held at one level: no sound
    ):
        clock.advance_to(start + at_ms * 1000)
        buzzer.pwm(frequency, duty)
    assert buzzer.tones == [
        Tone(start + 10_000, 1500, 500_000),
        Tone(start + 600_000, 750, 100_000),
        Tone(start + 700_000, 880, 100_000),
    ]


def test_a_power_cut_ends_a_tone() -> None:
    calls: list[int] = []
    buzzer, clock = Buzzer(changed=lambda: calls.append(buzzer.frequency)), VirtualClock()
    buzzer.attach(clock)
    start = clock.now_us
    buzzer.pwm(750, HALF)
    clock.advance_to(start + 50_000)
    buzzer.power_off()
    assert buzzer.tones == [Tone(start, 750, 50_000)]
    assert calls == [750, 0]
