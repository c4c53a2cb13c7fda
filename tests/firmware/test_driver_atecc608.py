"""The secure element's driver against a scripted bus that fails on the first surprise.

Frames published elsewhere are told by their source; the others have the CRC of this file's own bit by bit one.
"""

import asyncio
import unittest

from driver_fakes import Timeline
from suanpan.drivers.atecc608 import Atecc608
from suanpan.errors.element import ElementError, ElementGarbled, ElementRefused, ElementSilent, ElementTired

ADDRESS = 0x60
SLEEP = (ADDRESS, b"\x01")
WAKE = (0, b"")
AWAKE = bytes.fromhex("04113343")  # data sheet DS40002112, 8.1; cryptoauthlib, hal_i2c_wake

# cryptoauthlib: the Info command and an ATECC608A's answer.
INFO = bytes.fromhex("030730000000035D")
REVISION = bytes.fromhex("07000060028038")


def crc(data):
    register = 0
    for byte in data:
        for bit in range(8):
            carry = (register >> 15) ^ (byte >> bit & 1)
            register = (register << 1 & 0xFFFF) ^ (0x8005 if carry else 0)
    return bytes((register & 0xFF, register >> 8))


def framed(data):
    counted = bytes((len(data) + 3,)) + data
    return counted + crc(counted)


def command(opcode, param1=0, param2=0, data=b""):
    return ADDRESS, b"\x03" + framed(bytes((opcode, param1, param2 & 0xFF, param2 >> 8)) + data)


class ScriptedI2c:
    """`script`: (address, message) that must be written, None where it is not acknowledged; bytes to be read."""

    def __init__(self, *script):
        self.script = list(script)

    def writeto(self, address, message):
        expected = self.script.pop(0)
        acknowledged = expected is not None and expected[0] == ADDRESS
        if expected is None:
            expected = self.script.pop(0)
        assert (address, bytes(message)) == expected, f"{address:02x} {bytes(message)} instead of {expected}"
        if not acknowledged:
            raise OSError(19)
        return len(message)

    def readfrom_into(self, address, buffer):
        assert address == ADDRESS
        answer = self.script.pop(0)
        if answer is None:
            raise OSError(19)
        assert isinstance(answer, bytes), f"read instead of {answer}"
        for i in range(len(buffer)):
            buffer[i] = answer[i] if i < len(answer) else 0xFF


def steps(*script):
    """MicroPython takes a * in a call, and not in a tuple."""
    return script


UP = (None, SLEEP, WAKE, AWAKE)  # asleep at first, so that the sleep word is not acknowledged


