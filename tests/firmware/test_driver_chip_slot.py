"""The slot's front end and its line, against pins that keep a diary and a UART that hears itself."""

import unittest

from chip_peer import CLOCK_HZ, INVERSE, CardUart, Rig
from driver_fakes import Timeline
from suanpan.drivers.iso7816_uart import LONGEST, Iso7816Uart
from suanpan.errors.chip import CardGarbled, CardGone, SlotFault


class TestChipSlot(unittest.TestCase):
    def setUp(self):
        self.rig = Rig()
        self.slot = self.rig.slot

    def test_cold_reset(self):
        moments = []
        self.rig.reset.on_change = lambda level: moments.append((self.rig.timeline.now, level))
        self.rig.run(self.slot.cold_reset)
        self.assertEqual(
            self.rig.diary, [("CMDVCC", 1), ("RSTIN", 0), ("CMDVCC", 0), ("RSTIN", 1)], "down, and in order up"
        )
        self.assertEqual(self.rig.uart.inits, [(10753, 0)])
        clocks = (moments[1][0] - 10) * CLOCK_HZ // 1000
        self.assertTrue(40_000 <= clocks <= 45_000, clocks)

    def test_warm_reset_keeps_the_power(self):
        self.rig.run(self.slot.cold_reset)
        self.rig.diary.clear()
        before = self.rig.timeline.now
        self.rig.run(self.slot.warm_reset)
        self.assertEqual(self.rig.diary, [("RSTIN", 0), ("RSTIN", 1)])
        self.assertTrue(10 <= self.rig.timeline.now - before <= 11)

    def test_no_power_without_a_card(self):
        self.rig.off.level = 0
        with self.assertRaises(CardGone):
            self.rig.run(self.slot.cold_reset)
        self.assertFalse(("CMDVCC", 0) in self.rig.diary)

    def test_pulled_while_in_reset(self):
        self.rig.command_vcc.on_change = lambda level: setattr(self.rig.off, "level", 1 if level else 0)
        self.rig.timeline.at(12, lambda: setattr(self.rig.off, "level", 0))
        with self.assertRaises(SlotFault):
            self.rig.run(self.slot.cold_reset)
        self.assertFalse(("RSTIN", 1) in self.rig.diary)

    def test_inserted_and_removed(self):
        self.rig.off.level = 0
        self.rig.timeline.at(500, lambda: self.rig.off.edge(1))
        self.rig.timeline.at(900, lambda: self.rig.off.edge(0))

        async def visit():
            await self.slot.inserted()
            came = self.rig.timeline.now
            await self.slot.removed()
            return came, self.rig.timeline.now

        self.assertEqual(self.rig.run(visit), (500, 900))

    def test_what_is_there_already_is_not_waited_for(self):
        self.rig.run(self.slot.inserted)
        self.assertEqual(self.rig.timeline.now, 0)

    def lose(self, present_after):
        """Power is cut at 5 s while a character is waited for."""

        def cut():
            self.rig.off.level = 0
            self.rig.command_vcc.on_change = lambda level: setattr(self.rig.off, "level", present_after)

        self.rig.timeline.at(5_000, cut)
        self.slot.line.start()
        try:
            self.rig.run(lambda: self.slot.line.receive(0, 1, 60_000, 0))
        finally:
            self.assertEqual(self.rig.diary[-2:], [("CMDVCC", 1), ("RSTIN", 0)])
            self.assertTrue(5_000 <= self.rig.timeline.now <= 5_025, self.rig.timeline.now)

    def test_pulled_while_waiting(self):
        with self.assertRaises(CardGone):
            self.lose(0)

    def test_short_circuit_while_waiting(self):
        with self.assertRaises(SlotFault):
            self.lose(1)

    def test_deactivation_forgets_what_was_said(self):
        self.slot.line.out[:4] = b"abcd"
        self.slot.line.data[:4] = b"efgh"
        self.slot.deactivate()
        self.assertEqual(bytes(self.slot.line.out) + bytes(self.slot.line.data), bytes(2 * LONGEST))


