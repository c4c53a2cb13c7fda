"""The ST7789 driver, byte by byte: a scripted bus takes commands and pixels apart, and fails on any surprise."""

import gc
import unittest
from array import array

import framebuf

from suanpan.drivers.st7789 import St7789

HEAP = "1m"  # a whole screen of pixels, which the driver itself never holds
WIDTH = 240
HEIGHT = 320
INK = 0x1234
PAPER = 0xFEDC


class Line:
    """A pin that is only ever driven, or a PWM."""

    def __init__(self, level=None):
        self.level = level

    def __call__(self, level):
        self.level = level

    duty_u16 = __call__


class Glass:
    """The display's end: commands as (code, parameters), waits as ("ms", n), windows that were filled, and its RAM."""

    def __init__(self):
        self.select = Line(1)
        self.data = Line(0)
        self.backlight = Line(None)
        self.commands = []
        self.windows = []  # left, top, right, bottom
        self.ram = array("H", bytes(2 * WIDTH * HEIGHT))
        self._left = self._top = self._right = self._bottom = 0
        self._at = None

    def write(self, message):
        assert self.select.level == 0, "not selected"
        if self.data.level == 0:
            assert len(message) == 1
            assert self._at is None, "a window was left unfinished"
            self.commands.append((message[0], b""))
            if message[0] == 0x2C:
                self._begin()
        elif self.commands[-1][0] == 0x2C:
            self._fill(message)
        else:
            code, parameters = self.commands.pop()
            self.commands.append((code, parameters + bytes(message)))

    def sleep_ms(self, ms):
        self.commands.append(("ms", ms))

    def take(self):
        commands, self.commands = self.commands, []
        return commands

    def _begin(self):
        self._left, self._right = self._range(0x2A)
        self._top, self._bottom = self._range(0x2B)
        assert self._left <= self._right < WIDTH and self._top <= self._bottom < HEIGHT
        self._at = (self._left, self._top)

    def _range(self, code):
        parameters = [data for found, data in self.commands if found == code][-1]
        assert len(parameters) == 4
        return parameters[0] << 8 | parameters[1], parameters[2] << 8 | parameters[3]

    def _fill(self, message):
        x, y = self._at  # None where the window is full
        for at in range(0, len(message), 2):
            self.ram[y * WIDTH + x] = message[at] << 8 | message[at + 1]
            x += 1
            if x > self._right:
                x, y = self._left, y + 1
        self._at = (x, y)
        if (x, y) == (self._left, self._bottom + 1):
            self.windows.append((self._left, self._top, self._right + 1, y))
            self._at = None


class Nobody:
    """A bus and pins that keep nothing, so that what is left on the heap is the driver's."""

    def __init__(self):
        self.count = 0

    def write(self, message):
        self.count += len(message)

    def __call__(self, level):
        pass

    duty_u16 = __call__


def strip_of(*pixels):
    strip = bytearray(2 * WIDTH)
    picture = framebuf.FrameBuffer(strip, WIDTH, 16, framebuf.MONO_VLSB)
    for x, y in pixels:
        picture.pixel(x, y, 1)
    return strip


