"""T=0 against published exchanges and a scripted card that fails on any surprise."""

import unittest

from chip_peer import CLOCK_HZ, CardUart
from driver_fakes import Timeline
from suanpan.cards.atr import parse
from suanpan.cards.t0 import T0
from suanpan.drivers.iso7816_uart import Iso7816Uart
from suanpan.errors.chip import CardGarbled, CardSilent, CommandError
from vectors import load

VECTORS = load("iso7816")
GET = b"\x00\xb2\x01\x0c\x00"
SELECT = bytes.fromhex("00A4040007A000000333010100")
WWT_MS = 9600 * 372 // 4000


class TestT0(unittest.TestCase):
    def setUp(self):
        self.start(b"\x3b\x60\x00\x00")

    def start(self, answer):
        self.uart = CardUart()
        self.timeline = Timeline()
        self.line = Iso7816Uart(self.uart, CLOCK_HZ, lambda: True, None)
        self.line.start()
        if answer[0] == 0x3F:
            self.line.inverse = self.uart.inverse = True
        atr = parse(answer, len(answer), False)
        self.line.extra_guard(atr.guard)
        self.t0 = T0(self.line, atr, bytearray(258))

    def exchange(self, command):
        data, status = self.timeline.run(lambda: self.t0.exchange(command))
        self.uart.done()
        return bytes(data) + bytes((status >> 8, status & 0xFF))

    def assertFails(self, error, command=GET):
        with self.assertRaises(error):
            self.timeline.run(lambda: self.t0.exchange(command))

    # -- published exchanges --

    def test_a_sim_as_captured_on_its_wire(self):
        wire = VECTORS["t0_wire"]
        self.start(bytes.fromhex(wire["atr"]))
        for steps in wire["exchanges"]:
            self.uart.play(steps)
            header = bytes.fromhex(steps[0][1])
            if len(steps) == 4:  # data there, a status word back
                command = header + bytes.fromhex(steps[2][1])
                answer = steps[3][1]
            else:
                command = header
                answer = steps[1][1][2:]
            self.assertEqual(self.exchange(command).hex(), answer)

    def test_emv_annex_a(self):
        for published in VECTORS["t0_exchanges"]["exchanges"]:
            self.uart.play(published["steps"])
            self.assertEqual(self.exchange(bytes.fromhex(published["command"])).hex(), published["answer"])

    # -- procedure bytes --

    def test_wait_a_moment(self):
        def busy(times):
            if times:
                self.timeline.at(self.timeline.now + WWT_MS, lambda: (self.uart.say(b"\x60"), busy(times - 1)))
            else:
                self.uart.say(b"\x90\x00")

        self.uart.expect(b"\x00\x20\x00\x80\x00", lambda: busy(20))
        self.assertEqual(self.exchange(b"\x00\x20\x00\x80"), b"\x90\x00")

    def test_data_one_by_one(self):
        self.uart.expect(b"\x00\x20\x00\x80\x03", b"\xdf")
        self.uart.expect(b"a", b"\xdf")
        self.uart.expect(b"b", b"\x60\xdf")
        self.uart.expect(b"c", b"\x63\xc2")
        self.assertEqual(self.exchange(b"\x00\x20\x00\x80\x03abc"), b"\x63\xc2")
        self.uart.expect(b"\x00\xb2\x01\x0c\x03", b"\x4dx\x4dy\x60\x4dz\x90\x00")
        self.assertEqual(self.exchange(b"\x00\xb2\x01\x0c\x03"), b"xyz\x90\x00")

    def test_data_one_and_then_the_rest(self):
        self.uart.expect(b"\x00\x20\x00\x80\x03", b"\xdf")
        self.uart.expect(b"a", b"\x20")
        self.uart.expect(b"bc", b"\x90\x00")
        self.assertEqual(self.exchange(b"\x00\x20\x00\x80\x03abc"), b"\x90\x00")
        self.uart.expect(b"\x00\xb2\x01\x0c\x03", b"\x4dx\xb2yz\x90\x00")
        self.assertEqual(self.exchange(b"\x00\xb2\x01\x0c\x03"), b"xyz\x90\x00")

    def test_256_bytes(self):
        record = bytes(range(256))
        self.uart.expect(GET, b"\xb2" + record + b"\x90\x00")
        self.assertEqual(self.exchange(GET), record + b"\x90\x00")
        self.uart.expect(GET, b"\x61\x00")
        self.uart.expect(b"\x00\xc0\x00\x00\x00", b"\xc0" + record + b"\x90\x00")
        self.assertEqual(self.exchange(GET), record + b"\x90\x00")

    def test_255_bytes_there(self):
        data = bytes(range(255))
        self.uart.expect(b"\x80\xe2\x00\x00\xff", b"\xe2")
        self.uart.expect(data, b"\x90\x00")
        self.assertEqual(self.exchange(b"\x80\xe2\x00\x00\xff" + data), b"\x90\x00")

    def test_data_the_card_does_not_want(self):
        self.uart.expect(SELECT[:5], b"\x6a\x82")
        self.assertEqual(self.exchange(SELECT), b"\x6a\x82")

    # -- transport of commands --

    def test_without_le_nothing_is_fetched(self):
        for status in (b"\x61\x10", b"\x62\x83", b"\x9f\x16", b"\x6c\x10"):
            self.uart.expect(SELECT[:5], b"\xa4")
            self.uart.expect(SELECT[5:12], status)
            self.assertEqual(self.exchange(SELECT[:-1]), status)
            self.uart.expect(b"\x00\x1e\x00\x00\x00", status)
            self.assertEqual(self.exchange(b"\x00\x1e\x00\x00"), status)

    def test_a_warning_without_data_stays_a_warning(self):
        self.uart.expect(SELECT[:5], b"\xa4")
        self.uart.expect(SELECT[5:12], b"\x62\x83")
        self.uart.expect(b"\x00\xc0\x00\x00\x00", b"\x69\x85")
        self.assertEqual(self.exchange(SELECT), b"\x62\x83")

    def test_an_error_ends_it(self):
        for status in (b"\x6a\x82", b"\x69\x85", b"\x6f\x00", b"\x90\x00"):
            self.uart.expect(SELECT[:5], b"\xa4")
            self.uart.expect(SELECT[5:12], status)
            self.assertEqual(self.exchange(SELECT), status)
            self.uart.expect(GET, status)
            self.assertEqual(self.exchange(GET), status)

    def test_what_is_no_command(self):
        for command in (
            b"",
            b"\x00\xb2\x01",
            SELECT[:-2],
            SELECT + b"\x00",
            b"\x00\xa4\x04\x00\x00\x00",
            b"\x00\x60\x00\x00",  # such instructions would be taken for procedure bytes
            b"\x00\x9a\x00\x00",
            bytes(400),
        ):
            self.assertFails(CommandError, command)
        self.uart.done()

    # -- cards that lie, and cards that die --

    def test_procedure_bytes_that_make_no_sense(self):
        for said in (b"\x00", b"\xb3", b"\xa4", b"\xff", b"\x3b", b"\x50", b"\x80"):
            self.uart.expect(GET, said)
            self.assertFails(CardGarbled)

    def test_more_data_than_asked_for(self):
        self.uart.expect(GET, (b"\xb2" + bytes(256)) * 2 + b"\x90\x00")
        self.assertFails(CardGarbled)
        self.uart.expect(b"\x00\x1e\x00\x00\x00", b"\x1e\x01\x90\x00")  # to a command that asks for none
        self.assertFails(CardGarbled, b"\x00\x1e\x00\x00")
        self.uart.expect(SELECT[:5], b"\xa4")
        self.uart.expect(SELECT[5:12], b"\xa4")
        self.assertFails(CardGarbled, SELECT)

    def test_more_in_sum_than_an_answer_holds(self):
        self.uart.expect(GET, b"\x61\xf0")
        self.uart.expect(b"\x00\xc0\x00\x00\xf0", b"\xc0" + bytes(0xF0) + b"\x61\xf0")
        self.uart.expect(b"\x00\xc0\x00\x00\xf0", b"\xc0")
        self.assertFails(CardGarbled)

    def test_a_card_that_never_comes_to_an_end(self):
        for status, header in ((b"\x6c\x05", b"\x00\xb2\x01\x0c\x05"), (b"\x61\x05", b"\x00\xc0\x00\x00\x05")):
            self.setUp()
            self.uart.expect(GET, status)
            for _ in range(64):
                self.uart.expect(header, status)
            self.assertFails(CardGarbled)
            self.uart.done()

    def test_a_card_that_asks_for_time_for_ever(self):
        def more():
            self.uart.say(b"\x60")
            self.timeline.at(self.timeline.now + 700, more)

        self.uart.expect(GET, more)
        self.assertFails(CardSilent)
        self.assertTrue(60_000 <= self.timeline.now < 64_000)

    def test_silence(self):
        for said in (b"", b"\x60", b"\xb2", b"\xb2\x01\x02", b"\x6a"):
            self.setUp()
            self.uart.expect(GET, said)
            self.assertFails(CardSilent)
            least = WWT_MS + 480 * 372 // 4000
            self.assertTrue(least <= self.timeline.now <= least + self.line.late_ms + 60, self.timeline.now)

    def test_a_card_that_is_slow_by_its_own_word(self):
        self.start(bytes.fromhex("3b85402068010105 01".replace(" ", "")))  # WI 32
        self.uart.expect(GET, lambda: self.timeline.at(3 * WWT_MS, lambda: self.uart.say(b"\x90\x00")))
        self.assertEqual(self.exchange(GET), b"\x90\x00")


if __name__ == "__main__":
    unittest.main()
