"""T=1 against the scenarios of the standard's Annex A and a scripted card that fails on any surprise."""

import unittest

from chip_peer import CLOCK_HZ, CardUart
from driver_fakes import Timeline
from suanpan.cards.atr import Atr
from suanpan.cards.t1 import T1
from suanpan.drivers.iso7816_uart import Iso7816Uart
from suanpan.errors.chip import CardGarbled, CardSilent, CommandError
from vectors import load

VECTORS = load("iso7816")
IFS = bytes.fromhex(VECTORS["t1_ifs"]["request"])
IFS_ANSWER = bytes.fromhex(VECTORS["t1_ifs"]["answer"])
COMMAND = bytes.fromhex("00B2010C00")
BWT_MS = (16 * 960 * 372 + 11 * 372) // 4000
RESYNCH = b"\x00\xc0\x00\xc0"
RESYNCHED = b"\x00\xe0\x00\xe0"


def block(pcb, data=b"", check=0):
    body = bytes((0, pcb, len(data))) + data
    for byte in body:
        check ^= byte
    return body + bytes((check,))


def crc(data):
    register = 0xFFFF
    for byte in data:
        for bit in range(8):
            low = (register ^ byte >> bit) & 1
            register = register >> 1 ^ (0x8408 if low else 0)
    return bytes((register >> 8, register & 0xFF))