class TestSt7789(unittest.TestCase):
    def setUp(self):
        self.glass = Glass()
        self.display = St7789(self.glass, self.glass.select, self.glass.data, self.glass.backlight, self.glass.sleep_ms)

    def ink(self):
        """Where there is ink in the one window that was filled, from its upper left; all else there must be paper."""
        ((left, top, right, bottom),) = self.glass.windows
        self.glass.windows.clear()
        self.assertEqual(self.glass.select.level, 1)
        found = set()
        for y in range(top, bottom):
            for x in range(left, right):
                colour = self.glass.ram[y * WIDTH + x]
                if colour == INK:
                    found.add((x - left, y - top))
                elif colour != PAPER:
                    self.fail(f"{colour:04x} at {x}, {y}")
        return found

    def test_start_wakes_it_dark_and_lights_a_black_screen(self):
        lit = []
        self.glass.backlight.duty_u16 = lambda duty: lit.append((duty, len(self.glass.commands)))
        self.display.start()
        commands = self.glass.take()
        self.assertEqual(
            commands,
            [
                (0x01, b""),
                ("ms", 120),
                (0x3A, b"\x55"),
                (0x36, b"\x00"),
                (0x21, b""),
                (0x2A, b"\x00\x00\x00\xef"),
                (0x2B, b"\x00\x00\x01\x3f"),
                (0x2C, b""),
                (0x11, b""),
                ("ms", 120),
                (0x29, b""),
            ],
        )
        self.assertEqual(lit, [(0, 0), (65535, len(commands))])
        self.assertEqual(self.glass.windows, [(0, 0, WIDTH, HEIGHT)])
        self.assertEqual(set(self.glass.ram), {0})

    def test_a_fill_goes_all_across(self):
        self.display.fill(40, 8, PAPER)
        self.assertEqual(self.glass.windows, [(0, 40, WIDTH, 48)])
        self.assertEqual(self.ink(), set())

    def test_once_and_twice_every_pixel_is_a_square(self):
        pixels = ((0, 0), (7, 3), (8, 3), (8, 4), (100, 15))
        for scale in (1, 2):
            self.display.draw(strip_of(*pixels), 44, scale, 0, WIDTH // scale, INK, PAPER)
            self.assertEqual(self.glass.windows, [(0, 44, WIDTH, 44 + 16 * scale)])
            squares = {(scale * x + i, scale * y + j) for x, y in pixels for i in range(scale) for j in range(scale)}
            self.assertEqual(self.ink(), squares)

    def test_from_three_times_up_the_corners_of_angles_are_cut(self):
        # A lone pixel has unlike neighbours on all sides, and stays as it is.
        self.display.draw(strip_of((1, 5)), 0, 4, 0, 8, INK, PAPER)
        self.assertEqual(self.ink(), {(x, y) for x in range(4, 8) for y in range(20, 24)})
        for scale, cut in ((3, ((0, 0),)), (4, ((0, 0), (1, 0), (0, 1)))):
            for down in (1, -1):
                for right in (1, -1):
                    self.display.draw(strip_of((2, 5), (2 + right, 5), (2, 5 + down)), 0, scale, 0, 8, INK, PAPER)
                    expected = {
                        (scale * x + i, scale * y + j)
                        for x, y in ((2, 5), (2 + right, 5), (2, 5 + down))
                        for i in range(scale)
                        for j in range(scale)
                    }
                    far = scale - 1
                    for i, j in cut:
                        x, y = i if right > 0 else far - i, j if down > 0 else far - j
                        expected.remove((2 * scale + x, 5 * scale + y))  # the angle's outer corner
                        expected.add(((2 + right) * scale + x, (5 + down) * scale + y))  # and into its inner one
                    self.assertEqual(self.ink(), expected)

    def test_outside_of_the_strip_there_is_paper(self):
        for x, y, corner in ((0, 0, (0, 0)), (59, 15, (239, 63))):
            across = 1 if x == 0 else -1
            self.display.draw(strip_of((x, y), (x + across, y), (x, y + across)), 0, 4, 0, 60, INK, PAPER)
            ink = self.ink()
            self.assertFalse(corner in ink)
            self.assertTrue((4 * x + 2, 4 * y + 2) in ink)

    def test_only_blocks_of_the_columns_asked_for_are_drawn(self):
        strip = strip_of(*((x, 0) for x in range(WIDTH)))
        for scale, first, last, left, right in (
            (1, 9, 15, 8, 16),
            (2, 8, 9, 16, 32),
            (2, 104, 120, 208, 240),
            (3, 70, 80, 192, 240),
            (4, 57, 60, 224, 240),
            (4, 0, 8, 0, 32),
        ):
            self.display.draw(strip, 80, scale, first, last, INK, PAPER)
            self.assertEqual(self.glass.windows, [(left, 80, right, 80 + 16 * scale)])
            self.assertEqual(self.ink(), {(x, y) for x in range(right - left) for y in range(scale)})

    def test_brightness_is_the_backlight_and_comes_back_after_sleep(self):
        self.display.brightness(40)
        self.assertEqual(self.glass.backlight.level, 26214)
        self.display.off()
        self.assertEqual(self.glass.backlight.level, 0)
        self.assertEqual(self.glass.take(), [(0x28, b""), (0x10, b""), ("ms", 120)])
        self.display.on()
        self.assertEqual(self.glass.take(), [(0x11, b""), ("ms", 120), (0x29, b"")])
        self.assertEqual(self.glass.backlight.level, 26214)

    def test_drawing_allocates_nothing(self):
        nobody = Nobody()
        display = St7789(nobody, nobody, nobody, nobody, nobody)
        strip = strip_of((3, 3), (4, 4))
        display.start()
        display.draw(strip, 0, 1, 0, 8, INK, PAPER)
        before = nobody.count
        gc.collect()
        gc.disable()
        heap = gc.mem_alloc()
        for _ in range(20):
            display.fill(0, HEIGHT, PAPER)
            for scale in (1, 2, 3, 4):
                display.draw(strip, 0, scale, 0, WIDTH // scale, INK, PAPER)
        grown = gc.mem_alloc() - heap
        gc.enable()
        self.assertEqual(grown, 0)
        self.assertTrue(nobody.count - before > 20 * 2 * WIDTH * (HEIGHT + 160))


if __name__ == "__main__":
    unittest.main()
