"""The printer: what comes out on paper, when, and what it answers."""

from __future__ import annotations

import pytest
import zxingcpp
from escpos.printer import Dummy  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.paper import RIGHT, WIDTH_DOTS, Picture, Span, Style, TextLine
from host_tools.bench.parts.printer import BUFFER_SIZE, Printer
from tests.host.bench.parts.wires import Line, run_all

ONLINE, OFFLINE = b"\x12", b"\x1a"
FEED_AND_CUT = b"\x1dVB\x00"
MARGIN = 80  # pixels of blank paper on every side


class Rig:
    def __init__(self, roll_mm: int = 30_000) -> None:
        self.printer = Printer(roll_mm)
        self.line = Line()
        self.clock = VirtualClock()
        self.printer.attach(self.line, self.clock)

    def print(self, data: bytes) -> None:
        """Sends and waits until the printer has nothing more to do."""
        self.printer.receive(data)
        run_all(self.clock)

    def status(self, n: int) -> bytes:
        self.line.take()
        self.printer.receive(bytes((0x10, 0x04, n)))
        return self.line.take()

    @property
    def text(self) -> str:
        return self.printer.paper.text

    def ink(self) -> Image.Image:
        """The printed area, two pixels to the dot, 1 where there is ink."""
        image = self.printer.paper.to_image()
        image = image.crop((MARGIN, MARGIN, image.width - MARGIN, image.height - MARGIN))
        return Image.frombytes("L", image.size, image.tobytes())


@pytest.fixture
def rig() -> Rig:
    return Rig()


def gb(text: str) -> bytes:
    return text.encode("gb18030")


def qr(data: bytes, module: int = 4, level: bytes = b"1") -> bytes:
    store = data.join((b"1P0", b""))
    return (
        b"\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C"
        + bytes([module])
        + b"\x1d(k\x03\x001E"
        + level
        + b"\x1d(k"
        + len(store).to_bytes(2, "little")
        + store
        + b"\x1d(k\x03\x001Q0"
    )


# -- text --


def test_python_escpos_receipt(rig: Rig) -> None:
    """Another library's idea of the commands, with this printer's idea of what they mean."""
    sender = Dummy()
    sender.hw("INIT")
    sender.set(align="center", bold=True, double_height=True, double_width=True)
    sender.textln("SUANPAN")
    sender.set_with_default(underline=1)
    sender.textln("Sale 12.34")
    sender.set_with_default(align="right", custom_size=True, width=3, height=2)
    sender.textln("12.34")
    sender.set_with_default(align="center")
    sender.qr("https://example.com/?a=1&b=2", native=True, size=4)
    sender.set_with_default()
    sender.image(Image.new("1", (64, 20)), impl="bitImageRaster")
    sender.cut()
    rig.print(sender.output)

    (slip,) = rig.printer.slips
    assert slip.text == (
        "            SUANPAN\nSale 12.34\n                           12.34\n"
        "[QR https://example.com/?a=1&b=2]\n[image 64x20]\n"
    )
    title, sale, amount = (line for line in slip.lines if line.spans)
    assert title.spans == (Span("SUANPAN", False, Style(bold=True, width=2, height=2)),)
    assert sale.spans == (Span("Sale 12.34", False, Style(underline=1)),)
    assert amount == TextLine((Span("12.34", False, Style(width=3, height=2)),), RIGHT, 48)
    (code,) = zxingcpp.read_barcodes(slip.to_image().convert("L"))
    assert code.text == "https://example.com/?a=1&b=2"
    assert rig.printer.faults == []


def test_chinese_takes_two_columns_and_four_bytes_where_gb18030_says_so(rig: Rig) -> None:
    rig.print(gb("商户: 算盘茶馆 ￥1\n") + gb("朝㐀€\n"))
    assert rig.text == "商户: 算盘茶馆 ￥1\n朝㐀€\n"
    assert [line.columns for line in rig.printer.paper.lines] == [4 + 2 + 8 + 1 + 2 + 1, 6]


def test_outside_chinese_mode_a_byte_is_a_character(rig: Rig) -> None:
    rig.print(b"\x1c.caf\x82\n\x1c&" + gb("茶\n") + b"\x1c.\x82\n\x1b@" + gb("馆\n"))
    assert rig.text == "café\n茶\né\n馆\n"


