"""A card session on the slot's driver: what powers a card up, what down, and what it costs."""

import asyncio
import gc
import unittest

from chip_peer import Rig
from driver_fakes import Timeline
from suanpan.cards.contact import ContactCard
from suanpan.drivers.chip_slot import ChipSlot
from suanpan.errors.chip import (
    CardError,
    CardGarbled,
    CardGone,
    CardMute,
    CardSilent,
    CardUnsupported,
    CommandError,
    SlotFault,
)
from vectors import load

TIMEOUT = 120

T0 = bytes.fromhex("3B6500002063CB6A00")
INVERSE_T0 = bytes.fromhex("3F6500002063CB6A00")
T1 = bytes.fromhex("3BE500FF8131FE458073C601082D")
PPS = load("iso7816")["pps"]
FAST_T1 = bytes.fromhex(PPS["atr"])
SPECIFIC = bytes.fromhex("3BB2110010800001")
IFS = bytes.fromhex("00C101FE3E")
IFS_ANSWER = bytes.fromhex("00E101FE1E")
GET = b"\x00\xb2\x01\x0c\x00"
DOWN = [("CMDVCC", 1), ("RSTIN", 0)]


class TestContactCard(unittest.TestCase):
    def start(self, *answers, **options):
        self.rig = Rig(*answers)
        self.uart = self.rig.uart
        self.card = ContactCard(self.rig.slot, **options)

    def activate(self):
        self.rig.run(self.card.activate)
        self.assertTrue(self.card.active)

    def exchange(self, command=GET):
        data, status = self.rig.run(lambda: self.card.exchange(command))
        self.uart.done()
        return bytes(data) + bytes((status >> 8, status & 0xFF))

    def assertDown(self):
        self.assertFalse(self.card.active)
        self.assertEqual(self.rig.diary[-2:], DOWN)
        with self.assertRaises(CardGone):
            self.rig.run(lambda: self.card.exchange(GET))

    def assertNoCard(self, error):
        with self.assertRaises(error):
            self.rig.run(self.card.activate)
        self.uart.done()
        self.assertDown()

    # -- up --

    def test_t0(self):
        self.start(T0)
        self.activate()
        self.uart.expect(GET, b"\xb2" + bytes(256) + b"\x90\x00")
        self.assertEqual(self.exchange(), bytes(256) + b"\x90\x00")
        self.card.deactivate()
        self.assertDown()

    def test_t1(self):
        self.start(T1)
        self.uart.expect(IFS, IFS_ANSWER)
        self.activate()
        self.uart.expect(b"\x00\x00\x05" + GET + bytes((0x05 ^ 0xBF,)), b"\x00\x00\x02\x6a\x83\xeb")
        self.assertEqual(self.exchange(), b"\x6a\x83")

    def test_inverse_convention(self):
        self.start(INVERSE_T0)
        self.activate()
        self.assertEqual(self.uart.inits[-1], (10753, 1))
        self.uart.expect(GET, b"\xb2" + bytes(range(256)) + b"\x90\x00")
        self.assertEqual(self.exchange(), bytes(range(256)) + b"\x90\x00")

    def test_the_answers_data_are_the_callers(self):
        self.start(T0)
        self.activate()
        self.uart.expect(GET, b"\x6c\x02")
        self.uart.expect(b"\x00\xb2\x01\x0c\x02", b"\xb2ab\x90\x00")
        first, _ = self.rig.run(lambda: self.card.exchange(GET))
        self.uart.expect(GET, b"\x6a\x83")
        self.exchange()
        self.assertEqual((type(first), bytes(first)), (bytearray, b"ab"))

    # -- the answer to reset --

    def test_a_mute_card(self):
        self.start()
        self.assertNoCard(CardMute)
        self.assertEqual(self.rig.reset.level, 0)
        self.assertTrue(self.rig.timeline.now < 250, "the cashier waits for it")

    def test_a_bad_answer_has_one_warm_reset(self):
        for bad in (b"\x12\x34", T0[:4], T1[:-1] + b"\x2e", b"\x3b\x60\x25\x00", b"\x3b\x81\x1f\x00\xcc\x52"):
            self.start(bad, T0)
            self.activate()
            self.assertEqual([level for name, level in self.rig.diary if name == "RSTIN"], [0, 1, 0, 1])
            self.uart.expect(GET, b"\x6a\x83")
            self.assertEqual(self.exchange(), b"\x6a\x83")

    def test_two_bad_answers(self):
        for bad, error in ((T0[:4], CardGarbled), (b"\x3b\x81\x1f\x00\xcc\x52", CardUnsupported), (b"", CardMute)):
            self.start(T0[:4], bad)
            self.assertNoCard(error)

    def test_an_answer_that_takes_for_ever(self):
        self.start()

        answer = b"\x3b\xff" + b"\xff" * 31

        def drip(at=0):
            if at < len(answer):
                self.uart.say(answer[at : at + 1])
                self.rig.timeline.at(self.rig.timeline.now + 900, lambda: drip(at + 1))

        self.rig.reset.on_change = lambda level: level and drip()
        with self.assertRaises(CardError):
            self.rig.run(self.card.activate)
        self.assertTrue(self.rig.timeline.now < 8_000, self.rig.timeline.now)  # with the warm reset

    # -- rates --

    def test_emv_asks_for_no_other_rate(self):
        self.start(FAST_T1)
        self.uart.expect(IFS, IFS_ANSWER)
        self.activate()
        self.assertEqual({rate for rate, _ in self.uart.inits}, {10753})

    def test_a_faster_rate(self):
        self.start(FAST_T1, fastest=200_000)
        self.uart.expect(bytes.fromhex(PPS["request"]), bytes.fromhex(PPS["answer"]))
        self.uart.expect(IFS, IFS_ANSWER)
        self.activate()
        self.uart.done()
        self.assertEqual(self.uart.inits[-1], (129032, 0))

    def test_a_rate_beyond_what_the_board_can_do_is_not_asked_for(self):
        self.start(FAST_T1, fastest=120_000)
        self.uart.expect(IFS, IFS_ANSWER)
        self.activate()

    def test_a_card_may_keep_its_rate(self):
        self.start(FAST_T1, fastest=200_000)
        self.uart.expect(bytes.fromhex(PPS["request"]), b"\xff\x01\xfe")
        self.uart.expect(IFS, IFS_ANSWER)
        self.activate()
        self.assertEqual(self.uart.inits[-1], (10753, 0))

    def test_no_agreement_is_a_warm_reset(self):
        for answer in (b"", b"\xff\x11\x18", b"\xff\x11\x18\xf7", b"\xff\x11\x13\xfd", b"\x00\x00\x00\x00"):
            self.start(FAST_T1, FAST_T1, fastest=200_000)
            self.uart.expect(bytes.fromhex(PPS["request"]), answer)
            self.uart.expect(IFS, IFS_ANSWER)
            self.activate()
            self.uart.done()
            self.assertEqual(self.uart.inits[-1], (10753, 0))

    def test_specific_mode(self):
        for ta1, rate in ((b"\x11", 10753), (b"\x12", 21505), (b"\x13", 43011)):
            self.start(b"\x3b\xb2" + ta1 + SPECIFIC[3:])
            self.activate()
            self.assertEqual(self.uart.inits[-1], (rate, 0))
        too_fast = b"\x3b\xb2\x96" + SPECIFIC[3:]
        self.start(too_fast, SPECIFIC)
        self.assertNoCard(CardUnsupported)
        self.start(too_fast, fastest=250_000)
        self.activate()
        self.assertEqual(self.uart.inits[-1], (250_000, 0))

    # -- down --

    def test_any_failure_powers_the_card_down(self):
        for said, error in ((b"\x12", CardGarbled), (b"", CardSilent)):
            self.start(T0)
            self.activate()
            self.uart.expect(GET, said)
            with self.assertRaises(error):
                self.exchange()
            self.assertDown()

    def test_what_is_no_command_does_not(self):
        self.start(T0)
        self.activate()
        with self.assertRaises(CommandError):
            self.rig.run(lambda: self.card.exchange(b"\x00\xa4"))
        self.uart.expect(GET, b"\x6a\x83")
        self.exchange()

    def test_pulled_in_the_middle_of_a_command(self):
        self.start(T0)
        self.activate()
        self.uart.expect(GET, lambda: setattr(self.rig.off, "level", 0))
        with self.assertRaises(CardGone):
            self.exchange()
        self.assertDown()

    def test_a_short_circuit(self):
        self.start(T0)
        self.activate()
        self.rig.command_vcc.on_change = lambda level: setattr(self.rig.off, "level", level)
        self.uart.expect(GET, lambda: setattr(self.rig.off, "level", 0))
        with self.assertRaises(SlotFault):
            self.exchange()
        self.assertDown()

    def test_cancelled_in_the_middle_of_a_command(self):
        self.start(T0)
        self.activate()
        self.uart.expect(GET, b"\x60")

        async def give_up():
            task = asyncio.create_task(self.card.exchange(GET))
            now = asyncio.Event()
            self.rig.timeline.at(self.rig.timeline.now + 300, now.set)
            await now.wait()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        self.rig.run(give_up)
        self.assertDown()

    def test_resynchronised_it_stays_up(self):
        self.start(T1)
        self.uart.expect(IFS, IFS_ANSWER)
        self.activate()
        command = b"\x00\x00\x05" + GET + bytes((0x05 ^ 0xBF,))
        self.uart.expect(command, b"\x00\x00\x02\x6a\x83\xea")
        for _ in range(3):
            self.uart.expect(b"\x00\x81\x00\x81", b"\x00\x00\x02\x6a\x83\xea")
        self.uart.expect(b"\x00\xc0\x00\xc0", b"\x00\xe0\x00\xe0")
        with self.assertRaises(CardGarbled):
            self.exchange()
        self.assertTrue(self.card.active)
        self.uart.expect(IFS, IFS_ANSWER)
        self.uart.expect(command, b"\x00\x00\x02\x6a\x83\xeb")
        self.assertEqual(self.exchange(), b"\x6a\x83")

    def test_after_any_failure_the_next_card_works(self):
        self.start(T0, b"\x12", b"\x34", T0)
        self.activate()
        self.uart.expect(GET, b"\x12")
        with self.assertRaises(CardGarbled):
            self.exchange()
        with self.assertRaises(CardGarbled):
            self.rig.run(self.card.activate)
        self.activate()
        self.uart.expect(GET, b"\x6a\x83")
        self.assertEqual(self.exchange(), b"\x6a\x83")

    def test_nothing_of_the_card_stays_in_memory(self):
        for answer in (T0, T1):
            self.start(answer)
            if answer is T1:
                self.uart.expect(IFS, IFS_ANSWER)
            self.activate()
            secret = b"5413330089020011"
            if answer is T0:
                self.uart.expect(GET, b"\xb2" + secret * 16 + b"\x90\x00")
            else:
                body = b"\x00\x00\x12" + secret + b"\x90\x00"
                check = 0
                for byte in body:
                    check ^= byte
                self.uart.expect(b"\x00\x00\x05" + GET + bytes((0x05 ^ 0xBF,)), body + bytes((check,)))
            self.exchange()
            line = self.rig.slot.line
            buffers = (line.data, line.out, line._chunk, self.card._answer)
            self.assertTrue(any(secret in bytes(buffer) for buffer in buffers))
            self.card.deactivate()
            for buffer in buffers:
                self.assertEqual(bytes(buffer), bytes(len(buffer)))