class TestLine(unittest.TestCase):
    def setUp(self):
        self.uart = CardUart()
        self.timeline = Timeline()
        self.line = Iso7816Uart(self.uart, CLOCK_HZ, lambda: True, None)
        self.line.start()

    def send(self, data):
        self.line.out[: len(data)] = data
        self.timeline.run(lambda: self.line.send(len(data)))

    def receive(self, count, first=100, following=50):
        return self.timeline.run(lambda: self.line.receive(0, count, first, following))

    def test_the_echo_is_taken_off_the_line(self):
        for size in (1, 5, 100, LONGEST):
            data = bytes(i & 0xFF for i in range(size))
            self.uart.expect(data, b"\x90\x00")
            self.send(data)
            self.assertEqual(bytes(self.uart.inbox), b"\x90\x00")
            self.assertEqual(self.receive(2), 2)
            self.assertEqual(bytes(self.line.data[:2]), b"\x90\x00")

    def test_an_echo_in_pieces(self):
        self.uart.read_at_most = 3
        self.uart.expect(bytes(range(100)))
        self.send(bytes(range(100)))

    def test_another_echo_is_a_collision(self):
        for at in (0, 2, 4):
            self.setUp()

            def collide():
                self.uart.inbox[at] ^= 0x10

            self.uart.expect(b"\x00\xb2\x01\x0c\x00", collide)
            with self.assertRaises(CardGarbled):
                self.send(b"\x00\xb2\x01\x0c\x00")

    def test_no_echo_is_a_dead_line(self):
        self.uart.echo = False
        self.uart.expect(b"\x00\xb2\x01\x0c\x00")
        with self.assertRaises(SlotFault):
            self.send(b"\x00\xb2\x01\x0c\x00")
        self.assertTrue(self.timeline.now < 250)

    def test_stale_characters_are_dropped(self):
        self.uart.inbox.extend(b"noise" * 20)
        self.uart.expect(b"\x01\x02")
        self.send(b"\x01\x02")

    def test_rates(self):
        for f, d, baudrate in ((372, 1, 10753), (372, 4, 43011), (372, 12, 129032), (512, 32, 250000), (2048, 1, 1953)):
            self.line.rate(f, d)
            self.assertEqual(self.uart.inits[-1], (baudrate, 0))
            for etus in (1, 22, 9600):
                exact_us = etus * f * 1_000_000 // (CLOCK_HZ * d)
                self.assertTrue(exact_us + 1000 <= self.line.ms(etus) * 1000 <= exact_us + 2000)

    def test_inverse_convention(self):
        """EMV 4.3 Book 1, 7.3: 3F is seen as 03 by who reads it the other way round; parity turns odd."""
        self.assertEqual(INVERSE[0x3F], 0x03)
        self.uart.inbox.extend(b"\x03" + bytes(INVERSE[i] for i in (0x65, 0x00)))
        self.receive(3)
        self.line.invert(3)
        self.assertEqual(bytes(self.line.data[:3]), b"\x3f\x65\x00")
        self.line.rate(372, 1)
        self.assertEqual(self.uart.inits[-1], (10753, 1))
        self.uart.inverse = True
        every = bytes(range(256))
        self.uart.expect(every, every)
        self.send(every)
        self.assertEqual(bytes(self.line.out[:256]), every, "as it was, to be sent again")
        self.receive(256)
        self.assertEqual(bytes(self.line.data[:256]), every)
        self.line.start()
        self.assertEqual(self.uart.inits[-1], (10753, 0))

    def test_extra_guard_time_spreads_the_characters(self):
        moments = []
        self.line.extra_guard(30)
        for byte in b"\x00\xb2\x01\x0c\x00":
            self.uart.expect(bytes((byte,)), lambda: moments.append(self.timeline.now))
        self.send(b"\x00\xb2\x01\x0c\x00")
        gaps = [moments[i + 1] - moments[i] for i in range(4)]
        self.assertEqual(gaps, [self.line.ms(42)] * 4)

    def test_before_sending_the_card_has_its_guard_time(self):
        moments = []
        self.uart.expect(b"\x01", lambda: moments.append(self.timeline.now))
        self.send(b"\x01")
        self.assertTrue(moments[0] * 1000 >= 22 * 93)

    def test_waiting_ends(self):
        self.assertEqual(self.receive(5), 0)
        self.assertTrue(100 <= self.timeline.now <= 100 + self.line.late_ms + 20)
        self.uart.say(b"\x3b\x65")
        before = self.timeline.now
        self.assertEqual(self.receive(5), 2)
        self.assertTrue(50 <= self.timeline.now - before <= 50 + self.line.late_ms + 20)

    def test_each_character_has_its_own_time(self):
        for i in range(5):
            self.timeline.at(90 + 40 * i, lambda: self.uart.say(b"x"))
        self.assertEqual(self.receive(5), 5)

    def test_a_long_wait_looks_seldom(self):
        looks = []
        self.line._powered = lambda: not looks.append(None)
        self.receive(1, 60_000)
        self.assertTrue(len(looks) < 60_000 // 18)

    def test_quiet(self):
        self.uart.say(bytes(300))
        self.timeline.run(lambda: self.line.quiet(10))
        self.assertEqual(len(self.uart.inbox), 0)
        self.uart.say(bytes(5000))
        with self.assertRaises(CardGarbled):
            self.timeline.run(lambda: self.line.quiet(10))


if __name__ == "__main__":
    unittest.main()