def test_a_full_line_goes_on_in_the_next(rig: Rig) -> None:
    rig.print(b"a" * 33 + b"\n" + gb("一" * 17) + b"\n" + b"b" * 31 + gb("二") + b"\n")
    assert rig.text.splitlines() == ["a" * 32, "a", "一" * 16, "一", "b" * 31, "二"]


def test_styles_are_those_of_the_character_set_they_name(rig: Rig) -> None:
    rig.print(b"\x1b!\xb8\x1c!\x0c" + gb("A中") + b"\x1b!\x00\x1c!\x80" + gb("B文") + b"\x1d!\x21" + gb("C字\n"))
    assert [(span.text, span.style) for span in rig.printer.paper.lines[0].spans] == [
        ("A", Style(bold=True, underline=1, width=2, height=2)),
        ("中", Style(bold=True, width=2, height=2)),
        ("B", Style()),
        ("文", Style(underline=1)),
        ("C", Style(width=3, height=2)),
        ("字", Style(underline=1, width=3, height=2)),
    ]


def test_alignment_is_for_whole_lines(rig: Rig) -> None:
    rig.print(b"left\x1ba\x02?\n" + b"\x1ba2right\n\x1ba\x01" + gb("中\n"))
    assert rig.text == "left?\n" + " " * 27 + "right\n" + " " * 15 + "中\n"


def test_line_spacing_and_feeds(rig: Rig) -> None:
    rig.print(b"\n\x1b3\x10a\n\x1b3\x50b\n\x1b2c\n\x1bJ\x07d\x1bJ\x40\x1bd\x03e\x1bd\x02\x1d!\x02f\n")
    advances = [line.advance for line in rig.printer.paper.lines]
    assert advances == [30, 24, 80, 30, 7, 64, 30, 60, 30, 30, 72]


def test_initialise_drops_the_line_begun(rig: Rig) -> None:
    rig.print(b"\x1bE\x01lost\x1b@kept\n")
    assert rig.text == "kept\n"
    assert rig.printer.paper.lines[0].spans[0].style == Style()


def test_it_can_be_deselected(rig: Rig) -> None:
    rig.print(b"\x1b=\x00lost\n")
    assert rig.status(1) == ONLINE
    rig.print(b"\x1b=\x01kept\n")
    assert rig.text == "kept\n"


def test_commands_it_lacks_are_swallowed_whole_and_noted(rig: Rig) -> None:
    rig.print(b"\x1bt\x10\x1bp0AB\x1dB\x01\x1dL\x10\x00\x1bM\x00text\n")
    assert rig.text == "text\n"
    assert rig.printer.faults == ["'ESC t' 10", "'ESC p' 304142", "'GS B' 01", "'GS L' 1000"]


@given(st.lists(st.binary(max_size=60)))
def test_no_bytes_break_it(pieces: list[bytes]) -> None:
    rig = Rig()
    for piece in pieces:
        rig.print(b"\x1d" + piece)
        rig.print(b"\x1b" + piece)
    rig.printer.paper.to_image()


# -- pictures --


def test_glyphs_fill_their_cells_dot_by_dot(rig: Rig) -> None:
    """Three image pixels to one of Unifont's, two to the dot."""
    rig.print(b"\x1ba\x02" + gb("一|\n"))
    ink = rig.ink()
    assert ink.size == (2 * WIDTH_DOTS, 2 * 30)
    # U+4E00 is one stroke, 15 pixels of Unifont's 16 wide and one high.
    left = 2 * (WIDTH_DOTS - 12 - 24)
    stroke = ink.crop((left, 0, left + 48, 60)).getbbox()
    assert stroke is not None
    assert (stroke[2] - stroke[0], stroke[3] - stroke[1]) == (45, 3)
    bar = ink.crop((left + 48, 0, left + 72, 60)).getbbox()
    assert bar is not None
    assert bar[2] - bar[0] == 3
    assert bar[3] <= 48


def test_emphasis_underline_and_size_show(rig: Rig) -> None:
    def area(data: bytes) -> tuple[int, tuple[int, int]]:
        fresh = Rig()
        fresh.print(data)
        ink = fresh.ink()
        box = ink.getbbox()
        assert box is not None
        return sum(1 for byte in ink.tobytes() if byte), (box[2] - box[0], box[3] - box[1])

    plain, size = area(b"H\n")
    bold, bold_size = area(b"\x1bE\x01H\n")
    assert bold > plain
    assert bold_size == (size[0] + 2, size[1])
    large, large_size = area(b"\x1d!\x11H\n")
    assert (large, large_size) == (4 * plain, (2 * size[0], 2 * size[1]))
    underlined, _ = area(b"\x1b-\x01H\n")
    assert underlined == plain + 24 * 2