class Loop:
    """A UART and a card behind it, without a byte of heap for any frame: fixed answers, in fixed buffers."""

    def __init__(self, answer, replies):
        self.replies = replies  # first character of a command -> reply, or a list of replies in turn
        self.turn = 0
        self.inbox = bytearray(600)
        self.start = self.end = 0
        self.put(answer, len(answer))

    def put(self, data, size):
        inbox = self.inbox
        end = self.end
        for i in range(size):
            inbox[end + i] = data[i]
        self.end = end + size

    def init(self, baudrate, bits, parity, stop, rxbuf):
        pass

    def readinto(self, buffer, count):
        count = min(count, self.end - self.start)
        for i in range(count):
            buffer[i] = self.inbox[self.start + i]
        self.start += count
        if self.start == self.end:
            self.start = self.end = 0
        return count or None

    def write(self, view):
        self.put(view, len(view))
        reply = self.replies[self.turn]
        self.turn = (self.turn + 1) % len(self.replies)
        self.put(reply, len(reply))


class QuietPin:
    IRQ_RISING = IRQ_FALLING = 1

    def __init__(self, level):
        self.level = level
        self.on_rise = None

    def value(self, level=None):
        if level is None:
            return self.level
        if level and self.on_rise:
            self.on_rise()
        return None

    def irq(self, handler, trigger):
        pass


