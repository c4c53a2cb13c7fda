"""Finding a card, naming what is none, and speaking APDUs with it: against a scripted reader chip.

What the chip and a card make of all this together is tested on the bench (tests/host/judges/test_pn532_firmware.py).
"""

import asyncio
import unittest

from driver_fakes import Timeline
from suanpan.cards.contactless import ContactlessCard, ContactlessReader
from suanpan.errors.chip import CommandError
from suanpan.errors.nfc import CardLost, FelicaCard, MifareCard, NfcError, NfcGarbled, NfcSilent, OneCardOnly

HEAP = "1m"

APDU = b"\x00\xa4\x04\x00"
OK = b"\x90\x00"
ATS = bytes.fromhex("057880a002")  # FSC 256, FWI 10, CID
ATQB = bytes.fromhex("5011223344000000000081a1")
TARGET_A = bytes.fromhex("0100042004 08112233") + ATS
TARGET_B = b"\x01" + ATQB + b"\x01\x01"
MIFARE = bytes.fromhex("0100040804deadbeef")
NONE = b"\x00"


def beginning(data):
    """Of an answer that goes on."""
    return (data,)


class ScriptedPn532:
    """`script`: what must be called, a tuple, and the data that come of it or the error."""

    def __init__(self, *script):
        self.script = list(script)
        self.data = memoryview(bytearray(300))
        self.at = self.size = 0
        self.more = False

    async def _do(self, *call):
        assert self.script, f"surprise: {call}"
        expected, result = self.script.pop(0)
        assert call == expected, f"{call} instead of {expected}"
        await asyncio.sleep_ms(4)
        if isinstance(result, Exception):
            raise result
        self.more = isinstance(result, tuple)
        if self.more:
            result = result[0]
        self.at, self.size = 7, len(result)
        for i in range(40):  # what was there before is there no more
            self.data[i] = 0xEE
        self.data[self.at : self.at + self.size] = result

    def wipe(self):
        assert self.script.pop(0) == "wipe"

    def start(self):
        return self._do("start")

    def carrier(self, on):
        return self._do("carrier", on)

    def patience(self, exponent):
        return self._do("patience", exponent)

    def power_down(self):
        return self._do("power_down")

    def list_a(self, most):
        return self._do("list_a", most)

    def list_b(self, most):
        return self._do("list_b", most)

    def list_felica(self):
        return self._do("list_felica")

    def exchange(self, target, data, start, count, limit_ms):
        return self._do("exchange", target, bytes(data[start : start + count]))

    def thru(self, head, data, start, count, limit_ms):
        return self._do("thru", bytes(head) + bytes(data[start : start + count]))


def steps(*script):
    """MicroPython takes a * in a call, and not in a list."""
    return list(script)


def look(of_type_b=NONE, of_type_a=NONE, felica=None):
    script = steps((("list_b", 2), of_type_b), (("list_a", 2), of_type_a))
    if felica is not None:
        script.append((("list_felica",), felica))
    return script


START = (("start",), b"")
OFF = (("carrier", False), b"")
NOBODY = look(NONE, NONE, NONE)


