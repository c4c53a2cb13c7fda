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


class TestSsd1306(unittest.TestCase):
    def setUp(self):
        self.i2c = ScriptedI2c()
        self.display = Ssd1306(self.i2c, ADDRESS)
        self.canvas = framebuf.FrameBuffer(self.display.buffer, 128, 64, framebuf.MONO_VLSB)

    def sent(self):
        messages, self.i2c.messages = self.i2c.messages, []
        return messages

    def test_start_sets_up_fills_the_ram_and_only_then_turns_on(self):
        self.canvas.pixel(127, 63, 1)
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
            last = b"\x80" if page == 7 else b"\x00"
            self.assertEqual(messages[2 + 2 * page], b"\x40" + bytes(127) + last)
        self.assertEqual(messages[17:], [b"\x00\xaf"])

    def test_show_sends_nothing_when_nothing_changed(self):
        self.display.start()
        self.sent()
        self.display.show()
        self.canvas.pixel(5, 5, 1)
        self.canvas.pixel(5, 5, 0)
        self.display.show()
        self.assertEqual(self.sent(), [])

    def test_show_sends_each_changed_page_from_the_first_to_the_last_changed_block(self):
        self.display.start()
        self.sent()
        self.canvas.pixel(17, 9, 1)
        self.canvas.pixel(39, 15, 1)
        self.canvas.pixel(0, 63, 1)
        self.canvas.pixel(127, 0, 1)
        self.display.show()
        row = bytearray(24)
        row[1] = 0x02
        row[23] = 0x80
        self.assertEqual(
            self.sent(),
            [
                window(120, 127, 0),
                b"\x40" + bytes(7) + b"\x01",
                window(16, 39, 1),
                b"\x40" + bytes(row),
                window(0, 7, 7),
                b"\x40\x80" + bytes(7),
            ],
        )
        self.display.show()
        self.assertEqual(self.sent(), [])

    def test_after_an_error_all_is_sent_again(self):
        self.display.start()
        for message in range(16):
            self.canvas.fill(~message & 1)
            self.i2c.fail_at = message
            with self.assertRaises(DisplayError):
                self.display.show()
            self.sent()
            self.display.show()
            self.assertEqual([len(m) for m in self.sent()], [7, 129] * 8)

    def test_without_a_display_start_is_an_error(self):
        self.i2c.fail_at = 0
        with self.assertRaises(DisplayError):
            self.display.start()

    def test_contrast_on_and_off(self):
        self.display.contrast(0)
        self.display.contrast(255)
        self.display.off()
        self.display.on()
        self.assertEqual(self.sent(), [b"\x00\x81\x00", b"\x00\x81\xff", b"\x00\xae", b"\x00\xaf"])

    def test_frames_allocate_nothing(self):
        i2c = CountingI2c()
        display = Ssd1306(i2c, ADDRESS)
        canvas = framebuf.FrameBuffer(display.buffer, 128, 64, framebuf.MONO_VLSB)
        display.start()
        full = i2c.count
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        for frame in range(100):
            canvas.fill(frame & 1)
            display.show()
        after = gc.mem_alloc()
        gc.enable()
        self.assertEqual(after, before)
        self.assertTrue(i2c.count > 100 * (full - 100))
