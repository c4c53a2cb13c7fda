"""Buzzer on a PWM output. Tones are started and forgotten; a new one replaces what still sounds.

Success and alert are EMV contactless Book A's; every key has the same click, so that none can be told by ear.
"""

import asyncio

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import PWM

_HALF = const(32768)  # duty of 65536: a square wave, the loudest

# (frequency in Hz, 0 for a pause; duration in ms) each
_CLICK = ((2000, 20),)
_ERROR = ((400, 300),)
_SUCCESS = ((1500, 500),)
_ALERT = ((750, 200), (0, 200), (750, 200))


class Buzzer:
    """Every method returns at once; the tones go on in a task of their own."""

    def __init__(self, pwm: "PWM") -> None:
        self._pwm = pwm
        self._playing: asyncio.Task[None] | None = None

    def click(self) -> None:
        self._start(_CLICK)

    def error(self) -> None:
        self._start(_ERROR)

    def success(self) -> None:
        self._start(_SUCCESS)

    def alert(self) -> None:
        self._start(_ALERT)

    def off(self) -> None:
        # A task that is cancelled here never touches the PWM again, so tones cannot mix.
        if self._playing:
            self._playing.cancel()
            self._playing = None
        self._pwm.duty_u16(0)

    def _start(self, tones: "tuple[tuple[int, int], ...]") -> None:
        self.off()
        self._playing = asyncio.create_task(self._play(tones))

    async def _play(self, tones: "tuple[tuple[int, int], ...]") -> None:
        for hertz, duration_ms in tones:
            if hertz:
                self._pwm.freq(hertz)
                self._pwm.duty_u16(_HALF)
            else:
                self._pwm.duty_u16(0)
            await asyncio.sleep_ms(duration_ms)
        self._pwm.duty_u16(0)