class TestReader(unittest.TestCase):
    def setUp(self):
        self.timeline = Timeline()

    def run_with(self, use, *script):
        """The result of `use(reader)`, and a script that is all played."""
        chip = ScriptedPn532(*script)
        try:
            return self.timeline.run(lambda: use(ContactlessReader(chip)))
        finally:
            self.assertEqual(chip.script, [])

    def looked(self, *script):
        return self.run_with(lambda reader: reader.look(), START, *script)

    def assertFails(self, error, *script):
        try:
            self.looked(*script)
        except NfcError as raised:
            self.assertIs(type(raised), error)
        else:
            self.fail("no error")

    def test_nobody(self):
        self.assertIsNone(self.looked(*NOBODY))

    def test_type_a(self):
        card = self.looked(*look(of_type_a=b"\x01" + TARGET_A))
        self.assertEqual((card.uid, card.ats, card.atqb), (bytes.fromhex("08112233"), ATS, b""))

    def test_longer_uids(self):
        for size in (7, 10):
            uid = bytes(range(size))
            target = bytes.fromhex("01004420") + bytes((size,)) + uid + ATS
            self.assertEqual(self.looked(*look(of_type_a=b"\x01" + target)).uid, uid)

    def test_type_b_is_activated_last(self):
        script = look(of_type_b=b"\x01" + TARGET_B)
        card = self.looked(*script, OFF, (("list_b", 1), b"\x01" + TARGET_B))
        self.assertEqual((card.uid, card.ats, card.atqb), (b"\x11\x22\x33\x44", b"", ATQB))

    def test_type_b_that_has_gone_meanwhile(self):
        self.assertIsNone(self.looked(*look(of_type_b=b"\x01" + TARGET_B), OFF, (("list_b", 1), NONE)))

    def test_one_card_only(self):
        two_a = b"\x02" + TARGET_A + b"\x02" + TARGET_A[1:]
        two_b = b"\x02" + TARGET_B + b"\x02" + TARGET_B[1:]
        for script in (look(NONE, two_a), look(two_b, NONE), look(b"\x01" + TARGET_B, b"\x01" + TARGET_A)):
            self.assertFails(OneCardOnly, *script, OFF)

    def test_a_bank_card_among_memory_cards_is_not_picked_out(self):
        self.assertFails(OneCardOnly, *look(NONE, b"\x02" + MIFARE + b"\x02" + TARGET_A[1:]), OFF)

    def test_cards_that_cannot_pay_are_named(self):
        self.assertFails(MifareCard, *look(NONE, b"\x01" + MIFARE), OFF)
        ultralight = bytes.fromhex("010044000704a1b2c3d4e5f6")
        self.assertFails(MifareCard, *look(NONE, b"\x01" + ultralight), OFF)
        self.assertFails(FelicaCard, *look(NONE, NONE, b"\x01\x01\x12\x01" + bytes(16)), OFF)

    def test_a_telephone_with_both_is_a_bank_card(self):
        self.assertTrue(self.looked(*look(of_type_a=b"\x01" + TARGET_A)))  # FeliCa is not asked for

    def test_a_memory_card_that_is_a_bank_card_too(self):
        both = bytearray(TARGET_A)
        both[3] = 0x28  # SmartMX with MIFARE Classic
        self.assertTrue(self.looked(*look(of_type_a=b"\x01" + bytes(both))))

    def test_a_card_that_left_before_it_said_what_it_can_do(self):
        self.assertIsNone(self.looked(*look(of_type_a=b"\x01" + TARGET_A[: -len(ATS)])))

    def test_truncated_and_lying_answers(self):
        whole = len(TARGET_A) - len(ATS)  # without what it can do, as above
        for size in range(len(TARGET_A)):
            if size != whole:
                error = NfcGarbled if size < whole else CardLost
                self.assertFails(error, *look(of_type_a=b"\x01" + TARGET_A[:size]))
        for size in range(13):
            again = (("list_b", 1), b"\x01" + TARGET_B[:size])
            self.assertFails(NfcGarbled, *look(of_type_b=b"\x01" + TARGET_B), OFF, again)
        for count in (b"", b"\x03", b"\xff"):
            self.assertFails(NfcGarbled, (("list_b", 2), count))
        no_length = TARGET_A[:9] + b"\x00" + TARGET_A[10:]
        self.assertFails(CardLost, *look(of_type_a=b"\x01" + no_length))

    def test_the_chip_is_started_once_and_anew_after_an_error(self):
        async def use(reader):
            await reader.look()
            with self.assertRaises(NfcSilent):
                await reader.look()
            await reader.look()

        self.run_with(use, START, *steps(*NOBODY, (("list_b", 2), NfcSilent()), START, *NOBODY))

    def test_a_chip_that_does_not_start(self):
        async def use(reader):
            for _ in range(2):
                with self.assertRaises(NfcSilent):
                    await reader.look()

        self.run_with(use, (START[0], NfcSilent()), (START[0], NfcSilent()))

    def test_a_card_that_was_found_is_found_again(self):
        async def use(reader):
            await reader.look()
            await reader.look()
            await reader.off()
            await reader.look()

        found = look(of_type_a=b"\x01" + TARGET_A)
        self.run_with(use, START, *steps(*found, OFF, *found, "wipe", (("power_down",), b""), *NOBODY))

    def test_off_lasts_until_the_chip_sleeps(self):
        """Told anything before that, it would stay awake, with its carrier on and the same card before it."""
        self.run_with(lambda reader: reader.off(), "wipe", (("power_down",), b""))
        self.assertEqual(self.timeline.now, 4 + 2)

    def test_tap_waits(self):
        found = look(of_type_a=b"\x01" + TARGET_A)
        self.run_with(lambda reader: reader.tap(), START, *NOBODY * 10 + found)
        self.assertEqual(self.timeline.now, 4 + 10 * (12 + 10) + 8)

    def test_tap_with_a_sleeping_chip(self):
        found = look(of_type_a=b"\x01" + TARGET_A)
        nobody = steps(*NOBODY, (("power_down",), b""))
        self.run_with(lambda reader: reader.tap(250), START, *nobody * 10 + found)
        self.assertEqual(self.timeline.now, 4 + 10 * (16 + 250) + 8)

    def test_tap_can_be_cancelled(self):
        async def use(reader):
            task = asyncio.create_task(reader.tap())
            await asyncio.sleep_ms(10)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            return await reader.look()

        # Cancelled in the middle of a look: nobody knows what the chip is at.
        self.assertIsNone(self.run_with(use, START, (("list_b", 2), NONE), (("list_a", 2), NONE), START, *NOBODY))