def test_a_character_that_unifont_lacks_is_a_box(rig: Rig) -> None:
    rig.print(gb("镕\n"))
    assert rig.ink().getbbox() == (3, 6, 45, 42)


def test_raster_image_is_printed_dot_by_dot(rig: Rig) -> None:
    rows = bytes((0b10000001, 0b11110000, 0b00000000, 0b00001111))
    rig.print(b"\x1ba\x01\x1dv0\x00\x02\x00\x02\x00" + rows)
    (picture,) = rig.printer.paper.prints
    assert isinstance(picture, Picture)
    assert picture.image.tobytes() == rows
    ink = rig.ink()
    left = WIDTH_DOTS - 16  # 16 dots in the middle, two pixels each
    assert ink.getbbox() == (left, 0, left + 32, 4)
    assert ink.crop((left, 0, left + 4, 4)).tobytes() == bytes((1, 1, 0, 0)) * 2 + bytes(8)


def test_raster_image_may_be_doubled_and_is_cut_at_the_edge(rig: Rig) -> None:
    rig.print(b"\x1dv0\x03\x1e\x00\x01\x00" + b"\xff" * 30)
    (picture,) = rig.printer.paper.prints
    assert isinstance(picture, Picture)
    assert picture.image.size == (WIDTH_DOTS, 2)
    assert picture.label == "[image 240x1]"


@pytest.mark.parametrize("impl", ["bitImageRaster", "graphics", "bitImageColumn"])
@pytest.mark.parametrize(("vertical", "horizontal"), [(True, True), (False, True), (True, False)])
def test_python_escpos_pictures(rig: Rig, impl: str, vertical: bool, horizontal: bool) -> None:
    """Each of its ways to send one comes to the same dots."""
    picture = Image.linear_gradient("L").resize((100, 48)).convert("1")
    sender = Dummy()
    sender.image(picture, impl=impl, high_density_vertical=vertical, high_density_horizontal=horizontal)
    rig.print(sender.output)
    prints = rig.printer.paper.prints
    assert all(isinstance(item, Picture) for item in prints)
    height = sum(item.advance for item in prints)
    dots = Image.new("1", (WIDTH_DOTS, height))
    y = 0
    for item in prints:
        assert isinstance(item, Picture)
        dots.paste(item.image, (0, y))
        y += item.advance
    down = 1 if vertical else 3 if impl == "bitImageColumn" else 2
    across = 1 if horizontal else 2
    size = (100 * across, 48 * down)
    expected = ImageChops.invert(picture.convert("L")).convert("1").resize(size, Image.Resampling.NEAREST)
    assert height == size[1]
    assert dots.crop((0, 0, *size)).tobytes() == expected.tobytes()
    assert rig.printer.faults == []


def test_columns_side_by_side(rig: Rig) -> None:
    rig.print(b"\x1b*\x01\x02\x00\x80\x01" + b"\x1b*\x21\x01\x00\xff\x00\xff" + b"\n")
    (picture, rest) = rig.printer.paper.prints
    assert isinstance(picture, Picture)
    assert picture.image.size == (3, 24)
    assert [[picture.image.getpixel((x, y)) for x in range(3)] for y in (0, 3, 21)] == [
        [255, 0, 255],
        [0, 0, 255],
        [0, 255, 255],
    ]
    assert rest.advance == 6


def test_density_is_kept_until_the_printer_is_initialised(rig: Rig) -> None:
    for sent, density in ((3, 3), (250, -6), (255, -1), (0, 0), (6, 6)):
        rig.print(b"\x1d(K\x02\x00\x31" + bytes([sent]))
        assert rig.printer.density == density
    rig.print(b"\x1d(K\x02\x00\x31\x07")
    assert rig.printer.faults == ["'GS (' 4b02003107"]
    rig.print(b"\x1b@")
    assert rig.printer.density == 0


@pytest.mark.parametrize("level", [b"0", b"1", b"2", b"3"])
def test_qr_codes_can_be_read(rig: Rig, level: bytes) -> None:
    payload = "银联 https://example.com/r/000012".encode()
    rig.print(b"\x1ba\x01" + qr(payload, module=5, level=level))
    (code,) = zxingcpp.read_barcodes(rig.printer.paper.to_image().convert("L"))
    assert code.bytes == payload
    assert code.ec_level == "LMQH"[level[0] - 0x30]
    assert rig.printer.faults == []


