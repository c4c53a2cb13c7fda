"""Text lands on the pixels it should: looked at as a picture, a character a pixel."""

import unittest

from suanpan.ui.canvas import Canvas, codes, columns, wrap


class _Display:
    width, height = 128, 64

    def __init__(self):
        self.buffer = bytearray(1024)
        self.shown = 0

    def show(self):
        self.shown += 1


class _Font:
    """A narrow glyph has its left column set, a wide one its top row."""

    def load(self, code, glyph):
        for i in range(32):
            glyph[i] = 0
        if code < 0x80:
            glyph[0] = glyph[8] = 0xFF
            return 8
        for i in range(16):
            glyph[i] = 0x01
        return 16


def _pixel(display, x, y):
    return display.buffer[y // 8 * 128 + x] >> (y & 7) & 1


def _set_pixels(display):
    return {(x, y) for x in range(128) for y in range(64) if _pixel(display, x, y)}


class TestCanvas(unittest.TestCase):
    def setUp(self):
        self.display = _Display()
        self.canvas = Canvas(self.display, _Font())

    def test_a_row_is_sixteen_pixels(self):
        self.canvas.text(2, "a", column=3)
        self.assertEqual(_set_pixels(self.display), {(24, y) for y in range(32, 48)})

    def test_wide_characters_take_two_columns(self):
        self.canvas.text(0, "中a")
        self.assertEqual(_set_pixels(self.display), {(x, 0) for x in range(16)} | {(16, y) for y in range(16)})

    def test_right_ends_at_the_edge(self):
        self.canvas.right(1, "中")
        self.assertEqual(_set_pixels(self.display), {(x, 16) for x in range(112, 128)})

    def test_centre_shares_an_odd_rest(self):
        self.canvas.centre(0, "a")
        self.assertEqual(_set_pixels(self.display), {(60, y) for y in range(16)})

    def test_large_doubles_every_pixel(self):
        self.canvas.large(1, "a")
        self.assertEqual(_set_pixels(self.display), {(x, y) for x in (112, 113) for y in range(16, 48)})

    def test_large_falls_back_where_it_would_not_fit(self):
        self.canvas.large(1, "123456789")
        self.assertEqual(min(_set_pixels(self.display)), (56, 16))
        self.assertEqual(max(y for _, y in _set_pixels(self.display)), 31)

    def test_bar_turns_one_row_over(self):
        self.canvas.bar(1)
        self.assertEqual(_set_pixels(self.display), {(x, y) for x in range(128) for y in range(16, 32)})
        self.canvas.bar(1)
        self.assertEqual(_set_pixels(self.display), set())

    def test_nothing_reaches_the_glass_before_show(self):
        self.canvas.text(0, "a")
        self.assertEqual(self.display.shown, 0)
        self.canvas.show()
        self.assertEqual(self.display.shown, 1)


class TestWords(unittest.TestCase):
    def test_columns(self):
        self.assertEqual(columns("a中b"), 4)
        self.assertEqual(columns(""), 0)

    def test_codes(self):
        text = "A中é龙·!"
        self.assertEqual(list(codes(text)), [ord(character) for character in text])
        self.assertEqual(list(codes("")), [])

    def test_wrap_breaks_at_spaces_only(self):
        self.assertEqual(wrap("请勿重复收款 终端将自动冲正", 16), ["请勿重复收款", "终端将自动冲正"])
        self.assertEqual(wrap("one two three", 7), ["one two", "three"])
        self.assertEqual(wrap("abcdefgh ij", 4), ["abcdefgh", "ij"])
        self.assertEqual(wrap("", 4), [""])


if __name__ == "__main__":
    unittest.main()