class Exchange(unittest.TestCase):
    def exchange(self, command, *script, ats=ATS, atqb=b""):
        """What each of these exchanges gives: (data, status), or the error's code."""
        commands = command if isinstance(command, list) else [command]
        chip = ScriptedPn532(*script)
        card = ContactlessCard(chip, 1, b"", ats, atqb)

        async def use():
            results = []
            for one in commands:
                try:
                    data, status = await card.exchange(one)
                    results.append((bytes(data), status))
                except (NfcError, CommandError) as error:
                    results.append(error.code)
            return results

        results = Timeline().run(use)
        self.assertEqual(chip.script, [])
        return results if isinstance(command, list) else results[0]


class TestCard(Exchange):
    def test_short(self):
        self.assertEqual(self.exchange(APDU, (("exchange", 1, APDU), b"data\x61\x05")), (b"data", 0x6105))
        self.assertEqual(self.exchange(APDU, (("exchange", 1, APDU), OK)), (b"", 0x9000))
        longest = APDU + bytes(258)
        self.assertEqual(self.exchange(longest, (("exchange", 1, longest), OK)), (b"", 0x9000))

    def test_more(self):
        more = (("exchange", 1, b""), beginning(b"b" * 100))
        end = (("exchange", 1, b""), b"c\x90\x00")
        result = self.exchange(APDU, (("exchange", 1, APDU), beginning(b"a" * 244)), more, more, end)
        self.assertEqual(result, (b"a" * 244 + b"b" * 200 + b"c", 0x9000))

    def test_64_kb_and_no_more(self):
        first = (("exchange", 1, APDU), beginning(b"a" * 255))
        more = (("exchange", 1, b""), beginning(b"b" * 255))
        last = (("exchange", 1, b""), b"b\x90\x00")
        data, status = self.exchange(APDU, first, *[more] * 256 + [last])
        self.assertEqual((len(data), status), (65536, 0x9000))
        last = (("exchange", 1, b""), b"bb\x90\x00")
        self.assertEqual(self.exchange(APDU, first, *[more] * 256 + [last]), "D16")

    def test_more_of_nothing(self):
        more = (("exchange", 1, b""), beginning(b""))
        self.assertEqual(self.exchange(APDU, (("exchange", 1, APDU), beginning(b"a")), more), "D15")

    def test_no_status_word(self):
        for answer in (b"", b"\x90"):
            self.assertEqual(self.exchange(APDU, (("exchange", 1, APDU), answer)), "D16")

    def test_no_command(self):
        good = (("exchange", 1, APDU), OK)
        for command in (b"", b"\x00\xa4\x04", bytes(65545)):
            self.assertEqual(self.exchange([command, APDU], good), ["D27", (b"", 0x9000)])

    def test_a_card_that_was_lost_stays_lost(self):
        for error in (CardLost, NfcSilent, NfcGarbled, NfcError):
            lost = (("exchange", 1, APDU), error())
            self.assertEqual(self.exchange([APDU, APDU], lost), [error.code, "D16"])


