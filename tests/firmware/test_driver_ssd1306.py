"""The SSD1306 driver, message by message."""

import gc
import unittest

import framebuf

from suanpan.drivers.ssd1306 import Ssd1306
from suanpan.errors import DisplayError

ADDRESS = 0x3C
# Every command of the data sheet that the driver may send before the RAM is filled, with its argument.
SETUP = {
    0xAE: None,
    0xD5: 0x80,
    0xA8: 63,
    0xD3: 0,
    0x40: None,
    0x8D: 0x14,
    0x20: 0,
    0xA1: None,
    0xC8: None,
    0xDA: 0x12,
    0x81: 0xCF,
    0xD9: 0xF1,
    0xDB: 0x30,
    0xA4: None,
    0xA6: None,
}


class ScriptedI2c:
    """Takes what is written; `fail_at` counts down to the message that nobody acknowledges."""

    def __init__(self):
        self.messages = []
        self.fail_at = -1

    def writeto(self, address, message):
        assert address == ADDRESS
        if self.fail_at == 0:
            self.fail_at = -1
            raise OSError(19)
        self.fail_at -= 1
        self.messages.append(bytes(message))
        return len(message)


class CountingI2c:
    """Keeps nothing, so that what is left on the heap is the driver's."""

    def __init__(self):
        self.count = 0

    def writeto(self, address, message):
        self.count += len(message)
        return 1


def window(first, last, page):
    return bytes((0x00, 0x21, first, last, 0x22, page, page))


def strip_of(*pixels):
    """Sixteen rows of 128 pixels, those (x, y) set."""
    strip = bytearray(256)
    picture = framebuf.FrameBuffer(strip, 128, 16, framebuf.MONO_VLSB)
    for x, y in pixels:
        picture.pixel(x, y, 1)
    return strip


class TestSsd1306(unittest.TestCase):
    def setUp(self):
        self.i2c = ScriptedI2c()
        self.display = Ssd1306(self.i2c, ADDRESS)

    def sent(self):
        messages, self.i2c.messages = self.i2c.messages, []
        return messages

    def test_start_sets_up_clears_the_ram_and_only_then_turns_on(self):
        self.display.start()
        messages = self.sent()
        setup = {}
        commands = iter(messages[0][1:])
        self.assertEqual(messages[0][0], 0x00)
        for command in commands:
            self.assertIn(command, SETUP)
            setup[command] = next(commands) if SETUP[command] is not None else None
        self.assertEqual(setup, SETUP)
        for page in range(8):
            self.assertEqual(messages[1 + 2 * page], window(0, 127, page))
            self.assertEqual(messages[2 + 2 * page], b"\x40" + bytes(128))
        self.assertEqual(messages[17:], [b"\x00\xaf"])

    def test_a_fill_is_whole_pages(self):
        self.display.fill(16, 16, 1)
        lit = b"\x40" + b"\xff" * 128
        self.assertEqual(self.sent(), [window(0, 127, 2), lit, window(0, 127, 3), lit])
        self.display.fill(56, 8, 0)
        self.assertEqual(self.sent(), [window(0, 127, 7), b"\x40" + bytes(128)])

    def test_a_strip_is_two_pages_and_whole_blocks_of_columns(self):
        strip = strip_of((0, 0), (17, 1), (39, 15), (40, 15))
        self.display.draw(strip, 32, 1, 17, 33, 1, 0)
        upper, lower = bytearray(24), bytearray(24)
        upper[1] = 0x02
        lower[23] = 0x80
        self.assertEqual(
            self.sent(), [window(16, 39, 4), b"\x40" + bytes(upper), window(16, 39, 5), b"\x40" + bytes(lower)]
        )

    def test_light_paper_is_dark_ink(self):
        self.display.draw(strip_of((120, 0), (127, 15)), 0, 1, 120, 128, 0, 1)
        self.assertEqual(
            self.sent(),
            [
                window(120, 127, 0),
                b"\x40\xfe" + b"\xff" * 7,
                window(120, 127, 1),
                b"\x40" + b"\xff" * 7 + b"\x7f",
            ],
        )

    def test_a_doubled_strip_is_four_pages(self):
        strip = strip_of(*((4 + y, y) for y in range(16)), (63, 15))
        self.display.draw(strip, 16, 2, 0, 64, 1, 0)
        messages = self.sent()
        self.assertEqual(messages[0::2], [window(0, 127, page) for page in (2, 3, 4, 5)])
        lit = {
            (x, 8 * page + bit)
            for page, message in enumerate(messages[1::2])
            for x, byte in enumerate(message[1:])
            for bit in range(8)
            if byte >> bit & 1
        }
        expected = {(4 + y, y) for y in range(16)} | {(63, 15)}
        self.assertEqual(lit, {(2 * x + i, 2 * y + j) for x, y in expected for i in (0, 1) for j in (0, 1)})

    def test_a_doubled_strip_in_part(self):
        self.display.draw(strip_of((13, 0)), 0, 2, 13, 14, 1, 0)
        messages = self.sent()
        self.assertEqual(messages[0::2], [window(24, 31, page) for page in range(4)])
        self.assertEqual(messages[1], b"\x40" + bytes((0, 0, 3, 3, 0, 0, 0, 0)))

    def test_whatever_is_not_acknowledged_is_an_error(self):
        steps = (
            (self.display.start, (), 18),
            (self.display.fill, (0, 16, 1), 4),
            (self.display.draw, (strip_of(), 0, 1, 0, 8, 1, 0), 4),
            (self.display.brightness, (50,), 1),
            (self.display.off, (), 1),
        )
        for step, arguments, messages in steps:
            for message in range(messages):
                self.i2c.fail_at = message
                with self.assertRaises(DisplayError):
                    step(*arguments)
            self.i2c.fail_at = -1
            self.sent()
            step(*arguments)
            self.assertEqual(len(self.sent()), messages)

    def test_brightness_on_and_off(self):
        self.display.brightness(0)
        self.display.brightness(100)
        self.display.off()
        self.display.on()
        self.assertEqual(self.sent(), [b"\x00\x81\x00", b"\x00\x81\xff", b"\x00\xae", b"\x00\xaf"])

    def test_drawing_allocates_nothing(self):
        i2c = CountingI2c()
        display = Ssd1306(i2c, ADDRESS)
        strip = strip_of()
        display.start()
        before = i2c.count
        gc.collect()
        gc.disable()
        heap = gc.mem_alloc()
        for frame in range(100):
            display.fill(0, 64, frame & 1)
            display.draw(strip, 16, 2, 0, 64, 1, 0)
            display.draw(strip, 48, 1, 8, 64, 0, 1)
        grown = gc.mem_alloc() - heap
        gc.enable()
        self.assertEqual(grown, 0)
        self.assertTrue(i2c.count - before > 100 * 12 * 128)
