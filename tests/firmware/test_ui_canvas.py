"""Text lands on the pixels it should, on both sizes of display: looked at as what a display is asked to draw."""

import unittest
from array import array
from hashlib import sha256

from suanpan.errors import DisplayError
from suanpan.ui.canvas import BAD, BAR, CUSTOMER, DOUBT, GOOD, HINT, Canvas, codes, columns, wrap
from suanpan.ui.palette import PALETTE

HEAP = "4m"  # whole screens of pixels, which the canvas itself never holds
_STRINGS = "firmware/assets/strings.tsv"
BLACK, WHITE = PALETTE[0]


class _Display:
    """Keeps a number for each pixel, and `drawn`: the rectangles (x0, y0, x1, y1) that it was asked for."""

    def __init__(self, width, height, pitch, scale, margin, colour):
        self.width, self.height = width, height
        self.pitch, self.scale, self.margin, self.colour = pitch, scale, margin, colour
        self.pixels = array("H", bytes(2 * width * height))
        self.drawn = []
        self.fails = False

    def fill(self, y, height, paper):
        self._rectangle(0, y, self.width, y + height)
        self.paint(0, y, self.width, y + height, paper)

    def draw(self, strip, y, scale, first, last, ink, paper):
        assert len(strip) == 2 * self.width
        self._rectangle(first * scale, y, last * scale, y + 16 * scale)
        self.paint(first * scale, y, last * scale, y + 16 * scale, paper)
        for x in range(first, last):
            for row in range(16):
                if strip[row // 8 * self.width + x] >> row % 8 & 1:
                    self.paint(x * scale, y + row * scale, (x + 1) * scale, y + (row + 1) * scale, ink)

    def paint(self, x0, y0, x1, y1, colour):
        row = array("H", [colour] * (x1 - x0))
        for y in range(y0, y1):
            self.pixels[y * self.width + x0 : y * self.width + x1] = row

    def _rectangle(self, x0, y0, x1, y1):
        if self.fails:
            raise DisplayError
        assert 0 <= x0 < x1 <= self.width and 0 <= y0 < y1 <= self.height
        self.drawn.append((x0, y0, x1, y1))


def _small():
    return _Display(128, 64, 16, 1, 0, False)


def _large():
    return _Display(240, 320, 40, 2, 8, True)


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


class _TestPicture(unittest.TestCase):
    def check(self, *rectangles):
        """What is shown is these (x0, y0, x1, y1, colour), one over the other."""
        self.canvas.show()
        expected = self.make()
        for rectangle in rectangles:
            expected.paint(*rectangle)
        if self.display.pixels != expected.pixels:
            wrong = [at for at, colour in enumerate(expected.pixels) if colour != self.display.pixels[at]]
            y, x = divmod(wrong[0], expected.width)
            self.fail(f"{len(wrong)} pixels, first {x}, {y}")


class TestSmall(_TestPicture):
    def setUp(self):
        self.make = _small
        self.display = _small()
        self.canvas = Canvas(self.display, _Font())

    def test_size(self):
        self.assertEqual((self.canvas.columns, self.canvas.rows), (16, 4))

    def test_a_row_is_sixteen_pixels(self):
        self.canvas.text(2, "a", column=3)
        self.check((24, 32, 25, 48, 1))

    def test_wide_characters_take_two_columns(self):
        self.canvas.text(0, "中a")
        self.check((0, 0, 16, 1, 1), (16, 0, 17, 16, 1))

    def test_right_ends_at_the_edge(self):
        self.canvas.right(1, "中")
        self.check((112, 16, 128, 17, 1))

    def test_centre_shares_an_odd_rest(self):
        self.canvas.centre(0, "a")
        self.check((60, 0, 61, 16, 1))

    def test_both_ends_of_a_row(self):
        self.canvas.text(0, "a")
        self.canvas.right(0, "b")
        self.check((0, 0, 1, 16, 1), (120, 0, 121, 16, 1))

    def test_large_is_doubled(self):
        self.canvas.large(1, "a", GOOD)
        self.check((0, 16, 128, 48, 1), (56, 16, 58, 48, 0))

    def test_large_digits_have_two_halves(self):
        self.canvas.large(1, "1")
        self.check((112, 16, 128, 17, 1), (112, 32, 128, 33, 1))

    def test_large_digits_after_others_draw_the_columns_that_differ(self):
        for text, drawn in (("1.00", 4), ("1.00", 0), ("1.05", 2)):
            self.display.drawn.clear()
            self.canvas.clear()
            self.canvas.large(1, text)
            self.canvas.show()
            self.assertEqual(len(self.display.drawn), drawn)
        self.assertEqual(self.display.drawn, [(64, 16, 128, 32), (64, 32, 128, 48)])

    def test_large_falls_back_where_it_would_not_fit(self):
        self.canvas.large(1, "123456789")
        self.check(*((x, 16, x + 1, 32, 1) for x in range(56, 128, 8)))

    def test_bars_are_inverse_and_hints_are_not(self):
        for style in (BAR, CUSTOMER, GOOD, BAD, DOUBT):
            self.canvas.clear()
            self.canvas.text(1, "a")
            self.canvas.bar(1, style)
            self.canvas.centre(3, "a", HINT)
            self.check((0, 16, 128, 32, 1), (0, 16, 1, 32, 0), (60, 48, 61, 64, 1))

    def test_what_is_too_wide_is_cut_off(self):
        self.canvas.centre(0, "a" * 18)
        self.check(*((x, 0, x + 1, 16, 1) for x in range(0, 128, 8)))


class TestLarge(_TestPicture):
    def setUp(self):
        self.make = self.white
        self.display = _large()
        self.canvas = Canvas(self.display, _Font())

    def white(self):
        display = _large()
        display.paint(0, 0, 240, 320, WHITE)
        return display

    def test_size(self):
        self.assertEqual((self.canvas.columns, self.canvas.rows), (14, 8))

    def test_text_is_doubled_in_the_middle_of_its_row_and_keeps_a_margin(self):
        self.canvas.text(1, "a")
        self.canvas.right(2, "中")
        self.canvas.centre(3, "a")
        self.check((8, 44, 10, 76, BLACK), (200, 84, 232, 86, BLACK), (112, 124, 114, 156, BLACK))

    def test_the_margin_gives_way_before_the_size_does(self):
        self.canvas.text(0, "a" * 15)
        self.canvas.text(1, "a" * 16)
        self.check(
            *((x, 4, x + 2, 36, BLACK) for x in range(0, 240, 16)),
            *((x, 52, x + 1, 68, BLACK) for x in range(8, 136, 8)),
        )

    def test_amounts_are_as_large_as_they_fit(self):
        ink, paper = PALETTE[1]
        for digits in (1, 7):  # of a font of their own: each half is a wide glyph, and they meet between the rows
            self.canvas.clear()
            self.canvas.large(2, "1" * digits)
            places = range(232 - 32 * digits, 232, 32)
            lines = [(x, y, x + 32, y + 2, ink) for x in places for y in (88, 120)]
            self.check((0, 80, 240, 160, paper), *lines)
        for digits, scale in ((8, 3), (9, 3)):
            self.canvas.clear()
            self.canvas.large(2, "1" * digits)
            right = (240 - 8 // scale * scale) // scale * scale
            top = 120 - 8 * scale
            places = range(right - 8 * scale * digits, right, 8 * scale)
            self.check((0, 80, 240, 160, paper), *((x, top, x + scale, top + 16 * scale, ink) for x in places))
        self.canvas.clear()
        self.canvas.large(2, "1" * 13)
        places = range(232 - 13 * 16, 232, 16)
        self.check((0, 80, 240, 120, paper), *((x, 84, x + 2, 116, ink) for x in places))

    def test_a_mark_stands_in_the_middle_in_its_title_s_colours(self):
        ink, paper = PALETTE[GOOD]
        self.canvas.bar(0, GOOD)
        self.canvas.large(1, "中", GOOD)
        self.check((0, 0, 240, 120, paper), (88, 48, 152, 52, ink))

    def test_every_style_has_its_own_colours(self):
        self.assertEqual(len(set(PALETTE)), DOUBT + 1)
        rectangles = []
        for row, (ink, paper) in enumerate(PALETTE):
            self.canvas.centre(row, "a", row)
            y = 40 * row
            rectangles += [(0, y, 240, y + 40, paper), (112, y + 4, 114, y + 36, ink)]
        self.check(*rectangles)

    def test_every_word_fits(self):
        with open(_STRINGS) as table:
            table.readline()
            for row in table:
                name, *texts = row.rstrip("\n").split("\t")
                kind = name.split(".")[0]
                for text in texts:
                    if kind == "title":
                        self.assertTrue(columns(text) <= 15, text)
                    elif kind in ("message", "error", "response"):
                        lines = wrap(text + " [00]" if kind == "response" else text, self.canvas.columns)
                        self.assertTrue(len(lines) <= 5, text)  # under a title with a mark
                        self.assertTrue(all(columns(line) <= 15 for line in lines), text)


class TestWhatIsSent(unittest.TestCase):
    """Only what differs from the glass, which is what it would be if all had been drawn anew."""

    def show(self, display, canvas):
        display.drawn.clear()
        canvas.show()
        return display.drawn

    def test_nothing_reaches_the_glass_before_show(self):
        display = _small()
        canvas = Canvas(display, _Font())
        canvas.text(0, "a")
        self.assertEqual(display.drawn, [])
        self.assertEqual(len(self.show(display, canvas)), 4)

    def test_the_same_words_are_not_drawn_again(self):
        for display in (_small(), _large()):
            canvas = Canvas(display, _Font())
            for _ in range(2):
                canvas.clear()
                canvas.centre(0, "ab")
                canvas.bar(0)
                canvas.large(1, "12.34")
                drawn = len(self.show(display, canvas))
            self.assertEqual(drawn, 0)

    def test_other_words_are_drawn_from_the_first_column_to_the_last_that_differ(self):
        display = _small()
        canvas = Canvas(display, _Font())
        canvas.text(0, "ab")
        canvas.right(0, "z")
        canvas.show()
        canvas.clear()
        canvas.text(0, "abc")
        canvas.right(0, "z")
        self.assertEqual(self.show(display, canvas), [(0, 0, 24, 16)])
        canvas.clear()
        canvas.right(0, "z")
        canvas.text(0, "abc")
        self.assertEqual(self.show(display, canvas), [])

    def test_padding_is_drawn_when_the_style_changes_and_not_with_the_words(self):
        display = _large()
        canvas = Canvas(display, _Font())
        canvas.show()
        canvas.centre(1, "a")
        self.assertEqual(self.show(display, canvas), [(112, 44, 128, 76)])
        canvas.bar(1)
        self.assertEqual(self.show(display, canvas), [(0, 40, 240, 44), (0, 76, 240, 80), (0, 44, 240, 76)])

    def test_any_screen_after_any_other(self):
        screens = (
            lambda canvas: None,
            lambda canvas: (canvas.centre(0, "标题"), canvas.bar(0), canvas.large(1, "1.00")),
            lambda canvas: (canvas.centre(0, "ab"), canvas.bar(0, GOOD), canvas.large(1, "12345.00")),
            lambda canvas: (
                canvas.text(0, "x"),
                canvas.right(0, "y"),
                canvas.centre(2, "z"),
                canvas.centre(3, "h", HINT),
            ),
            lambda canvas: (canvas.large(2, "9"), canvas.text(1, "a" * 16)),
        )
        for make in (_small, _large):
            alone = []
            for screen in screens:
                display = make()
                canvas = Canvas(display, _Font())
                screen(canvas)
                canvas.show()
                alone.append(sha256(display.pixels).digest())
            display = make()
            canvas = Canvas(display, _Font())
            for before in range(len(screens)):
                for after in range(len(screens)):
                    for index in (before, after):
                        canvas.clear()
                        screens[index](canvas)
                        canvas.show()
                    self.assertEqual(sha256(display.pixels).digest(), alone[after], f"{after} after {before}")

    def test_two_displays_at_once(self):
        font = _Font()
        small, large = _small(), _large()
        canvases = Canvas(small, font), Canvas(large, font)
        for canvas in canvases:
            canvas.centre(1, "a")
        for canvas in canvases:
            canvas.show()
        self.assertEqual(sum(small.pixels), 16)
        self.assertEqual(len([at for at, colour in enumerate(large.pixels) if colour == BLACK]), 2 * 32)

    def test_after_an_error_all_is_drawn_again(self):
        display = _small()
        canvas = Canvas(display, _Font())
        canvas.text(1, "a")
        canvas.show()
        canvas.text(1, "b", column=1)
        display.fails = True
        with self.assertRaises(DisplayError):
            canvas.show()
        display.fails = False
        self.assertEqual(len(self.show(display, canvas)), 4)


class TestWords(unittest.TestCase):
    def test_columns(self):
        self.assertEqual(columns("a中b"), 4)
        self.assertEqual(columns(""), 0)

    def test_codes(self):
        text = "A中é龙·!"
        self.assertEqual(list(codes(text)), [ord(character) for character in text])
        self.assertEqual(list(codes("")), [])

    def test_wrap_breaks_at_spaces(self):
        self.assertEqual(wrap("请勿重复收款 终端将自动冲正", 16), ["请勿重复收款", "终端将自动冲正"])
        self.assertEqual(wrap("one two three", 7), ["one two", "three"])
        self.assertEqual(wrap("abcdefgh ij", 4), ["abcdefgh", "ij"])
        self.assertEqual(wrap("", 4), [""])

    def test_wrap_breaks_a_chinese_word_that_is_too_long_into_equal_parts(self):
        self.assertEqual(wrap("正在冲正上笔交易", 16), ["正在冲正上笔交易"])
        self.assertEqual(wrap("正在冲正上笔交易", 14), ["正在冲正", "上笔交易"])
        self.assertEqual(wrap("请 正在冲正上笔交易 好", 14), ["请 正在冲正", "上笔交易 好"])
        self.assertEqual(wrap("一二三四五六七", 4), ["一二", "三四", "五六", "七"])


if __name__ == "__main__":
    unittest.main()
