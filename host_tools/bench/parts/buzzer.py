"""Passive buzzer on a PWM output: it sounds at whatever frequency it is driven with."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from host_tools.bench.bus import Clock


class Tone(NamedTuple):
    start_us: int
    frequency: int  # Hz
    duration_us: int


class Buzzer:
    def __init__(self, changed: Callable[[], None] | None = None) -> None:
        """`changed` is called when a tone begins or ends."""
        self.changed = changed
        self.tones: list[Tone] = []  # those that have ended
        self.frequency = 0  # Hz, of the tone that sounds now; 0 is silence
        self._start_us = 0
        self._clock: Clock | None = None

    def attach(self, clock: Clock) -> None:
        self._clock = clock

    def power_off(self) -> None:
        self.pwm(0, 0)

    def pwm(self, frequency: int, duty_u16: int) -> None:
        # Held high or low all the time, a passive buzzer is as silent as without current.
        frequency = frequency if 0 < duty_u16 < 0xFFFF else 0
        if self._clock is None or frequency == self.frequency:
            return
        now_us = self._clock.now_us
        if self.frequency:
            self.tones.append(Tone(self._start_us, self.frequency, now_us - self._start_us))
        self.frequency = frequency
        self._start_us = now_us
        if self.changed is not None:
            self.changed()