def test_a_qr_code_without_data_or_wider_than_the_paper_is_not_printed(rig: Rig) -> None:
    rig.print(b"\x1d(k\x03\x001Q0" + qr(b"x" * 300, module=8) + qr(b"y" * 3000))
    assert rig.printer.paper.prints == []
    assert [fault[:18] for fault in rig.printer.faults] == [
        "cannot print [QR ]",
        "too wide: [QR xxxx",
        "cannot print [QR y",
    ]


# -- paper and time --


def test_it_prints_sixty_millimetres_a_second_line_by_line(rig: Rig) -> None:
    start = rig.clock.now_us
    rig.printer.receive(b"one\ntwo\n" + b"\x1bd\x10")
    for expected, dots in (("\n", 0), ("one\n", 30), ("one\ntwo\n", 60), ("one\ntwo\n", 60 + 16 * 30)):
        rig.clock.advance_to(start + dots * 1_000_000 // 480)
        assert rig.text == expected
    assert not rig.printer.busy


def test_a_cut_starts_a_new_slip(rig: Rig) -> None:
    rig.print(b"first\n" + FEED_AND_CUT + b"second\n\x1bd\x04\x1dV\x01third\n")
    assert [slip.text for slip in rig.printer.slips] == ["first\n", "second\n"]
    assert rig.text == "third\n"
    assert rig.printer.faults == []


def test_a_cut_without_feed_goes_through_the_text(rig: Rig) -> None:
    rig.print(b"text\n\x1dV\x00\x1dV\x00")
    assert rig.printer.faults == ["cut through the last lines: feed first"]


def test_paper_runs_out_and_printing_goes_on_with_the_next_roll() -> None:
    rig = Rig(roll_mm=10)  # 80 dots
    rig.print(b"".join(b"%d\n" % n for n in range(6)))
    assert rig.text == "0\n1\n2\n"
    assert rig.printer.out_of_paper
    assert (rig.status(1), rig.status(2), rig.status(3), rig.status(4)) == (
        OFFLINE,
        b"\x32",
        b"\x12",
        b"\x7e",
    )
    rig.print(b"6\n")
    assert rig.text == "0\n1\n2\n"
    rig.printer.load_paper()
    run_all(rig.clock)
    assert rig.text == "".join(f"{n}\n" for n in range(7))
    assert (rig.status(1), rig.status(2), rig.status(4)) == (ONLINE, b"\x12", b"\x12")


def test_an_open_cover_stops_it(rig: Rig) -> None:
    rig.printer.open_cover()
    rig.print(b"text\n")
    assert rig.text == "\n"
    assert (rig.status(1), rig.status(2), rig.status(4)) == (OFFLINE, b"\x16", b"\x12")
    rig.printer.close_cover()
    run_all(rig.clock)
    assert rig.text == "text\n"


def test_a_hot_head_pauses_and_goes_on_by_itself(rig: Rig) -> None:
    rig.printer.receive(b"one\ntwo\n\x1dr\x01")
    rig.clock.advance_to(rig.clock.now_us + 70_000)
    rig.printer.overheat(4)
    rig.clock.advance_to(rig.clock.now_us + 3_000_000)
    assert rig.text == "one\ntwo\n"  # the line that was under way is finished
    assert (rig.status(1), rig.status(2), rig.status(3), rig.status(4)) == (OFFLINE, b"\x52", b"\x52", b"\x12")
    run_all(rig.clock)
    assert rig.line.take() == b"\x00"
    assert (rig.status(1), rig.status(2), rig.status(3)) == (ONLINE, b"\x12", b"\x12")


def test_a_stuck_cutter_is_a_fault_until_somebody_frees_it(rig: Rig) -> None:
    rig.printer.jam_cutter()
    rig.print(b"text\n")
    assert rig.text == "\n"
    assert (rig.status(1), rig.status(2), rig.status(3)) == (OFFLINE, b"\x52", b"\x1a")
    rig.printer.free_cutter()
    run_all(rig.clock)
    assert rig.text == "text\n"


def test_the_end_of_the_roll_comes_near(rig: Rig) -> None:
    rig.printer.load_paper(3_001)
    assert rig.status(4) == b"\x12"
    rig.print(b"\x1dr\x01")
    assert rig.line.take() == b"\x00"
    rig.print(b"text\n\x1dr\x01")
    assert rig.line.take() == b"\x03"
    assert (rig.status(1), rig.status(4)) == (ONLINE, b"\x1e")
    rig.print(b"\x1da\x0f")
    assert rig.line.take() == b"\x10\x00\x03\x00"


def test_python_escpos_asks_how_it_is(rig: Rig) -> None:
    class Wired(Dummy):  # type: ignore[misc]
        def _raw(self, data: bytes) -> None:
            rig.printer.receive(data)

        def _read(self) -> bytes:
            return rig.line.take()

    asker = Wired()
    assert asker.is_online()
    assert asker.paper_status() == 2
    rig.printer.load_paper(1_000)
    assert asker.paper_status() == 1
    rig.printer.paper_out()
    assert asker.paper_status() == 0
    assert not asker.is_online()
    rig.printer.load_paper()
    rig.printer.overheat(60)
    assert not asker.is_online()


def test_the_buffer_keeps_what_fits(rig: Rig) -> None:
    rig.printer.paper_out()
    rig.printer.receive(b"x\n" * (BUFFER_SIZE // 2) + b"lost\n")
    assert rig.printer.faults == ["receive buffer full, 5 bytes lost"]
    rig.printer.load_paper()
    run_all(rig.clock)
    assert rig.text == "x\n" * (BUFFER_SIZE // 2)


def test_a_power_cut_ends_a_receipt_where_it_is(rig: Rig) -> None:
    rig.printer.receive(b"\x1bE\x01one\ntwo\n")
    rig.clock.advance_to(rig.clock.now_us + 70_000)
    rig.printer.power_off()
    run_all(rig.clock)
    assert rig.text == "one\n"
    rig.printer.attach(rig.line, rig.clock)
    rig.print(b"new\n")
    assert rig.text == "one\nnew\n"
    assert rig.printer.paper.lines[-1].spans[0].style == Style()


# -- status --


def test_a_request_in_the_stream_is_answered_when_its_turn_comes(rig: Rig) -> None:
    rig.printer.receive(b"line\n\x1dr\x01")
    assert rig.line.take() == b""
    run_all(rig.clock)
    assert rig.line.take() == b"\x00"
    rig.print(b"\x1dr2")
    assert rig.line.take() == b"\x00"
    rig.printer.paper_out()
    rig.print(b"\x1dr\x01")
    assert rig.line.take() == b""


def test_real_time_status_is_answered_at_once_even_within_a_command(rig: Rig) -> None:
    rig.printer.receive(b"line\n\x1dv0\x00\x01\x00\x05\x00ab\x10")
    rig.printer.receive(b"\x04")
    assert rig.line.take() == b""
    rig.printer.receive(b"\x01")
    assert rig.line.take() == ONLINE
    run_all(rig.clock)
    picture = rig.printer.paper.prints[-1]
    assert isinstance(picture, Picture)
    assert picture.image.tobytes() == b"ab\x10\x04\x01"
    rig.print(b"\x10\x04\x01\x10\x04\x04\x10\x04\x09")
    assert rig.line.take() == b"\x12\x12"


def test_automatic_status_tells_what_it_was_asked_for(rig: Rig) -> None:
    rig.print(b"\x1da\x0a")  # online and paper
    assert rig.line.take() == b"\x10\x00\x00\x00"
    rig.printer.open_cover()
    assert rig.line.take() == b"\x38\x00\x00\x00"
    rig.printer.paper_out()
    assert rig.line.take() == b"\x38\x00\x0f\x00"
    rig.printer.close_cover()
    assert rig.line.take() == b"\x18\x00\x0f\x00"
    rig.printer.load_paper()
    assert rig.line.take() == b"\x10\x00\x00\x00"
    rig.print(b"text\n\x1da\x08")  # paper alone
    assert rig.line.take() == b"\x10\x00\x00\x00"
    rig.printer.open_cover()
    assert rig.line.take() == b""
    rig.printer.close_cover()
    rig.print(b"\x1da\x00")
    rig.printer.paper_out()
    assert rig.line.take() == b""


def test_changes_are_told(rig: Rig) -> None:
    seen: list[str] = []
    rig.printer.changed = lambda: seen.append(rig.text)
    rig.print(b"a\nb\n" + FEED_AND_CUT)
    rig.printer.paper_out()
    assert seen == ["a\n", "a\nb\n", "a\nb\n", "\n", "\n"]