def block(pcb, data):
    body = bytes((0, pcb, len(data))) + data
    check = 0
    for byte in body:
        check ^= byte
    return body + bytes((check,))


class TestMemory(unittest.TestCase):
    def spend(self, answer, prelude, replies, command, times):
        """Bytes that stay after so many exchanges, and bytes of garbage for each."""
        loop = Loop(b"", replies)
        reset = QuietPin(0)
        reset.on_rise = lambda: loop.put(answer, len(answer))
        slot = ChipSlot(loop, QuietPin(1), reset, QuietPin(1), 4_000_000)
        card = ContactCard(slot)
        spent = []

        async def use():
            loop.replies = prelude or replies
            await card.activate()
            loop.turn = 0
            loop.replies = replies
            for _ in range(4):
                await card.exchange(command)
            gc.collect()
            gc.disable()
            before = gc.mem_alloc()
            await card.exchange(command)
            spent.append(gc.mem_alloc() - before)
            await card.exchange(command)
            gc.enable()
            gc.collect()
            before = gc.mem_alloc()
            for _ in range(times):
                await card.exchange(command)
            gc.collect()
            spent.append(gc.mem_alloc() - before)

        Timeline().run(use)
        garbage, kept = spent
        return kept, garbage

    def t0(self, size, times=1):
        return self.spend(T0, None, (b"\xb2" + bytes(size) + b"\x90\x00",), GET[:4] + bytes((size & 0xFF,)), times)

    def t1(self, size, times=2):
        data = bytes(size) + b"\x90\x00"
        return self.spend(T1, (IFS_ANSWER,), (block(0x00, data), block(0x40, data)), GET, times)

    def test_a_thousand_exchanges_leave_nothing(self):
        for spend in (self.t0, self.t1):
            kept, _ = spend(252, 1000)
            self.assertEqual(kept, 0)

    def test_garbage_does_not_grow_with_the_frame(self):
        """The data handed out are the caller's; the rest is what the tasks' own frames take."""
        for spend in (self.t0, self.t1):
            _, short = spend(4)
            _, long = spend(252)
            print("garbage of an exchange:", short, "and", long)
            self.assertTrue(long - short <= 252 + 32 + 700, (short, long))
            self.assertTrue(short < 4000, short)