class TestBlocks(Exchange):
    """Commands that the chip has no room for. Blocks are written as they are: PCB, CID if there is one, content."""

    COMMAND = b"\x00\xd6\x00\x00\x00\x01\x2c" + bytes(i & 0xFF for i in range(300))  # 307 bytes

    def blocks(self, *script, ats=ATS, atqb=b"", command=COMMAND, patience=13):
        steps = [(("patience", patience), b"")]
        for asked, answer in script:
            steps.append((("thru", asked) if isinstance(asked, bytes) else asked, answer))
        return self.exchange(command, *steps, ats=ats, atqb=atqb)

    def test_a_fresh_card(self):
        c = self.COMMAND
        result = self.blocks((b"\xb2", b"\xa3"), (b"\x12" + c[:253], b"\xa2"), (b"\x03" + c[253:], b"\x03ab\x90\x00"))
        self.assertEqual(result, (b"ab", 0x9000))

    def test_a_card_that_was_spoken_to(self):
        c = self.COMMAND
        for last, first in ((b"\x02OLD", 1), (b"\xa3", 0)):  # its last block again; or that it is at 1
            script = (
                (b"\xb2", last),
                (bytes((0x12 | first,)) + c[:253], bytes((0xA2 | first,))),
                (bytes((0x03 ^ first,)) + c[253:], bytes((0x03 ^ first,)) + b"\x90\x00"),
            )
            self.assertEqual(self.blocks(*script), (b"", 0x9000))

    def test_once_begun_it_goes_on_in_blocks(self):
        c = self.COMMAND
        script = steps(
            (("exchange", 1, APDU), OK),
            (("patience", 13), b""),
            (("thru", b"\xb2"), b"\x02\x90\x00"),
            (("thru", b"\x13" + c[:253]), b"\xa3"),
            (("thru", b"\x02" + c[253:]), b"\x02\x90\x00"),
            (("thru", b"\x03" + APDU), b"\x03x\x90\x00"),
        )
        self.assertEqual(self.exchange([APDU, c, APDU], *script), [(b"", 0x9000), (b"", 0x9000), (b"x", 0x9000)])

    def test_type_b_has_an_identifier(self):
        c = self.COMMAND
        script = (
            (b"\xba\x01", b"\xab\x01"),
            (b"\x1a\x01" + c[:252], b"\xaa\x01"),
            (b"\x0b\x01" + c[252:], b"\x0b\x01\x90\x00"),
        )
        self.assertEqual(self.blocks(*script, ats=b"", atqb=ATQB), (b"", 0x9000))

    def test_whether_there_is_an_identifier_is_found_out(self):
        c = self.COMMAND
        with_one = (
            (b"\xb2", CardLost()),
            (b"\xba\x01", b"\xab\x01"),
            (b"\x1a\x01" + c[:252], b"\xaa\x01"),
            (b"\x0b\x01" + c[252:], b"\x0b\x01\x90\x00"),
        )
        self.assertEqual(self.blocks(*with_one), (b"", 0x9000))
        without = (
            (b"\xba\x01", CardLost()),
            (b"\xb2", b"\xa3"),
            (b"\x12" + c[:253], b"\xa2"),
            (b"\x03" + c[253:], b"\x03\x90\x00"),
        )
        self.assertEqual(self.blocks(*without, ats=b"", atqb=ATQB), (b"", 0x9000))

    def test_nobody_tells(self):
        self.assertEqual(self.blocks((b"\xb2", CardLost()), (b"\xba\x01", CardLost())), "D16")
        no_cid = bytes.fromhex("057880a000")
        self.assertEqual(self.blocks((b"\xb2", CardLost()), ats=no_cid), "D16")

    def test_sizes_and_times_that_a_card_asks_for(self):
        # ATS, and the room in a block and the patience that come of it: FSC - 3; 400 us x 2^FWI.
        for ats_hex, room, patience in (
            ("01", 29, 7),  # everything left out: FSC 32, FWI 4
            ("0270", 13, 7),
            ("027577", 61, 7),  # cut short
            ("0278", 253, 7),
            ("047f11e2", 253, 16),  # reserved, as 256; TA, TB: FWI 14
            ("03 2450", 45, 8),
            ("0443 00 00", 37, 7),
        ):
            ats = bytes.fromhex(ats_hex)
            left, number = self.COMMAND, 0
            script = [(b"\xb2", b"\xa3")]
            while len(left) > room:
                script.append((bytes((0x12 | number,)) + left[:room], bytes((0xA2 | number,))))
                left, number = left[room:], number ^ 1
            last = bytes((0x02 | number,))
            script.append((last + left, last + OK))
            self.assertEqual(self.blocks(*script, ats=ats, patience=patience), (b"", 0x9000))

    def test_a_long_answer(self):
        c = self.COMMAND
        script = (
            (b"\xb2", b"\xa3"),
            (b"\x12" + c[:253], b"\xa2"),
            (b"\x03" + c[253:], b"\x13" + b"a" * 61),
            (b"\xa2", b"\x12" + b"b" * 61),
            (b"\xa3", b"\x03c\x90\x00"),
        )
        self.assertEqual(self.blocks(*script), (b"a" * 61 + b"b" * 61 + b"c", 0x9000))

    def test_a_card_that_wants_time(self):
        c = self.COMMAND
        script = (
            (b"\xb2", b"\xa3"),
            (b"\x12" + c[:253], b"\xf2\x01"),  # in the middle of the command
            (("patience", 13), b""),
            (b"\xf2\x01", b"\xa2"),
            (("patience", 13), b""),
            (b"\x03" + c[253:], b"\xf2\x43"),  # power level indication, and 3
            (("patience", 15), b""),
            (b"\xf2\x03", b"\xf2\x3b"),  # and 59 more
            (("patience", 16), b""),
            (b"\xf2\x3b", b"\x13a"),
            (("patience", 13), b""),
            (b"\xa2", b"\x02\x90\x00"),
        )
        self.assertEqual(self.blocks(*script), (b"a", 0x9000))

    def test_a_card_that_wants_time_for_ever_or_none(self):
        c = self.COMMAND
        begin = ((b"\xb2", b"\xa3"), (b"\x12" + c[:253], b"\xf2\x01"))
        more = [(("patience", 13), b""), (b"\xf2\x01", b"\xf2\x01")] * 59
        self.assertEqual(self.blocks(*begin + tuple(more) + ((("patience", 13), b""),)), "D16")
        for strange in (b"\xf2", b"\xf2\x00", b"\xf2\x3c"):
            self.assertEqual(self.blocks((b"\xb2", b"\xa3"), (b"\x12" + c[:253], strange)), "D16")

    def test_what_cannot_be_heard_is_asked_for_again(self):
        c = self.COMMAND
        script = (
            (b"\xb2", b"\xa3"),
            (b"\x12" + c[:253], CardLost()),
            (b"\xb2", b"\xa2"),  # it had the block
            (b"\x03" + c[253:], CardLost()),
            (b"\xb3", CardLost()),
            (b"\xb3", b"\x13a"),
            (b"\xa2", CardLost()),
            (b"\xb2", b"\x02\x90\x00"),
        )
        self.assertEqual(self.blocks(*script), (b"a", 0x9000))

    def test_a_block_that_never_arrived_is_sent_again(self):
        c = self.COMMAND
        script = (
            (b"\xb2", b"\xa3"),
            (b"\x12" + c[:253], CardLost()),
            (b"\xb2", b"\xa3"),  # it is still at the one before
            (b"\x12" + c[:253], b"\xa2"),
            (b"\x03" + c[253:], b"\x03\x90\x00"),
        )
        self.assertEqual(self.blocks(*script), (b"", 0x9000))

    def test_the_last_block_of_a_command_that_never_arrived_is_sent_again(self):
        c = self.COMMAND
        script = (
            (b"\xb2", b"\xa3"),
            (b"\x12" + c[:253], b"\xa2"),
            (b"\x03" + c[253:], CardLost()),
            (b"\xb3", b"\xa2"),
            (b"\x03" + c[253:], b"\x03\x90\x00"),
        )
        self.assertEqual(self.blocks(*script), (b"", 0x9000))

    def test_three_times_is_enough(self):
        c = self.COMMAND
        lost = (b"\xb2", CardLost())
        self.assertEqual(self.blocks((b"\xb2", b"\xa3"), (b"\x12" + c[:253], CardLost()), lost, lost), "D16")
        refused = (b"\x12" + c[:253], b"\xa3")
        self.assertEqual(self.blocks((b"\xb2", b"\xa3"), refused, refused, refused), "D16")

    def test_blocks_that_make_no_sense(self):
        c = self.COMMAND
        for strange in (b"\x02\x90\x00", b"\xb2", b"\xc2", b"\xf7"):
            self.assertEqual(self.blocks((b"\xb2", b"\xa3"), (b"\x12" + c[:253], strange)), "D16")
        for strange in (b"\x02\x90\x00", b"\xb3", b"\xc2", b"\x07\x00\x90\x00", b"\x03\x90"):
            begin = ((b"\xb2", b"\xa3"), (b"\x12" + c[:253], b"\xa2"), (b"\x03" + c[253:], strange))
            self.assertEqual(self.blocks(*begin), "D16")

    def test_what_is_no_block_has_not_been_heard(self):
        c = self.COMMAND
        for strange in (b"", b"\xaa\x00", b"\x0b\x00\x90\x00"):
            script = (
                (b"\xb2", b"\xa3"),
                (b"\x12" + c[:253], strange),
                (b"\xb2", b"\xa2"),
                (b"\x03" + c[253:], b"\x03\x90\x00"),
            )
            self.assertEqual(self.blocks(*script), (b"", 0x9000))

    def test_an_answer_without_end(self):
        c = self.COMMAND
        script = [(b"\xb2", b"\xa3"), (b"\x12" + c[:253], b"\xa2"), (b"\x03" + c[253:], b"\x13" + b"a" * 253)]
        for i in range(259):
            number = i & 1
            script.append((bytes((0xA2 | number,)), bytes((0x12 | number,)) + b"a" * 253))
        self.assertEqual(self.blocks(*script), "D16")


if __name__ == "__main__":
    unittest.main()
