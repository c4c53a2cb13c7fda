"""Tones as the PWM gets them."""

import asyncio
import unittest

from driver_fakes import Timeline
from suanpan.drivers.buzzer import Buzzer


class FakePwm:
    def __init__(self, timeline):
        self.timeline = timeline
        self.hertz = 0
        self.duty = 0
        self.heard = []  # (ms, Hz), 0 for silence

    def freq(self, hertz):
        assert hertz > 0
        self.hertz = hertz

    def duty_u16(self, duty):
        assert duty in (0, 32768)
        if duty != self.duty or duty:
            self.heard.append((self.timeline.now, self.hertz if duty else 0))
        self.duty = duty


class TestBuzzer(unittest.TestCase):
    def setUp(self):
        self.timeline = Timeline()
        self.pwm = FakePwm(self.timeline)
        self.buzzer = Buzzer(self.pwm)

    def heard(self, *starts):
        for ms, start in starts:
            self.timeline.at(ms, start)

        async def listen():
            end = asyncio.Event()
            self.timeline.at(5000, end.set)
            await end.wait()

        self.timeline.run(listen)
        return self.pwm.heard

    def test_success_is_one_tone(self):
        self.assertEqual(self.heard((100, self.buzzer.success)), [(100, 1500), (600, 0)])

    def test_alert_is_two_tones(self):
        heard = self.heard((100, self.buzzer.alert))
        self.assertEqual(heard, [(100, 750), (300, 0), (500, 750), (700, 0)])

    def test_every_click_is_the_same(self):
        heard = self.heard((100, self.buzzer.click), (300, self.buzzer.click))
        self.assertEqual(heard, [(100, 2000), (120, 0), (300, 2000), (320, 0)])

    def test_a_new_tone_replaces_the_old_one_for_good(self):
        heard = self.heard((100, self.buzzer.alert), (150, self.buzzer.success))
        self.assertEqual(heard, [(100, 750), (150, 0), (150, 1500), (650, 0)])

    def test_the_last_of_two_in_the_same_moment_is_heard(self):
        def both():
            self.buzzer.error()
            self.buzzer.click()

        self.assertEqual(self.heard((100, both)), [(100, 2000), (120, 0)])

    def test_off_is_silence_at_once(self):
        heard = self.heard((100, self.buzzer.error), (200, self.buzzer.off), (300, self.buzzer.off))
        self.assertEqual(heard, [(100, 400), (200, 0)])