class TestAtecc608(unittest.TestCase):
    def run_with(self, use, *script):
        """The result of `use(element)`, and how many ms it took."""
        i2c = ScriptedI2c(*script)
        timeline = Timeline()
        try:
            return timeline.run(lambda: use(Atecc608(i2c))), timeline.now
        finally:
            self.assertEqual(i2c.script, [])

    def assertFails(self, error, *script):
        try:
            self.run_with(lambda element: element.revision(), *script)
        except ElementError as raised:
            self.assertIs(type(raised), error)
        else:
            self.fail("no error")

    def test_published_frames(self):
        self.assertEqual((ADDRESS, INFO), command(0x30))
        self.assertEqual(REVISION, framed(b"\x00\x00\x60\x02"))
        self.assertEqual(AWAKE, framed(b"\x11"))
        # Atmel's ATSHA204 communication example: DeriveKey, and an execution error.
        self.assertEqual(command(0x1C)[1], bytes.fromhex("03071C0000000A4D"))
        self.assertEqual(framed(b"\x0f"), bytes.fromhex("040F2342"))

    def test_revision(self):
        result, ms = self.run_with(lambda e: e.revision(), *UP, (ADDRESS, INFO), None, REVISION, SLEEP)
        self.assertEqual(result, b"\x00\x00\x60\x02")
        self.assertEqual(ms, 6)  # woken, and looked at twice

    def test_it_was_awake_already(self):
        self.run_with(lambda e: e.revision(), SLEEP, WAKE, AWAKE, (ADDRESS, INFO), REVISION, SLEEP)

    def test_random(self):
        number = bytes(range(32))
        result, _ = self.run_with(lambda e: e.random(), *UP, command(0x1B), framed(number), SLEEP)
        self.assertEqual(result, number)

    def test_locked(self):
        for state, locked in (("00000000", True), ("00005500", False), ("00000055", False), ("00005555", False)):
            answer = framed(bytes.fromhex(state))
            result, _ = self.run_with(lambda e: e.locked(), *UP, command(0x02, 0, 0x15), answer, SLEEP)
            self.assertIs(result, locked)

    def test_hmac(self):
        digest = bytes(range(100, 132))
        for size in (0, 15, 64, 65, 128, 129):
            message = bytes(i & 0xFF for i in range(size))
            script = steps(*UP, command(0x47, 0x04, 3), framed(b"\0"))
            left = message
            while len(left) > 64:
                script += (command(0x47, 0x01, 64, left[:64]), framed(b"\0"))
                left = left[64:]
            script += (command(0x47, 0xC2, len(left), left), None, framed(digest), SLEEP)
            result, _ = self.run_with(lambda e: e.hmac(3, message), *script)
            self.assertIsInstance(result, bytearray)
            self.assertEqual(bytes(result), digest)

    def test_roll(self):
        nonce = command(0x16, 0, 0, bytes(20))
        script = steps(*UP, nonce, None, framed(bytes(32)), command(0x1C, 0, 5), None, framed(b"\0"), SLEEP)
        self.run_with(lambda e: e.roll(5), *script)

    def test_write(self):
        secret = bytes(range(32))
        self.run_with(lambda e: e.write(2, secret), *UP, command(0x12, 0x82, 2 << 3, secret), framed(b"\0"), SLEEP)

    def test_the_buffers_forget(self):
        i2c = ScriptedI2c(*UP, command(0x12, 0x82, 0, b"s" * 32), framed(b"\0"), SLEEP)
        element = Atecc608(i2c)
        Timeline().run(lambda: element.write(0, b"s" * 32))
        self.assertEqual(bytes(element._out) + bytes(element._in), bytes(len(element._out) + len(element._in)))

    def test_nobody_there(self):
        self.assertFails(ElementSilent, None, SLEEP, WAKE, None)

    def test_it_wakes_with_another_word(self):
        self.assertFails(ElementSilent, None, SLEEP, WAKE, framed(b"\x07"))  # its self-test has failed

    def test_the_command_is_not_acknowledged(self):
        self.assertFails(ElementSilent, *UP, None, (ADDRESS, INFO), SLEEP)

    def test_it_never_finishes(self):
        self.assertFails(ElementSilent, *UP, (ADDRESS, INFO), *([None] * 50 + [SLEEP]))

    def test_statuses(self):
        for status, error in (
            (0x03, ElementRefused),
            (0x0F, ElementRefused),
            (0x05, ElementRefused),
            (0xEE, ElementTired),
            (0xFF, ElementGarbled),
            (0x00, ElementError),
        ):
            self.assertFails(error, *UP, (ADDRESS, INFO), framed(bytes((status,))), SLEEP)

    def test_any_flipped_bit(self):
        for bit in range(len(REVISION) * 8):
            answer = bytearray(REVISION)
            answer[bit >> 3] ^= 1 << (bit & 7)
            self.assertFails(ElementGarbled, *UP, (ADDRESS, INFO), bytes(answer), SLEEP)

    def test_an_answer_of_another_length(self):
        for size in (0, 3, 5, 32):
            self.assertFails(ElementGarbled, *UP, (ADDRESS, INFO), framed(bytes(size)), SLEEP)

    def test_one_at_a_time(self):
        async def both(element):
            first = asyncio.create_task(element.revision())
            await element.random()
            return await first

        asked = steps(*UP, command(0x1B), None, framed(bytes(32)), SLEEP, *UP, (ADDRESS, INFO), None, REVISION, SLEEP)
        self.assertEqual(self.run_with(both, *asked)[0], b"\x00\x00\x60\x02")

    def test_after_a_failure_it_works_again(self):
        async def twice(element):
            with self.assertRaises(ElementSilent):
                await element.revision()
            return await element.revision()

        asked = steps(None, SLEEP, WAKE, None, *UP, (ADDRESS, INFO), REVISION, SLEEP)
        self.assertEqual(self.run_with(twice, *asked)[0], b"\x00\x00\x60\x02")


if __name__ == "__main__":
    unittest.main()