class TestT1(unittest.TestCase):
    def setUp(self):
        self.start()

    def start(self, ifsc=254, crc=False):
        atr = Atr()
        atr.protocol = 1
        atr.bwi = 4
        atr.cwi = 5
        atr.ifsc = ifsc
        atr.crc = crc
        self.uart = CardUart()
        self.timeline = Timeline()
        self.line = Iso7816Uart(self.uart, CLOCK_HZ, lambda: True, None)
        self.line.start()
        self.t1 = T1(self.line, atr, bytearray(258))
        if not crc:
            self.uart.expect(IFS, IFS_ANSWER)
            self.timeline.run(self.t1.start)

    def exchange(self, command=COMMAND):
        data, status = self.timeline.run(lambda: self.t1.exchange(command))
        self.uart.done()
        return bytes(data) + bytes((status >> 8, status & 0xFF))

    def assertFails(self, error, command=COMMAND):
        with self.assertRaises(error):
            self.timeline.run(lambda: self.t1.exchange(command))

    # -- published scenarios --

    def test_annex_a(self):
        for scenario in VECTORS["t1_scenarios"]["scenarios"]:
            self.start(scenario.get("ifsc", 32))
            for exchange in scenario["exchanges"]:
                self.uart.play(exchange["blocks"])
                answer = self.exchange(bytes.fromhex(exchange["command"]))
                self.assertEqual(answer.hex(), exchange["answer"], scenario["name"])

    def test_a_card_that_had_others_ask_for_ever(self):
        published = VECTORS["t1_endless"]
        self.uart.expect(block(0x00, COMMAND), block(0x00, b"\x6d\x00"))
        self.exchange()
        (_, sent), (_, first), (_, again), (_, stale) = published["blocks"]
        self.uart.expect(bytes.fromhex(sent), bytes.fromhex(first))
        for _ in range(3):
            self.uart.expect(bytes.fromhex(again), bytes.fromhex(stale))
        for _ in range(3):
            self.uart.expect(RESYNCH, bytes.fromhex(stale))
        self.assertFails(CardGarbled, bytes.fromhex(published["command"]))
        self.uart.done()
        self.assertFalse(self.t1.recovered)

    # -- chains --

    def test_the_longest_of_both(self):
        data = bytes(range(255))
        command = b"\x80\xe2\x00\x00\xff" + data + b"\x00"
        answer = bytes(range(256)) + b"\x90\x00"
        self.uart.expect(block(0x20, command[:254]), block(0x90))
        self.uart.expect(block(0x40, command[254:]), block(0x20, answer[:254]))
        self.uart.expect(block(0x90), block(0x40, answer[254:]))
        self.assertEqual(self.exchange(command), answer)

    def test_numbers_go_on_over_exchanges(self):
        self.uart.expect(block(0x00, COMMAND), block(0x20, b"ab"))
        self.uart.expect(block(0x90), block(0x60, b"cd"))
        self.uart.expect(block(0x80), block(0x00, b"\x90\x00"))
        self.assertEqual(self.exchange(), b"abcd\x90\x00")
        self.uart.expect(block(0x40, COMMAND), block(0x40, b"\x90\x00"))
        self.assertEqual(self.exchange(), b"\x90\x00")
        self.uart.expect(block(0x00, COMMAND), block(0x00, b"\x90\x00"))
        self.assertEqual(self.exchange(), b"\x90\x00")

    def test_a_damaged_block_within_the_cards_chain(self):
        self.uart.expect(block(0x00, COMMAND), block(0x20, b"ab"))
        self.uart.expect(block(0x90), block(0x40, b"\x90\x00", check=1))
        self.uart.expect(block(0x91), block(0x40, b"\x90\x00"))
        self.assertEqual(self.exchange(), b"ab\x90\x00")

    def test_a_card_that_missed_the_acknowledgement(self):
        self.uart.expect(block(0x00, COMMAND), block(0x20, b"ab"))
        self.uart.expect(block(0x90), block(0x91))
        self.uart.expect(block(0x90), block(0x40, b"\x90\x00"))
        self.assertEqual(self.exchange(), b"ab\x90\x00")

    def test_a_damaged_acknowledgement_within_our_chain(self):
        self.start(ifsc=16)
        command = b"\x80\xe2\x00\x00\x18" + bytes(24)
        self.uart.expect(block(0x20, command[:16]), block(0x90, check=4))
        self.uart.expect(block(0x81), block(0x90))
        self.uart.expect(block(0x40, command[16:]), block(0x00, b"\x90\x00"))
        self.assertEqual(self.exchange(command), b"\x90\x00")

    def test_the_cards_block_may_shrink_in_the_middle(self):
        self.start(ifsc=32)
        command = b"\x80\xe2\x00\x00\x40" + bytes(range(64))
        self.uart.expect(block(0x20, command[:32]), block(0xC1, b"\x10"))
        self.uart.expect(block(0xE1, b"\x10"), block(0x90))
        self.uart.expect(block(0x60, command[32:48]), block(0x80))
        self.uart.expect(block(0x20, command[48:64]), block(0x90))
        self.uart.expect(block(0x40, command[64:]), block(0x00, b"\x90\x00"))
        self.assertEqual(self.exchange(command), b"\x90\x00")

    # -- time --

    def test_waiting_time_extension(self):
        late = self.timeline.now + 9 * BWT_MS
        self.uart.expect(block(0x00, COMMAND), block(0xC3, b"\x0a"))
        self.uart.expect(
            block(0xE3, b"\x0a"), lambda: self.timeline.at(late, lambda: self.uart.say(block(0x00, b"\x90\x00")))
        )
        self.assertEqual(self.exchange(), b"\x90\x00")
        self.assertTrue(self.timeline.now >= late)

    def test_an_extension_is_for_one_block(self):
        self.uart.expect(block(0x00, COMMAND), block(0xC3, b"\x0a"))
        self.uart.expect(block(0xE3, b"\x0a"), block(0x00, b"\x90\x00"))
        self.exchange()
        before = self.timeline.now
        self.uart.expect(block(0x40, COMMAND))
        for _ in range(3):
            self.uart.expect(block(0x92))
        self.assertFails(CardSilent)
        self.assertTrue(4 * BWT_MS <= self.timeline.now - before <= 4 * (BWT_MS + 500))

    def test_a_card_that_asks_for_time_for_ever(self):
        def more():
            self.uart.expect(block(0xE3, b"\x01"), more)
            self.timeline.at(self.timeline.now + 1000, lambda: self.uart.say(block(0xC3, b"\x01")))

        self.uart.expect(block(0x00, COMMAND), more)
        self.assertFails(CardSilent)
        self.assertTrue(60_000 <= self.timeline.now <= 64_000)

    def test_garbage_has_its_end_waited_for(self):
        """The card is still talking when the block has turned out to be damaged."""
        over = self.timeline.now + 400

        def talk():
            self.uart.say(b"\x00\x00\xff")
            for ms in range(50, 401, 50):
                self.timeline.at(self.timeline.now + ms, lambda: self.uart.say(bytes(40)))

        self.uart.expect(block(0x00, COMMAND), talk)
        self.uart.expect(block(0x82), lambda: self.assertTrue(self.timeline.now > over))
        self.uart.expect(block(0x82), block(0x00, b"\x90\x00"))
        self.assertEqual(self.exchange(), b"\x90\x00")

    def test_babble_without_end(self):
        self.uart.expect(block(0x00, COMMAND), bytes(5000))
        self.assertFails(CardGarbled)

    # -- what is wrong --

    def test_blocks_that_make_no_sense(self):
        good = block(0x00, b"\x90\x00")
        for said, error in (
            (b"\x12" + good[1:-1] + bytes((good[-1] ^ 0x12,)), 2),  # another node address
            (block(0x40, b"\x90\x00"), 2),  # another number
            (block(0x10, b"\x90\x00"), 2),  # reserved bits
            (block(0x90), 2),  # an acknowledgement of the end
            (block(0x80, b"\x01"), 2),  # with data: but it may ask for our block again only without
            (block(0xE3, b"\x01"), 2),  # answers nobody asked for
            (block(0xE0), 2),
            (block(0xC0), 2),  # only we may
            (block(0xC3), 2),  # requests without or with impossible values
            (block(0xC3, b"\x00"), 2),
            (block(0xC3, b"\x01\x01"), 2),
            (block(0xC1, b"\x0f"), 2),
            (block(0xC1, b"\xff"), 2),
            (good[:-1] + b"\x00", 1),
            (b"\x00\x00\xff" + bytes(256), 2),  # the length that there is not
            (good[:-1], 2),
            (good[:2], 2),
        ):
            self.start()
            self.uart.expect(block(0x00, COMMAND), said)
            self.uart.expect(block(0x80 | error), good)
            self.assertEqual(self.exchange(), b"\x90\x00", said.hex())

    def test_every_flipped_bit_is_found(self):
        good = block(0x00, b"\x61\x62\x90\x00")
        for bit in range(len(good) * 8):
            flipped = bytearray(good)
            flipped[bit >> 3] ^= 1 << (bit & 7)
            self.start()
            self.uart.expect(block(0x00, COMMAND), bytes(flipped))
            expected = 0x81 if not 16 <= bit < 24 else 0x82 if flipped[2] > 4 else 0x81
            self.uart.expect(block(expected), good)
            self.assertEqual(self.exchange(), b"ab\x90\x00", bit)

    def test_an_answer_without_status_word(self):
        for data in (b"", b"\x90"):
            self.start()
            self.uart.expect(block(0x00, COMMAND), block(0x00, data))
            self.assertFails(CardGarbled)
            self.assertFalse(self.t1.recovered)

    def test_an_answer_longer_than_there_is(self):
        self.uart.expect(block(0x00, COMMAND), block(0x20, bytes(254)))
        self.uart.expect(block(0x90), block(0x40, bytes(5)))
        self.assertFails(CardGarbled)

    def test_an_abort(self):
        self.uart.expect(block(0x00, COMMAND), block(0xC2))
        self.assertFails(CardGarbled)

    def test_what_is_no_command(self):
        for command in (b"", b"\x00\xb2\x01", b"\x00\xa4\x04\x00\x02\x3f", b"\x00\xa4\x04\x00\x00\x00", bytes(400)):
            self.assertFails(CommandError, command)
        self.uart.done()

    # -- resynchronisation --

    def lose_step(self):
        self.uart.expect(block(0x00, COMMAND), block(0x00, b"\x90\x00", check=1))
        for _ in range(3):
            self.uart.expect(block(0x81), block(0x00, b"\x90\x00", check=1))

    def test_resynchronised_the_exchange_is_lost_and_not_the_card(self):
        self.start(ifsc=32)
        self.uart.expect(block(0x00, COMMAND), block(0xC1, b"\x20"))  # what is forgotten: its IFSC, our IFSD
        self.uart.expect(block(0xE1, b"\x20"), block(0x00, b"\x90\x00"))
        self.exchange()
        self.uart.expect(block(0x40, COMMAND), block(0x40, b"\x90\x00", check=1))
        for _ in range(3):
            self.uart.expect(block(0x91), block(0x40, b"\x90\x00", check=1))
        self.uart.expect(RESYNCH, RESYNCHED)
        self.assertFails(CardGarbled)
        self.uart.done()
        self.assertTrue(self.t1.recovered)
        self.uart.expect(IFS, IFS_ANSWER)
        self.uart.expect(block(0x00, COMMAND), block(0x00, b"\x6a\x83"))
        self.assertEqual(self.exchange(), b"\x6a\x83")
        self.assertFalse(self.t1.recovered)

    def test_resynchronised_at_the_third_attempt(self):
        self.lose_step()
        self.uart.expect(RESYNCH, block(0x81))
        self.uart.expect(RESYNCH, b"")
        self.uart.expect(RESYNCH, RESYNCHED)
        self.assertFails(CardGarbled)
        self.assertTrue(self.t1.recovered)

    def test_not_resynchronised(self):
        self.lose_step()
        for _ in range(3):
            self.uart.expect(RESYNCH, block(0xE0, b"\x00"))
        self.assertFails(CardGarbled)
        self.uart.done()
        self.assertFalse(self.t1.recovered)

    def test_a_card_that_wants_our_block_again_and_again(self):
        for _ in range(4):
            self.uart.expect(block(0x00, COMMAND), block(0x82))
        self.uart.expect(RESYNCH, RESYNCHED)
        self.assertFails(CardGarbled)

    # -- IFS and CRC --

    def test_a_card_that_does_not_take_our_length(self):
        self.start()
        self.uart.expect(IFS, block(0xE1, b"\x20"))
        self.uart.expect(IFS, block(0x82))
        self.uart.expect(IFS, b"")
        self.uart.expect(IFS, IFS_ANSWER)
        self.timeline.run(self.t1.start)
        self.uart.done()

    def test_crc(self):
        self.start(crc=True)

        def checked(pcb, data=b""):
            body = bytes((0, pcb, len(data))) + data
            return body + crc(body)

        self.uart.expect(checked(0xC1, b"\xfe"), checked(0xE1, b"\xfe"))
        self.timeline.run(self.t1.start)
        self.uart.expect(checked(0x00, COMMAND), checked(0x00, b"ab\x90\x00")[:-1] + b"?")
        self.uart.expect(checked(0x81), checked(0x00, b"ab\x90\x00"))
        self.assertEqual(self.exchange(), b"ab\x90\x00")
        self.assertEqual(crc(b"123456789"), b"\x6f\x91")  # CRC-16/MCRF4XX in Greg Cook's catalogue


if __name__ == "__main__":
    unittest.main()