class TestWhateverACardSays(unittest.TestCase):
    """Random, truncated, oversized and lying cards: typed errors, bounded time, and then a good card works."""

    def setUp(self):
        self.state = 20261123

    def chance(self, below):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.state >> 12) % below

    def noise(self, size):
        return bytes(self.chance(256) for _ in range(size))

    def spoil(self, data):
        data = bytearray(data)
        kind = self.chance(6)
        if kind == 0:
            return self.noise(self.chance(300))
        if kind == 1:
            return data[: self.chance(len(data) + 1)]
        if kind == 2:
            return data + self.noise(1 + self.chance(300))
        if kind == 3 and data:
            data[self.chance(len(data))] ^= 1 << self.chance(8)
        if kind == 4 and data:
            data[self.chance(len(data))] = self.chance(256)
        return bytes(data)

    def reply(self, written):
        """What a card in order says to it; single characters are sent to one whose ATR asks for guard time."""
        if len(written) < 4:
            return b""
        if len(written) == 5 and written[0] == 0 and written[1] in (0xB2, 0xC0) and not self.t1:
            return (b"\xb2" + bytes(20) + b"\x90\x00", b"\x60\x6c\x14", b"\x61\x14")[self.chance(3)]
        if written[:2] == b"\x00\xc1":
            return IFS_ANSWER
        if written[:2] == b"\xff\x11":
            return written
        if written[1] < 0x80:
            self.last = block(written[1] & 0x40, bytes(20) + b"\x90\x00")
            if self.chance(3) == 0:
                return block(0xC3, b"\x02")
        return block(0xE0, b"") if written[1] == 0xC0 else self.last

    def test_fuzz(self):
        outcomes = {}
        for number in range(400):
            self.t1 = number & 1
            self.last = b""
            answer = (T0, FAST_T1)[self.t1]
            rig = Rig()
            card = ContactCard(rig.slot, 500_000 if number & 2 else 0)
            lying = 1 + self.chance(20)

            def write(data):
                data = bytes(data)
                rig.uart.inbox.extend(data)
                reply = self.reply(data)
                rig.uart.say(reply if self.chance(lying) else self.spoil(reply))

            rig.uart.write = write
            rig.reset.on_change = lambda level: (
                level and rig.uart.say(answer if self.chance(lying) else self.spoil(answer))
            )

            async def use():
                await card.activate()
                for _ in range(5):
                    try:
                        data, _ = await card.exchange(GET)
                        self.assertTrue(len(data) <= 256)
                    except CardGarbled:
                        if not card.active:
                            raise
                        outcomes["resynchronised"] = outcomes.get("resynchronised", 0) + 1

            try:
                rig.run(use)
                outcome = "good"
            except CardError as error:
                outcome = error.code
                self.assertFalse(card.active)
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            self.assertTrue(rig.timeline.now < 100_000, rig.timeline.now)

            rig.uart.write = rig.uart.inbox.extend  # and now a card in order, in the same slot
            rig.answers = [T0]
            rig.reset.on_change = rig._on_reset
            rig.run(card.activate)
        print(sorted(outcomes.items()))
        self.assertTrue(len(outcomes) >= 5, outcomes)


if __name__ == "__main__":
    unittest.main()
